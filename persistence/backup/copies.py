"""The whole database as one file, taken while others write, and put back into an empty one.

SQLite copies itself by its own online backup, as of one moment, and no writer waits for it. Of
PostgreSQL the client's own tools do it (pg_dump, pg_restore), as who owns the tables: the walls
between firms stop everybody else.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, inspect, text
from sqlalchemy.engine import make_url

from persistence.engine import open_engine
from persistence.living import ENGINE_FILE, beside

ENGINE_OF_JOBS = "jalon_jobs"
"""The schema of the engine of long work; what was running is found again from the jobs."""

_JOURNALS = ("-wal", "-shm", "-journal")


class CopyFailed(Exception):
    """The database could not be copied: `sentence` (English, a key of words) with its `facts`."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts = facts


def kind_of(url: str) -> str:
    """ "sqlite" or "postgresql"."""
    return make_url(url).get_backend_name()


def copy_out(url: str, target: Path) -> None:
    """Writes the database of `url` as it is at one moment to `target`; CopyFailed."""
    if kind_of(url) == "sqlite":
        _copy_sqlite(_file_of(url), target)
        return
    arguments = ("--format=custom", "--no-owner", f"--exclude-schema={ENGINE_OF_JOBS}")
    _run("pg_dump", *arguments, f"--file={target}", url=url)


def copy_in(url: str, source: Path) -> None:
    """Makes the copy `source` the database of `url`, which is empty: whole, or not at all.

    On PostgreSQL the roles are there (`persistence.migrate.make_roles_for`): walls name them.
    """
    if kind_of(url) == "sqlite":
        _check_sqlite(source)
        os.replace(source, _file_of(url))
        return
    at_once = ("--no-owner", "--single-transaction", "--exit-on-error", "--schema=public")
    _run("pg_restore", *at_once, str(source), url=url)


def require_empty(url: str) -> None:
    """CopyFailed where something is in the database already, or beside its file."""
    if kind_of(url) == "sqlite":
        path = _file_of(url)
        # An old journal would be played back into what is put there, and jobs of the numbers of
        # those that the engine has done would never be begun.
        journals = (path.with_name(path.name + end) for end in _JOURNALS)
        for one in (path, *journals, beside(url, ENGINE_FILE)):
            if one.exists() and one.stat().st_size:
                raise CopyFailed("{name} is there already: move it away first.", name=one)
        return
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            found = inspect(connection)
            engine_of_jobs = found.has_schema(ENGINE_OF_JOBS)
            taken = found.get_table_names() or engine_of_jobs
    finally:
        engine.dispose()
    if taken:
        raise CopyFailed("The database {name} is not empty.", name=make_url(url).database)


@contextmanager
def place_for(url: str) -> Iterator[Path]:
    """Where a copy may lie until it is the database of `url`; nothing stays there."""
    if kind_of(url) == "sqlite":
        path = _file_of(url)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy = path.with_name(f"{path.name}.part")
        try:
            yield copy
        finally:
            copy.unlink(missing_ok=True)
        return
    with TemporaryDirectory(prefix="jalon-") as folder:
        yield Path(folder, "database")


def revision_of(url: str) -> str | None:
    """The last migration that the database of `url` has seen; None where it has seen none."""
    if kind_of(url) == "sqlite" and not _file_of(url).exists():
        return None
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    finally:
        engine.dispose()
    return None if found is None else str(found)


def _copy_sqlite(path: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(path)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        # At once: portion by portion it would begin anew whenever somebody writes.
        source.backup(copy)
        # One file: without it there would be a journal beside it as soon as it is read.
        copy.execute("PRAGMA journal_mode=DELETE")
    _check_sqlite(target)


def _check_sqlite(path: Path) -> None:
    """CopyFailed for what is no sound database: a copy of it would be found out too late."""
    try:
        with closing(sqlite3.connect(path)) as copy:
            found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise CopyFailed("The database is damaged: {reason}", reason=found)


def _file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def _run(tool: str, *arguments: str, url: str) -> None:
    """Runs one of PostgreSQL's own tools on the database of `url`."""
    program = shutil.which(tool)
    if program is None:
        raise CopyFailed(
            "{tool} is missing: it comes with the client of PostgreSQL "
            "(Debian: apt install postgresql-client, macOS: brew install libpq).",
            tool=tool,
        )
    conninfo, secret = _reached(make_url(url))
    done = subprocess.run(
        [program, f"--dbname={conninfo}", *arguments],
        # All users of the machine can read what a process was called with.
        env={**os.environ, **secret},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise CopyFailed("{tool}: {reason}", tool=tool, reason=" ".join(lines[:3]))


def _reached(url: URL) -> tuple[str, Mapping[str, str]]:
    """How libpq reaches the database of `url`, and what it must not be told openly."""
    asked = url.set(drivername="postgresql+psycopg")
    _, found = asked.get_dialect()().create_connect_args(asked)
    named = dict(found)
    password = named.pop("password", None)
    secret = {} if password is None else {"PGPASSWORD": str(password)}
    return make_conninfo(**{name: str(value) for name, value in named.items()}), secret
