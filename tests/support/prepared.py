"""The fixtures' firm already taken in: prepared once a run, copied for each test."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, event

from persistence.migrate import migrate
from persistence.ready.reader import Reader
from tests.support.api import ApiClient, keep_key, open_api
from tests.support.takeover import take_in

_ON_TABLES = re.compile(r"\b(?:FROM|INSERT|UPDATE)\b")
_BESIDE = re.compile(r"\b(?:pg_\w+|api_key|audit_\w+)\b")


@dataclass
class Calendar:
    """The clock of a test: it stands still until it is told another day."""

    now: datetime = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go_to(self, day: str) -> None:
        self.now = datetime.fromisoformat(f"{day}T09:30:00+00:00")


def prepare(database_url: str) -> None:
    """Migrates an empty database, founds the firm "test" there and takes its workbooks in."""
    migrate(database_url)
    with (
        TemporaryDirectory() as folder,
        open_api(database_url, Path(folder), clock=Calendar()) as api,
    ):
        take_in(api)
        keep_key(api.house.database, api.organisation_id)


def copy_of(prepared: Path, folder: Path) -> str:
    """The URL of a test's own copy of a prepared SQLite database."""
    path = folder / "jalon.db"
    shutil.copy(prepared, path)
    return f"sqlite:///{path}"


@contextmanager
def statements(api: ApiClient) -> Iterator[list[str]]:
    """The SQL statements on tables that the application sends to its database meanwhile."""
    told: list[str] = []

    def note(connection: Connection, cursor: object, statement: str, *rest: object) -> None:
        # Making a connection ready, finding whose key it is, and telling it are no work of it.
        if _ON_TABLES.search(statement) and not _BESIDE.search(statement):
            told.append(statement)

    engine, reader = api.house.database.engine, Reader.of(api.house.database)
    event.listen(engine, "before_cursor_execute", note)
    reader.hear = told.append
    try:
        yield told
    finally:
        reader.hear = None
        event.remove(engine, "before_cursor_execute", note)
