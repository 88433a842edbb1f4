"""Where transactions begin and end, and the one place where rows are kept to their organisation."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    event,
    inspect,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import (
    ORMExecuteState,
    Session,
    SessionTransaction,
    UOWTransaction,
    sessionmaker,
)

from domain.base import Record, Scoped, Versioned
from domain.errors import Refusal, call_error
from domain.organisation import Organisation
from domain.standing import Standing
from persistence import reach
from persistence.audit import acts as audit_acts
from persistence.bulk import insert_rows
from persistence.deadline import at_most
from persistence.engine import (
    DURABLE,
    PATIENCE,
    PATIENT,
    READ_ONLY,
    begin_postgresql,
    open_engine,
    take_role_of,
)
from persistence.scoping import KEPT, criteria_of
from persistence.turns import Turn

BUSY = call_error(
    "BUSY",
    "Somebody else's writing takes longer than this can wait: a long import, as a rule.",
    "Nothing was written. Try again in a moment.",
)

SOUGHT_TOO_LONG = call_error(
    "SOUGHT_TOO_LONG",
    "The text to look for is longer than the database can look for.",
    "Give some words of it.",
)

_NUMBERING = 2
"""Acts of a firm at work on its legal numbers at a time, in this process, on PostgreSQL.

All of them lock the same counters, and wait there holding what they locked before. One waits for
the database while another computes; a third would be in the way of both."""

_IN_LINE = 1.0
"""Seconds that an act waits for them. The line is for speed, the locks keep the numbers: whoever is
there longer than that waits for the database, not for these two, who may be waiting themselves."""

_ORGANISATION = "organisation_id"
_STANDING = "standing"
_TODAY = "today"
_DEADLOCK = "40P01"
"""PostgreSQL ends one of two transactions that wait for each other; SQLite has one writer."""
_PATTERN = "pattern too complex"
"""SQLite's own words where a text to look for is longer than 50,000 bytes."""
_NOT_LENT = "55P03"
"""PostgreSQL gave a lock up after `lock_timeout`."""


class ScopedSession(Session):
    """A session that sees and writes the rows of one organisation only.

    Every SELECT, UPDATE and DELETE on a record gets the organisation as a condition; every new
    record is stamped with it. Without an organisation (`unscoped`) nothing is added: that is for
    finding who a key belongs to, and for founding an organisation.
    """

    @property
    def organisation_id(self) -> int:
        return int(self.info[_ORGANISATION])

    @property
    def standing(self) -> Standing | None:
        """Who acts, and how far they reach; None without an organisation."""
        found: Standing | None = self.info[_STANDING]
        return found

    @property
    def today(self) -> date | None:
        """The firm's day for whoever asks; None where nobody does: no day is then too late."""
        found: date | None = self.info.get(_TODAY)
        return found


@contextmanager
def _looking() -> Iterator[None]:
    """Refuses a text that is too long to be looked for: it is the caller's."""
    try:
        yield
    except OperationalError as error:
        if _PATTERN not in str(error.orig):
            raise
        raise Refusal(SOUGHT_TOO_LONG()) from error


class Closing(Protocol):
    """What is closed when its database is."""

    def close(self) -> None: ...


Companion = TypeVar("Companion", bound=Closing)


class Database:
    """The database of one installation. Thread-safe; sessions are not, and are short."""

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self.url = url
        self._patience = patience
        self.engine: Engine = open_engine(url, patience=patience, walled=True)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        reader = self.engine.execution_options(**{READ_ONLY: True})
        durable = self.engine.execution_options(**{DURABLE: True})
        self._read = sessionmaker(reader, class_=ScopedSession, autoflush=False)
        # A session ends with its transaction: nothing is read again after it.
        make = partial(sessionmaker, class_=ScopedSession, expire_on_commit=False)
        self._write, self._durable = make(self.engine), make(durable)
        patient = self.engine.execution_options(**{PATIENT: True})
        self._patient = make(patient)
        # SQLite has one writer; here they stand in line, its busy handler sleeps and races.
        self._turn = Turn()
        self._numbering: dict[int | None, Turn] = {}
        self._companions: dict[Any, Any] = {}
        self._making = threading.Lock()

    @contextmanager
    def reading(
        self, at: Standing | int | None, *, today: date | None = None
    ) -> Iterator[ScopedSession]:
        """A short read of one organisation, on one snapshot.

        `at` says who reads; the number of an organisation stands for the house itself.
        """
        with _looking(), self._read(info=_info(at, today)) as session:
            yield session

    @contextmanager
    def writing(
        self,
        at: Standing | int | None,
        *,
        durable: bool = False,
        patient: bool = False,
        today: date | None = None,
    ) -> Iterator[ScopedSession]:
        """One transaction: committed on leaving, rolled back on any exception.

        `durable` waits for the disk on SQLite: for legal numbers. Whoever has to wait too long for
        another writer is refused with BUSY, except the `patient`: work that nobody waits for.
        """
        maker = self._durable if durable else self._patient if patient else self._write
        try:
            turn = self._in_turn(self._line(at, durable), patient)
            with turn, _looking(), maker.begin() as session:
                session.info |= _info(at, today)
                yield session
        except DBAPIError as error:
            if not waited_in_vain(error):
                raise
            raise Refusal(BUSY()) from error

    @contextmanager
    def _in_turn(self, line: Turn | None, patient: bool) -> Iterator[None]:
        if line is None:
            yield
            return
        longest = -1 if patient else at_most(self._patience)
        has_turn = line.acquire(timeout=longest if self.is_sqlite else at_most(_IN_LINE))
        if self.is_sqlite and not has_turn:
            raise Refusal(BUSY())
        try:
            yield
        finally:
            if has_turn:
                line.release()

    def _line(self, at: Standing | int | None, durable: bool) -> Turn | None:
        """The line that a transaction stands in before it begins; None: it begins at once."""
        if self.is_sqlite:
            return self._turn
        if not durable:
            return None
        of = at.organisation_id if isinstance(at, Standing) else at
        return self._numbering.setdefault(of, Turn(_NUMBERING))

    def companion(self, make: Callable[[Database], Companion]) -> Companion:
        """What `make` makes for this database, once, and what is closed with it."""
        with self._making:
            if make not in self._companions:
                self._companions[make] = make(self)
            found: Companion = self._companions[make]
            return found

    def close(self) -> None:
        for one in self._companions.values():
            one.close()
        self.engine.dispose()


def _info(at: Standing | int | None, today: date | None) -> dict[str, Any]:
    standing = Standing(at) if isinstance(at, int) else at
    return {
        _ORGANISATION: None if standing is None else standing.organisation_id,
        _STANDING: standing,
        _TODAY: today,
    }


@dataclass(slots=True)
class Part:
    """A part of a transaction; `is_kept` may be taken back until its end."""

    is_kept: bool = True


@contextmanager
def part_of(session: ScopedSession) -> Iterator[Part]:
    """What is written meanwhile goes if an exception is raised, or if the part is not kept."""
    with session.begin_nested() as point:
        part = Part()
        yield part
        if not part.is_kept:
            point.rollback()


@contextmanager
def tried_out(session: ScopedSession) -> Iterator[None]:
    """What is written meanwhile is seen by this session alone, and is gone afterwards."""
    with session.begin_nested() as point:
        yield
        point.rollback()


@contextmanager
def as_the_house(session: ScopedSession) -> Iterator[None]:
    """Accounts, which are of no firm, are written meanwhile by the session of one.

    Its statements on records keep to the organisation all the same; those on tables do not.
    """
    session.flush()
    take_role_of(session.connection(), None)
    yield
    session.flush()
    take_role_of(session.connection(), session.organisation_id)


def lost_a_race(error: DBAPIError) -> bool:
    """Whether another transaction stood in the way: a unique key, or rows locked crosswise.

    Acting again is then right: it meets what the other one wrote.
    """
    deadlocked = getattr(error.orig, "sqlstate", None) == _DEADLOCK
    return deadlocked or isinstance(error, IntegrityError)


def waited_in_vain(error: DBAPIError) -> bool:
    """Whether another writer held what was wanted for too long."""
    is_locked = isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)
    return is_locked or getattr(error.orig, "sqlstate", None) == _NOT_LENT


def insert_all(
    session: ScopedSession, record: type[Record], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Inserts `rows` (column values) of one kind in one statement, stamped like single records.

    All rows name the same columns; None is NULL, not the column's default.
    """
    if not rows:
        return
    table = record.__table__
    assert isinstance(table, Table)
    insert_rows(session.connection(), table, rows, _stamps(record, session.organisation_id))


def _stamps(record: type[Record], organisation_id: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    stamps: dict[str, Any] = {"organisation_id": organisation_id, "created_at": now}
    if issubclass(record, Versioned):
        stamps |= {"updated_at": now, "version": 1}
    return stamps


@event.listens_for(ScopedSession, "after_begin")
def _say_whose(
    session: ScopedSession, transaction: SessionTransaction, connection: Connection
) -> None:
    if transaction.nested:
        return
    act = audit_acts.begin(session, connection)
    if connection.dialect.name == "postgresql":
        begin_postgresql(connection, session.info[_ORGANISATION], act)


@event.listens_for(ScopedSession, "do_orm_execute")
def _keep_to_organisation(state: ORMExecuteState) -> None:
    organisation_id = state.session.info.get(_ORGANISATION)
    if organisation_id is None or state.is_insert or state.is_column_load:
        return
    if state.execution_options.get(KEPT):
        return
    state.statement = state.statement.options(
        *criteria_of(organisation_id), *reach.criteria_of(state.session)
    )


@event.listens_for(ScopedSession, "before_flush")
def _stamp(session: ScopedSession, context: UOWTransaction, instances: object) -> None:
    now = datetime.now(UTC)
    organisation_id = session.info.get(_ORGANISATION)
    for record in session.new:
        if isinstance(record, Scoped):
            given = record.__dict__.get(_ORGANISATION)
            if given is None:
                setattr(record, _ORGANISATION, organisation_id)
            elif organisation_id is not None and given != organisation_id:
                raise ForeignRecord(record)
            record.created_at = now
        elif isinstance(record, Organisation):
            record.created_at = now
        if isinstance(record, Versioned):
            record.updated_at = now
    for record in session.dirty:
        if isinstance(record, Scoped) and organisation_id not in (None, record.organisation_id):
            raise ForeignRecord(record)
        if isinstance(record, Versioned) and session.is_modified(record):
            record.updated_at = now
            record.version += 1
        elif isinstance(record, Organisation) and session.is_modified(record):
            record.version += 1


reach.watch(ScopedSession)


class ForeignRecord(Exception):
    """A record of another organisation was about to be written: always a bug, never a refusal."""

    def __init__(self, record: Scoped) -> None:
        super().__init__(f"{inspect(record)} belongs to organisation {record.organisation_id}")


audit_acts.watch(ScopedSession)
