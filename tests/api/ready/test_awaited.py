"""Snapshots that the event loop awaits itself: whose rows they see, and where they end."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from psycopg import DatabaseError
from psycopg.errors import DivisionByZero, ReadOnlySqlTransaction
from sqlalchemy import text

from persistence.deadline import within
from persistence.ready import pipelined
from persistence.ready.awaited import Awaited
from persistence.ready.pipelined import STATEMENTS
from persistence.ready.prepared import SHORT, Blown, Bound, NotReady, Steps
from persistence.ready.reader import Reader
from persistence.session import Database
from tests.api.ready.awaiting import MINE, NUMBER, ORGANISATION, SLOW, asking, read, run
from tests.support.api import ApiClient
from tests.support.databases import owner


@pytest.mark.parametrize("most", [1, 2, None])
def test_a_statement_sees_the_rows_of_the_firm_of_its_snapshot(
    postgres_firm: ApiClient, postgres_reader: Reader, most: int | None
) -> None:
    other = postgres_firm.of_another_firm().organisation_id
    count = Bound("SELECT count(*) FROM client", [])

    async def work(heap: Awaited) -> None:
        for firm in (MINE, other, MINE):
            ((row,),) = await read(heap, ORGANISATION, firm=firm, most=most)
            assert row == ("jalon_app", str(firm))
            ((many,),) = (await read(heap, count, firm=firm, most=most))[0]
            assert (many > 0) is (firm == MINE)
        # All by one connection, on which nothing of the last snapshot stays.
        assert len(heap._free) == 1

    run(postgres_reader, work)


@pytest.mark.parametrize("most", [1, 2, None])
def test_nothing_can_be_written(postgres_reader: Reader, most: int | None) -> None:
    async def work(heap: Awaited) -> None:
        with pytest.raises(ReadOnlySqlTransaction):
            await read(heap, Bound("DELETE FROM time_entry", []), most=most)
        assert heap._free == []

    run(postgres_reader, work)


@pytest.mark.parametrize("most", [1, 2, None])
def test_nothing_is_said_to_the_connection_beyond_a_transaction(
    postgres_reader: Reader, most: int | None
) -> None:
    """A pooler of transactions hands it to those who write next (docs/operating.md)."""
    changed = (
        "SELECT name, setting FROM pg_settings WHERE source = 'session'"
        " AND name LIKE ANY (ARRAY['%transaction%', 'role', 'statement_timeout']) ORDER BY name"
    )
    with postgres_reader.snapshot(MINE) as fetch:
        expected = dict(fetch(Bound(changed, [])))

    async def work(heap: Awaited) -> None:
        (rows,) = await read(heap, Bound(changed, []), most=most)
        found = dict(rows)
        assert found.pop("statement_timeout") == "251"
        assert found.pop("transaction_read_only") == "on"
        assert {name for name in found if name.startswith("default_")} == set()
        assert found.get("transaction_isolation") == (
            None if most == 1 else expected["transaction_isolation"]
        )

    run(postgres_reader, work)


@pytest.mark.parametrize("most", [1, 2])
def test_a_snapshot_gives_no_more_than_it_was_for(postgres_reader: Reader, most: int) -> None:
    async def work(heap: Awaited) -> None:
        with pytest.raises(NotReady):
            await read(heap, *[NUMBER] * (most + 1), most=most)
        # It was not even asked: the connection is as good as before.
        assert await read(heap, *[NUMBER] * most, most=most) == [[(7,)]] * most
        assert len(heap._free) == 1

    run(postgres_reader, work)


def test_all_statements_of_a_snapshot_see_one_moment(
    postgres_reader: Reader, postgres_database: Database
) -> None:
    counting = Bound("SELECT count(*) FROM client WHERE name LIKE 'Nouveau%'", [])

    def add() -> None:
        with owner(postgres_database).begin() as connection:
            connection.execute(text("UPDATE client SET name = 'Nouveau'"))

    def steps() -> Steps:
        before = yield counting
        add()
        after = yield counting
        return before, after

    async def work(heap: Awaited) -> None:
        snapshot = await heap.snapshot(MINE, most=None)
        before, after = await snapshot.read(steps())
        (again,) = await snapshot.read(asking(counting))
        snapshot.end()
        assert before == after == again == [(0,)]
        ((now,),) = (await read(heap, counting))[0]
        assert now > 0

    run(postgres_reader, work)


@pytest.mark.parametrize("most", [1, 2, None])
def test_what_takes_longer_than_it_is_given_is_ended(
    postgres_reader: Reader, most: int | None
) -> None:
    async def work(heap: Awaited) -> None:
        began = time.monotonic()
        with pytest.raises(Blown):
            await read(heap, SLOW, most=most)
        assert time.monotonic() - began < 10
        assert await read(heap, NUMBER) == [[(7,)]]

    run(postgres_reader, work)


def test_a_request_that_has_less_left_gives_less(
    postgres_reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelined, "GIVEN", 3_600)
    told = Bound("SELECT current_setting('statement_timeout')", [])

    async def work(heap: Awaited) -> None:
        with within(5.5):
            ((given,),) = (await read(heap, told))[0]
        assert 5_000 < int(given.removesuffix("ms")) <= 5_501
        with within(0.01), pytest.raises(Blown):
            await read(heap, SLOW)

    run(postgres_reader, work)


def test_nothing_is_asked_after_the_deadline(postgres_reader: Reader) -> None:
    """However short its statements are, and whichever request the connection was made for."""

    def steps() -> Steps:
        for asked in range(100):
            yield Bound("SELECT pg_sleep(0.1)", [])
            assert asked < 10

    async def work(heap: Awaited) -> None:
        with within(3_600):
            await asyncio.create_task(read(heap, NUMBER))
        snapshot = await heap.snapshot(MINE, most=None)
        with within(0.3):
            with pytest.raises(Blown):
                await snapshot.read(steps())
            with pytest.raises(Blown):
                await snapshot.read(asking(NUMBER))
        snapshot.end()
        assert await read(heap, NUMBER) == [[(7,)]]
        assert len(heap._free) == 1

    run(postgres_reader, work)


def test_more_rows_than_a_short_read_has_are_not_made_into_an_answer(
    postgres_reader: Reader,
) -> None:
    async def work(heap: Awaited) -> None:
        rows = "SELECT generate_series(1, $1::integer)"
        ((*most,),) = await read(heap, Bound(rows, [SHORT]))
        assert len(most) == SHORT
        with pytest.raises(Blown):
            await read(heap, Bound(rows, [SHORT + 1]))
        assert len(heap._free) == 1
        assert await read(heap, NUMBER) == [[(7,)]]

    run(postgres_reader, work)


def test_a_fault_in_what_is_made_of_rows_ends_the_read_alone(postgres_reader: Reader) -> None:
    def broken() -> Steps:
        yield NUMBER
        raise ZeroDivisionError

    async def work(heap: Awaited) -> None:
        snapshot = await heap.snapshot(MINE, most=None)
        with pytest.raises(ZeroDivisionError):
            await snapshot.read(broken())
        snapshot.end()
        assert await read(heap, NUMBER) == [[(7,)]]
        assert len(heap._free) == 1

    run(postgres_reader, work)


def test_a_fault_of_the_database_leaves_no_connection_behind(postgres_reader: Reader) -> None:
    async def work(heap: Awaited) -> None:
        with pytest.raises(DivisionByZero):
            await read(heap, NUMBER, Bound("SELECT 1 / $1::integer", [0]))
        assert heap._free == []
        assert await read(heap, NUMBER) == [[(7,)]]

    run(postgres_reader, work)


def test_a_statement_whose_values_cannot_be_told_is_not_half_asked(postgres_reader: Reader) -> None:
    async def work(heap: Awaited) -> None:
        with pytest.raises(DatabaseError):
            await read(heap, Bound("SELECT $1", [object()]))
        assert await read(heap, NUMBER) == [[(7,)]]

    run(postgres_reader, work)


def test_nobody_is_given_what_another_who_gave_up_had_asked(postgres_reader: Reader) -> None:
    """Many ask on few connections, and some go away: each that stays has its own answer."""
    draw = Random(11)

    def several(number: int) -> Steps:
        found = []
        for step in range(draw.randint(1, 4)):
            asked = [f"{number}/{step}", draw.choice((0.0, 0.0, 0.002))]
            ((said, _),) = yield Bound("SELECT $1::text, pg_sleep($2::float)", asked)
            found.append(said)
        return number, found

    async def one(heap: Awaited, number: int) -> Any:
        snapshot = await heap.snapshot(MINE, most=None)
        try:
            return await snapshot.read(several(number))
        finally:
            snapshot.end()

    async def work(heap: Awaited) -> int:
        places, right = asyncio.Semaphore(4), 0

        async def asked(number: int) -> None:
            nonlocal right
            async with places:
                task = asyncio.ensure_future(one(heap, number))
                if number % 7 == 0:
                    await asyncio.sleep(draw.random() / 300)
                    task.cancel()
                with suppress(asyncio.CancelledError):
                    who, said = await task
                    assert who == number
                    assert said == [f"{number}/{step}" for step in range(len(said))]
                    right += 1

        await asyncio.gather(*(asked(number) for number in range(300)))
        assert len(heap._free) <= 4
        return right

    assert run(postgres_reader, work) >= 250


def test_what_does_not_leave_at_once_leaves_when_it_can(postgres_reader: Reader) -> None:
    """More than the system takes at a time."""
    long = "é" * 8_000_000

    async def work(heap: Awaited) -> None:
        told = Bound("SELECT length($1::text)", [long])
        for most in (1, 2, None):
            assert await read(heap, told, most=most) == [[(len(long),)]]
        assert len(heap._free) == 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipelined, "GIVEN", 60)
        run(postgres_reader, work)


def test_only_so_many_statements_stay_prepared(postgres_reader: Reader) -> None:
    async def work(heap: Awaited) -> None:
        for number in [*range(STATEMENTS + 20), 3, STATEMENTS + 19]:
            (row,) = await read(heap, Bound(f"SELECT {number}, $1::integer", [number]))
            assert row == [(number, number)]
        (kept,) = await read(heap, Bound("SELECT count(*) FROM pg_prepared_statements", []))
        assert kept[0][0] <= STATEMENTS
        assert len(heap._free[0]._prepared) == STATEMENTS

    run(postgres_reader, work)


def test_what_begins_a_snapshot_may_be_forgotten_too(
    postgres_reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelined, "STATEMENTS", 3)

    async def work(heap: Awaited) -> None:
        for number in range(24):
            told = Bound(f"SELECT {number}, current_setting('jalon.organisation')", [])
            (row,) = await read(heap, told, most=number % 4 or None)
            assert row == [(number, str(MINE))]
        assert len(heap._free[0]._prepared) == 3

    run(postgres_reader, work)


def test_values_come_as_the_driver_has_them_in_a_thread(postgres_reader: Reader) -> None:
    told = Bound(
        "SELECT 1, 2::bigint, 'é', 1.50::numeric, true, date '2026-11-22', null, '[1]'::json,"
        " timestamptz '2026-11-22 10:00+00', $1::bigint[], $2::text, $3::date",
        [[1, 2**40], "x%y", "2026-11-22"],
    )
    with postgres_reader.snapshot(MINE) as fetch:
        expected = fetch(told)

    async def work(heap: Awaited) -> Any:
        return await read(heap, told)

    assert run(postgres_reader, work) == [expected]
