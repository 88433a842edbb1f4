"""The courier of a process: carries final invoices to the webhooks and the folder of their firm.

Each delivery by one process at a time. What a process had in hand when it ended is taken up by
another one once its lease is over: at least once, under one identifier, in no promised order.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections import Counter
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
from jobs.rounds import EVERY, Rounds, persistently
from persistence.audit.acts import name_act
from persistence.outside.deliveries import Busy, TakenDelivery, is_any_due, note, take_due
from persistence.session import Database

log = structlog.get_logger("jalon")

AT_ONCE = 8
AT_ONE_DESTINATION = 4
"""Of those at once: a destination that is slow leaves places for the others."""

_LONGEST = LEASE.total_seconds() / 2
"""Seconds after which nothing is carried any more: well before it is anybody's again."""

_MADE_AT_ONCE = 2
"""Papers that are printed at a time: it is work of this machine, which others wait for."""

_NEVER = (WEBHOOK_DISABLED, HANDOVER_NO_DESTINATION)

Compose = Callable[[TakenDelivery], Parcel | None]
"""What is carried; None when it is not to be delivered any more. `_NEVER` ends it."""

Carry = Callable[[Parcel, datetime], Awaitable[Attempt]]
"""One attempt, to its end."""


class Courier(Rounds):
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
        super().__init__("hand-over", every=every)
        self._database = database
        self._compose = compose
        self._carry = carry
        self._clock = clock

    def round(self) -> int:
        """Carries what is due now and what becomes so meanwhile; how many attempts that were."""
        with self._database.reading(None) as session:
            if not is_any_due(session, now=self._clock()):
                return 0
        return asyncio.run(self._carry_all())

    async def _carry_all(self) -> int:
        """Keeps all hands full: whoever waits for a slow answer keeps nobody else."""
        count = 0
        busy: Counter[Busy] = Counter()
        presses = asyncio.Semaphore(_MADE_AT_ONCE)
        at_work: dict[asyncio.Task[None], TakenDelivery] = {}
        while True:
            taken: list[TakenDelivery] = []
            if len(at_work) < AT_ONCE and not self._is_leaving.is_set():
                full = [one for one, many in busy.items() if many >= AT_ONE_DESTINATION]
                others = (many for many in busy.values() if many < AT_ONE_DESTINATION)
                # All that is taken may be for one destination.
                most = min(AT_ONCE - len(at_work), AT_ONE_DESTINATION - max(others, default=0))
                taken = await asyncio.to_thread(self._take, most, full)
            for one in taken:
                busy[one.busy] += 1
                at_work[asyncio.create_task(self._deliver(one, presses))] = one
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

    def _take(self, most: int, besides: list[Busy]) -> list[TakenDelivery]:
        now = self._clock()
        with self._database.reading(None) as session:
            if not is_any_due(session, now=now):
                return []
        claim = secrets.token_hex(8)
        with self._database.writing(None, patient=True) as session:
            name_act(session, "handover")
            return take_due(session, claim=claim, now=now, most=most, besides=besides)

    async def _deliver(self, taken: TakenDelivery, presses: asyncio.Semaphore) -> None:
        """One delivery to the end of this attempt, whichever that is."""
        since = time.monotonic()
        try:
            async with presses:
                parcel = await asyncio.to_thread(self._compose, taken)
            if parcel is None:
                return
            if time.monotonic() - since < _LONGEST:
                attempt = await self._carry(parcel, self._clock())
            else:
                attempt = Attempt(error="TimeoutError: it took too long to be made")
        except Exception as error:
            attempt = _not_carried(error, taken)
        await asyncio.to_thread(self._note, taken, attempt)

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
