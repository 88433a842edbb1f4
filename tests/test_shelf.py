"""The shelf of SQLite files: nothing of one test is there in the next, on connections left open."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

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
        return connection.connection.driver_connection


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


@pytest.mark.parametrize("left", ["a table", "a file", "a lock", "a connection"])
def test_a_file_that_is_not_as_it_was_is_put_away(
    own: Shelf, migrated_sqlite: Path, tmp_path: Path, left: str
) -> None:
    with own.filled(migrated_sqlite) as first, lent(first) as database:
        held = database.engine.connect()
        if left == "a table":
            write(database, "DROP TABLE contact")
        elif left == "a file":
            (tmp_path / "1" / "beside").touch()
        elif left == "a lock":
            held.begin()
        if left in ("a table", "a file"):
            held.close()
    with own.filled(migrated_sqlite) as second, lent(second) as database:
        assert second != first
        assert codes(database) == []
    held.close()
    own.close()
