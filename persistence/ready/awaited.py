"""Snapshots on PostgreSQL whose rows an event loop awaits itself, without a thread.

A connection stays registered with the loop, which hears at once what comes from it: rows, or that
it is no more. What begins a snapshot leaves together with its first statement, what ends it with
its last; nobody waits to hear that it is over.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from anyio import to_thread

from persistence.ready.pipelined import Pipelined
from persistence.ready.prepared import NotReady, Steps

KEPT = 8
"""Connections that lie there, or were made for somebody who went away meanwhile."""


class Awaited:
    """Connections of one event loop, which is the only one to use them."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self.loop = asyncio.get_running_loop()
        self.is_closed = False
        self._connect = connect
        self._fresh: deque[Any] = deque()
        """Connected in a thread, and not known to the loop yet."""
        self._free: list[Pipelined] = []

    async def snapshot(self, organisation_id: int, *, most: int | None) -> Snapshot:
        """A snapshot of one organisation, of `most` statements in all; None: of any number."""
        while not self._free:
            if self.is_closed:
                raise NotReady("closed while somebody came")
            if self._fresh:
                self._free.append(Pipelined(self.loop, self._fresh.popleft(), self._forget))
            else:
                await to_thread.run_sync(self._open)
        return Snapshot(self, self._free.pop(), organisation_id, most)

    def close(self) -> None:
        """Closes what lies here; from any thread, as the loop may be over."""
        self.is_closed = True
        if self.loop.is_running() and not _is_here(self.loop):
            with suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self._close)
                return
        self._close()

    def take_back(self, connection: Pipelined) -> None:
        if self.is_closed or connection.is_lost or len(self._free) >= KEPT:
            connection.close()
        else:
            self._free.append(connection)

    def _open(self) -> None:
        self._fresh.append(self._connect())
        # Closed meanwhile: whoever did so did not see it any more.
        self._let_fresh_go(0 if self.is_closed else KEPT)

    def _forget(self, connection: Pipelined) -> None:
        with suppress(ValueError):
            self._free.remove(connection)

    def _close(self) -> None:
        while self._free:
            self._free.pop().close()
        self._let_fresh_go()

    def _let_fresh_go(self, kept: int = 0) -> None:
        with suppress(IndexError):
            while len(self._fresh) > kept:
                self._fresh.pop().close()


def _is_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


class Snapshot:
    """Reads of one organisation, all of one moment."""

    def __init__(
        self, heap: Awaited, connection: Pipelined, organisation_id: int, most: int | None
    ) -> None:
        self._heap = heap
        self._connection = connection
        connection.begin(organisation_id, most)

    async def read(self, steps: Steps) -> Any:
        """What `steps` come to; after an exception nothing more can be read here."""
        try:
            return await self._connection.read(steps)
        except BaseException:
            self._connection.give_up()
            raise

    def end(self) -> None:
        """Gives the connection back."""
        self._connection.end()
        self._heap.take_back(self._connection)
