"""The public keys of identity providers: fetched when first needed, and again when they change."""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from domain.errors import Refusal
from jobs.gate import Gate
from jobs.web_call import AnswerRefused, fetch

log = structlog.get_logger("jalon")

FRESH_FOR = 600.0
"""Seconds for which keys are taken without asking again: a key withdrawn is believed no longer."""
STALE_FOR = 86_400.0
"""Seconds for which they are still taken while their provider cannot be asked."""
COOL_DOWN = 30.0
"""Seconds between two questions to one provider: unknown keys cannot be made to flood it."""

_MOST_BYTES = 256 * 1024
_MOST_KEYS = 100
_PROVIDERS = 256
"""Remembered at a time."""

_DISCOVERY = "/.well-known/openid-configuration"

Key = RSAKey | ECKey
_KINDS: dict[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
"""Kinds with a public half. A shared secret (oct) in a public set would let anybody sign."""

_FAMILY = {"R": "RSA", "P": "RSA", "E": "EC"}


@dataclass(slots=True)
class _Provider:
    """What is known of one provider."""

    keys: list[Key] = field(default_factory=list)
    fetched: float = -STALE_FOR
    asked: float = -COOL_DOWN
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class KeySets:
    """Finds the key that signed a token. Belongs to one event loop."""

    def __init__(self, gate: Gate, clock: Callable[[], float] = time.monotonic) -> None:
        self._gate = gate
        self._clock = clock
        self._providers: OrderedDict[str, _Provider] = OrderedDict()

    async def find(self, issuer: str, algorithm: str, kid: str | None) -> Key | None:
        """The key of `issuer` that `kid` names, fit for `algorithm`; None when there is none.

        A token that names no key is checked with the only one that fits, if it is the only one.
        """
        provider = self._known(issuer)
        found = _fitting(provider.keys, algorithm, kid)
        if found is not None and self._clock() - provider.fetched < FRESH_FOR:
            return found
        async with provider.turn:
            if self._clock() - provider.asked >= COOL_DOWN:
                provider.asked = self._clock()
                await self._ask(issuer, provider)
        if self._clock() - provider.fetched >= STALE_FOR:
            return None
        return _fitting(provider.keys, algorithm, kid)

    def _known(self, issuer: str) -> _Provider:
        provider = self._providers.setdefault(issuer, _Provider())
        self._providers.move_to_end(issuer)
        if len(self._providers) > _PROVIDERS:
            self._providers.popitem(last=False)
        return provider

    async def _ask(self, issuer: str, provider: _Provider) -> None:
        try:
            described = json.loads(
                await fetch(issuer.rstrip("/") + _DISCOVERY, self._gate, most=_MOST_BYTES)
            )
            if described["issuer"] != issuer:
                raise AnswerRefused("it calls itself otherwise")
            told = await fetch(str(described["jwks_uri"]), self._gate, most=_MOST_BYTES)
            provider.keys = _keys(json.loads(told)["keys"])
            provider.fetched = self._clock()
        except (Refusal, AnswerRefused, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            log.warning("identity provider not reached", issuer=issuer, error=_told(error))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            # What stands there is not what the standard says.
            log.warning("identity provider not understood", issuer=issuer, error=_told(error))


def _told(error: Exception) -> str:
    said = error.issues[0].code if isinstance(error, Refusal) else str(error)
    return f"{type(error).__name__}: {said}"[:200]


def _keys(described: list[dict[str, Any]]) -> list[Key]:
    """The keys that may verify a signature; what is not understood is left out (RFC 7517, 5)."""
    found: list[Key] = []
    for one in described[:_MOST_KEYS]:
        kind = _KINDS.get(one.get("kty", "")) if isinstance(one, dict) else None
        if kind is None or one.get("use", "sig") != "sig":
            continue
        try:
            found.append(kind.import_key(one))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return found


def _fitting(keys: list[Key], algorithm: str, kid: str | None) -> Key | None:
    family = _FAMILY.get(algorithm[:1])
    fitting = [
        key
        for key in keys
        if key.key_type == family
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.kid == kid)
    ]
    return fitting[0] if len(fitting) == 1 else None
