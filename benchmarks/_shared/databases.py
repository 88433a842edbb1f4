"""A new database for a benchmark, on SQLite or on PostgreSQL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.support.postgres import fresh_database, running_postgres


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """A new database: a SQLite file, or one of a PostgreSQL that is started for it."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    with running_postgres() as dsn, fresh_database(dsn) as url:
        yield url
