"""What a plan was made of: as long as none of it has moved, the plan need not be made again.

A plan depends on the records its statements read, on the firm's day, on how far its maker reaches,
on the program and on how records are kept. Which tables it read is listened to, not listed; whether
one of them changed since is what the audit says, which the database itself writes (decision 24):
its acts are sealed in the order of their commits, so what the plan could see is what stands up to a
place. The hash at that place tells a database that was restored and took another course since.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sqlalchemy import Table, event, exists, select

from domain.audit import BEGINNING, AuditChange, AuditEntry, AuditHead
from domain.records import METADATA
from persistence.audit.acts import act_of
from persistence.audit.tables import LEFT_OUT, WATCHED
from persistence.migrate import head
from persistence.reach import reach_of_session
from persistence.session import ScopedSession
from persistence.takeover.trail import table_of

_APART = frozenset(
    {
        *("import_file", "job", "outbox_entry", "handover_delivery", "webhook_endpoint"),
        *("api_key", "account", "account_link", "sign_in", "identity", "identity_provider"),
        *("invoice_mail", "reminder", "issued_document", "invoice_export", "accounting_export"),
        *("platform", "transmission", "lifecycle_status"),
    }
)
"""Watched tables that no figure of a record follows from."""

_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class World:
    """The state of the firm that a plan was made of."""

    place: int
    """The last act of the firm that the plan could see."""
    sha256: str
    """The hash it bears."""
    rules: str
    """Of the day, the reach, the tables there are, their migrations and the program."""
    tables: set[str] = field(default_factory=set)
    """Those that its statements read."""

    def told(self) -> dict[str, Any]:
        """As JSON keeps it."""
        told = {"place": self.place, "sha256": self.sha256, "rules": self.rules}
        return {**told, "tables": sorted(self.tables)}

    @classmethod
    def of(cls, told: dict[str, Any]) -> World:
        """The world that `told` gave."""
        return cls(told["place"], told["sha256"], told["rules"], set(told["tables"]))


@contextmanager
def observed(session: ScopedSession, today: date) -> Iterator[World]:
    """The world as the session sees it, and what of it is read meanwhile."""
    world = World(*_last_act(session), _rules(session, today))

    def listen(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        world.tables.update(_WORD.findall(statement))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", listen)
    try:
        yield world
    finally:
        event.remove(connection, "before_cursor_execute", listen)
        world.tables &= METADATA.tables.keys()


def is_unmoved(session: ScopedSession, world: World, today: date) -> bool:
    """Whether nothing that a plan read has changed since; in doubt it has."""
    if world.rules != _rules(session, today) or not _bears(session, world):
        return False
    session.flush()
    of_firm = AuditChange.organisation_id == session.organisation_id
    unsealed = [AuditChange.act.is_(None)]
    tables = _weighed(world.tables)
    connection = session.connection()
    if (act := act_of(session)) is not None:
        own = connection.execute(
            select(AuditChange.record).where(of_firm, AuditChange.act == act).distinct()
        )
        if not tables.isdisjoint(own.scalars()):
            return False
    if connection.scalar(select(exists().where(of_firm, *unsealed))):
        return False
    since = select(AuditEntry.records).where(
        AuditEntry.organisation_id == session.organisation_id, AuditEntry.place > world.place
    )
    return all(tables.isdisjoint(records) for records in connection.execute(since).scalars())


def _weighed(tables: set[str]) -> set[str]:
    """The watched tables whose changes count for what was read of `tables`."""
    if tables & LEFT_OUT.keys():
        # What is not watched follows from what is, and nobody says from which.
        return set(WATCHED) - _APART
    return tables - _APART


def _last_act(session: ScopedSession) -> tuple[int, str]:
    """The place of the last act, and the hash it bears."""
    head: Table = table_of(AuditHead)
    found = session.connection().execute(
        select(head.c.place, head.c.sha256).where(head.c.organisation_id == session.organisation_id)
    )
    place, sha256 = found.one_or_none() or (0, BEGINNING)
    return place, sha256


def _bears(session: ScopedSession, world: World) -> bool:
    """Whether the act at the place of `world` is the one that stood there then."""
    entry: Table = table_of(AuditEntry)
    found = session.connection().scalar(
        select(entry.c.sha256).where(
            entry.c.organisation_id == session.organisation_id, entry.c.place == world.place
        )
    )
    return (found or BEGINNING) == world.sha256


def _rules(session: ScopedSession, today: date) -> str:
    reach = sorted(reach_of_session(session).told().items())
    return hashlib.sha256(f"{_program()} {_tables()} {today} {reach}".encode()).hexdigest()


@cache
def _program() -> str:
    """What planned, and the last of the migrations, which write past the audit."""
    try:
        planned_by = version("jalon")
    except PackageNotFoundError:
        planned_by = ""
    return f"{planned_by} {head()}"


@cache
def _tables() -> str:
    """All tables with their columns: a plan of other columns is none of these."""
    told = (f"{table}.{column.name}" for table in METADATA.tables.values() for column in table.c)
    return hashlib.sha256(" ".join(sorted(told)).encode()).hexdigest()
