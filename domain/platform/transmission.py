"""What is sent to a platform: an invoice once, and each payment that was received of it.

At least once would be an invoice too many: before anything is posted a second time the platform is
asked whether it has it, by the tracking id (Flow Service 1.3.0, where.trackingId).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import BigKey, Instant, Record, Scoped, choice, owned
from domain.errors import call_warning
from domain.form import one_line
from domain.handover import LEASE, LONGEST_ERROR, PAUSES, SPREAD
from domain.platform.wire import LONGEST_ID, Access, AckState, Flow, Outgoing

TRANSMISSION_SENT = call_warning(
    "TRANSMISSION_SENT", "{number} was sent to the platform already: it is not sent again."
)

UNSURE = timedelta(minutes=15)
"""How long is waited at least after an attempt that may have got there all the same: a platform is
asked what it has before anything is posted again, and may take a while to find it."""
ALREADY_THERE = "AlreadyExistingFlow"
"""The reason code of what the platform has already (Flow Service 1.3.0, ReasonCodeEnum)."""


class TransmissionKind(StrEnum):
    """INVOICE: a final document itself. PAYMENT: what was received of it (212 Encaissée)."""

    INVOICE = "INVOICE"
    PAYMENT = "PAYMENT"


class TransmissionState(StrEnum):
    """How far something has come on its way into the platform."""

    WAITING = "WAITING"
    """For its (next) attempt."""
    SENT = "SENT"
    """The platform has it, and has not said yet whether it can be read."""
    ACCEPTED = "ACCEPTED"
    """The platform can read it and takes it on; what becomes of it there are its statuses."""
    REJECTED = "REJECTED"
    """The platform cannot take it: `reasons` say why. invoicesTransmit sends it again."""
    DEAD = "DEAD"
    """Given up, or not to be sent as it is: `last_error` says why."""


TAKEN = (TransmissionState.SENT, TransmissionState.ACCEPTED)
"""What the platform has, as far as is known."""


class Transmission(Scoped, Record):
    """One thing that is sent to a platform, and how far it has come."""

    __tablename__ = "transmission"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "platform_id"],
            ["platform.organisation_id", "platform.id"],
        ),
        ForeignKeyConstraint(
            ["organisation_id", "invoice_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        # Place 0 is the invoice itself: it is sent once.
        UniqueConstraint("organisation_id", "invoice_id", "place"),
        Index(None, "organisation_id", "tracking_id"),
        Index(None, "organisation_id", "state", "id"),
        Index(None, "next_attempt_at", "id"),
    )

    platform_id: Mapped[int] = mapped_column(BigKey)
    invoice_id: Mapped[int] = mapped_column(BigKey)
    kind: Mapped[TransmissionKind] = mapped_column(choice(TransmissionKind))
    place: Mapped[int] = mapped_column(Integer)
    """0: the invoice; from 1 on what was received of it, in the order in which it is told."""
    tracking_id: Mapped[str] = mapped_column(String(36))
    """Ours, by which the platform is asked what it has; another one when it is sent anew."""
    next_attempt_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it is to be tried, or taken to have been left; NULL once it came to its end."""
    told: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """Of a payment: the day, the last allocation that is in it, and the amounts by rate."""
    state: Mapped[TransmissionState] = mapped_column(
        choice(TransmissionState), default=TransmissionState.WAITING
    )
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    is_unsure: Mapped[bool] = mapped_column(default=False)
    """An attempt may have got there though nothing tells so: it is looked for before it is posted,
    whoever asks for it, until it is known."""
    claim: Mapped[str | None] = mapped_column(String(32), default=None)
    flow_id: Mapped[str | None] = mapped_column(String(LONGEST_ID), default=None)
    """What the platform calls it."""
    last_status: Mapped[int | None] = mapped_column(Integer, default=None)
    last_error: Mapped[str | None] = mapped_column(String(LONGEST_ERROR), default=None)
    told_until: Mapped[int] = mapped_column(BigKey, default=0)
    """Of the invoice: the last of its allocations that the platform was told of, or need not be."""
    refused_until: Mapped[int | None] = mapped_column(BigKey, default=None)
    """Where it was sent anew after it was refused: the last status that told of it before, or 0."""
    reasons: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    """What the platform said of it: {code, text}."""
    sent_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    answered_at: Mapped[datetime | None] = mapped_column(Instant, default=None)


@dataclass(frozen=True, slots=True)
class Submitted:
    """What an attempt came to: the platform's id of it, or why there is none.

    `is_final`: waiting will not help. `after` is how long the platform wants to be left alone.
    `flow` is what it has, where it was found.
    """

    flow_id: str | None = None
    status: int | None = None
    error: str | None = None
    is_final: bool = False
    after: timedelta | None = None
    flow: Flow | None = None

    @property
    def is_unsure(self) -> bool:
        """Whether it may have got there though nothing tells so: only a refusal says that not."""
        if self.flow_id is not None or self.status == 0:
            return False
        return self.status is None or self.status == 408 or not 400 <= self.status < 500


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent, and how the platform is reached."""

    access: Access
    outgoing: Outgoing


def new_tracking_id() -> str:
    """32 digits that nobody else has; platforms of 1.1 and 1.2 take 36 characters at most."""
    return secrets.token_hex(16)


def take(one: Transmission, *, claim: str, now: datetime) -> None:
    """It is now that of who holds `claim`, until the lease is over."""
    # Who had it and left may have posted it.
    one.is_unsure = one.is_unsure or one.claim is not None
    one.claim, one.next_attempt_at = claim, now + LEASE
    one.attempts += 1


def settle(one: Transmission, came: Submitted, *, now: datetime, chance: float) -> None:
    """Notes an attempt; `chance` from 0 to 1 spreads the pauses."""
    one.claim, one.last_status = None, came.status
    one.is_unsure = came.flow_id is None and (one.is_unsure or came.is_unsure)
    one.last_error = None if came.error is None else one_line(came.error)[:LONGEST_ERROR]
    if came.flow_id is not None:
        one.state, one.flow_id, one.sent_at = TransmissionState.SENT, came.flow_id, now
        one.next_attempt_at = None
    elif came.is_final or one.attempts > len(PAUSES):
        one.state, one.next_attempt_at = TransmissionState.DEAD, None
    else:
        pause = PAUSES[one.attempts - 1] * (1 + SPREAD * chance)
        pause = max(pause, UNSURE) if came.is_unsure else pause
        one.next_attempt_at = now + max(pause, min(came.after or pause, PAUSES[-1]))


def news_of(one: Transmission, flow: Flow) -> TransmissionState | None:
    """What becomes of it by what the platform says of it; None where that is no news.

    What it has taken on stays so: an error that comes after is that of a double. What it refuses
    because it has it already, it has, unless that is what it refused before.
    """
    if flow.ack is AckState.PENDING or one.claim is not None:
        return None
    codes = {reason.code for reason in flow.reasons}
    is_known = ALREADY_THERE in codes and one.refused_until is None
    is_taken = flow.ack is AckState.OK or is_known
    state = TransmissionState.ACCEPTED if is_taken else TransmissionState.REJECTED
    return None if one.state in (state, TransmissionState.ACCEPTED) else state


def answered_by(one: Transmission, flow: Flow, *, now: datetime) -> bool:
    """Notes what the platform says of what it has; whether that was news."""
    state = news_of(one, flow)
    if state is None:
        return False
    one.state, one.flow_id, one.answered_at = state, flow.flow_id, now
    one.sent_at = one.sent_at or flow.submitted_at or now
    one.next_attempt_at = one.last_error = None
    one.reasons = [
        {"code": reason.code, "text": ": ".join(filter(None, (reason.item, reason.message)))}
        for reason in flow.reasons
    ]
    return True


def send_anew(one: Transmission, platform_id: int, *, heard: int, now: datetime) -> None:
    """What came to nothing is sent again, as something new; what waits is tried now.

    What may have got there is still looked for under its name, and left alone for a while before.
    `heard` is the last status that was told of the invoice.
    """
    if one.claim is not None:
        return
    soonest = now
    if one.state is TransmissionState.REJECTED or one.state in TAKEN:
        one.refused_until, one.is_unsure = heard, False
    if one.is_unsure:
        soonest = min(now + UNSURE, one.next_attempt_at or now + UNSURE)
    elif one.state is not TransmissionState.WAITING:
        one.tracking_id, one.flow_id = new_tracking_id(), None
        one.sent_at = one.answered_at = None
        one.reasons = []
    one.state, one.platform_id, one.attempts = TransmissionState.WAITING, platform_id, 0
    one.next_attempt_at = soonest
