"""The second wall, PostgreSQL's own: with the sessions' condition switched off nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import CursorResult, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from domain.access import Role
from domain.account import Account, AccountLink, LinkPurpose, Member, Tally
from domain.client import Client, Contact
from domain.organisation import Organisation
from domain.records import METADATA
from persistence.engine import APP_ROLE
from persistence.migrate import migrate
from persistence.session import Database, ScopedSession, insert_all, part_of, tried_out
from persistence.walls import GRANTED
from tests.persistence.firms import (
    Firm,
    a_client,
    billed,
    found_firm,
    progress,
    raw,
    without_the_first_wall,
)
from tests.support.databases import owner
from tests.support.postgres import PostgresServer

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SCOPED = [table for table in METADATA.sorted_tables if "organisation_id" in table.c]


@pytest.fixture(scope="module")
def walled(postgres: PostgresServer) -> Iterator[Database]:
    """A database of two firms with the same records, for tests that leave it as it was."""
    dsn = postgres.create_database(template=postgres.template("migrated", migrate))
    database = Database(dsn)
    for code in ("ours", "theirs"):
        firm = found_firm(database, code)
        with firm.writing() as session:
            billed(session, firm, 1, 100_000)
            session.add(progress(firm.phase_id, "40"))
        _employ(database, firm, f"{code}@firm.example")
    yield database
    database.close()
    postgres.drop_database(dsn)


def _employ(database: Database, firm: Firm, address: str) -> None:
    with database.writing(None) as session:
        person = Account(email=address, email_key=address, created_at=NOW, name=firm.code)
        session.add(person)
        session.flush()
        link = AccountLink(
            account_id=person.id,
            purpose=LinkPurpose.INVITATION,
            token_sha256=firm.code,
            expires_at=NOW,
            created_at=NOW,
            salt=firm.code,
        )
        member = Member(account_id=person.id, role=Role.READER)
        member.organisation_id = firm.id
        session.add(member)
        session.flush()
        link.organisation_id, link.member_id = firm.id, member.id
        session.add(link)


OURS, THEIRS = 1, 2


def snapshot(database: Database, organisation_id: int) -> dict[str, list[str]]:
    """Every row of a firm, as the owner of the tables sees it."""
    found = {}
    with owner(database).connect() as connection:
        for table in SCOPED:
            rows = connection.execute(
                text(f"SELECT t::text FROM {table.name} t WHERE organisation_id = :o ORDER BY 1"),
                {"o": organisation_id},
            )
            found[table.name] = [row[0] for row in rows]
    return found


def test_nothing_of_another_firm_is_read_without_the_first_wall(walled: Database) -> None:
    with without_the_first_wall(), walled.reading(OURS) as session:
        seen = 0
        for table in SCOPED:
            for statement in (
                select(table.c.organisation_id),
                text(f"SELECT organisation_id FROM {table.name}"),
                text(f"SELECT organisation_id FROM {table.name} WHERE organisation_id = 2"),
                text(f"WITH every AS (TABLE {table.name}) SELECT organisation_id FROM every"),
                select(select(table.c.organisation_id).subquery()),
            ):
                owners = {row[0] for row in session.execute(statement)}
                assert owners <= {OURS}, (table.name, str(statement))
                seen += len(owners)
        assert seen > 20
        assert session.scalars(select(Organisation.code)).all() == ["ours"]
        assert session.get(Client, _first(walled, "client", THEIRS)) is None
        assert session.scalars(select(Account.name)).all() == ["ours"]
        assert session.scalars(select(AccountLink.token_sha256)).all() == ["ours"]


def _first(database: Database, table: str, organisation_id: int) -> int:
    found = raw(
        database, f"SELECT min(id) FROM {table} WHERE organisation_id = :o", o=organisation_id
    )
    return int(found[0][0])


def test_accounts_are_seen_by_the_firms_they_work_for_on_either_database(
    database: Database,
) -> None:
    """The first wall alone, and both: two firms see a person, and each its own invitation."""
    one, two = found_firm(database, "one"), found_firm(database, "two")
    _employ(database, one, "a@firm.example")
    _employ(database, two, "b@firm.example")
    with database.writing(None) as session:
        person = session.scalars(select(Account).where(Account.email == "b@firm.example")).one()
        member = Member(account_id=person.id, role=Role.READER)
        member.organisation_id = one.id
        session.add(member)
    for firm, seen in ((one, ["a@firm.example", "b@firm.example"]), (two, ["b@firm.example"])):
        with firm.reading() as session:
            assert session.scalars(select(Account.email).order_by(Account.email)).all() == seen
            invitations = select(AccountLink.organisation_id)
            assert session.scalars(invitations).all() == [firm.id]


def test_nothing_of_another_firm_is_changed_without_the_first_wall(walled: Database) -> None:
    before = snapshot(walled, THEIRS)
    with without_the_first_wall(), walled.writing(OURS) as session:
        for table in SCOPED:
            same = {"organisation_id": table.c.organisation_id}
            for statement in (
                update(table).values(same).where(table.c.organisation_id == THEIRS),
                delete(table).where(table.c.organisation_id == THEIRS),
                text(f"DELETE FROM {table.name} WHERE organisation_id = 2"),
            ):
                granted = table.info.get(GRANTED, "UPDATE DELETE")
                if str(statement).split()[0] not in granted:
                    with pytest.raises(ProgrammingError, match="denied"), session.begin_nested():
                        session.execute(statement)
                    continue
                done = session.execute(statement)
                assert isinstance(done, CursorResult)
                assert done.rowcount == 0, (table.name, str(statement))
        theirs = _first(walled, "client", THEIRS)
        for change in (
            update(Client).where(Client.id == theirs).values(name="x"),
            delete(Contact).where(Contact.client_id == theirs),
            update(Account).where(Account.name == "theirs").values(name="x"),
            update(Organisation).where(Organisation.id == THEIRS).values(name="x"),
        ):
            done = session.execute(change)
            assert isinstance(done, CursorResult)
            assert done.rowcount == 0
    assert snapshot(walled, THEIRS) == before
    assert raw(walled, "SELECT count(*) FROM account WHERE name = 'theirs'") == [(1,)]


def test_nothing_is_written_into_another_firm_without_the_first_wall(walled: Database) -> None:
    before = snapshot(walled, THEIRS)
    record = a_client("CLI-9", "Ussel")
    record.organisation_id, record.created_at, record.updated_at = THEIRS, NOW, NOW
    row = {"client_id": 1, "name": "x", "organisation_id": THEIRS, "created_at": NOW}
    contact = METADATA.tables["contact"]
    tries: list[Any] = [
        lambda session: (session.add(record), session.flush()),
        lambda session: session.execute(insert(contact), [row | {"is_default": False}]),
        lambda session: session.execute(
            update(Client).values(organisation_id=THEIRS), execution_options=_PLAIN
        ),
        lambda session: session.execute(
            text(
                "INSERT INTO number_counter (organisation_id, entity_id, series, year, last,"
                " created_at) VALUES (2, 2, 'X', 2026, 1, now())"
                " ON CONFLICT (organisation_id, entity_id, series, year) DO UPDATE SET last = 9"
            )
        ),
    ]
    with without_the_first_wall():
        for act in tries:
            with (
                pytest.raises(ProgrammingError, match="row-level security"),
                walled.writing(OURS) as session,
            ):
                act(session)
    assert snapshot(walled, THEIRS) == before


_PLAIN = {"synchronize_session": False}


def test_what_the_roles_may_not_do(walled: Database) -> None:
    """No table emptied past its policies, none made, no address of an account changed."""
    for statement in (
        "TRUNCATE client CASCADE",
        "ALTER TABLE client DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE beside (id bigint)",
        "UPDATE account SET email = 'x', email_key = 'x'",
        "INSERT INTO account (email, email_key, name, created_at) VALUES ('x', 'x', '', now())",
        "DELETE FROM account",
        "UPDATE alembic_version SET version_num = '0'",
        "COPY client FROM STDIN",
        "SELECT setval(pg_get_serial_sequence('client', 'id'), 1)",
    ):
        with (
            pytest.raises(DBAPIError, match=r"permission denied|must be owner|not supported"),
            walled.writing(OURS) as session,
        ):
            session.execute(text(statement))


def test_a_connection_that_says_no_organisation_sees_nothing(walled: Database) -> None:
    with pytest.raises(DBAPIError), walled.engine.connect() as connection:
        connection.execute(text("SELECT * FROM client"))
    with walled.engine.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == APP_ROLE
        for told in ("0", "-1"):
            with connection.begin_nested():
                connection.execute(text(f"SET LOCAL jalon.organisation = '{told}'"))
                assert connection.scalar(text("SELECT count(*) FROM client")) == 0


def test_nothing_stays_with_a_connection_for_who_has_it_next(postgres_url: str) -> None:
    """One connection, lent in turn: after commits, roll-backs, savepoints and errors."""
    database = Database(postgres_url)
    firms = [found_firm(database, code) for code in ("one", "two")]
    one_connection = database.engine.pool
    owners = "SELECT array_agg(DISTINCT organisation_id) FROM client"
    pid = "SELECT pg_backend_pid()"

    def seen(session: ScopedSession) -> list[int]:
        return list(session.execute(text(owners)).scalar_one())

    pids = set()
    with without_the_first_wall():
        for turn in range(12):
            firm = firms[turn % 2]
            with database.reading(firm.id) as session:
                assert seen(session) == [firm.id]
                pids.add(session.scalar(text(pid)))
            with database.reading(None) as session:
                assert sorted(seen(session)) == [1, 2]
            with suppress(ZeroDivisionError), database.writing(firm.id) as session:
                with tried_out(session):
                    assert seen(session) == [firm.id]
                with part_of(session) as part:
                    session.execute(text("SET LOCAL jalon.organisation = '77'"))
                    part.is_kept = False
                assert seen(session) == [firm.id]
                if turn % 3 == 0:
                    with pytest.raises(DBAPIError), session.begin_nested():
                        session.execute(text("SELECT 1 / 0"))
                    assert seen(session) == [firm.id]
                raise ZeroDivisionError
            with pytest.raises(DBAPIError), database.engine.connect() as connection:
                connection.execute(text(owners))
    assert len(pids) == 1
    assert one_connection.checkedin() == 1
    database.close()


def test_the_references_of_records_are_checked_behind_the_walls(walled: Database) -> None:
    """PostgreSQL looks for what is referred to past the policies, and finds it is of another."""
    theirs = _first(walled, "client", THEIRS)
    with pytest.raises(IntegrityError), walled.writing(OURS) as session:
        insert_all(session, Contact, [{"client_id": theirs, "name": "x"}])


def test_counts_of_tries_are_kept_from_within_a_firm_too(walled: Database) -> None:
    with walled.writing(OURS) as session, tried_out(session):
        session.add(Tally(key="k", until=NOW, count=1))
        session.flush()
        assert session.scalar(select(func.count(Tally.key))) == 1
