"""The listener of a process: reads what platforms have to tell, and tells them what was received.

One process at a time reads a platform. One message that cannot be had or read is passed over and
told of: it keeps nothing else from being heard.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from domain.platform.connection import OVERLAP, READ_EVERY
from domain.platform.wire import Access, Flow, PlatformFault
from domain.standing import Standing
from jobs.messenger import ACT
from jobs.rounds import EVERY, Rounds, persistently
from persistence.audit.acts import name_act
from persistence.outside.platforms import TakenReading, is_any_due, settle_reading, take_due
from persistence.session import Database

if TYPE_CHECKING:
    # Most processes call no platform, and all would pay for the library.
    from jobs.platform_call import PlatformCalls

log = structlog.get_logger("jalon")

READ = ("CustomerInvoice", "CustomerInvoiceLC")
"""What is read of: invoices that were sent, and messages of their lives."""

_AT_ONCE = 4
_MOST_PAGES = 400
"""Of one look: 40,000 flows in half a day; what is left comes with the next look."""
_LARGEST_MESSAGE = 2_000_000


Heard = tuple[bool, tuple[str, ...]]
"""Whether the reading is still ours, and why messages could not be read."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the listener asks of the house, each in transactions of its own.

    `access` raises PlatformFault. `wanted` says which messages are to be fetched, `hear` keeps what
    a page says (what was fetched beside it; None: not to be had) and tells whether the reading is
    still ours, and what could not be read. `tell` has payments told.
    """

    access: Callable[[TakenReading], Access]
    wanted: Callable[[TakenReading, Sequence[Flow]], list[str]]
    hear: Callable[[TakenReading, Sequence[Flow], Mapping[str, bytes | None]], Heard]
    tell: Callable[[TakenReading], int]


class Listener(Rounds):
    """Reads for all organisations on a thread of its own, from `open` to `close`."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        calls: Callable[[], PlatformCalls],
        clock: Callable[[], datetime],
        *,
        every: float = EVERY,
        again: timedelta = READ_EVERY,
    ) -> None:
        super().__init__("listener", every=every)
        self._database = database
        self._desk = desk
        self._calls = calls
        self._clock = clock
        self._again = again

    def round(self) -> int:
        """Reads the platforms that are due; how many."""
        with self._database.reading(None) as session:
            if not is_any_due(session, now=self._clock()):
                return 0
        claim = secrets.token_hex(8)
        with self._database.writing(None, patient=True) as session:
            name_act(session, ACT)
            taken = take_due(
                session, claim=claim, now=self._clock(), most=_AT_ONCE, overlap=OVERLAP
            )
        asyncio.run(self._read_all(taken))
        return len(taken)

    async def _read_all(self, taken: Sequence[TakenReading]) -> None:
        await asyncio.gather(*(self._read(one) for one in taken))

    async def _read(self, taken: TakenReading) -> None:
        is_done, problem = False, None
        try:
            problem = await self._look(taken)
            await asyncio.to_thread(persistently, partial(self._desk.tell, taken))
            is_done = True
        except PlatformFault as fault:
            problem = fault.error
        except Exception as error:
            reference = secrets.token_hex(5)
            log.exception(
                "bug", reference=reference, connection=taken.connection_id, exc_info=error
            )
            problem = f"reference {reference}"
        await asyncio.to_thread(self._settle, taken, problem, is_done)

    async def _look(self, taken: TakenReading) -> str | None:
        """Reads page by page; what could not be read."""
        calls = self._calls()
        unread: list[str] = []
        access = await asyncio.to_thread(self._desk.access, taken)
        since, cursor = taken.since, None
        for _ in range(_MOST_PAGES):
            page = await calls.changed(access, since=since, cursor=cursor, flow_types=READ)
            unread.extend(page.unread)
            if page.flows:
                heard = await self._hear(taken, calls, access, page.flows, unread)
                if not heard:
                    break
            cursor = page.cursor
            if cursor is None:
                if not page.flows:
                    break
                since = max(flow.updated_at for flow in page.flows)
        return "; ".join(unread) or None

    async def _hear(
        self,
        taken: TakenReading,
        calls: PlatformCalls,
        access: Access,
        flows: Sequence[Flow],
        unread: list[str],
    ) -> bool:
        """Keeps what a page says; whether the reading is still ours."""
        found: dict[str, bytes | None] = {}
        for flow_id in await asyncio.to_thread(self._desk.wanted, taken, flows):
            try:
                found[flow_id] = await calls.download(access, flow_id, most=_LARGEST_MESSAGE)
            except PlatformFault as fault:
                unread.append(f"{flow_id}: {fault.error}")
                if fault.is_final:
                    found[flow_id] = None
        hear = partial(self._desk.hear, taken, flows, found)
        is_ours, why = await asyncio.to_thread(persistently, hear)
        unread.extend(why)
        return is_ours

    def _settle(self, taken: TakenReading, problem: str | None, is_done: bool) -> None:
        standing = Standing(taken.organisation_id, act=ACT)
        with self._database.writing(standing, patient=True) as session:
            settle_reading(
                session,
                taken,
                error=problem,
                is_done=is_done,
                now=self._clock(),
                again=self._again,
            )
        log.info("platform read", connection=taken.connection_id, done=is_done, problem=problem)
