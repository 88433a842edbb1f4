"""Where the fields of one operation are read: at once if that is quick, else in a thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from persistence.deadline import until
from persistence.ready.awaited import Awaited, Snapshot
from persistence.ready.prepared import Blown, Steps
from persistence.ready.reader import Reader, walk
from resolvers._shares import Shares, awaiting, to_read
from schema.context import Context

INLINE_LOOKS = 20
"""Of a read on the event loop, some milliseconds; what takes longer is done in a thread."""

SLOW_FOR = 100
"""Times that it is then done in a thread, before the event loop is tried again."""


class Pace:
    """Whether a field was quick lately."""

    __slots__ = ("_slow_for",)

    def __init__(self) -> None:
        self._slow_for = 0

    @property
    def is_quick(self) -> bool:
        return not self._slow_for

    def was_slow(self) -> None:
        self._slow_for = SLOW_FOR

    def rests(self) -> None:
        """It was not tried."""
        self._slow_for = max(0, self._slow_for - 1)


class Sitting:
    """The reads of one operation. Whoever opens one ends it.

    What `is_long` is read in a thread, whatever the database. One that `is_alone` reads one field.
    """

    __slots__ = ("_awaited", "_caller", "_is_alone", "_is_long", "_places", "_reader")

    def __init__(self, reader: Reader, context: Context, *, is_alone: bool, is_long: bool) -> None:
        self._reader = reader
        self._caller = context.caller
        self._is_alone = is_alone
        self._is_long = is_long
        self._awaited: Snapshot | None = None
        self._places: Shares | None = None

    async def read(self, pace: Pace, find: Callable[[int], Steps], *, most: int) -> Any:
        """What `find` comes to, of one moment; it asks `most` statements at most."""
        firm = self._caller.organisation_id

        def steps() -> Steps:
            return self._reader.heard(find(firm))

        if pace.is_quick and not self._is_long:
            try:
                if (heap := self._reader.awaited()) is not None:
                    return await self._read_awaited(heap, steps(), most)
                if self._reader.is_inline and self._reader.has_spare:
                    with self._reader.snapshot(firm, INLINE_LOOKS) as fetch:
                        return walk(steps(), fetch)
            except Blown:
                # Who has no time left is told nothing of the field.
                if until() > time.monotonic():
                    pace.was_slow()
        pace.rests()
        # Nobody else is kept waiting by what takes long.
        self.end()

        def run() -> Any:
            with self._reader.snapshot(firm) as fetch:
                return walk(steps(), fetch)

        return await to_read(self._caller, run)

    def end(self) -> None:
        """Gives back what was taken."""
        if self._awaited is not None:
            self._awaited.end()
            self._awaited = None
        if self._places is not None:
            self._places.leave(self._caller.organisation_id)
            self._places = None

    async def _read_awaited(self, heap: Awaited, steps: Steps, most: int) -> Any:
        if self._awaited is None:
            places, firm = awaiting(), self._caller.organisation_id
            await places.take(firm)
            self._places = places
            in_all = most if self._is_alone else None
            self._awaited = await heap.snapshot(firm, most=in_all)
        try:
            return await self._awaited.read(steps)
        except BaseException:
            self.end()
            raise
