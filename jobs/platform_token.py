"""Tokens by which an approved platform lets a firm in: asked with its secret, kept in memory alone.

OAuth 2 client credentials (RFC 6749, 4.4).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from urllib.parse import urlencode

from domain.platform.wire import Access, PlatformFault
from jobs.gate import Gate
from jobs.platform_ask import Answer, Secrets, ask, basic, content_of, fault_of

_MOST_BYTES = 64_000
_UNTOLD = 60
"""Seconds that a token is kept whose end is not told."""
_LONGEST = 24 * 60 * 60
_MARGIN = 30
"""Seconds before its end at which a token is left, or a tenth of its life."""
_WRITTEN = re.compile(r"[!-~]{1,16000}")
_UNKNOWN_CLIENT = ("invalid_client", "invalid_request", None)
"""Errors of those that look for the secret elsewhere; the others have found it."""

_Key = tuple[str, str, str, str | None]


class Tokens:
    """The tokens of this process, each until shortly before its end; `clock` counts seconds."""

    def __init__(self, gate: Gate, clock: Callable[[], float] = time.monotonic) -> None:
        self._gate = gate
        self._clock = clock
        self._kept: dict[_Key, tuple[str, float]] = {}

    async def of(self, access: Access, *, but: str | None = None) -> str:
        """The token of `access`: another than `but`."""
        key, now = _key(access), self._clock()
        kept = self._kept.get(key)
        if kept is not None and kept[0] != but and now < kept[1]:
            return kept[0]
        self._kept = {one: kept for one, kept in self._kept.items() if now < kept[1]}
        self._kept.pop(key, None)
        token, seconds = _token(await self._asked(access))
        life = seconds - min(_MARGIN, seconds / 10)
        self._kept[key] = token, now + life
        return token

    async def _asked(self, access: Access) -> Answer:
        """What the token endpoint grants.

        By HTTP Basic, which each must take (2.3.1); some want the secret in the form, and say of
        Basic that they do not know the client.
        """
        secrets = Secrets(access)
        form = {"grant_type": "client_credentials"} | (
            {"scope": access.scope} if access.scope else {}
        )
        identity = {"Authorization": f"Basic {basic(access.client_id, access.client_secret)}"}
        answer = await self._posted(access, form, identity, secrets)
        if answer.status in (400, 401) and _error(answer) in _UNKNOWN_CLIENT:
            form |= {"client_id": access.client_id, "client_secret": access.client_secret}
            answer = await self._posted(access, form, {}, secrets)
        if not answer.is_taken:
            raise fault_of(answer, secrets, asked="token")
        return answer

    async def _posted(
        self, access: Access, form: dict[str, str], identity: dict[str, str], secrets: Secrets
    ) -> Answer:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            **identity,
        }
        content = urlencode(form).encode()
        return await ask(
            "POST",
            access.token_url,
            self._gate,
            headers=headers,
            secrets=secrets,
            most=_MOST_BYTES,
            content=content,
        )


def _key(access: Access) -> _Key:
    """By its secret too: who knows the identifier alone is given nobody's token."""
    secret = hashlib.sha256(access.client_secret.encode()).hexdigest()
    return access.token_url, access.client_id, secret, access.scope


def _error(answer: Answer) -> object:
    try:
        return content_of(answer).get("error")
    except PlatformFault:
        return None


def _token(answer: Answer) -> tuple[str, float]:
    """The token that was granted, and the seconds of its life."""
    found = content_of(answer)
    token, kind = found.get("access_token"), found.get("token_type", "Bearer")
    if not isinstance(token, str) or not _WRITTEN.fullmatch(token):
        raise PlatformFault("the token endpoint gave no token", status=answer.status)
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise PlatformFault("the token endpoint gave no token of type Bearer", status=answer.status)
    return token, _seconds(found.get("expires_in"))


def _seconds(told: object) -> float:
    """How long a token lives, also where its number is written as a text."""
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < 10:
        told = int(told)
    if isinstance(told, bool) or not isinstance(told, int | float):
        return _UNTOLD
    return min(max(told, 0), _LONGEST)
