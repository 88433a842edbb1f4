"""Where the fields of one operation are read, and that nothing stays taken."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from psycopg import DatabaseError

from domain.access import Role
from persistence.deadline import within
from persistence.ready import pipelined
from persistence.ready.awaited import Awaited
from persistence.ready.prepared import Blown, Bound, Steps
from persistence.ready.reader import Reader
from resolvers._shares import AWAITED, awaiting
from schema.context import Caller, Context
from server.ready.sitting import SLOW_FOR, Pace, Sitting
from tests.api.ready.awaiting import NUMBER, SLOW, asking
from tests.support.api import ApiClient

TWO = """query Two {
  clients(page: {first: 3}) { nodes { id name } totalCount }
  invoices(page: {first: 3}) { nodes { id lines { position } } }
}"""


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """Of each snapshot that a loop awaited how many statements it was for."""
    told: list[int | None] = []
    kept = Awaited.snapshot

    async def noted(self: Awaited, firm: int, *, most: int | None) -> Any:
        told.append(most)
        return await kept(self, firm, most=most)

    monkeypatch.setattr(Awaited, "snapshot", noted)
    return told


def test_all_fields_of_an_operation_are_read_of_one_moment(
    postgres_firm: ApiClient, begun: list[int | None]
) -> None:
    answers = [postgres_firm.query(TWO) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert begun == [None] * 3


def test_what_one_statement_reads_is_asked_for_at_once(
    postgres_firm: ApiClient, begun: list[int | None]
) -> None:
    text = "query Some { clients(page: {first: 3}) { nodes { id name } } }"
    answers = [postgres_firm.query(text) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert begun == [1] * 3


def test_what_was_slow_is_read_in_a_thread_from_then_on(
    postgres_firm: ApiClient, begun: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "query Slow { clients(page: {first: 3}) { nodes { id name } totalCount } }"
    expected = postgres_firm.query(text)
    monkeypatch.setattr(pipelined, "SHORT", 0)
    answers = [postgres_firm.query(text) for _ in range(3)]
    assert answers == [expected] * 3
    # Once as it should be, and once in vain.
    assert begun == [2] * 2


def _sitting(api: ApiClient, reader: Reader, *, is_long: bool = False) -> Sitting:
    caller = Caller(api.organisation_id, "firm", Role.ADMINISTRATOR, "sitting", "en")
    context = Context(api.house, caller)
    return Sitting(reader, context, is_alone=False, is_long=is_long)


def _of(*bounds: Bound) -> Any:
    def find(firm: int) -> Steps:
        return asking(*bounds)

    return find


def _broken(firm: int) -> Steps:
    yield NUMBER
    raise ZeroDivisionError


def test_nothing_stays_taken_however_a_read_ends(
    postgres_firm: ApiClient, postgres_reader: Reader
) -> None:
    """More than there are places, one after the other: each finds one."""

    async def once(number: int) -> None:
        sitting = _sitting(postgres_firm, postgres_reader)
        try:
            match number % 3:
                case 0:
                    found = await sitting.read(Pace(), _of(NUMBER), most=1)
                    assert found == [[(7,)]]
                    assert awaiting().taken == 1
                case 1:
                    with pytest.raises(ZeroDivisionError):
                        await sitting.read(Pace(), _broken, most=2)
                case 2:
                    slow = sitting.read(Pace(), _of(SLOW), most=2)
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(slow, 0.05)
        finally:
            sitting.end()
        assert awaiting().taken == 0

    async def work() -> None:
        for number in range(3 * AWAITED):
            await once(number)

    asyncio.run(work())


def test_who_reads_in_a_thread_keeps_nobody_waiting(
    postgres_firm: ApiClient, postgres_reader: Reader
) -> None:
    pace = Pace()

    async def work() -> None:
        sitting = _sitting(postgres_firm, postgres_reader)
        await sitting.read(Pace(), _of(NUMBER), most=2)
        assert awaiting().taken == 1

        def find(firm: int) -> Steps:
            return asking(NUMBER)

        pace.was_slow()
        reading = asyncio.ensure_future(sitting.read(pace, find, most=None))
        await asyncio.sleep(0)
        assert awaiting().taken == 0
        assert await reading == [[(7,)]]
        long = _sitting(postgres_firm, postgres_reader, is_long=True)
        assert await long.read(Pace(), _of(NUMBER), most=2) == [[(7,)]]
        assert awaiting().taken == 0

    asyncio.run(work())
    assert not pace.is_quick


def test_the_loop_is_tried_again_after_a_while() -> None:
    pace = Pace()
    pace.was_slow()
    for _ in range(SLOW_FOR):
        assert not pace.is_quick
        pace.rests()
    assert pace.is_quick


def test_a_request_without_time_says_nothing_of_the_field(
    postgres_firm: ApiClient, postgres_reader: Reader
) -> None:
    pace = Pace()

    async def work() -> None:
        sitting = _sitting(postgres_firm, postgres_reader)
        with within(0.02), pytest.raises((Blown, DatabaseError)):
            await sitting.read(pace, _of(SLOW), most=1)
        assert awaiting().taken == 0

    asyncio.run(work())
    assert pace.is_quick


def test_one_firm_cannot_have_all_places(postgres_firm: ApiClient, postgres_reader: Reader) -> None:
    """Its slow reads hold half of them, each for as long as it is given."""
    other = postgres_firm.of_another_firm()

    async def work() -> None:
        mine = [_sitting(postgres_firm, postgres_reader) for _ in range(2 * AWAITED)]
        slow = [asyncio.ensure_future(one.read(Pace(), _of(NUMBER, SLOW), most=2)) for one in mine]
        while awaiting().taken < AWAITED // 2:
            await asyncio.sleep(0)
        theirs = _sitting(other, postgres_reader)
        found = await asyncio.wait_for(theirs.read(Pace(), _of(NUMBER), most=1), 5)
        assert found == [[(7,)]]
        theirs.end()
        for one in slow:
            one.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        for one in mine:
            one.end()
        assert awaiting().taken == 0

    asyncio.run(work())
