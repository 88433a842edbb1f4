"""The courier of a process: carries final invoices to the webhooks and the folder of their firm.

Each delivery by one process at a time. What a process had in hand when it ended is taken up by
another one once its lease is over: at least once, under one identifier, in no promised order.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import structlog

from domain.errors import Refusal
from domain.handover import (
    HANDOVER_NO_DESTINATION,
    LEASE,
    Attempt,
    DeliveryState,
    Drop,
    Parcel,
    told,
)
from domain.standing import Standing
from domain.webhook import WEBHOOK_DISABLED
from jobs.folder_drop import drop
from jobs.gate import Gate
from jobs.many_hands import ManyHands, Queue
from jobs.rounds import EVERY, persistently
from persistence.outside.deliveries import TakenDelivery, is_any_due, note, take_due
from persistence.session import Database

log = structlog.get_logger("jalon")

_LONGEST = LEASE.total_seconds() / 2
"""Seconds after which nothing is carried any more: well before it is anybody's again."""

_NEVER = (WEBHOOK_DISABLED, HANDOVER_NO_DESTINATION)

Compose = Callable[[TakenDelivery], Parcel | None]
"""What is carried; None when it is not to be delivered any more. `_NEVER` ends it."""

Carry = Callable[[Parcel, datetime], Awaitable[Attempt]]
"""One attempt, to its end."""


class Courier(ManyHands[TakenDelivery]):
    """Delivers for all organisations on a thread of its own, from `open` to `close`."""

    def __init__(
        self,
        database: Database,
        compose: Compose,
        carry: Carry,
        clock: Callable[[], datetime],
        *,
        every: float = EVERY,
    ) -> None:
        queue = Queue("handover", is_any_due, take_due)
        super().__init__("hand-over", database, queue, clock, every=every)
        self._compose = compose
        self._bring = carry

    async def carry(self, one: TakenDelivery, presses: asyncio.Semaphore) -> None:
        since = time.monotonic()
        try:
            async with presses:
                parcel = await asyncio.to_thread(self._compose, one)
            if parcel is None:
                return
            if time.monotonic() - since < _LONGEST:
                attempt = await self._bring(parcel, self._clock())
            else:
                attempt = Attempt(error="TimeoutError: it took too long to be made")
        except Exception as error:
            attempt = _not_carried(error, one)
        await asyncio.to_thread(self._note, one, attempt)

    def _note(self, taken: TakenDelivery, attempt: Attempt) -> None:
        """Notes an attempt, on the disk: what is forgotten is delivered twice."""
        state = persistently(lambda: self._noted(taken, attempt))
        became = "not ours any more" if state is None else state.value
        log.info(
            "delivery attempted", delivery=taken.delivery_id, state=became, status=attempt.status
        )

    def _noted(self, taken: TakenDelivery, attempt: Attempt) -> DeliveryState | None:
        now, chance = self._clock(), random.random()
        standing = Standing(taken.organisation_id, act="handover")
        with self._database.writing(standing, durable=True, patient=True) as session:
            return note(session, taken, attempt, now=now, chance=chance)


def carrier(gate: Gate, folder: Path | None) -> Carry:
    """How parcels are carried in an installation: posted through `gate`, dropped in `folder`."""

    async def carry(parcel: Parcel, now: datetime) -> Attempt:
        if not isinstance(parcel, Drop):
            # Here and not above: most processes post nothing, and all would pay for the library.
            from jobs.webhook_post import post

            return await post(parcel, gate, now=now)
        if folder is None:
            return Attempt(error="JALON_HANDOVER_FOLDER is not set")
        return await asyncio.to_thread(drop, folder, parcel)

    return carry


def _not_carried(error: Exception, taken: TakenDelivery) -> Attempt:
    """What a delivery that could not be made comes to: the end where it may not go there."""
    if isinstance(error, Refusal) and error.issues[0].kind in _NEVER:
        return Attempt(error=told(error.issues[0]), is_final=True)
    if isinstance(error, Refusal):
        # The installation can mend it: a secret that is no longer kept.
        log.warning("not carried", delivery=taken.delivery_id, code=error.issues[0].code)
        return Attempt(error=told(error.issues[0]))
    # A store or a database that is not there for now, or a bug: never the delivery's end.
    reference = secrets.token_hex(5)
    log.exception("bug", reference=reference, delivery=taken.delivery_id, exc_info=error)
    return Attempt(error=f"reference {reference}")
