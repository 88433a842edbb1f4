"""The listener of a process: reads what platforms have to tell, and tells them what was received.

One process at a time reads a platform, each by itself: a slow one keeps no other. One message that
cannot be had or read is passed over and told of: it keeps nothing else from being heard.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from domain.handover import LEASE
from domain.platform.connection import OVERLAP, READ_EVERY
from domain.platform.wire import Access, Flow, FlowPage, MomentTooFull, PlatformFault
from domain.standing import Standing
from jobs.many_hands import ManyHands, Queue
from jobs.messenger import ACT
from jobs.rounds import EVERY, persistently
from persistence.outside.platforms import TakenReading, is_any_due, settle_reading, take_due
from persistence.session import Database

if TYPE_CHECKING:
    # Most processes call no platform, and all would pay for the library.
    from jobs.platform_call import PlatformCalls

log = structlog.get_logger("jalon")

READ = ("CustomerInvoice", "CustomerInvoiceLC")
"""What is read of: invoices that were sent, and messages of their lives."""

_MOST_PAGES = 400
"""Of one look: 40,000 flows in half a day; what is left comes with the next look."""
_LARGEST_MESSAGE = 2_000_000
_LONGEST_PAGE = LEASE.total_seconds() / 2
"""Seconds after which no more messages of a page are fetched: it is kept well before the platform
is anybody's again, and the others are fetched with the next look."""
_NOT_TO_BE_HAD = (200, 404)
"""Final answers to who fetches a message: it is too long, or there is none. All else is mended."""
_HELD = timedelta(days=7)
"""How far back messages are fetched again that cannot be had for now."""


Heard = tuple[bool, tuple[str, ...]]
"""Whether the reading is still ours, and why messages could not be read."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Messages by flow (None: never to be had), and the flows whose are to be fetched again."""

    messages: Mapping[str, bytes | None]
    missing: Collection[str]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the listener asks of the house, each in transactions of its own.

    `access` raises PlatformFault. `wanted` says which messages are to be fetched, `hear` keeps what
    a page says (what was fetched beside it; None: not to be had), reads no further than to a moment
    where there is one, and tells whether the reading is still ours, and what could not be read.
    `unanswered` are the flows and tracking ids of what was sent long ago and never answered. `tell`
    has payments told.
    """

    access: Callable[[TakenReading], Access]
    wanted: Callable[[TakenReading, Sequence[Flow]], list[str]]
    hear: Callable[
        [TakenReading, Sequence[Flow], Mapping[str, bytes | None], datetime | None], Heard
    ]
    unanswered: Callable[[TakenReading], Sequence[tuple[str, str]]]
    tell: Callable[[TakenReading], int]


class Listener(ManyHands[TakenReading]):
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
        queue = Queue(ACT, is_any_due, partial(take_due, overlap=OVERLAP), is_each_a_place=True)
        super().__init__("listener", database, queue, clock, every=every)
        self._desk = desk
        self._calls = calls
        self._again = again

    async def carry(self, one: TakenReading, presses: asyncio.Semaphore) -> None:
        is_done, problem = False, None
        try:
            problem = await self._look(one)
            await asyncio.to_thread(persistently, partial(self._desk.tell, one))
            is_done = True
        except PlatformFault as fault:
            problem = fault.error
        except Exception as error:
            reference = secrets.token_hex(5)
            log.exception("bug", reference=reference, connection=one.platform_id, exc_info=error)
            problem = f"reference {reference}"
        await asyncio.to_thread(self._settle, one, problem, is_done)

    async def _look(self, taken: TakenReading) -> str | None:
        """Reads page by page; what could not be read."""
        calls = self._calls()
        unread: list[str] = []
        access = await asyncio.to_thread(self._desk.access, taken)
        since, cursor, held = taken.since, None, None
        for _ in range(_MOST_PAGES):
            try:
                page = await calls.changed(access, since=since, cursor=cursor, flow_types=READ)
            except MomentTooFull as fault:
                page = FlowPage(fault.flows, None, (fault.error,))
            unread.extend(page.unread)
            if page.flows:
                found = await self._fetched(taken, calls, access, page.flows, unread)
                held = self._held(page.flows, found.missing, held)
                hear = partial(self._desk.hear, taken, page.flows, found.messages, held)
                is_ours, why = await asyncio.to_thread(persistently, hear)
                unread.extend(why)
                if not is_ours:
                    break
            cursor = page.cursor
            if self._is_leaving.is_set():
                break
            if cursor is None:
                if not page.flows:
                    break
                since = max(flow.updated_at for flow in page.flows)
        await self._ask_after(taken, calls, access, unread, held)
        return "; ".join(unread) or None

    async def _ask_after(
        self,
        taken: TakenReading,
        calls: PlatformCalls,
        access: Access,
        unread: list[str],
        held: datetime | None,
    ) -> None:
        """Asks for what was never listed: of a kind that is not asked for, or passed over."""
        flows = []
        for flow_id, tracking_id in await asyncio.to_thread(self._desk.unanswered, taken):
            try:
                flow = await calls.flow(access, flow_id)
            except PlatformFault as fault:
                unread.append(f"{flow_id}: {fault.error}")
            else:
                # Under that name another platform may have what is not ours.
                if flow.tracking_id in (None, tracking_id):
                    flows.append(replace(flow, tracking_id=tracking_id))
        if flows:
            hear = partial(self._desk.hear, taken, flows, {}, held)
            await asyncio.to_thread(persistently, hear)

    async def _fetched(
        self,
        taken: TakenReading,
        calls: PlatformCalls,
        access: Access,
        flows: Sequence[Flow],
        unread: list[str],
    ) -> Fetched:
        """The messages of a page that are wanted."""
        found: dict[str, bytes | None] = {}
        missing: set[str] = set()
        since = time.monotonic()
        for flow_id in await asyncio.to_thread(self._desk.wanted, taken, flows):
            is_late = time.monotonic() - since >= _LONGEST_PAGE or self._is_leaving.is_set()
            if is_late and (found or missing):
                missing.add(flow_id)
                continue
            try:
                found[flow_id] = await calls.download(access, flow_id, most=_LARGEST_MESSAGE)
            except PlatformFault as fault:
                unread.append(f"{flow_id}: {fault.error}")
                if fault.is_final and fault.status in _NOT_TO_BE_HAD:
                    found[flow_id] = None
                else:
                    missing.add(flow_id)
        return Fetched(found, missing)

    def _held(
        self, flows: Sequence[Flow], missing: Collection[str], held: datetime | None
    ) -> datetime | None:
        """The moment of the earliest message that is to be fetched again."""
        oldest = self._clock() - _HELD
        moments = [one.updated_at for one in flows if one.flow_id in missing]
        moments = [one for one in moments if one > oldest]
        return min(moments if held is None else [*moments, held], default=None)

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
        log.info("platform read", connection=taken.platform_id, done=is_done, problem=problem)
