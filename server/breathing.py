"""Long answers completed a few milliseconds at a time, so that short ones get in between.

The values of an answer are completed on the event loop, a thousand in some 40 ms: all other callers
would wait for a page of thousands. After a slice the rest of a list waits for its turn; of several
long answers one takes a slice at a time, and between two slices the loop does what is due.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterable, Iterator
from typing import Any

from anyio.lowlevel import RunVar
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

SLICE = 0.005
"""Seconds."""
_ROUNDS = 4
"""Of the loop between two slices: a short answer takes some ten."""
_EVERY = 8
"""Items between two looks at the clock."""


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


_breath: RunVar[Breath] = RunVar("breath")


def _of_this_loop() -> Breath:
    try:
        return _breath.get()
    except LookupError:
        _breath.set(breath := Breath())
        return breath


class Breathing(StrawberryGraphQLCoreExecutionContext):
    """The executor of the library, but for lists that take longer than a slice."""

    def complete_iterable_value(
        self,
        item_type: Any,
        field_details_list: Any,
        info: Any,
        path: Any,
        items: Iterable[Any],
        position_context: Any,
    ) -> Any:
        if not isinstance(items, list | tuple) or len(items) < _EVERY:
            return super().complete_iterable_value(
                item_type, field_details_list, info, path, items, position_context
            )
        given = (item_type, field_details_list, info)
        return _List(self, given, path, position_context).complete(items)


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
            is_complete = self._go_on(rest, breath)
        except Exception:
            self._let_go()
            raise
        if is_complete:
            return self._with_awaited() if self._awaited else self._done
        return self._complete_slowly(rest, breath)

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
        for index, item in rest:
            self._add(index, item)
            if index % _EVERY == _EVERY - 1 and breath.is_over:
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
