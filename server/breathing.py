"""Long answers completed a few milliseconds at a time, so that short ones get in between.

The values of an answer are completed on the event loop, a thousand in some 40 ms: all other callers
would wait for a page of thousands. After a slice the rest of a list waits for its turn; of several
long answers one takes a slice at a time, and between two slices the loop does what is due.
The deadline of the request is looked at in every slice, and the size of the answer is limited: both
end the operation.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Iterator
from functools import partial
from typing import Any

import orjson
from anyio.lowlevel import RunVar
from graphql import GraphQLError, GraphQLNonNull, GraphQLObjectType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from persistence.deadline import OutOfTime, current
from server.ready.compiled import Completers, Made, completer

SLICE = 0.005
"""Seconds."""
_ROUNDS = 4
"""Of the loop between two slices: a short answer takes some ten."""
_FREE = 8
"""Items of lists, over the whole operation, before the first look at the clock."""

ANSWER_BYTES = 32 * 1024 * 1024
"""Of the texts of an answer, and what is written around each value."""
_AROUND = 8

TOO_LONG = "The answer is larger than the {limit} MiB it may have: ask for less at a time."


class AnswerTooLarge(GraphQLError):
    """The answer grew beyond `ANSWER_BYTES`; nothing more of it is completed."""

    def __init__(self) -> None:
        self.limit = ANSWER_BYTES >> 20
        super().__init__(
            TOO_LONG.format(limit=self.limit),
            extensions={"code": "ANSWER_TOO_LARGE", "limit": ANSWER_BYTES},
        )


class Breath:
    """Whose slice it is, on one event loop."""

    def __init__(self) -> None:
        self.until = 0.0
        self._line = asyncio.Lock()

    @property
    def is_over(self) -> bool:
        return time.perf_counter() > self.until

    async def turn(self) -> None:
        """Waits for those before, and lets the loop do what else is due."""
        async with self._line:
            for _ in range(_ROUNDS):
                await asyncio.sleep(0)
            self.until = time.perf_counter() + SLICE


_completers = Completers()
_breath: RunVar[Breath] = RunVar("breath")


def _of_this_loop() -> Breath:
    try:
        return _breath.get()
    except LookupError:
        _breath.set(breath := Breath())
        return breath


class Breathing(StrawberryGraphQLCoreExecutionContext):
    """The executor of the library, but for answers that take longer than a slice.

    Rows are completed by code made for their selection (`server.ready.compiled`).
    """

    is_compiling = True
    """The tests have it do without, and compare."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = 0
        """Of lists, completed until now."""
        self._bytes = 0
        self._completers: Made | None = None

    def complete_value(
        self,
        return_type: Any,
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        if result.__class__ is dict and self.is_compiling:
            made = self._made(return_type, field_details_list, result)
            if made is not None:
                return made
        return super().complete_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def _made(self, return_type: Any, field_details_list: Any, row: Any) -> Any:
        """The object that code made for the selection makes of a row; None where it cannot."""
        owner = return_type.of_type if return_type.__class__ is GraphQLNonNull else return_type
        if owner.__class__ is not GraphQLObjectType:
            return None
        key = (owner.name, *[id(one.node) for one in field_details_list])
        made = self._completers
        if made is None:
            made = self._completers = _completers.of(self.operation, self.fragment_definitions)
        if made.is_varied and len(field_details_list) > 1:
            return None
        try:
            complete = made.known[key]
        except KeyError:
            nodes = [one.node for one in field_details_list]
            complete = completer(self.schema, self.fragment_definitions, owner, nodes)
            made.known[key] = complete
        if complete is None:
            return None
        try:
            completed = complete(row)
            written = len(orjson.dumps(completed))
        except Exception as error:
            # The executor meets it again, and says it in its own words.
            _completers.note(key, error)
            return None
        self._bytes += written
        self.items += 1
        if self._bytes > ANSWER_BYTES:
            raise AnswerTooLarge
        return completed

    def complete_iterable_value(
        self,
        item_type: Any,
        field_details_list: Any,
        info: Any,
        path: Any,
        items: Iterable[Any],
        position_context: Any,
    ) -> Any:
        if not isinstance(items, list | tuple) or self.items + len(items) < _FREE:
            self.items += len(items) if isinstance(items, list | tuple) else 1
            return super().complete_iterable_value(
                item_type, field_details_list, info, path, items, position_context
            )
        given = (item_type, field_details_list, info)
        return _List(self, given, path, position_context).complete(items)

    # The library has it static; asked of the executor, it may be a method as well.
    def complete_leaf_value(self, return_type: Any, result: Any) -> Any:  # type: ignore[override]
        value = super().complete_leaf_value(return_type, result)
        self._bytes += _AROUND + (len(value) if value.__class__ is str else 0)
        if self._bytes > ANSWER_BYTES:
            raise AnswerTooLarge
        return value

    def require_time(self) -> None:
        """OutOfTime once the request has taken as long as it may, AnswerTooLarge likewise."""
        deadline = current()
        if deadline is not None and deadline.left <= 0:
            raise OutOfTime(deadline)
        if self._bytes > ANSWER_BYTES:
            raise AnswerTooLarge


class _Coming:
    """What comes once it is awaited; nothing of it is begun where a fault beside it ended all."""

    __slots__ = ("_begin",)

    def __init__(self, begin: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._begin = begin

    def __await__(self) -> Generator[Any, None, Any]:
        return self._begin().__await__()


class _List:
    """One list on its way into the answer."""

    def __init__(self, executor: Breathing, given: tuple[Any, ...], path: Any, place: Any) -> None:
        self._executor = executor
        self._given = given
        self._path = path
        self._place = place
        self._done: list[Any] = []
        self._awaited: list[int] = []

    def complete(self, items: Iterable[Any]) -> Any:
        """The completed items at once, or what brings them when it takes longer."""
        rest = enumerate(items)
        breath = _of_this_loop()
        try:
            # The slice is over for the lists within a list, too.
            is_late = self._executor.items >= _FREE and breath.is_over
            is_complete = not is_late and self._go_on(rest, breath)
        except Exception:
            self._let_go()
            raise
        if is_complete:
            return self._with_awaited() if self._awaited else self._done
        return _Coming(partial(self._complete_slowly, rest, breath))

    async def _complete_slowly(self, rest: Iterator[tuple[int, Any]], breath: Breath) -> list[Any]:
        try:
            await breath.turn()
            while not self._go_on(rest, breath):
                await breath.turn()
        except BaseException:
            self._let_go()
            raise
        return await self._with_awaited() if self._awaited else self._done

    def _go_on(self, rest: Iterator[tuple[int, Any]], breath: Breath) -> bool:
        """Completes items until the slice is over; whether that was the last of them."""
        executor = self._executor
        executor.require_time()
        for index, item in rest:
            self._add(index, item)
            executor.items += 1
            if executor.items >= _FREE and breath.is_over:
                return False
        return True

    def _add(self, index: int, item: Any) -> None:
        executor, path = self._executor, self._path.add_key(index, None)
        item_type, fields, info = self._given
        if executor.is_awaitable(item):
            coming = executor.complete_awaitable_list_item_value(
                item, item_type, fields, info, path, self._place
            )
            self._done.append(coming)
            self._awaited.append(index)
        elif executor.complete_list_item_value(
            item, self._done, item_type, fields, info, path, self._place
        ):
            self._awaited.append(index)

    async def _with_awaited(self) -> list[Any]:
        awaited: list[Awaitable[Any]] = [self._done[index] for index in self._awaited]
        for index, value in zip(self._awaited, await asyncio.gather(*awaited), strict=True):
            self._done[index] = value
        return self._done

    def _let_go(self) -> None:
        """What was begun and nobody waits for any more."""
        begun = [self._done[index] for index in self._awaited]
        if begun:
            self._executor.settle_in_background(begun)
