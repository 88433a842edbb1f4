"""Tokens of a firm's own identity provider (OpenID Connect): who they say somebody is.

A token is a JWT signed by a key that its issuer publishes. Nothing in it is believed before the
signature is verified, but for the issuer and the audience, by which a provider that some firm
trusts is looked up: without such a one nobody is asked anything.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from server.key_sets import KeySets

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")
"""Signatures with a public half only: none, and none with a shared secret (RFC 8725, 3.1–3.2)."""

LONGEST_TOKEN = 16 * 1024
LEEWAY = 30
"""Seconds by which the clocks of two machines may differ."""

_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Told:
    """What the parts of a token say that is not verified yet."""

    issuer: str
    audiences: tuple[str, ...]
    algorithm: str
    kid: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """Whom a verified token stands for."""

    issuer: str
    audience: str
    subject: str
    """What the issuer calls them: the same for ever (OpenID Connect Core, 2)."""
    email: str | None
    """Their address, where the issuer says that it has verified it."""
    name: str
    expires_at: int
    """Seconds since 1970."""


def told_by(token: str) -> Told | None:
    """What `token` says of itself; None when it is no signed JWT that could be accepted."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > LONGEST_TOKEN:
        return None
    header, claims = (_object(part) for part in parts[:2])
    if header is None or claims is None:
        return None
    issuer, given, kid = claims.get("iss"), claims.get("aud"), header.get("kid")
    audiences: list[Any] = given if isinstance(given, list) else [given]
    texts = [issuer, *audiences, *([] if kid is None else [kid])]
    if header.get("alg") not in ALGORITHMS or not all(map(_is_kept, texts)):
        return None
    return Told(str(issuer), tuple(audiences[:20]), header["alg"], kid)


async def verified(
    token: str,
    told: Told,
    keys: KeySets,
    *,
    audience: str,
    clock: Callable[[], datetime],
) -> Verified | None:
    """Whom `token` stands for, if its issuer signed it for `audience` and it is in force."""
    key = await keys.find(told.issuer, told.algorithm, told.kid)
    if key is None:
        return None
    now = int(clock().timestamp())
    rules = JWTClaimsRegistry(
        now=now,
        leeway=LEEWAY,
        iss={"essential": True, "value": told.issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        sub={"essential": True},
    )
    # Headers that are not in the standard are common and harmless; one that must be understood
    # (crit) is refused nevertheless.
    registry = JWSRegistry(algorithms=[told.algorithm], strict_check_header=False)
    try:
        claims = jwt.decode(token, key, registry=registry).claims
        rules.validate(claims)
    except (JoseError, ValueError, TypeError, OverflowError):
        return None
    subject, name = claims["sub"], str(claims.get("name") or "")
    if not _is_kept(subject) or not 0 < len(subject) <= 255 or not _is_for_us(claims, audience):
        return None
    return Verified(
        issuer=told.issuer,
        audience=audience,
        subject=subject,
        email=_email(claims),
        name=name[:255] if _is_kept(name) else "",
        expires_at=int(claims["exp"]),
    )


def _is_for_us(claims: dict[str, Any], audience: str) -> bool:
    """Of several audiences the one it was issued to counts (OpenID Connect Core, 3.1.3.7)."""
    given = claims["aud"]
    several = isinstance(given, list) and len(given) > 1
    return not (several and "azp" in claims and claims["azp"] != audience)


def _email(claims: dict[str, Any]) -> str | None:
    """The address, only where it is said to be verified: else anybody may claim anybody's."""
    given = claims.get("email")
    said = claims.get("email_verified")
    is_verified = said is True or said == "true"
    return given if is_verified and _is_kept(given) and len(given) <= 255 else None


def _is_kept(told: Any) -> TypeGuard[str]:
    """Whether it is a text that a database takes: no zero byte, and no half of a surrogate."""
    return isinstance(told, str) and not _NOT_KEPT.search(told)


def _object(part: str) -> dict[str, Any] | None:
    try:
        found = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
