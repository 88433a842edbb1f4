"""Tokens of a firm's own identity provider: believed as they should be, and not otherwise."""

from __future__ import annotations

import asyncio
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from jobs.gate import Gate
from server.identity_tokens import Verified, told_by, verified
from server.key_sets import COOL_DOWN, FRESH_FOR, STALE_FOR, KeySets
from tests.support.identity_provider import AUDIENCE, Provider, identity_provider, unsigned

RSA = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "two"})
NEXT = ECKey.generate_key("P-256", {"kid": "three"})
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
"""The hour of the tests, by the clock that they hand over."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with identity_provider() as found:
        found.publishes(RSA, EC)
        yield found


class Desk:
    """The keys of providers, and a clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.keys = KeySets(Gate(is_private_allowed=True), clock=lambda: self.seconds)

    def read(self, token: str, *, audience: str = AUDIENCE) -> Verified | None:
        told = told_by(token)
        if told is None:
            return None
        reading = verified(token, told, self.keys, audience=audience, clock=lambda: NOW)
        return asyncio.run(reading)


def test_a_token_in_force_says_who_bears_it(provider: Provider) -> None:
    for key in (RSA, EC):
        found = Desk().read(provider.token(key, now=NOW))
        assert found is not None
        assert (found.subject, found.email, found.name) == ("ana-1", "ana@rivage.example", "Ana")


WRONG: dict[str, dict[str, Any]] = {
    "over": {"exp": int((NOW - timedelta(seconds=31)).timestamp())},
    "without an end": {"exp": None},
    "of the future": {"iat": int((NOW + timedelta(minutes=5)).timestamp())},
    "not yet": {"nbf": int((NOW + timedelta(minutes=5)).timestamp())},
    "for another": {"aud": "another"},
    "for several, issued to another": {"aud": [AUDIENCE, "another"], "azp": "another"},
    "without a subject": {"sub": None},
    "with an empty subject": {"sub": ""},
    "with a subject that is a number": {"sub": 7},
    "with a subject that no database keeps": {"sub": "ana\0"},
    "with an end that is a word": {"exp": "tomorrow"},
    "of an unknown key": {"header": {"kid": "nobody"}},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG.keys())
def test_a_token_that_is_not_right_opens_nothing(
    provider: Provider, claims: dict[str, Any]
) -> None:
    assert Desk().read(provider.token(RSA, now=NOW, **claims)) is None


def test_nobody_signs_in_the_name_of_a_provider(provider: Provider) -> None:
    """Another key under the same name, no signature, a shared secret, a signature cut off."""
    desk, right = Desk(), provider.token(RSA, now=NOW)
    assert desk.read(right) is not None
    assert desk.read(provider.token(RSAKey.generate_key(2048, {"kid": "one"}), now=NOW)) is None
    assert desk.read(right[:-6] + "AAAAAA") is None
    head, claims, _ = right.split(".")
    for alg in ("none", "HS256", "hs256", 5, None):
        bare = urlsafe_b64encode(f'{{"alg":{alg!r}}}'.replace("'", '"').encode()).decode()
        assert desk.read(f"{bare.rstrip('=')}.{claims}.") is None
    # The public key taken for a shared secret: the oldest trick with these tokens.
    shared = urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    signed = f"{shared}.{claims}".encode()
    mac = urlsafe_b64encode(hmac.digest(RSA.as_pem(private=False), signed, "sha256")).decode()
    forged = f"{shared}.{claims}.{mac.rstrip('=')}"
    assert desk.read(forged) is None
    for odd in ("", "a.b", "a.b.c", "...", f"{head}.{claims}", "x" * 20_000, "é.é.é"):
        assert desk.read(odd) is None


def test_what_must_be_understood_and_is_not_is_refused(provider: Provider) -> None:
    """RFC 7515, 4.1.11: a header that is critical to who signed it, and that nobody knows here."""
    known = JWSRegistry(header_registry={"x": HeaderParameter("x", "int")}, algorithms=["RS256"])
    claims = told_claims(provider.token(RSA, now=NOW))
    head = {"alg": "RS256", "kid": "one", "crit": ["x"], "x": 1}
    token = jws.serialize_compact(head, claims, RSA, registry=known)
    assert Desk().read(token) is None


def told_claims(token: str) -> bytes:
    part = token.split(".")[1]
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_an_address_counts_only_when_it_is_verified(provider: Provider) -> None:
    desk = Desk()
    for said in (False, None, "yes", 1):
        found = desk.read(provider.token(RSA, now=NOW, email_verified=said))
        assert found is not None
        assert found.email is None


def test_what_no_database_keeps_is_asked_of_none(provider: Provider) -> None:
    """A zero byte, or half a character: anybody may write one into a token."""
    for unkept in ("\0", "\ud800"):
        for claims in ({"iss": unkept}, {"aud": unkept}, {"aud": [AUDIENCE, unkept]}):
            assert told_by(unsigned(**{"iss": "x", "aud": AUDIENCE} | claims)) is None
    found = Desk().read(provider.token(RSA, now=NOW, name="A\0", email="a\0@b.example"))
    assert found is not None
    assert (found.name, found.email) == ("", None)


def test_keys_are_asked_for_once_and_again_when_they_change(provider: Provider) -> None:
    desk = Desk()
    for _ in range(5):
        assert desk.read(provider.token(RSA, now=NOW)) is not None
    assert len(provider.asked) == 2
    provider.publishes(EC, NEXT)
    # Unknown to us: asked for again, but not at once, and not for each.
    new = provider.token(NEXT, now=NOW)
    assert desk.read(new) is None
    desk.seconds += COOL_DOWN
    assert desk.read(new) is not None
    for _ in range(5):
        assert desk.read(provider.token(RSA, now=NOW, header={"kid": "nobody"})) is None
    assert len(provider.asked) == 4
    # Withdrawn: believed no longer once the keys are read again.
    desk.seconds += FRESH_FOR
    assert desk.read(provider.token(RSA, now=NOW)) is None


def test_a_provider_that_is_away_is_believed_for_a_day(provider: Provider) -> None:
    desk = Desk()
    assert desk.read(provider.token(RSA, now=NOW)) is not None
    provider.is_down = True
    desk.seconds += FRESH_FOR
    assert desk.read(provider.token(RSA, now=NOW)) is not None
    desk.seconds += STALE_FOR
    assert desk.read(provider.token(RSA, now=NOW)) is None


def test_who_calls_itself_otherwise_is_not_believed(provider: Provider) -> None:
    """OpenID Connect Discovery, 4.3: the issuer of the configuration is that of the token."""
    provider.calls_itself = "https://another.example"
    assert Desk().read(provider.token(RSA, now=NOW)) is None


def test_a_shared_secret_among_the_keys_is_left_out(provider: Provider) -> None:
    secret = OctKey.generate_key(256, {"kid": "shared"})
    provider.keys = [secret.as_dict(), {"kty": "new"}, {}, *provider.keys]
    assert Desk().read(provider.token(RSA, now=NOW)) is not None


def test_a_token_without_a_key_name_is_checked_with_the_only_key(provider: Provider) -> None:
    token = provider.token(EC, now=NOW, header={"kid": None})
    provider.publishes(EC, NEXT)
    assert Desk().read(token) is None
    provider.publishes(EC)
    assert Desk().read(token) is not None
