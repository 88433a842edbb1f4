"""The messenger of a process: sends electronic invoices, and payments of them, to platforms.

Each by one process at a time. What a process had in hand when it ended is taken up by another one
once its lease is over; before that one posts it, the platform is asked whether it has it.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from domain.handover import LEASE
from domain.platform.transmission import Parcel, Submitted, TransmissionState
from domain.platform.wire import PlatformFault
from domain.standing import Standing
from jobs.many_hands import ManyHands, Queue
from jobs.rounds import EVERY, persistently
from persistence.outside.transmissions import (
    TakenTransmission,
    is_any_due,
    note,
    take_due,
)
from persistence.session import Database

if TYPE_CHECKING:
    # Most processes call no platform, and all would pay for the library.
    from jobs.platform_call import PlatformCalls

log = structlog.get_logger("jalon")

ACT = "transmit"

_LONGEST = LEASE.total_seconds() / 2
"""Seconds after which nothing is sent any more: well before it is anybody's again."""

_NOT_LET_IN = (401, 403)
"""A secret that was changed, a right that was taken: it waits for who can mend that."""

Compose = Callable[[TakenTransmission], Parcel | None]
"""What is sent; None when it is not ours any more. PlatformFault: why it cannot be."""


class Messenger(ManyHands[TakenTransmission]):
    """Sends for all organisations on a thread of its own, from `open` to `close`."""

    def __init__(
        self,
        database: Database,
        compose: Compose,
        calls: Callable[[], PlatformCalls],
        clock: Callable[[], datetime],
        *,
        every: float = EVERY,
    ) -> None:
        queue = Queue(ACT, is_any_due, take_due)
        super().__init__("messenger", database, queue, clock, every=every)
        self._compose = compose
        self._calls = calls

    async def carry(self, one: TakenTransmission, presses: asyncio.Semaphore) -> None:
        since = time.monotonic()
        try:
            async with presses:
                parcel = await asyncio.to_thread(self._compose, one)
            if parcel is None:
                return
            came = await self._send(parcel, since, is_again=one.is_again)
        except PlatformFault as fault:
            came = Submitted(
                status=fault.status,
                error=fault.error,
                is_final=fault.is_final and fault.status not in _NOT_LET_IN,
                after=fault.after,
            )
        except Exception as error:
            # A store or a database that is not there for now, or a bug: never the end of it.
            reference = secrets.token_hex(5)
            log.exception(
                "bug", reference=reference, transmission=one.transmission_id, exc_info=error
            )
            came = Submitted(error=f"reference {reference}")
        await asyncio.to_thread(self._note, one, came)

    async def _send(self, parcel: Parcel, since: float, *, is_again: bool) -> Submitted:
        calls, access, outgoing = self._calls(), parcel.access, parcel.outgoing
        flow = await calls.find(access, outgoing.tracking_id) if is_again else None
        if flow is None:
            if time.monotonic() - since >= _LONGEST:
                raise PlatformFault("TimeoutError: it took too long to be made, or looked for")
            flow = await calls.submit(access, outgoing)
        return Submitted(flow_id=flow.flow_id, status=202, flow=flow)

    def _note(self, taken: TakenTransmission, came: Submitted) -> None:
        """Notes an attempt, on the disk: what is forgotten is asked for again."""
        state = persistently(lambda: self._noted(taken, came))
        became = "not ours any more" if state is None else state.value
        log.info(
            "transmission attempted",
            transmission=taken.transmission_id,
            state=became,
            status=came.status,
        )

    def _noted(self, taken: TakenTransmission, came: Submitted) -> TransmissionState | None:
        now, chance = self._clock(), random.random()
        standing = Standing(taken.organisation_id, act=ACT)
        with self._database.writing(standing, durable=True, patient=True) as session:
            return note(session, taken, came, now=now, chance=chance)
