"""Long lists completed in slices: the same answers, and others get in between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from persistence.deadline import OutOfTime, within
from server import breathing
from server.breathing import Breathing
from server.masking import told


@strawberry.type
class Thing:
    number: int

    @strawberry.field
    def odd(self) -> bool | None:
        if self.number == 37:
            raise ValueError("not this one")
        return bool(self.number % 2)

    @strawberry.field
    async def later(self) -> int:
        await asyncio.sleep(0)
        return -self.number

    @strawberry.field
    def below(self) -> list[int]:
        return list(range(self.number % 20))


@strawberry.type
class Query:
    @strawberry.field
    def things(self, count: int) -> list[Thing]:
        return [Thing(number=number) for number in range(count)]

    @strawberry.field
    def broken(self) -> list[int]:
        never: Any = ["no number"]
        return [*range(50), *never]


PLAIN = strawberry.Schema(Query, config=StrawberryConfig())
SLICED = strawberry.Schema(Query, execution_context_class=Breathing)


def asked(schema: strawberry.Schema, text: str) -> Any:
    result = asyncio.run(schema.execute(text))
    errors = [error.formatted for error in result.errors or ()]
    return result.data, errors


@pytest.mark.parametrize("seconds", [0.0, 10.0])
@pytest.mark.parametrize(
    "text",
    [
        "{ things(count: 100) { number } }",
        "{ things(count: 100) { odd below } }",
        "{ things(count: 100) { later } }",
        "{ things(count: 7) { number later } }",
        "{ a: things(count: 60) { number } b: things(count: 60) { odd below } broken }",
        "{ broken }",
    ],
)
def test_slices_change_no_answer(
    text: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breathing, "SLICE", seconds)
    assert asked(SLICED, text) == asked(PLAIN, text)


def test_others_get_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breathing, "SLICE", 0.0)

    async def beside() -> int:
        turns = 0
        answer = asyncio.ensure_future(SLICED.execute("{ things(count: 4000) { number } }"))
        while not answer.done():
            await asyncio.sleep(0)
            turns += 1
        assert not answer.result().errors
        return turns

    assert asyncio.run(beside()) > 400


DEEP = "{ " + " ".join(f"a{n}: things(count: 4000) {{ below odd }}" for n in range(20)) + " }"


def test_the_deadline_ends_an_answer_and_others_get_in_meanwhile() -> None:
    async def beside() -> tuple[Any, int]:
        with within(0.3):
            answer = asyncio.ensure_future(SLICED.execute(DEEP))
        others = 0
        while not answer.done():
            await asyncio.sleep(0)
            await SLICED.execute("{ things(count: 3) { number } }")
            others += 1
        return answer.result(), others

    result, others = asyncio.run(beside())
    # One of the fields breaks by itself, if it is reached in time.
    assert {type(one.original_error) for one in result.errors} - {ValueError} == {OutOfTime}
    codes = [one["extensions"]["code"] for one in told(result.errors, "en")]
    assert codes.count("REQUEST_TIMEOUT") == 1
    assert others > 3


def test_an_answer_has_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breathing, "ANSWER_BYTES", 1000)
    result = asyncio.run(SLICED.execute("{ things(count: 500) { number } }"))
    (error,) = told(result.errors or (), "fr")
    assert error["extensions"]["code"] == "ANSWER_TOO_LARGE"
    assert "La réponse dépasse" in error["message"]
