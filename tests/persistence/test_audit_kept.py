"""The audit is kept: the database refuses to alter it, and who does so all the same is found."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from domain.audit import AuditBreak, AuditChange
from domain.client import Client
from domain.standing import Standing
from persistence.audit.upkeep import empty, verify
from persistence.session import Database
from tests.persistence.audits import (
    LOU,
    NOON,
    by_hand,
    changes,
    entries,
    flaws,
    last_change,
    new_client,
)
from tests.persistence.firms import (
    Firm,
    found_firm,
    raw,
)
from tests.support.databases import owner


@pytest.fixture
def firm(database: Database) -> Firm:
    return found_firm(database)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_change SET after = '{}'",
        "UPDATE audit_change SET act = 7",
        "UPDATE audit_change SET before = NULL, after = NULL, salt = NULL",
        "UPDATE audit_change SET erased_at = '2026-11-22 10:00:00'",
        "DELETE FROM audit_change",
        "UPDATE audit_entry SET actor_name = 'nobody'",
        "DELETE FROM audit_entry",
        "UPDATE audit_head SET place = 1",
        "DELETE FROM audit_head",
    ],
)
def test_the_database_lets_nobody_alter_the_audit(firm: Firm, statement: str) -> None:
    with (
        pytest.raises(DBAPIError, match="the audit is never altered"),
        owner(firm.database).begin() as connection,
    ):
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("table", ["audit_change", "audit_entry", "audit_head"])
def test_sqlite_lets_nobody_replace_what_the_audit_holds(sqlite_url: str, table: str) -> None:
    """REPLACE takes away what it meets past the triggers that guard against it."""
    database = Database(sqlite_url)
    found_firm(database)
    names = [name for _, name, *_ in raw(database, f"PRAGMA table_info({table})")]
    kept = raw(database, f"SELECT * FROM {table}")
    assert kept
    for left_out in ({"id"}, set()):
        told = ", ".join(f'"{name}"' for name in names if name not in left_out)
        again = f"INSERT OR REPLACE INTO {table} ({told}) SELECT {told} FROM {table}"
        if table == "audit_change" and left_out:
            continue
        with (
            pytest.raises(DBAPIError, match="the audit is never altered"),
            database.engine.begin() as connection,
        ):
            connection.exec_driver_sql(again)
    assert raw(database, f"SELECT * FROM {table}") == kept
    database.close()


def test_what_is_erased_is_gone_and_told_and_the_chain_holds(firm: Firm) -> None:
    database = firm.database
    with database.writing(Standing(firm.id, LOU, "clientUpdate")) as session:
        session.get_one(Client, firm.client_id).comment = "Mme Personne, 06 00 00 00 00"
    wanted = "SELECT id FROM audit_change WHERE coalesce(before, '') || after LIKE '%comment%'"
    ids = [row[0] for row in raw(database, wanted)]
    with database.writing(Standing(firm.id, LOU, "personErase")) as session:
        session.get_one(Client, firm.client_id).comment = None
        session.flush()
        own = session.scalars(select(func.max(AuditChange.id))).one()
        # What the act itself changes is not sealed: it goes by the next.
        assert empty(session, [*ids, own], at=NOON) == len(ids) == 2
    told = json.dumps(raw(database, "SELECT before, after FROM audit_change ORDER BY id")[:-4])
    assert "Personne" not in told
    assert [one[0] for one in changes(database)][-3:] == ["client", "audit_change", "audit_change"]
    with database.reading(firm.id) as session:
        found = verify(session, firm.id)
    assert (found.flaws, found.erased) == ([], 2)
    # Emptied by hand, without an act that tells of it.
    last = last_change(database)
    by_hand(
        database,
        "UPDATE audit_change SET before = NULL, after = NULL, salt = NULL,"
        f" erased_at = '2026-11-22 10:00:00' WHERE id = {last}",
    )
    assert flaws(database, firm.id)[0][1] is AuditBreak.CHANGE_ERASED


TAMPERING: dict[str, tuple[Callable[[int, int], list[str]], AuditBreak]] = {
    "a change altered": (
        lambda o, c: [f"UPDATE audit_change SET after = '{{}}' WHERE id = {c}"],
        AuditBreak.CHANGE_ALTERED,
    ),
    "a change removed": (
        lambda o, c: [f"DELETE FROM audit_change WHERE id = {c}"],
        AuditBreak.CHANGE_MISSING,
    ),
    "a change put in": (
        lambda o, c: [
            "INSERT INTO audit_change (organisation_id, created_at, act, record, record_id, kind)"
            " SELECT organisation_id, created_at, act, record, 99, kind FROM audit_change"
            f" WHERE id = {c}"
        ],
        AuditBreak.CHANGE_ADDED,
    ),
    "changes in another order": (
        lambda o, c: [
            f"UPDATE audit_change SET id = -1 WHERE id = {c}",
            f"UPDATE audit_change SET id = {c} WHERE id = {c} + 1",
            f"UPDATE audit_change SET id = {c} + 1 WHERE id = -1",
        ],
        AuditBreak.CHANGE_ALTERED,
    ),
    "a change of an act that nobody sealed": (
        lambda o, c: [
            "INSERT INTO audit_change (organisation_id, created_at, act, record, record_id, kind)"
            f" SELECT organisation_id, created_at, 5, record, 99, kind FROM audit_change"
            f" WHERE id = {c}"
        ],
        AuditBreak.CHANGE_ADDED,
    ),
    "an entry altered": (
        lambda o, c: [
            f"UPDATE audit_entry SET actor_name = 'Max' WHERE place = 2 AND organisation_id = {o}"
        ],
        AuditBreak.ENTRY_ALTERED,
    ),
    "an entry removed": (
        lambda o, c: [f"DELETE FROM audit_entry WHERE place = 2 AND organisation_id = {o}"],
        AuditBreak.ENTRY_MISSING,
    ),
    "the last entry removed": (
        lambda o, c: [f"DELETE FROM audit_entry WHERE place = 4 AND organisation_id = {o}"],
        AuditBreak.ENTRY_MISSING,
    ),
    "entries in another order": (
        lambda o, c: [
            f"UPDATE audit_entry SET place = 90 WHERE place = 2 AND organisation_id = {o}",
            f"UPDATE audit_entry SET place = 2 WHERE place = 3 AND organisation_id = {o}",
            f"UPDATE audit_entry SET place = 3 WHERE place = 90 AND organisation_id = {o}",
        ],
        AuditBreak.ENTRY_MISPLACED,
    ),
}


@pytest.mark.parametrize("how", list(TAMPERING))
def test_whoever_tampers_with_the_audit_is_found(firm: Firm, how: str) -> None:
    database = firm.database
    for name in ("one", "two"):
        with database.writing(Standing(firm.id, LOU, name)) as session:
            session.add_all([new_client(f"{name}-1"), new_client(f"{name}-2")])
    assert len(entries(database, firm.id)) == 4
    assert flaws(database, firm.id) == []
    do, expected = TAMPERING[how]
    by_hand(database, *do(firm.id, last_change(database) - 1))
    assert expected in [reason for _, reason in flaws(database, firm.id)]
