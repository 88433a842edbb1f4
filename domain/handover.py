"""How a final invoice reaches the accounting software by itself: one delivery a destination.

At least once: whoever dies between the acceptance and its note delivers again, under the same
message identifier. The order is not promised (F02, F23, B31).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from operator import eq

from sqlalchemy import ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import BigKey, Instant, Record, Scoped, choice, owned
from domain.errors import Issue, call_error, call_warning
from domain.form import one_line

TOPIC = "invoice.finalised"
"""What waits for the accounting software under this topic is a final invoice."""
TEST_TOPIC = "endpoint.test"
FOLDER = "folder"
"""The destination that is a folder of the installation."""

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long a delivery waits after each attempt that failed, as Standard Webhooks suggests: three
days in all; then it is dead."""

SPREAD = 0.2
"""By how much of itself a pause may be longer, so that not all come back at one moment."""

LEASE = timedelta(minutes=10)
"""How long a delivery belongs to who carries it; left longer than that, it is anybody's."""

BREATHER = timedelta(minutes=1)
"""How long a destination that does not answer is spared the others that wait for it."""

LONGEST_ERROR = 500

HANDOVER_NO_DESTINATION = call_error(
    "HANDOVER_NO_DESTINATION",
    "There is nowhere to hand {number} over to: no webhook that is switched on, and no folder.",
    "Create a webhook with webhookEndpointCreate, or fetch it and call handoverAcknowledge.",
)
HANDOVER_TAKEN = call_warning(
    "HANDOVER_TAKEN", "{number} was handed over already: nothing is sent again."
)
HANDOVER_FILE_DIFFERS = call_error(
    "HANDOVER_FILE_DIFFERS",
    "The folder has a file {name} already, and it is not this one.",
    "Move the other file away; it is never overwritten.",
)


class DeliveryState(StrEnum):
    """WAITING for its (next) attempt, DELIVERED, or DEAD: given up until handoverRetry."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"


class HandoverDelivery(Scoped, Record):
    """One document on its way to one destination, once; or a test of a webhook."""

    __tablename__ = "handover_delivery"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "entry_id"],
            ["outbox_entry.organisation_id", "outbox_entry.id"],
        ),
        ForeignKeyConstraint(
            ["organisation_id", "endpoint_id"],
            ["webhook_endpoint.organisation_id", "webhook_endpoint.id"],
        ),
        UniqueConstraint("organisation_id", "entry_id", "destination"),
        Index(None, "organisation_id", "state", "id"),
        Index(None, "organisation_id", "endpoint_id", "state"),
        Index(None, "next_attempt_at", "id"),
    )

    destination: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[str] = mapped_column(String(64))
    """The same at every attempt: by it a receiver knows what it has."""
    next_attempt_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it is to be tried, or taken to have been left; NULL once it came to its end."""
    entry_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """NULL: a test."""
    endpoint_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """NULL: the folder."""
    state: Mapped[DeliveryState] = mapped_column(
        choice(DeliveryState), default=DeliveryState.WAITING
    )
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    claim: Mapped[str | None] = mapped_column(String(32), default=None)
    """Who carries it now: one that comes back after its lease changes nothing any more."""
    last_status: Mapped[int | None] = mapped_column(Integer, default=None)
    last_error: Mapped[str | None] = mapped_column(String(LONGEST_ERROR), default=None)
    delivered_at: Mapped[datetime | None] = mapped_column(Instant, default=None)

    @property
    def is_test(self) -> bool:
        return self.entry_id is None


@dataclass(frozen=True, slots=True)
class Webhook:
    """What is posted: the bytes, whom to, and what signs them, the newest secret first."""

    url: str
    message_id: str
    content: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Drop:
    """What is put into a folder, in this order: the last file tells that all are there.

    `is_same` says of what is there and of what comes whether the one stands for the other.
    """

    folder: str
    files: Sequence[tuple[str, bytes]] = field(repr=False)
    is_same: Callable[[bytes, bytes], bool] = eq


Parcel = Webhook | Drop


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt came to. Without an `error` it was taken.

    `is_final`: waiting will not help. `is_gone`: the receiver wants nothing any more (410), the one
    at the address `url`.
    `is_silent`: nobody answered. `after` is how long the receiver wants to be left alone.
    """

    status: int | None = None
    error: str | None = None
    is_final: bool = False
    is_gone: bool = False
    url: str | None = None
    is_silent: bool = False
    after: timedelta | None = None


def take(delivery: HandoverDelivery, *, claim: str, now: datetime) -> None:
    """The delivery is now that of who holds `claim`, until the lease is over."""
    delivery.claim = claim
    delivery.next_attempt_at = now + LEASE
    delivery.attempts += 1


def settle(delivery: HandoverDelivery, attempt: Attempt, *, now: datetime, chance: float) -> None:
    """Notes an attempt; `chance` from 0 to 1 spreads the pauses. A test has one attempt."""
    delivery.claim = None
    delivery.last_status = attempt.status
    delivery.last_error = said(attempt)
    if attempt.error is None:
        delivery.state, delivery.next_attempt_at = DeliveryState.DELIVERED, None
        delivery.delivered_at = now
    elif attempt.is_final or delivery.is_test or delivery.attempts > len(PAUSES):
        give_up(delivery)
    else:
        pause = PAUSES[delivery.attempts - 1] * (1 + SPREAD * chance)
        delivery.next_attempt_at = now + max(pause, min(attempt.after or pause, PAUSES[-1]))


def said(attempt: Attempt) -> str | None:
    """What an attempt failed of, as it is kept: one line, not too long."""
    return None if attempt.error is None else one_line(attempt.error)[:LONGEST_ERROR]


def give_up(delivery: HandoverDelivery) -> None:
    """Nobody tries it any more, until somebody asks for it."""
    delivery.state, delivery.next_attempt_at, delivery.claim = DeliveryState.DEAD, None, None


def try_again(delivery: HandoverDelivery, *, now: datetime) -> None:
    """What was given up, or waits for its next attempt, is tried now, under its own identifier."""
    if delivery.state is DeliveryState.DELIVERED or delivery.claim is not None:
        return
    delivery.state, delivery.attempts, delivery.next_attempt_at = DeliveryState.WAITING, 0, now


def told(issue: Issue) -> str:
    """Why nothing was delivered, as it is kept: the code and the sentence."""
    return f"{issue.code}: {issue.kind.sentence.format_map(issue.facts)}"[:LONGEST_ERROR]
