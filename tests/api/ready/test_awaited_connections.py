"""Connections that the event loop hears itself: lost, left, closed; none is another's."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from psycopg import DatabaseError

from persistence.ready import awaited
from persistence.ready.awaited import Awaited
from persistence.ready.prepared import Blown, NotReady
from persistence.ready.reader import Reader
from persistence.session import Database
from tests.api.ready.awaiting import MINE, NUMBER, SLOW, asking, read, run, told


def test_who_goes_away_while_a_connection_is_made_leaves_it_to_the_next(
    postgres_reader: Reader,
) -> None:
    async def work(heap: Awaited) -> None:
        task = asyncio.ensure_future(read(heap, NUMBER))
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert await read(heap, NUMBER) == [[(7,)]]
        assert len(heap._free) + len(heap._fresh) == 1

    run(postgres_reader, work)


def test_those_who_go_away_leave_only_so_many_connections(
    postgres_reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Again and again, while the server takes long to let anybody in."""
    monkeypatch.setattr(awaited, "KEPT", 2)
    made, begun, go_on = [], [], threading.Event()
    connect = postgres_reader._connect_to_await

    def late() -> Any:
        begun.append(1)
        go_on.wait(30)
        made.append(connect())
        return made[-1]

    async def work(heap: Awaited) -> None:
        heap._connect = late
        for turn in range(1, 4):
            coming = [asyncio.ensure_future(read(heap, NUMBER)) for _ in range(2)]
            while len(begun) < 2 * turn:
                await asyncio.sleep(0.01)
            for one in coming:
                one.cancel()
            await asyncio.gather(*coming, return_exceptions=True)
        go_on.set()
        until = time.monotonic() + 10
        while len(made) < 6 or sum(not one.closed for one in made) > 2:
            assert time.monotonic() < until
            await asyncio.sleep(0.01)
        snapshots = [await heap.snapshot(MINE, most=1) for _ in range(3)]
        for snapshot in snapshots:
            snapshot.end()
        assert len(heap._free) == 2

    run(postgres_reader, work)


def test_a_connection_that_is_lost_while_it_lies_there_is_let_go(
    postgres_reader: Reader, postgres_database: Database
) -> None:
    async def work(heap: Awaited) -> None:
        await read(heap, NUMBER)
        process = heap._free[0]._driver.info.backend_pid
        await asyncio.to_thread(
            told, postgres_database, f"SELECT pg_terminate_backend({process}, 10000)"
        )
        until = time.monotonic() + 10
        while heap._free:
            assert time.monotonic() < until
            await asyncio.sleep(0.01)
        # The next one does not even notice.
        assert await read(heap, NUMBER) == [[(7,)]]

    run(postgres_reader, work)


def test_a_connection_that_is_lost_during_a_read_ends_it(
    postgres_reader: Reader, postgres_database: Database
) -> None:
    async def work(heap: Awaited) -> None:
        await read(heap, NUMBER)
        process = heap._free[0]._driver.info.backend_pid

        async def end() -> None:
            await asyncio.sleep(0.05)
            await asyncio.to_thread(
                told, postgres_database, f"SELECT pg_terminate_backend({process})"
            )

        ending = asyncio.ensure_future(end())
        with pytest.raises((DatabaseError, Blown)):
            await read(heap, SLOW)
        await ending
        assert heap._free == []
        assert await read(heap, NUMBER) == [[(7,)]]

    run(postgres_reader, work)


def test_a_server_that_says_nothing_is_given_up(postgres_reader: Reader) -> None:
    """As where a connection was reset, of which uvloop tells nobody."""

    async def work(heap: Awaited) -> None:
        await read(heap, NUMBER)
        deaf = heap._free[0]
        heap.loop.remove_reader(deaf._socket)
        with pytest.raises(Blown):
            await asyncio.wait_for(read(heap, NUMBER), 10)
        assert deaf.is_lost
        assert await read(heap, NUMBER) == [[(7,)]]

    run(postgres_reader, work)


def test_a_snapshot_is_over_though_nobody_waits_to_hear_it(
    postgres_reader: Reader, postgres_database: Database
) -> None:
    async def work(heap: Awaited) -> None:
        for most in (1, 2, None):
            await read(heap, NUMBER, most=most)
            process = heap._free[0]._driver.info.backend_pid
            state = f"SELECT state, backend_xmin IS NULL FROM pg_stat_activity WHERE pid={process}"
            until = time.monotonic() + 10
            while (found := told(postgres_database, state)) != [("idle", True)]:
                assert time.monotonic() < until, found

    run(postgres_reader, work)


def test_connections_are_one_loops_alone(postgres_reader: Reader) -> None:
    async def elsewhere() -> None:
        assert postgres_reader.awaited() is None

    async def work(heap: Awaited) -> None:
        await read(heap, NUMBER)
        assert postgres_reader.awaited() is heap
        await asyncio.to_thread(lambda: asyncio.run(elsewhere()))

    run(postgres_reader, work)
    # A loop that is over has none any more.
    run(postgres_reader, work)


def test_they_are_closed_from_any_thread(postgres_reader: Reader) -> None:
    async def work(heap: Awaited) -> None:
        snapshot = await heap.snapshot(MINE, most=None)
        await read(heap, NUMBER)
        closing = threading.Thread(target=postgres_reader.close)
        closing.start()
        await asyncio.to_thread(closing.join)
        await asyncio.sleep(0)
        assert heap._free == []
        # Whoever reads just then comes to an end; what they had is closed then.
        assert await snapshot.read(asking(NUMBER)) == [[(7,)]]
        connection = snapshot._connection
        snapshot.end()
        assert connection.is_lost
        assert heap._free == []
        assert postgres_reader.awaited() is not heap

    run(postgres_reader, work)


def test_who_comes_as_they_are_closed_opens_none(postgres_reader: Reader) -> None:
    async def work(heap: Awaited) -> None:
        coming = asyncio.ensure_future(heap.snapshot(MINE, most=1))
        await asyncio.sleep(0)
        heap.close()
        with pytest.raises(NotReady):
            await asyncio.wait_for(coming, 10)
        assert not heap._fresh

    run(postgres_reader, work)
