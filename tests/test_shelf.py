"""The shelf of SQLite files: nothing of one test is there in the next, on connections left open."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, make_url, text

from persistence.session import Database
from tests.support.databases import lent
from tests.support.shelf import Shelf


@pytest.fixture
def own(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def codes(database: Database) -> list[str]:
    with database.engine.connect() as connection:
        return list(connection.scalars(text("SELECT code FROM organisation ORDER BY code")))


def write(database: Database, statement: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(text(statement))


def driver_of(database: Database) -> object:
    with database.engine.connect() as connection:
        return driven(connection)


def driven(connection: Connection) -> sqlite3.Connection:
    """The driver's, which begins no transaction by itself."""
    found = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found


def test_what_a_test_wrote_is_gone_in_the_next(
    own: Shelf, migrated_sqlite: Path, prepared_sqlite: Path
) -> None:
    with own.filled(prepared_sqlite) as first, lent(first) as database:
        assert codes(database) == ["test"]
        write(database, "UPDATE organisation SET code = 'other'")
        assert codes(database) == ["other"]
        connected = driver_of(database)
    with own.filled(migrated_sqlite) as second, lent(second) as database:
        assert second != first
        assert codes(database) == []
    with own.filled(prepared_sqlite) as third, lent(third) as database:
        assert third == first
        assert codes(database) == ["test"]
        assert driver_of(database) is connected
    own.close()


@pytest.mark.parametrize(
    "left", ["a table", "a file", "a lock", "a connection", "a setting", "a table of its own"]
)
def test_a_file_that_is_not_as_it_was_is_put_away(
    own: Shelf, migrated_sqlite: Path, tmp_path: Path, left: str
) -> None:
    stranger: sqlite3.Connection | None = None
    with own.filled(migrated_sqlite) as first, lent(first) as database:
        held = database.engine.connect()
        if left == "a table":
            write(database, "DROP TABLE contact")
        elif left == "a file":
            (tmp_path / "1" / "beside").touch()
        elif left == "a lock":
            path = make_url(first).database
            assert path
            # Past the product's connections, which the shelf counts.
            stranger = sqlite3.connect(path, isolation_level=None)
            stranger.execute("BEGIN IMMEDIATE")
        elif left == "a setting":
            driven(held).execute("PRAGMA foreign_keys=OFF")
        elif left == "a table of its own":
            driven(held).execute("CREATE TEMP TABLE invoice (id)")
        if left != "a connection":
            held.close()
    with own.filled(migrated_sqlite) as second, lent(second) as database:
        assert second != first
        assert codes(database) == []
    held.close()
    if stranger is not None:
        stranger.close()
    own.close()
