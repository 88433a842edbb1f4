"""Carrying many things at once, none of which keeps the others: slow places fill a few hands."""

from __future__ import annotations

import asyncio
import secrets
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from jobs.rounds import EVERY, Rounds
from persistence.audit.acts import name_act
from persistence.session import Database

AT_ONCE = 8
AT_ONE_PLACE = 4
"""Of those at once: a place that is slow leaves hands for the others."""

_MADE_AT_ONCE = 2
"""Papers that are made at a time: it is work of this machine, which others wait for."""


class Held(Protocol):
    """Something in hand."""

    @property
    def busy(self) -> Any:
        """Where it goes."""


Thing = TypeVar("Thing", bound=Held)


@dataclass(frozen=True, slots=True)
class Queue(Generic[Thing]):
    """What waits to be carried, and the act under which it is taken."""

    act: str
    is_any_due: Callable[..., bool]
    """Of a session, `now`: whether there is something."""
    take_due: Callable[..., list[Thing]]
    """Of a session, `claim`, `now`, `most` and the places to pass over, `besides`."""
    is_each_a_place: bool = False
    """Whether each goes to a place of its own, one at a time: none is taken that is in hand."""


class ManyHands(Rounds, Generic[Thing]):
    """Keeps all hands full: whoever waits for a slow answer keeps nobody else."""

    def __init__(
        self,
        name: str,
        database: Database,
        queue: Queue[Thing],
        clock: Callable[[], datetime],
        *,
        every: float = EVERY,
    ) -> None:
        super().__init__(name, every=every)
        self._database = database
        self._queue = queue
        self._clock = clock

    @abstractmethod
    async def carry(self, one: Thing, presses: asyncio.Semaphore) -> None:
        """One attempt to its end, whichever that is; what is made is made within `presses`."""

    def round(self) -> int:
        """Carries what is due now and what becomes so meanwhile; how many attempts that were."""
        return asyncio.run(self._carry_all()) if self._is_any_due() else 0

    async def _carry_all(self) -> int:
        at_work: dict[asyncio.Task[None], Thing] = {}
        try:
            return await self._kept_full(at_work)
        finally:
            # Whatever is in the way of one, or of the next: the others are not broken off.
            await asyncio.gather(*at_work, return_exceptions=True)

    async def _kept_full(self, at_work: dict[asyncio.Task[None], Thing]) -> int:
        count, is_each = 0, self._queue.is_each_a_place
        limit = 1 if is_each else AT_ONE_PLACE
        busy: Counter[Hashable] = Counter()
        presses = asyncio.Semaphore(_MADE_AT_ONCE)
        while True:
            taken: list[Thing] = []
            if len(at_work) < AT_ONCE and not self._is_leaving.is_set():
                full = [one for one, many in busy.items() if many >= limit]
                others = (many for many in busy.values() if many < limit)
                # All that is taken may be for one place.
                left = AT_ONCE if is_each else limit - max(others, default=0)
                most = min(AT_ONCE - len(at_work), left)
                taken = await asyncio.to_thread(self._taken, most, full)
            for one in taken:
                busy[one.busy] += 1
                at_work[asyncio.create_task(self.carry(one, presses))] = one
            count += len(taken)
            if not at_work:
                return count
            done, _ = await asyncio.wait(
                at_work,
                return_when=asyncio.FIRST_COMPLETED,
                timeout=0 if taken and len(at_work) < AT_ONCE else self._every,
            )
            for task in done:
                busy[at_work.pop(task).busy] -= 1
                task.result()

    def _is_any_due(self) -> bool:
        with self._database.reading(None) as session:
            return self._queue.is_any_due(session, now=self._clock())

    def _taken(self, most: int, full: list[Any]) -> list[Thing]:
        """What is due, at most so much, but for the places that are `full`."""
        if not self._is_any_due():
            return []
        claim, now = secrets.token_hex(8), self._clock()
        with self._database.writing(None, patient=True) as session:
            name_act(session, self._queue.act)
            return self._queue.take_due(session, claim=claim, now=now, most=most, besides=full)
