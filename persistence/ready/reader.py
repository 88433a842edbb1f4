"""Connections for statements made ready: a snapshot of one organisation, straight from the driver.

They belong to nobody while they lie in a heap, are taken by one reader at a time, and cannot write.
On SQLite they wait for nobody, so that a short read may be done on the event loop; one that takes
longer than it was given is ended (`Blown`). On PostgreSQL each snapshot takes the role of the walls
and names its organisation, as every transaction does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from psycopg import RawCursor
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from persistence.deadline import timeout_of, until
from persistence.engine import begin_reading
from persistence.ready.awaited import Awaited
from persistence.ready.inline import Crowd, Inline
from persistence.ready.prepared import Blown, Bound, Rows, Steps
from persistence.session import Database

Fetch = Callable[[Bound], Rows]

HEAP = 8
"""Connections kept; a reader beyond has one of its own, closed afterwards."""


def walk(steps: Steps, fetch: Fetch) -> Any:
    """What `steps` come to, with the rows that `fetch` gives for each statement."""
    try:
        bound = next(steps)
        while True:
            bound = steps.send(fetch(bound))
    except StopIteration as end:
        return end.value


class Reader:
    """The heap of connections of one database. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self.dialect = database.engine.dialect
        self.is_inline = database.is_sqlite
        """Whether a short read may be done on the event loop."""
        self._heap: list[Inline | _Postgres] = []
        self.crowd = Crowd()
        self._age = 0
        """Rises when the heap is closed: what was taken before does not come back to it."""
        self.hear: Callable[[str], None] | None = None
        """Told the text of each statement that is `heard`."""
        self._awaited: Awaited | None = None

    @property
    def has_spare(self) -> bool:
        """Whether a snapshot would not have to wait for a connection."""
        return bool(self._heap)

    @contextmanager
    def snapshot(self, organisation_id: int, looks: int | None = None) -> Iterator[Fetch]:
        """What fetches rows, all of one moment.

        On SQLite it may take so many `looks`, of `STEPS` each, then it is `Blown`: what it takes
        itself, whatever else the machine does. Without it may take as long as the request.
        """
        age = self._age
        try:
            connection = self._heap.pop()
        except IndexError:
            connection = self._connect()
        is_good = False
        try:
            connection.begin(organisation_id, looks)
            yield connection.fetch
            connection.end()
            is_good = True
        finally:
            is_good = is_good or connection.is_reset()
            if is_good and age == self._age and len(self._heap) < HEAP:
                self._heap.append(connection)
            else:
                connection.close()

    def awaited(self) -> Awaited | None:
        """The connections of the running loop; None where it does not hear any itself."""
        if self.is_inline:
            return None
        known = self._awaited
        if known is not None and known.loop.is_closed():
            known.close()
        if known is None or known.is_closed:
            known = self._awaited = Awaited(self._connect_to_await)
        return known if known.loop is asyncio.get_running_loop() else None

    def heard(self, steps: Steps) -> Steps:
        """The same steps, with each statement told on its way."""
        return self._aloud(steps) if self.hear else steps

    def _aloud(self, steps: Steps) -> Steps:
        try:
            bound = next(steps)
            while True:
                if self.hear is not None:
                    self.hear(bound.text)
                bound = steps.send((yield bound))
        except StopIteration as end:
            return end.value

    @classmethod
    def of(cls, database: Database) -> Reader:
        """That of a database, closed with it."""
        return database.companion(cls)

    def close(self) -> None:
        """Closes what lies in the heap."""
        self._age += 1
        while self._heap:
            self._heap.pop().close()
        if self._awaited is not None:
            self._awaited.close()

    def _connect_to_await(self) -> Any:
        driver = self._driver()
        driver.autocommit = True
        return driver

    def _driver(self) -> Any:
        raw: Any = self._engine.raw_connection()
        driver = raw.driver_connection
        raw.detach()
        return driver

    def _connect(self) -> Inline | _Postgres:
        driver = self._driver()
        return Inline(driver, self.crowd) if self.is_inline else _Postgres(driver)


class _Postgres:
    def __init__(self, driver: Any) -> None:
        self._driver = driver
        driver.autocommit = True
        self._cursor = RawCursor(driver)
        self._given = 0.0

    def begin(self, organisation_id: int, looks: int | None) -> None:
        self._given = until() - time.monotonic()
        # What the driver does around a statement takes longer than beginning does. This waits for
        # the end before, too.
        begun = self._driver.pgconn.exec_(begin_reading(organisation_id, self._given).encode())
        if begun.status != ExecStatus.COMMAND_OK:
            raise error_from_result(begun)

    def fetch(self, bound: Bound) -> Rows:
        left = until() - time.monotonic()
        if left <= 0:
            raise Blown
        if self._given > 2 * left:
            # What the snapshot was given at its beginning would be too much by now.
            self._cursor.execute(timeout_of(left))
            self._given = left
        found: Rows = self._cursor.execute(bound.text, bound.values).fetchall()
        return found

    def end(self) -> None:
        # Nothing was written: whoever read need not hear that it is over.
        sent = self._driver.pgconn
        sent.send_query(b"COMMIT")
        sent.flush()

    def is_reset(self) -> bool:
        # Whatever it was, the connection may be no more.
        return False

    def close(self) -> None:
        with suppress(Exception):
            self._driver.close()
