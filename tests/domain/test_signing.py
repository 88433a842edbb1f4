"""The secrets of an installation: a key for each purpose, and a rotation that breaks nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import Refusal
from domain.signing import Secrets, name_of
from domain.webhook import WebhookEndpoint, rotate, salt_under, secrets_of, signing_secret

OLD, NEW, LATEST = b"o" * 32, b"n" * 32, b"l" * 32
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def endpoint(salt: str) -> WebhookEndpoint:
    made = WebhookEndpoint(url="https://hook.example", salt=salt)
    made.organisation_id, made.id = 1, 7
    return made


def test_each_purpose_and_each_secret_has_a_key_of_its_own() -> None:
    """So that one kind of token is never good as another."""
    purposes = ("address of a file", "address of an upload", "name", "")
    found = {Secrets(secret).key(purpose) for secret in (OLD, NEW) for purpose in purposes}
    assert len(found | {OLD, NEW}) == 10
    assert Secrets(NEW, (OLD,)).keys("x") == (Secrets(NEW).key("x"), Secrets(OLD).key("x"))


def test_neither_a_name_nor_what_is_printed_of_them_tells_a_secret() -> None:
    told = repr(Secrets(OLD, (NEW,))) + name_of(OLD)
    assert OLD.decode() not in told
    assert NEW.decode() not in told


def test_a_receiver_goes_on_verifying_when_the_installation_has_a_new_secret() -> None:
    first, rotated = Secrets(OLD), Secrets(LATEST, (NEW, OLD))
    hook = endpoint(salt_under(first, "a" * 48))
    assert len(hook.salt) <= 64
    assert secrets_of(hook, rotated, now=NOW) == secrets_of(hook, first, now=NOW)


def test_a_webhook_of_the_time_when_there_was_one_secret_is_of_the_oldest() -> None:
    assert signing_secret(Secrets(OLD), 1, "ab") == signing_secret(Secrets(NEW, (OLD,)), 1, "ab")


def test_nothing_is_ever_signed_by_another_secret_than_the_one_that_was_told() -> None:
    """WEBHOOK_SECRET_GONE: a receiver that is told nothing must not get what it cannot verify."""
    hook = endpoint(salt_under(Secrets(OLD), "a"))
    with pytest.raises(Refusal) as refused:
        secrets_of(hook, Secrets(NEW), now=NOW)
    assert refused.value.issues[0].code == "WEBHOOK_SECRET_GONE"
    rotate(hook, salt_under(Secrets(NEW), "b"), overlap=timedelta(hours=1), now=NOW)
    assert secrets_of(hook, Secrets(NEW), now=NOW) == (signing_secret(Secrets(NEW), 1, hook.salt),)
    assert len(secrets_of(hook, Secrets(NEW, (OLD,)), now=NOW)) == 2
