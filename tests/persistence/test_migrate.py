"""Migrations: the same schema as the records on both databases, repeatable, all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, Enum, inspect, text
from sqlalchemy.exc import DBAPIError

from domain.access import Role
from domain.account import Account, Member
from domain.records import METADATA
from domain.standing import Actor, Door, Standing
from persistence.audit import triggers as audit_triggers
from persistence.engine import open_engine
from persistence.migrate import BrokenReferences, _config, _foreign_keys, is_current, migrate
from persistence.organisations import make_key, the_organisation
from persistence.session import Database
from tests.persistence.firms import a_client, a_project, found_firm, raw
from tests.support.databases import owner
from tests.support.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, on each of the two."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url)
    yield engine
    engine.dispose()


def compared_by_what_is_stored(
    _context: Any, _inspected: Any, _column: Any, stored: Any, declared: Any
) -> bool | None:
    """Choices are text in the database; all other types are compared as usual."""
    if isinstance(declared, Enum):
        return bool(stored.length != declared.length)
    return None


def test_the_schema_of_the_migrations_is_that_of_the_records(database: Database) -> None:
    with owner(database).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": compared_by_what_is_stored}
        )
        assert compare_metadata(context, METADATA) == []


def test_every_reference_between_records_is_one_of_two_columns(database: Database) -> None:
    """The database itself must refuse a reference into another organisation."""
    inspected = inspect(database.engine)
    for table in METADATA.tables:
        for key in inspected.get_foreign_keys(table):
            if key["referred_table"] not in ("organisation", "account"):
                assert key["constrained_columns"][0] == "organisation_id", (table, key)
                assert key["referred_columns"] == ["organisation_id", "id"], (table, key)


def test_no_number_is_stored_as_a_float(database: Database) -> None:
    for table in METADATA.tables:
        for column in inspect(database.engine).get_columns(table):
            kind = str(column["type"]).upper()
            assert not any(word in kind for word in ("NUMERIC", "FLOAT", "REAL", "DOUBLE")), (
                table,
                column["name"],
            )


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    database = Database(database_url)
    firm = found_firm(database)
    migrate(database_url)
    migrate(database_url)
    assert is_current(database.engine)
    assert raw(database, "SELECT code FROM client") == [("CLI-1",)]
    firm.keep(a_client("CLI-2", "Tulle"))
    database.close()


def test_projects_of_before_get_the_keys_of_their_names(database_url: str) -> None:
    database = Database(database_url)
    firm = found_firm(database)
    firm.keep(a_project(firm.client_id, "P-1", name="Élan du Port"))
    take_back(database, "0019")
    assert "name_key" not in columns_of(database, "project")
    migrate(database_url)
    found = raw(database, "SELECT name, name_key FROM project WHERE code = 'P-1'")
    assert found == [("Élan du Port", "elan du port")]
    database.close()


def test_who_made_a_key_before_that_was_kept_is_found_in_the_audit(database_url: str) -> None:
    database = Database(database_url)
    firm = found_firm(database)
    with database.writing(None) as session:
        now = datetime(2026, 11, 21, tzinfo=UTC)
        account = Account(email="a@a.example", email_key="a@a.example", created_at=now)
        session.add(account)
        session.flush()
        member = Member(account_id=account.id, role=Role.ADMINISTRATOR)
        member.organisation_id = firm.id
        session.add(member)
        session.flush()
        key = member.id
    person = Actor(Door.SIGN_IN, "a@a.example", f"member_{key}")
    for actor, name in ((person, "theirs"), (Actor(Door.COMMAND, "terminal"), "nobody's")):
        with database.writing(Standing(firm.id, actor, "apiKeyCreate")) as session:
            make_key(session, role=Role.READER, name=name)
    take_back(database, "0022")
    assert "made_by_id" not in columns_of(database, "api_key")
    migrate(database_url)
    found = raw(database, "SELECT name, made_by_id FROM api_key ORDER BY id")
    assert found == [("theirs", key), ("nobody's", None)]
    # No identifier is ever given twice, even once its table was made anew.
    if database.is_sqlite:
        (made,) = raw(database, "SELECT sql FROM sqlite_master WHERE name = 'api_key'")
        assert "AUTOINCREMENT" in made[0]
    database.close()


def test_the_firms_of_before_begin_to_count_their_changes(database_url: str) -> None:
    database = Database(database_url)
    firm = found_firm(database)
    take_back(database, "0023")
    assert "version" not in columns_of(database, "organisation")
    migrate(database_url)
    assert raw(database, "SELECT version FROM organisation") == [(1,)]
    with firm.writing() as session:
        the_organisation(session).name = "Another"
    assert raw(database, "SELECT version FROM organisation") == [(2,)]
    database.close()


def take_back(database: Database, revision: str) -> None:
    """The schema as it was at an earlier revision."""
    with owner(database).connect() as connection:
        if database.is_sqlite:
            _foreign_keys(connection, on=False)
        with connection.begin():
            audit_triggers.take_down(connection)
            command.downgrade(_config(connection), revision)


def columns_of(database: Database, table: str) -> set[str]:
    return {column["name"] for column in inspect(owner(database)).get_columns(table)}


def test_a_database_is_current_only_once_it_is_migrated(empty: Engine, empty_url: str) -> None:
    assert not is_current(empty)
    migrate(empty_url)
    assert is_current(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not is_current(empty)


def test_nothing_stays_of_a_migration_that_fails(empty: Engine, empty_url: str) -> None:
    """A table of the same name stands in the way, late in the first step."""
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE progress_update (stone INTEGER)"))
    with pytest.raises(DBAPIError, match="progress_update"):
        migrate(empty_url)
    assert inspect(empty).get_table_names() == ["progress_update"]
    assert not is_current(empty)
    with empty.begin() as connection:
        connection.execute(text("DROP TABLE progress_update"))
    migrate(empty_url)
    assert is_current(empty)


def test_a_migration_that_leaves_a_reference_to_nowhere_is_rolled_back(tmp_path: Path) -> None:
    """Foreign keys sleep during a migration of SQLite: they are checked before it is kept."""
    path = tmp_path / "broken.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE child (parent_id INTEGER REFERENCES parent (id))")
        connection.execute("INSERT INTO child VALUES (7)")
    connection.close()
    with pytest.raises(BrokenReferences, match="1 rows, first in child"):
        migrate(f"sqlite:///{path}")
    engine = open_engine(f"sqlite:///{path}")
    assert inspect(engine).get_table_names() == ["child", "parent"]
    engine.dispose()


def test_foreign_keys_are_awake_after_a_migration(database: Database) -> None:
    if database.is_sqlite:
        assert raw(database, "PRAGMA foreign_keys") == [(1,)]
        assert raw(database, "PRAGMA journal_mode") == [("wal",)]
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), owner(database).begin() as connection:
        connection.execute(
            text(
                "INSERT INTO address (organisation_id, client_id, is_default, created_at)"
                " VALUES (1, 1, false, '2026-11-21')"
            )
        )
