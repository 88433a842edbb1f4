"""Snapshots on SQLite, of which short reads are done at once, on the event loop."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress

import orjson

from persistence.deadline import until
from persistence.ready.prepared import SHORT, Blown, Bound, Rows

STEPS = 10_000
"""Of SQLite's machine between two looks: a third of a millisecond; at 1,000 looking costs 17 %."""

WAITED = 0.0001
"""Seconds that a short statement waited, rather than worked, for its rows: others work beside."""

STAYS = 100
"""Short statements that are then gathered, each until it, too, had not to wait."""


class Crowd:
    """Whether other threads compute beside short statements, as these find out themselves.

    The driver lets go of the interpreter at each row, and waits its turn to go on where others
    want it; gathered rows come as one. Alone, gathering them takes a tenth longer.
    """

    def __init__(self) -> None:
        self.stays = 0

    def note(self, waited: float) -> None:
        if waited > WAITED:
            self.stays = STAYS
        elif self.stays:
            self.stays -= 1


class Inline:
    """A connection to SQLite; one snapshot at a time."""

    def __init__(self, driver: sqlite3.Connection, crowd: Crowd) -> None:
        self._driver = driver
        self._crowd = crowd
        self._until = 0.0
        self._left = 0.0
        self._is_short = False
        driver.execute("PRAGMA query_only=1")
        driver.execute("PRAGMA busy_timeout=0")
        driver.set_progress_handler(self._is_over, STEPS)
        self._cursor = driver.cursor()

    def begin(self, organisation_id: int, looks: int | None) -> None:
        self._until = until()
        self._left = float("inf") if looks is None else looks
        self._is_short = looks is not None
        self._cursor.execute("BEGIN")

    def _is_over(self) -> bool:
        self._left -= 1
        return self._left < 0 or time.monotonic() > self._until

    def fetch(self, bound: Bound) -> Rows:
        if self._is_short and not bound.is_quick:
            raise Blown
        try:
            if not self._is_short:
                return self._cursor.execute(bound.text, bound.values).fetchall()
            began, worked = time.perf_counter(), time.thread_time()
            if self._crowd.stays and bound.gathered is not None:
                ((text,),) = self._cursor.execute(bound.gathered, bound.values)
                found: Rows = orjson.loads(text)
            else:
                found = self._cursor.execute(bound.text, bound.values).fetchmany(SHORT + 1)
            self._crowd.note(time.perf_counter() - began - (time.thread_time() - worked))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise Blown from error
            raise
        if len(found) > SHORT:
            raise Blown
        return found

    def end(self) -> None:
        self._cursor.execute("ROLLBACK")

    def is_reset(self) -> bool:
        """Whether what was begun is over, after a failure."""
        self._until = self._left = float("inf")
        with suppress(sqlite3.Error):
            self._driver.rollback()
            return not self._driver.in_transaction
        return False

    def close(self) -> None:
        self._driver.close()
