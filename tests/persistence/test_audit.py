"""The audit that the database writes: every row that is written is told, sealed and kept."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from sqlalchemy import JSON, delete, text, update

from domain.access import Role
from domain.account import Account, Member
from domain.audit import INSTALLATION
from domain.client import Client
from domain.records import METADATA
from domain.standing import Actor, Door, Standing
from persistence.audit.acts import name_act
from persistence.audit.tables import LEFT_OUT, WATCHED, watched_tables
from persistence.audit.upkeep import seal_outside, verify
from persistence.organisations import create_key
from persistence.session import Database, ScopedSession, insert_all, tried_out
from tests.persistence.audits import (
    LOU,
    NOON,
    changes,
    columns_of,
    entries,
    flaws,
    last_change,
    new_client,
)
from tests.persistence.firms import (
    Firm,
    a_line,
    an_invoice,
    at_once,
    found_firm,
    progress,
    raw,
)
from tests.support.databases import owner


@pytest.fixture
def firm(database: Database) -> Firm:
    return found_firm(database)


def test_every_table_is_watched_or_left_out_for_a_reason() -> None:
    assert set(WATCHED) | set(LEFT_OUT) == set(METADATA.tables)
    assert not set(WATCHED) & set(LEFT_OUT)
    assert all(LEFT_OUT.values())
    for table, watched in watched_tables():
        named = {*watched.secrets, *watched.sizes, *watched.untold}
        assert named <= set(table.columns.keys()), table.name
        kept = [name for name in watched.columns(table) if name not in watched.secrets]
        assert not [name for name in kept if name.endswith(("_sha256", "_argon2", "salt"))]


def test_an_act_is_told_with_who_did_it_and_what_changed(firm: Firm) -> None:
    database, before = firm.database, last_change(firm.database)
    with database.writing(Standing(firm.id, LOU, "clientUpdate")) as session:
        client = session.get_one(Client, firm.client_id)
        client.country = "BE"
    assert changes(database, before) == [
        (
            "client",
            firm.client_id,
            "UPDATE",
            {"country": "FR", "version": 1},
            {"country": "BE", "version": 2},
        )
    ]
    assert entries(database, firm.id)[-1][1:] == (
        "clientUpdate", "KEY", "api_key_7", "192.0.2.7", "r-1", 1,
    )  # fmt: skip
    assert flaws(database, firm.id) == []


def test_what_is_written_in_bulk_or_by_conditions_does_not_escape(firm: Firm) -> None:
    database, before = firm.database, last_change(firm.database)
    with database.writing(Standing(firm.id, LOU, "bulk")) as session:
        insert_all(session, Client, [columns_of(new_client(f"B-{n}")) for n in range(40)])
        session.execute(
            update(Client).where(Client.code.startswith("B-")).values(currency="CHF", comment="x")
        )
        session.execute(delete(Client).where(Client.code == "B-3"))
    told = changes(database, before)
    assert [one[2] for one in told] == ["INSERT"] * 40 + ["UPDATE"] * 40 + ["DELETE"]
    assert told[0][4]["code"] == "B-0"
    assert told[0][3] is None
    assert told[40][3:] == (
        {"currency": "EUR", "comment": None},
        {"currency": "CHF", "comment": "x"},
    )
    assert told[-1][3]["code"] == "B-3"
    assert told[-1][4] is None
    assert entries(database, firm.id)[-1][-1] == 81


def test_what_did_not_happen_is_not_told(firm: Firm) -> None:
    """Refused, tried out and empty acts leave nothing; a use of a key alone is no change."""
    database, before = firm.database, last_change(firm.database)
    standing = Standing(firm.id, LOU, "tried")
    count = len(entries(database, firm.id))
    with pytest.raises(ZeroDivisionError):
        break_off(database, standing)
    with database.writing(standing) as session, tried_out(session):
        session.add(new_client("X-2"))
        session.flush()
    with database.writing(standing) as session:
        session.get_one(Client, firm.client_id)
    with database.writing(standing) as session:
        session.execute(update(Client).where(Client.id == firm.client_id).values(code="CLI-1"))
    assert changes(database, before) == []
    assert len(entries(database, firm.id)) == count


def break_off(database: Database, standing: Standing) -> None:
    with database.writing(standing) as session:
        session.add(new_client("X-1"))
        session.flush()
        raise ZeroDivisionError


def test_secrets_and_blobs_are_told_to_have_changed_and_no_more(firm: Firm) -> None:
    database, before = firm.database, last_change(firm.database)
    with database.writing(Standing(firm.id, LOU, "key create")) as session:
        token = create_key(session, role=Role.READER, name="Robot")
        session.execute(
            text("UPDATE entity SET logo = :logo WHERE id = :id"),
            {"logo": b"\x89PNG-logo", "id": firm.entity_id},
        )
        session.execute(text("UPDATE api_key SET secret_sha256 = 'other'"))
        session.execute(text("UPDATE api_key SET last_used_at = '2026-11-22 10:00:00'"))
    key, logo, again = changes(database, before)
    assert key[4]["name"] == "Robot"
    assert key[4]["secret_sha256"] == "•••"
    assert logo[3:] == ({"logo": None}, {"logo": 9})
    assert again[3:] == ({"secret_sha256": "•••"}, {"secret_sha256": "•••"})
    assert token.split("_", 2)[-1] not in json.dumps(changes(database), ensure_ascii=False)


def test_an_account_is_told_to_the_firm_that_acts_or_to_the_installation(firm: Firm) -> None:
    database = firm.database
    person = {"email": "a@b.test", "email_key": "a@b.test", "created_at": NOON}
    with database.writing(None) as session:
        name_act(session, "memberInvite", LOU)
        account = Account(**person)
        session.add(account)
        session.flush()
        member = Member(account_id=account.id, role=Role.READER)
        member.organisation_id = firm.id
        session.add(member)
    with database.writing(Standing(firm.id, LOU, "accountUpdate")) as session:
        session.execute(update(Account).values(name="Anne"))
    assert raw(
        database, "SELECT organisation_id, kind FROM audit_change WHERE record = 'account'"
        " ORDER BY id"
    ) == [(INSTALLATION, "INSERT"), (firm.id, "UPDATE")]  # fmt: skip
    assert entries(database, INSTALLATION) == [
        (1, "memberInvite", "KEY", "api_key_7", "192.0.2.7", "r-1", 1)
    ]
    told = [(row[1], row[-1]) for row in entries(database, firm.id)[-2:]]
    assert told == [("memberInvite", 1), ("accountUpdate", 1)]
    assert flaws(database, INSTALLATION) == flaws(database, firm.id) == []


def test_an_account_is_told_to_every_firm_that_it_has_joined(firm: Firm) -> None:
    """A firm learns that the password of one of its people changed, wherever that was done."""
    database, homes = firm.database, (firm, *(found_firm(firm.database, one) for one in "bcd"))
    with database.writing(None) as session:
        account = Account(email="a@b.test", email_key="a@b.test", created_at=NOON)
        session.add(account)
        session.flush()
        account_id = account.id
        times = {"joined_at": NOON}, {"joined_at": NOON}, {}, {"joined_at": NOON}
        for home, joined in zip(homes, times, strict=True):
            member = Member(account_id=account.id, role=Role.READER, **joined)
            member.organisation_id = home.id
            if home is homes[3]:
                member.archived_at = NOON
            session.add(member)
    person = Actor(Door.SIGN_IN, "a@b.test", "member_1", address="192.0.2.8", request_id="r-9")
    with database.writing(None) as session:
        name_act(session, "passwordChange", person, firm.id)
        session.get_one(Account, account_id).password_argon2 = "new"
    told = raw(
        database,
        "SELECT organisation_id, after FROM audit_change WHERE record = 'account'"
        " AND kind = 'UPDATE' ORDER BY id",
    )
    assert [(of, json.loads(after)) for of, after in told] == [
        (home.id, {"password_argon2": "•••"}) for home in homes[:2]
    ]
    ours = ("passwordChange", "SIGN_IN", "member_1", "192.0.2.8", "r-9", 1)
    assert entries(database, firm.id)[-1][1:] == ours
    # There, that identifier is of nobody, or of somebody else.
    assert entries(database, homes[1].id)[-1][1:] == (*ours[:2], "", *ours[3:])
    assert "passwordChange" not in str(
        entries(database, homes[2].id) + entries(database, homes[3].id)
    )
    assert [flaws(database, one) for one in (*(home.id for home in homes), INSTALLATION)] == [
        []
    ] * 5


def test_a_change_by_hand_is_told_as_made_outside(firm: Firm) -> None:
    database = firm.database
    with owner(database).begin() as connection:
        connection.exec_driver_sql("UPDATE client SET comment = 'by hand'")
    with database.reading(firm.id) as session:
        assert verify(session, firm.id).outside == 1
    assert seal_outside(database) == 1
    assert entries(database, firm.id)[-1][1:] == ("", "OUTSIDE", "", "", "", 1)
    assert seal_outside(database) == 0
    with database.reading(firm.id) as session:
        assert verify(session, firm.id).outside == 0
    assert flaws(database, firm.id) == []


# Two firms, two writers


def test_two_firms_have_each_their_chain(firm: Firm, database: Database) -> None:
    other = found_firm(database, "autre")
    for one, name in ((firm, "a"), (other, "b"), (firm, "c")):
        with database.writing(Standing(one.id, LOU, name)) as session:
            session.add(new_client(f"Z-{name}"))
    assert [row[1] for row in entries(database, firm.id)][-2:] == ["a", "c"]
    assert [row[1] for row in entries(database, other.id)][-1:] == ["b"]
    assert flaws(database, firm.id) == flaws(database, other.id) == []
    told = raw(database, "SELECT DISTINCT organisation_id FROM audit_change ORDER BY 1")
    assert told == [(firm.id,), (other.id,)]


def test_writers_of_one_firm_at_once_fork_no_chain(firm: Firm) -> None:
    """Each locks its own rows first and the head of the chain last: none waits crosswise."""
    database = firm.database

    def act(number: int) -> None:
        for turn in range(5):
            with database.writing(Standing(firm.id, LOU, f"act {number}")) as session:
                session.add_all([new_client(f"T-{number}-{turn}"), progress(firm.phase_id, "10")])

    before = len(entries(database, firm.id))
    at_once(6, act)
    found = entries(database, firm.id)
    assert [row[0] for row in found] == list(range(1, before + 31))
    assert flaws(database, firm.id) == []


# Whatever is written


def snapshot(database: Database) -> dict[str, dict[int, dict[str, Any]]]:
    """Every watched row as JSON, by table and identifier, in the columns that are told."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for table, watched in watched_tables():
        columns = watched.columns(table)
        rows = raw(database, _all_of(database, table))
        found[table.name] = {}
        for row in rows:
            told = _row(table, row) if database.is_sqlite else row[1]
            found[table.name][row[0]] = {name: told[name] for name in columns}
    return found


def _all_of(database: Database, table: Any) -> str:
    columns = ", ".join(f't."{column.name}"' for column in table.columns)
    return f"SELECT t.id, {columns if database.is_sqlite else 'to_jsonb(t)'} FROM {table.name} t"


def _row(table: Any, row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        column.name: json.loads(value) if isinstance(column.type, JSON) and value else value
        for column, value in zip(table.columns, row[1:], strict=True)
    }


def scribble(session: ScopedSession, firm: Firm, dice: random.Random, turn: int) -> None:
    """One write of any manner."""
    some = Client.id % 3 == dice.randrange(3)
    match dice.randrange(6):
        case 0:
            session.add(new_client(f"S-{turn}", dice.choice(["Été", 'a "b" \\ c', "x\ny", "•••"])))
        case 1:
            rows = [columns_of(new_client(f"R-{turn}-{n}")) for n in range(dice.randrange(4))]
            insert_all(session, Client, rows)
        case 2:
            changed = {
                "comment": dice.choice([None, "", "é\t'"]),
                "siret": dice.choice([None, "1"]),
            }
            session.execute(update(Client).where(some).values(**changed))
        case 3:
            session.execute(delete(Client).where(some, Client.id != firm.client_id))
        case 4:
            invoice = an_invoice(firm, turn, vat_groups=[{"rate": "20", "é": None}])
            session.add(invoice)
            session.flush()
            session.add(a_line(invoice.id, basis={"a": [1, None, "x"]}))
        case 5:
            session.add(progress(firm.phase_id, str(dice.randrange(100))))
    session.flush()


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_told_leads_from_every_row_before_to_every_row_after(firm: Firm, seed: int) -> None:
    """The changes of a random sequence, done again on what was, make exactly what is."""
    database, dice, before = firm.database, random.Random(seed), last_change(firm.database)
    rows = snapshot(database)
    for turn in range(25):
        with database.writing(Standing(firm.id, LOU, "scribble")) as session:
            scribble(session, firm, dice, turn)
            with tried_out(session):
                scribble(session, firm, dice, turn + 1000)
    for record, record_id, kind, was, is_now in changes(database, before):
        table = rows[record]
        if kind == "INSERT":
            assert record_id not in table
            table[record_id] = is_now
        elif kind == "DELETE":
            assert table.pop(record_id) == was
        else:
            assert {name: table[record_id][name] for name in was} == was
            table[record_id] |= is_now
    assert rows == snapshot(database)
    assert flaws(database, firm.id) == []
