"""Reads on connections that an event loop awaits itself, of the kind it has in production."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import text
from uvloop import new_event_loop

from persistence.ready.awaited import Awaited
from persistence.ready.prepared import Bound, Steps
from persistence.ready.reader import Reader
from persistence.session import Database
from tests.support.databases import owner

MINE = 1


def run(reader: Reader, work: Callable[[Awaited], Awaitable[Any]]) -> Any:
    """What `work` comes to on the connections of a loop, which are closed with it."""

    async def on_loop() -> Any:
        heap = reader.awaited()
        assert heap is not None
        try:
            return await work(heap)
        finally:
            heap.close()

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(on_loop())


def asking(*bounds: Bound) -> Steps:
    found = []
    for bound in bounds:
        found.append((yield bound))
    return found


def told(database: Database, question: str) -> list[Any]:
    with owner(database).connect() as connection:
        return list(connection.execute(text(question)))


async def read(heap: Awaited, *bounds: Bound, firm: int = MINE, most: int | None = None) -> Any:
    snapshot = await heap.snapshot(firm, most=most)
    try:
        return await snapshot.read(asking(*bounds))
    finally:
        snapshot.end()


SLOW = Bound("SELECT pg_sleep(20)", [])
NUMBER = Bound("SELECT $1::integer", [7])
ORGANISATION = Bound("SELECT current_user::text, current_setting('jalon.organisation')", [])
