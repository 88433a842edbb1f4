"""Proof that a process lives: a lock that its end, however sudden, takes from it."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from persistence.engine import KEEPALIVE


class Alone:
    """On SQLite one process does the jobs: it holds the write lock of a file of its own.

    The system lets go of the lock when the process ends; whoever holds it knows all others dead.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def hold(self, name: str) -> bool:
        """Whether this process is now the one."""
        if self._connection is not None:
            return True
        # Its folder is private already; the file tells nothing.
        os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            self._path, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            connection.close()
            return False
        self._connection = connection
        return True

    def is_dead(self, name: str) -> bool:
        return True

    def let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class AmongPeers:
    """On PostgreSQL each process holds an advisory lock by its name, on a connection of its own."""

    def __init__(self, url: str) -> None:
        # Apart from the pool: the connection lasts as long as the process.
        parsed = make_url(url).set(drivername="postgresql+psycopg")
        self._engine: Engine = create_engine(
            parsed, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True
        )
        self._connection: Connection | None = None
        self._name = ""

    def hold(self, name: str) -> bool:
        """Takes the lock of `name`, anew where the connection was lost; whether it is held."""
        if self._connection is not None:
            try:
                self._connection.execute(text("SELECT 1"))
                return True
            except SQLAlchemyError:
                self.let_go()
        self._connection = self._engine.connect()
        self._connection.exec_driver_sql(KEEPALIVE)
        return self._takes(name)

    def is_dead(self, name: str) -> bool:
        """Whether nobody holds the lock of `name`."""
        if self._connection is None or not self._takes(name):
            return False
        self._connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(name)})
        return True

    def let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Said, not left to the closing: the server ends a connection in its own time.
            with suppress(SQLAlchemyError):
                connection.execute(text("SELECT pg_advisory_unlock_all()"))
            connection.close()
        self._engine.dispose()

    def _takes(self, name: str) -> bool:
        assert self._connection is not None
        asked = text("SELECT pg_try_advisory_lock(:key)")
        return bool(self._connection.execute(asked, {"key": _key(name)}).scalar_one())


def _key(name: str) -> int:
    """The 64-bit number that PostgreSQL knows the lock of `name` by."""
    digest = hashlib.sha256(f"jalon job {name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


Living = Alone | AmongPeers


def living_at(database_url: str) -> Living:
    """How processes on that database know each other alive."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return Alone(beside(database_url, "jobs.lock"))
    return AmongPeers(database_url)


ENGINE_FILE = "jobs.db"
"""Where the engine of long work keeps its tables, beside a database of SQLite."""


def beside(database_url: str, ending: str) -> Path:
    """A file beside a SQLite database: jalon.db -> jalon-jobs.lock."""
    main = Path(make_url(database_url).database or "")
    return main.with_name(f"{main.stem}-{ending}")
