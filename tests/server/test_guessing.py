"""Who guesses is slowed down, and who is right is not locked out by who guesses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.account import SignIn
from domain.errors import Refusal
from resolvers.admitting._guessing import count_password, forgive_password, note_proof
from tests.server.signing import Browser, person, signed_in
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar


@pytest.fixture
def lone(founded_sqlite_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    with open_api(founded_sqlite_url, tmp_path, clock=Calendar()) as client:
        yield client


def test_an_honest_office_is_never_locked_out(lone: ApiClient) -> None:
    """More than a hundred of one network sign in within an hour: who is right takes nothing."""
    house = lone.house
    for turn in range(120):
        counted = count_password(house, f"n{turn}@a.example", "198.51.100.7")
        forgive_password(house, f"n{turn}@a.example", "198.51.100.7", counted)
    with house.database.reading(None) as session:
        assert set(session.scalars(text("SELECT count FROM tally"))) == {0}
    for turn in range(100):
        count_password(house, f"wrong{turn}@a.example", "198.51.100.7")
    with pytest.raises(Refusal, match="TOO_MANY_TRIES"):
        count_password(house, "one@a.example", "198.51.100.7")


def test_known_is_the_network_and_who_just_used_a_mailed_link(lone: ApiClient) -> None:
    """The end of an IPv6 address changes by the day; a letter proves as well as a sign-in does."""
    house, email = lone.house, "lea@rivage.example"
    member = person(lone)
    with house.database.writing(lone.organisation_id) as session:
        now = house.clock()
        told = {"token_sha256": "0" * 64, "expires_at": now, "last_seen_at": now}
        session.add(SignIn(member_id=member, address="2001:db8:0:1::1", **told))
    note_proof(house, email, "203.0.113.9")
    for one in range(30):
        count_password(house, email, f"198.51.100.{one}")
    for known in ("2001:db8:0:1:ffff::2", "203.0.113.9"):
        count_password(house, email, known)
    for unknown in ("2001:db8:0:2::1", "203.0.113.8"):
        with pytest.raises(Refusal, match="TOO_MANY_TRIES"):
            count_password(house, email, unknown)


def test_guesses_from_elsewhere_do_not_lock_the_owner_out(lone: ApiClient) -> None:
    """From where they signed in before, only what was tried from there counts."""
    person(lone)
    signed_in(lone)
    # Their own first time was right, and is given back.
    for one in range(30):
        count_password(lone.house, "LEA@rivage.example", f"198.51.100.{one}")
    for _ in range(2):
        with pytest.raises(Refusal, match="TOO_MANY_TRIES"):
            count_password(lone.house, "lea@rivage.example", "203.0.113.1")
    assert Browser(lone).sign_in().status_code == 200
