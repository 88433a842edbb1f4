"""How often a delivery is tried, and what signs it (F02, B31)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.handover import (
    LEASE,
    PAUSES,
    SPREAD,
    Attempt,
    DeliveryState,
    HandoverDelivery,
    settle,
    take,
    try_again,
)
from domain.signing import Secrets
from domain.webhook import WebhookEndpoint, rotate, secrets_of, signing_secret

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def delivery(entry: int | None = 1) -> HandoverDelivery:
    return HandoverDelivery(
        destination="webhook_1", message_id="msg_1", next_attempt_at=NOW, entry_id=entry
    )


@given(st.floats(0, 1))
def test_it_is_tried_ten_times_over_three_days_and_is_dead_then(chance: float) -> None:
    """The schedule that Standard Webhooks suggests; later by a fifth at most, never earlier."""
    one, now, waited = delivery(), NOW, timedelta(0)
    for pause in PAUSES:
        take(one, claim="me", now=now)
        assert one.next_attempt_at == now + LEASE
        settle(one, Attempt(500, "HTTP 500"), now=now, chance=chance)
        assert (one.state, one.claim) == (DeliveryState.WAITING, None)
        assert one.next_attempt_at is not None
        assert pause <= one.next_attempt_at - now <= pause * (1 + SPREAD)
        waited += one.next_attempt_at - now
        now = one.next_attempt_at
    assert timedelta(days=3) < waited < timedelta(days=4)
    take(one, claim="me", now=now)
    settle(one, Attempt(500, "HTTP 500"), now=now, chance=chance)
    assert (one.state, one.next_attempt_at) == (DeliveryState.DEAD, None)
    assert one.attempts == len(PAUSES) + 1
    try_again(one, now=now)
    assert (one.state, one.attempts, one.next_attempt_at) == (DeliveryState.WAITING, 0, now)
    assert one.message_id == "msg_1"


def test_a_test_is_tried_once_and_what_is_final_never_again() -> None:
    for one, attempt in (
        (delivery(entry=None), Attempt(500, "HTTP 500")),
        (delivery(), Attempt(410, "HTTP 410", is_final=True, is_gone=True)),
    ):
        take(one, claim="me", now=NOW)
        settle(one, attempt, now=NOW, chance=0)
        assert one.state is DeliveryState.DEAD


def test_a_receiver_may_ask_for_a_longer_pause_within_a_day() -> None:
    for after, expected in ((90, 90), (1, 5), (10**6, 24 * 3600)):
        one = delivery()
        take(one, claim="me", now=NOW)
        asked = Attempt(429, "HTTP 429", after=timedelta(seconds=after))
        settle(one, asked, now=NOW, chance=0)
        assert one.next_attempt_at == NOW + timedelta(seconds=expected)


def test_what_is_kept_of_an_answer_is_one_short_line() -> None:
    one = delivery()
    take(one, claim="me", now=NOW)
    settle(one, Attempt(500, "a\x00\n\x1b[31m  b" + "c" * 999), now=NOW, chance=0)
    assert one.last_error is not None
    assert one.last_error.startswith("a [31m bc")
    assert len(one.last_error) == 500


def test_a_secret_is_that_of_its_installation_firm_and_salt() -> None:
    told = {
        signing_secret(house, firm, salt)
        for house in (Secrets(b"a" * 32), Secrets(b"b" * 32))
        for firm in (1, 2)
        for salt in ("x", "y")
    }
    assert len(told) == 8
    assert all(secret and secret.startswith("whsec_") and len(secret) == 50 for secret in told)


def test_a_former_secret_signs_until_its_time_is_over() -> None:
    endpoint = WebhookEndpoint(url="https://hook.example", salt="old")
    endpoint.organisation_id = 1
    (old,) = secrets_of(endpoint, Secrets(b"house"), now=NOW)
    rotate(endpoint, "new", overlap=timedelta(hours=1), now=NOW)
    later = NOW + timedelta(minutes=59)
    new, beside = secrets_of(endpoint, Secrets(b"house"), now=later)
    assert (beside, new != old) == (old, True)
    assert secrets_of(endpoint, Secrets(b"house"), now=NOW + timedelta(hours=1)) == (new,)
    rotate(endpoint, "newest", overlap=timedelta(0), now=NOW)
    assert len(secrets_of(endpoint, Secrets(b"house"), now=NOW)) == 1
