"""Keys of an organisation: made once, recognised, taken back; nothing else opens."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.access import Role
from persistence.organisations import (
    Bearer,
    bearer_of,
    create_key,
    organisation_codes,
    organisation_named,
    the_organisation,
)
from persistence.people.keys import keys_of, revoke_key
from persistence.session import Database
from tests.domain.examples import refused
from tests.persistence.firms import Firm, found_firm, raw

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def key_of(firm: Firm, role: Role = Role.ACCOUNTANT, name: str = "Comptabilité") -> str:
    with firm.writing() as session:
        return create_key(session, role=role, name=name)


def told(bearer: Bearer | None) -> tuple[object, ...]:
    assert bearer is not None
    who = (bearer.organisation_id, bearer.organisation_code, bearer.role)
    return *who, bearer.name, bearer.locale


def test_a_key_stands_for_its_organisation_its_role_and_its_language(database: Database) -> None:
    firm = found_firm(database, locale="en-GB")
    other = found_firm(database, "other")
    assert told(bearer_of(database, key_of(firm))) == (
        *(firm.id, "rivage", Role.ACCOUNTANT),
        *("Comptabilité", "en-GB"),
    )
    theirs = bearer_of(database, key_of(other, Role.READER, ""))
    assert told(theirs) == (other.id, "other", Role.READER, "", "fr-FR")


def test_only_the_hash_of_the_secret_is_kept(database: Database) -> None:
    firm = found_firm(database)
    _, public_id, secret = key_of(firm).split("_", 2)
    ((kept_id, kept, everything),) = raw(
        database, "SELECT public_id, secret_sha256, name FROM api_key"
    )
    assert kept_id == public_id
    assert kept == hashlib.sha256(secret.encode()).hexdigest()
    assert len(secret) >= 43
    assert secret not in f"{kept_id}{kept}{everything}"


def test_two_keys_are_never_alike(database: Database) -> None:
    firm = found_firm(database)
    assert len({key_of(firm) for _ in range(5)}) == 5


def test_a_wrong_secret_or_an_unknown_key_opens_nothing(database: Database) -> None:
    firm = found_firm(database)
    key, second = key_of(firm), key_of(firm)
    while key.split("_")[1].isdigit():
        # One in two thousand is the same in capitals.
        key = key_of(firm)
    prefix, public_id, secret = key.split("_", 2)
    wrong = [
        key[:-1] + ("A" if key[-1] != "A" else "B"),
        key + "A",
        key[:-1],
        f"{prefix}_{'0' * 16}_{secret}",
        f"{prefix}_{second.split('_')[1]}_{secret}",
        f"{prefix}_{public_id.upper()}_{secret}",
        f"other_{public_id}_{secret}",
        f"{prefix}_{public_id}_",
        f"{prefix}__{secret}",
        f"{public_id}_{secret}",
        f" {key}",
        hashlib.sha256(secret.encode()).hexdigest(),
    ]
    assert [bearer_of(database, token) for token in wrong if token != key] == [None] * len(wrong)
    assert bearer_of(database, key) is not None


@FEW
@given(token=st.text(max_size=40) | st.text(max_size=20).map(lambda text: f"jalon_{text}_{text}"))
@example(token="jalon_\x00_a")
@example(token="jalon_a_\x00")
@example(token="jalon_é_é")
@example(token="jalon_\ud800_\ud800")
@example(token="jalon_'--_'")
def test_no_text_whatsoever_is_a_key_or_breaks_the_door(database: Database, token: str) -> None:
    assert bearer_of(database, token) is None


def test_a_key_with_its_own_public_half_and_a_strange_secret_opens_nothing(
    database: Database,
) -> None:
    firm = found_firm(database)
    _, public_id, _ = key_of(firm).split("_", 2)
    for secret in ("\x00", "é", "\ud800", "a" * 10_000):
        assert bearer_of(database, f"jalon_{public_id}_{secret}") is None


def test_a_revoked_key_opens_nothing_and_revoking_twice_changes_nothing(
    database: Database,
) -> None:
    firm = found_firm(database)
    key, kept = key_of(firm), key_of(firm)
    public_id = key.split("_")[1]
    later = datetime(2027, 1, 1, tzinfo=UTC)
    for moment in (NOW, later):
        with firm.writing() as session:
            assert revoke_key(session, public_id, at=moment).revoked_at == NOW
    assert bearer_of(database, key) is None
    assert bearer_of(database, kept) is not None
    with firm.reading() as session:
        assert [one.revoked_at for one in keys_of(session)] == [NOW, None]


def test_a_key_of_the_neighbours_is_neither_seen_nor_revoked(database: Database) -> None:
    firm, other = found_firm(database), found_firm(database, "other")
    theirs = key_of(other)
    with firm.writing() as session:
        assert keys_of(session) == []
        act = partial(revoke_key, session, theirs.split("_")[1], at=NOW)
        assert refused(act) == ["NOT_FOUND"]
    assert bearer_of(database, theirs) is not None


def test_organisations_are_found_by_their_code(database: Database) -> None:
    firm, other = found_firm(database), found_firm(database, "other")
    with database.reading(None) as session:
        assert organisation_codes(session) == ["other", "rivage"]
        assert organisation_named(session, "other").id == other.id
        assert refused(partial(organisation_named, session, "nobody")) == ["NOT_FOUND"]
    with firm.reading() as session:
        assert the_organisation(session).code == "rivage"
        with pytest.raises(Exception, match="NOT_FOUND"):
            organisation_named(session, "other")
