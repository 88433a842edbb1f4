"""One engine for both databases, set up so that readers never wait and writers never race."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

from domain.likeness import folded
from persistence.deadline import (
    PATIENT as PATIENT,
)
from persistence.deadline import (
    at_most,
    keep_to_deadlines,
    postgresql_begins,
    sqlite_begins,
    timeout_of,
)

READ_ONLY = "jalon_read_only"
DURABLE = "jalon_durable"

APP_ROLE = "jalon_app"
"""On PostgreSQL: who sees the rows of one organisation, the one its transaction names."""
HOUSE_ROLE = "jalon_house"
"""Who sees those of all: for sessions without an organisation."""
ORGANISATION_SETTING = "jalon.organisation"
ACT_SETTING = "jalon.act"
"""The act of a writing transaction, for the triggers of the audit (persistence.audit.triggers)."""

PATIENCE = 10.0
"""Seconds a writer waits for another; long work waits as long as it takes."""

KEEPALIVE = (
    "SET tcp_keepalives_idle = 60; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 6"
)
"""Two minutes after a machine was lost PostgreSQL lets go of what it had locked; else two hours."""

_LONG = 3600.0
"""Seconds: the most SQLite lets long work wait for the writers of other processes."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    f"PRAGMA busy_timeout={round(PATIENCE * 1000)}",
    "PRAGMA foreign_keys=ON",
    # A connection each: forty of them with 64 MiB would be more than the machine has. What is read
    # again comes from the mapped file, which they share.
    "PRAGMA cache_size=-8192",
    "PRAGMA mmap_size=268435456",
)


def open_engine(url: str, *, patience: float | None = None, walled: bool = False) -> Engine:
    """An engine on `url` (sqlite:///… or postgresql+psycopg://…).

    On PostgreSQL a connection that is `walled` is not its login but `jalon_app`, which sees
    nothing until a transaction says of which organisation it is (`begin_postgresql`).
    With `patience` (seconds) a writer on PostgreSQL waits no longer for rows that another holds;
    on SQLite nobody waits longer than PATIENCE. Its errors name no values: they end in logs, and
    the values are a firm's own.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, pool_size=8, max_overflow=24, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        keep_to_deadlines(engine)
        return engine
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(
        parsed, pool_size=8, max_overflow=24, pool_pre_ping=True, hide_parameters=True
    )
    event.listen(engine, "connect", partial(_prepare_postgresql, patience, walled))
    keep_to_deadlines(engine)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # The driver must not open transactions by itself: _begin_sqlite says which kind is wanted.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
    # SQLite's own knows the letters of ASCII alone: "école" would not find "École".
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.create_function("folded", 1, _folded, deterministic=True)


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _folded(value: object) -> object:
    """Looked for by `persistence.folding`."""
    return folded(value) if isinstance(value, str) else value


def _begin_sqlite(connection: Connection) -> None:
    """A reader takes a plain BEGIN and never waits; a writer takes the lock at once.

    A deferred BEGIN that reads and then writes fails immediately when another writer committed in
    between, whatever busy_timeout says: so every writing transaction is IMMEDIATE.
    """
    options = connection.get_execution_options()
    sqlite_begins(connection)
    if options.get(READ_ONLY):
        connection.exec_driver_sql("BEGIN")
        return
    # NORMAL may lose the last commits on power loss; a number already sent must not be given again.
    level = "FULL" if options.get(DURABLE) else "NORMAL"
    connection.exec_driver_sql(f"PRAGMA synchronous={level}")
    wait = _LONG if options.get(PATIENT) else at_most(PATIENCE)
    connection.exec_driver_sql(f"PRAGMA busy_timeout={round(wait * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare_postgresql(
    patience: float | None, walled: bool, connection: DBAPIConnection, record: Any
) -> None:
    cursor = connection.cursor()
    cursor.execute(KEEPALIVE)
    if patience is not None:
        cursor.execute(f"SET lock_timeout = {round(patience * 1000)}")
    cursor.execute("SET TIME ZONE 'UTC'")
    # Compiling a plan to machine code costs more than these short queries take.
    cursor.execute("SET jit = off")
    if walled:
        cursor.execute(_TAKE_ROLE)
    cursor.close()
    connection.commit()


# Before the first migration there is no such role; whether it is there is asked of `readyz`.
_TAKE_ROLE = f"""
    SELECT set_config('role', rolname, false) FROM pg_roles
    WHERE rolname = '{APP_ROLE}' AND pg_has_role(oid, 'MEMBER')
"""


def begin_postgresql(
    connection: Connection, organisation_id: int | None, act: int | None = None
) -> None:
    """Says what the transaction that just began is, whose, and of which act, in one round trip.

    It fails where the roles are missing. Said anew in every transaction: nothing stays with the
    connection, whoever has it next.
    """
    options = connection.get_execution_options()
    told = postgresql_begins(connection)
    if options.get(READ_ONLY):
        # A page and what is below it are read by several statements: one snapshot for all, as on
        # SQLite. Read only, it never has to be tried again.
        told.append("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    told += _standing_for(organisation_id)
    if act is not None:
        told.append(f"SET LOCAL {ACT_SETTING} = '{act:d}'")
    if options.get(PATIENT):
        told.append("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql("; ".join(told))


def begin_reading(organisation_id: int, seconds: float) -> str:
    """How a transaction begins on PostgreSQL that reads one organisation for so many seconds."""
    told = [BEGINNING_TO_READ, *_standing_for(organisation_id)]
    if seconds < float("inf"):
        told.append(timeout_of(seconds))
    return "; ".join(told)


BEGINNING_TO_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

STANDING_TO_READ = f"""
    SELECT set_config('transaction_read_only', 'on', true), set_config('role', '{APP_ROLE}', true),
        set_config('{ORGANISATION_SETTING}', $1, true), set_config('statement_timeout', $2, true)
"""
"""Of which organisation a transaction is that only reads, and how many milliseconds it is given.

For the transaction alone: what is set for a connection a pooler would hand to those who write.
"""


def take_role_of(connection: Connection, organisation_id: int | None) -> None:
    """Has the rest of the transaction see what an organisation does, or what the house does.

    An end of a part of the transaction that takes it back takes this back too.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_taking(organisation_id))


def _standing_for(organisation_id: int | None) -> list[str]:
    """Whose rows the transaction sees, and which organisation's they are."""
    if organisation_id is None:
        return [_taking(None)]
    named = f"SET LOCAL {ORGANISATION_SETTING} = '{organisation_id:d}'"
    return [_taking(organisation_id), named]


def _taking(organisation_id: int | None) -> str:
    return f"SET LOCAL ROLE {HOUSE_ROLE if organisation_id is None else APP_ROLE}"
