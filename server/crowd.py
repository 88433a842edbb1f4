"""How many operations of one caller run at once, and how many uploads of a firm come in at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from resolvers._shares import Shares
from server.rates import too_often

PATIENCE = 5.0
"""Seconds somebody waits in line until they are asked to come again."""

LINE = 2
"""Times as many as may run at once wait; whoever comes then is sent away."""

UPLOADS = 8
"""Bodies with files that are taken in at once: half of what the others leave to each firm."""

UPLOADS_WAITING = 64
UPLOAD_PATIENCE = 60.0


class Crowd:
    """Places of one event loop for operations, so many for each caller; 0 is no limit."""

    def __init__(self, at_once: int, *, patience: float = PATIENCE) -> None:
        self._at_once = at_once
        self._patience = patience
        self._present: dict[str, int] = {}
        self._places: dict[str, asyncio.Semaphore] = {}
        """Of those of whom somebody had to wait; the others are only counted."""

    def check(self, name: str) -> None:
        """Refuses (429) who has so many at work and waiting that another would only wait, too."""
        if self._at_once and self._present.get(name, 0) >= (1 + LINE) * self._at_once:
            raise too_often(1)

    def place(self, name: str) -> AbstractAsyncContextManager[None]:
        """A place for one operation; RequestRefused (429) when there is none in time."""
        return _Place(self, name) if self._at_once else nullcontext()

    async def come(self, name: str) -> None:
        """Takes a place, as `place` does; whoever took it leaves it."""
        self.check(name)
        places, present = self._places.get(name), self._present.get(name, 0)
        self._present[name] = present + 1
        if places is None:
            if present < self._at_once:
                return
            places = self._places[name] = asyncio.Semaphore(0)
        try:
            if places.locked():
                try:
                    async with asyncio.timeout(self._patience):
                        await places.acquire()
                except TimeoutError:
                    raise too_often(1) from None
            else:
                await places.acquire()
        except BaseException:
            self._forget(name)
            raise

    def leave(self, name: str) -> None:
        """Gives a place back that was taken."""
        if (places := self._places.get(name)) is not None:
            places.release()
        self._forget(name)

    def _forget(self, name: str) -> None:
        self._present[name] -= 1
        if not self._present[name]:
            del self._present[name]
            self._places.pop(name, None)


class _Place:
    """A place while it is held."""

    __slots__ = ("_crowd", "_name")

    def __init__(self, crowd: Crowd, name: str) -> None:
        self._crowd = crowd
        self._name = name

    async def __aenter__(self) -> None:
        await self._crowd.come(self._name)

    async def __aexit__(self, *fault: object) -> None:
        self._crowd.leave(self._name)


class Uploads:
    """Places of one event loop for bodies with files, shared out among firms."""

    def __init__(self, places: int = UPLOADS, *, patience: float = UPLOAD_PATIENCE) -> None:
        self._shares = Shares(places)
        self._patience = patience

    @asynccontextmanager
    async def place(self, firm: int) -> AsyncIterator[None]:
        """A place for one, of which nothing is read before; RequestRefused (429) if none comes."""
        if self._shares.waiting(firm) >= UPLOADS_WAITING:
            raise too_often(self._patience)
        place = self._shares.place(firm)
        try:
            async with asyncio.timeout(self._patience):
                await place.__aenter__()
        except TimeoutError:
            raise too_often(self._patience) from None
        try:
            yield
        finally:
            await place.__aexit__(None, None, None)
