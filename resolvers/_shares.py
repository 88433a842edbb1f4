"""Places that many ask for, shared out so that nobody can take them all.

    async with shares.place(caller.organisation_id): …

A name may hold half of what the others leave, rounded up: of 16 places the first takes at most 8,
the second 4, and there is always one for who comes next. Who waits is let in before those of names
that hold more, and after those of the same name who came earlier.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from anyio import to_thread
from anyio.lowlevel import RunVar

from persistence.ready.awaited import KEPT
from schema.context import Caller

Found = TypeVar("Found")

READERS = 16
"""Fields read at a time. With the writers less than the connections of an engine."""
AWAITED = KEPT
"""Operations whose rows the event loop awaits itself: each has a connection that is there."""
WRITERS = 12
"""Mutations at work or waiting for one another at a time."""
EXAMINERS = 2
"""Files read and checked at a time: each may take as much memory as a reader allows."""


class Shares:
    """Places of one event loop, by name."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._held: Counter[object] = Counter()
        self._taken = 0
        self._lines: dict[object, deque[asyncio.Future[None]]] = {}

    @property
    def taken(self) -> int:
        """How many are held now."""
        return self._taken

    @asynccontextmanager
    async def place(self, name: object) -> AsyncIterator[None]:
        """A place in the name of somebody, as soon as there is one for them."""
        await self.take(name)
        try:
            yield
        finally:
            self.leave(name)

    def waiting(self, name: object) -> int:
        """How many wait in this name."""
        return len(self._lines.get(name, ()))

    async def take(self, name: object) -> None:
        """Takes a place, as `place` does; whoever took it leaves it."""
        if name not in self._lines and self._may(name):
            self._hold(name)
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line = self._lines.setdefault(name, deque())
        line.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self.leave(name)
            elif mine in line:
                line.remove(mine)
                self._forget(name)
            raise

    def _may(self, name: object) -> bool:
        held = self._held[name]
        of_others = self._taken - held
        share = max(1, (self._places - of_others + 1) // 2)
        return self._taken < self._places and held < share

    def _hold(self, name: object) -> None:
        self._held[name] += 1
        self._taken += 1

    def leave(self, name: object) -> None:
        """Gives a place back that was taken."""
        self._held[name] -= 1
        self._taken -= 1
        if not self._held[name]:
            del self._held[name]
        while (following := self._next()) is not None:
            mine = self._lines[following].popleft()
            self._forget(following)
            if not mine.done():
                self._hold(following)
                mine.set_result(None)

    def _next(self) -> object:
        """Whose turn it is; None when nobody who waits may have a place."""
        may = [name for name in self._lines if self._may(name)]
        return min(may, key=lambda name: self._held[name], default=None)

    def _forget(self, name: object) -> None:
        if not self._lines[name]:
            del self._lines[name]


_readers: RunVar[Shares] = RunVar("readers")
_awaited: RunVar[Shares] = RunVar("awaited")
_writers: RunVar[Shares] = RunVar("writers")
_examiners: RunVar[Shares] = RunVar("examiners")


async def to_read(caller: Caller, work: Callable[[], Found]) -> Found:
    """What `work` returns, done in a thread, in the share of the caller's firm."""
    async with _of(_readers, READERS).place(caller.organisation_id):
        return await to_thread.run_sync(work)


async def to_write(caller: Caller, work: Callable[[], Found]) -> Found:
    """As `to_read`, for what writes: apart, or those who wait for a lock would stop readers."""
    async with _of(_writers, WRITERS).place(caller.organisation_id):
        return await to_thread.run_sync(work)


def awaiting() -> Shares:
    """Places for reads that the event loop awaits itself: short ones, apart from all others."""
    return _of(_awaited, AWAITED)


def examining() -> Shares:
    """Places for reading and checking the files of firms."""
    return _of(_examiners, EXAMINERS)


def _of(kept: RunVar[Shares], places: int) -> Shares:
    try:
        return kept.get()
    except LookupError:
        kept.set(shares := Shares(places))
        return shares
