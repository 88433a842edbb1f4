"""Until when a request may take: each of its statements is ended there, wherever it runs.

The deadline travels in the context, into threads too. On PostgreSQL it is a `statement_timeout` of
the transaction; SQLite asks a progress handler every so many steps; between statements it is looked
at as well. What is ended so is OutOfTime: its transaction is rolled back like any that fails.
Jobs, commands and patient sessions have none.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

PATIENT = "jalon_patient"
"""The option of a connection whose work nobody waits for."""

STEPS = 50_000
"""Of SQLite's machine between two looks: a few milliseconds, so that a look costs nothing."""

_CANCELLED = "57014"
"""PostgreSQL ended a statement after `statement_timeout`."""
_SET = "jalon_statement_timeout"
_UNDOING = "ROLLBACK"


class Deadline:
    """When somebody's request must be done; may be brought forward while it runs."""

    __slots__ = ("seconds", "until")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds; negative once it is over."""
        return self.until - time.monotonic()

    def end(self) -> None:
        """Ends the request now: nobody waits for it any more."""
        self.until = 0.0


class OutOfTime(DBAPIError):
    """A request took longer than it may; what it was writing is rolled back.

    One of the errors of the database, and no refusal: no act takes it for something that one row
    of many is refused for.
    """

    def __init__(self, deadline: Deadline) -> None:
        self.seconds = deadline.seconds
        super().__init__(None, None, TimeoutError(f"more than {deadline.seconds} seconds"))


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class _Within:
    """A deadline while it holds."""

    __slots__ = ("_deadline", "_token")

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __enter__(self) -> Deadline:
        self._token = _current.set(self._deadline if self._deadline.seconds else None)
        return self._deadline

    def __exit__(self, *fault: object) -> None:
        _current.reset(self._token)


def within(seconds: float) -> AbstractContextManager[Deadline]:
    """What is done meanwhile may take so many seconds; 0: as long as it likes."""
    return _Within(Deadline(seconds))


def current() -> Deadline | None:
    """The deadline of what runs now; None: it may take as long as it likes."""
    return _current.get()


def until() -> float:
    """When what runs now must be done, in `time.monotonic`; infinite without a deadline."""
    deadline = _current.get()
    return float("inf") if deadline is None else deadline.until


LONGER = 10


@contextmanager
def longer() -> Iterator[None]:
    """What is done meanwhile is known to take long (a file is read or drawn): ten times as much."""
    deadline = _current.get()
    with within(0 if deadline is None else LONGER * deadline.seconds):
        yield


def at_most(seconds: float) -> float:
    """`seconds`, or what is left of the request if that is less; never negative."""
    deadline = _current.get()
    return seconds if deadline is None else max(0.0, min(seconds, deadline.left))


def keep_to_deadlines(engine: Engine) -> None:
    """Ends the statements of `engine` that go beyond the deadline they are run under."""
    event.listen(engine, "before_cursor_execute", _look_at_the_clock)
    event.listen(engine, "handle_error", _say_why)


def sqlite_begins(connection: Connection) -> None:
    """Has SQLite look at the deadline during each statement of the transaction that begins."""
    deadline = _of(connection)
    driver: Any = connection.connection.driver_connection
    if deadline is None:
        driver.set_progress_handler(None, 0)
    else:
        driver.set_progress_handler(lambda: time.monotonic() > deadline.until, STEPS)


def postgresql_begins(connection: Connection) -> list[str]:
    """What PostgreSQL is told of the deadline as a transaction begins; nothing without one."""
    deadline = _of(connection)
    connection.info[_SET] = 0.0
    return [] if deadline is None else [_timeout(connection, deadline)]


def _timeout(connection: Connection, deadline: Deadline) -> str:
    connection.info[_SET] = deadline.left
    return timeout_of(deadline.left)


def timeout_of(seconds: float) -> str:
    """What ends the statements of a transaction on PostgreSQL that take longer."""
    return f"SET LOCAL statement_timeout = {int(max(seconds, 0.001) * 1000) + 1}"


def _of(connection: Connection) -> Deadline | None:
    deadline = _current.get()
    if deadline is None or connection.get_execution_options().get(PATIENT):
        return None
    return deadline


def _look_at_the_clock(connection: Connection, cursor: Any, statement: str, *_more: object) -> None:
    if (deadline := _of(connection)) is None or statement.startswith(_UNDOING):
        return
    left = deadline.left
    if left <= 0:
        raise OutOfTime(deadline)
    if connection.info.get(_SET, 0.0) > 2 * left:
        # What a statement was given at the beginning would be too much by now.
        cursor.execute(_timeout(connection, deadline))


def _say_why(context: ExceptionContext) -> OutOfTime | None:
    deadline = _current.get()
    if deadline is not None and deadline.left <= 0 and _was_ended(context.original_exception):
        return OutOfTime(deadline)
    return None


def _was_ended(error: BaseException) -> bool:
    # SQLite has rolled the whole transaction back: the savepoint that fails next is gone, too.
    if isinstance(error, sqlite3.OperationalError):
        code = getattr(error, "sqlite_errorcode", None)
        return code == sqlite3.SQLITE_INTERRUPT or "no such savepoint" in str(error)
    return getattr(error, "sqlstate", None) == _CANCELLED
