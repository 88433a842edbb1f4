"""Payments received, what they are set against, and what a client is reminded of (DOMAIN §2.2).

Rows of payments are added, never changed or removed (CGI art. 286 I-3° bis): triggers of migration
0008 see to it. What was set against an invoice is taken off by an opposite row; a wrong payment is
cancelled by a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import CURRENCY, NAME, BigKey, Record, Scoped, choice, owned
from domain.client import ClientType
from domain.errors import call_error, call_warning
from domain.money import from_minor, to_minor

PAYMENT_CANCELLED = call_error(
    "PAYMENT_CANCELLED", "The payment {key} was cancelled.", "Record another one."
)
PAYMENT_IN_FUTURE = call_error(
    "PAYMENT_IN_FUTURE", "Nothing was received on {found}: that day has not come."
)
ALLOCATION_NOT_PAYABLE = call_error(
    "ALLOCATION_NOT_PAYABLE", "{number} is not to be paid: only a final invoice is."
)
ALLOCATION_OF_OTHERS = call_error(
    "ALLOCATION_OF_OTHERS",
    "{number} and the payment do not have this in common: {particular}.",
    "Set against it a payment of the same client, entity and currency.",
)
ALLOCATION_ABOVE_DUE = call_error(
    "ALLOCATION_ABOVE_DUE", "{expected} is left to pay of {number}; {found} is more."
)
ALLOCATION_ABOVE_PAYMENT = call_error(
    "ALLOCATION_ABOVE_PAYMENT", "{expected} is left of the payment; {found} is more."
)
ALLOCATION_ABSENT = call_error(
    "ALLOCATION_ABSENT", "{expected} of the payment is set against {number}; {found} is more."
)
ALLOCATIONS_OR_AUTOMATIC = call_error(
    "ALLOCATIONS_OR_AUTOMATIC", "Name the invoices, or let the oldest due come first: not both."
)
PAYMENT_FREED = call_warning(
    "PAYMENT_FREED",
    "{found} that was paid of {number} is no longer due: it is free on its payments again.",
    "Set it against another invoice, or pay it back.",
)
PAYMENT_LEFT_OVER = call_warning(
    "PAYMENT_LEFT_OVER", "{found} of the payment is set against no invoice."
)
REMINDER_NOT_OVERDUE = call_error(
    "REMINDER_NOT_OVERDUE", "{number} is not overdue on {found}: there is nothing to remind of."
)
LATE_PAYMENT_RATE_MISSING = call_warning(
    "LATE_PAYMENT_RATE_MISSING",
    "No late-payment rate is set: penalties are not worked out.",
    "Set latePaymentRate of the organisation, in percent a year.",
)


class PaymentMethod(StrEnum):
    """How the money came."""

    TRANSFER = "TRANSFER"
    CHECK = "CHECK"
    CARD = "CARD"
    CASH = "CASH"
    DIRECT_DEBIT = "DIRECT_DEBIT"
    OTHER = "OTHER"


class PaymentState(StrEnum):
    """How far an invoice is paid: derived, never stored. Nothing due any more is PAID."""

    UNPAID = "UNPAID"
    PARTIAL = "PARTIAL"
    PAID = "PAID"


class ReminderChannel(StrEnum):
    EMAIL = "EMAIL"
    LETTER = "LETTER"
    PHONE = "PHONE"
    OTHER = "OTHER"


class Age(StrEnum):
    """How long an amount has been due."""

    NOT_DUE = "NOT_DUE"
    DAYS_1_30 = "DAYS_1_30"
    DAYS_31_60 = "DAYS_31_60"
    DAYS_61_90 = "DAYS_61_90"
    OVER_90 = "OVER_90"


FIRST_REMINDER_DAYS = 1
SECOND_REMINDER_DAYS = 15
THIRD_REMINDER_DAYS = 30
REMINDER_DAYS = (FIRST_REMINDER_DAYS, SECOND_REMINDER_DAYS, THIRD_REMINDER_DAYS)
"""Days late from which each level is due, the first one first."""

RECOVERY_INDEMNITY = 4_000
"""Cents of a euro, for each invoice that a professional pays late (C. com. D441-5)."""

_YEAR = 365


class Payment(Scoped, Record):
    """Money received of a client for one entity. Its surplus stays unallocated."""

    __tablename__ = "payment"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "client_id"], ["client.organisation_id", "client.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "entity_id"], ["entity.organisation_id", "entity.id"]
        ),
        Index(None, "organisation_id", "client_id", "id"),
        Index(None, "organisation_id", "received_on", "id"),
    )

    client_id: Mapped[int] = mapped_column(BigKey)
    entity_id: Mapped[int] = mapped_column(BigKey)
    received_on: Mapped[date] = mapped_column()
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """More than nothing."""
    currency: Mapped[str] = mapped_column(CURRENCY)
    method: Mapped[PaymentMethod] = mapped_column(choice(PaymentMethod))
    reference: Mapped[str | None] = mapped_column(NAME, default=None)
    comment: Mapped[str | None] = mapped_column(Text, default=None)
    author: Mapped[str | None] = mapped_column(NAME, default=None)


class PaymentAllocation(Scoped, Record):
    """What of a payment is set against an invoice; below nothing where it is taken off again."""

    __tablename__ = "payment_allocation"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "payment_id"], ["payment.organisation_id", "payment.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "invoice_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        Index(None, "organisation_id", "payment_id"),
        Index(None, "organisation_id", "invoice_id"),
    )

    payment_id: Mapped[int] = mapped_column(BigKey)
    invoice_id: Mapped[int] = mapped_column(BigKey)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CURRENCY)
    booked_on: Mapped[date] = mapped_column()
    """From which day on it counts: never before the money came, nor before it was free."""
    reason: Mapped[str | None] = mapped_column(Text, default=None)
    author: Mapped[str | None] = mapped_column(NAME, default=None)


class PaymentCancellation(Scoped, Record):
    """A payment that counts no more from the day of this on, and stays to be seen."""

    __tablename__ = "payment_cancellation"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "payment_id"], ["payment.organisation_id", "payment.id"]
        ),
        UniqueConstraint("organisation_id", "payment_id"),
    )

    payment_id: Mapped[int] = mapped_column(BigKey)
    reason: Mapped[str] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(NAME, default=None)
    cancelled_on: Mapped[date | None] = mapped_column(default=None)
    """The day in the books; none of one from before that was kept, which has taken the payment off
    its invoices from the day it came."""


class Reminder(Scoped, Record):
    """That a client was reminded of an invoice."""

    __tablename__ = "reminder"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "invoice_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        Index(None, "organisation_id", "invoice_id"),
    )

    invoice_id: Mapped[int] = mapped_column(BigKey)
    level: Mapped[int] = mapped_column(Integer)
    channel: Mapped[ReminderChannel] = mapped_column(choice(ReminderChannel))
    reminded_on: Mapped[date] = mapped_column()
    note: Mapped[str | None] = mapped_column(Text, default=None)
    author: Mapped[str | None] = mapped_column(NAME, default=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """What an invoice comes to, what was credited and what was paid of it, in minor units.

    `is_open` tells a final invoice from a pro forma or a credit note, which nobody pays.
    """

    gross: int
    credited: int
    paid: int
    currency: str
    is_open: bool = True

    @property
    def due(self) -> int:
        """Net due: gross − credits − payments; deposits are lines of the gross (DOMAIN §2.6)."""
        return self.gross - self.credited - self.paid

    @property
    def state(self) -> PaymentState | None:
        if not self.is_open:
            return None
        if self.due <= 0:
            return PaymentState.PAID
        return PaymentState.PARTIAL if self.paid else PaymentState.UNPAID


def spread(amount: int, dues: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """`amount` given to (key, due) in their order, each its due at most, until nothing is left."""
    given = []
    for key, due in dues:
        part = min(amount, due)
        if part > 0:
            given.append((key, part))
            amount -= part
    return given


def freed(excess: int, allocated: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of (payment, amount) is taken off to free `excess`: of the last one first."""
    return spread(excess, reversed(allocated))


def age_of(days_late: int) -> Age:
    """The bucket of an amount so many days past its due date; none or fewer: not due yet."""
    for most, age in ((0, Age.NOT_DUE), (30, Age.DAYS_1_30), (60, Age.DAYS_31_60)):
        if days_late <= most:
            return age
    return Age.DAYS_61_90 if days_late <= 90 else Age.OVER_90


def reminder_level(days_late: int) -> int:
    """Which reminder is due: 1 after 1 day, 2 after 15, 3 after 30; 0 for none."""
    return sum(days_late >= days for days in REMINDER_DAYS)


def indemnity(client_type: ClientType) -> int | None:
    """The fixed compensation in cents of a euro; None of a private person (DOMAIN §4.3)."""
    return None if client_type is ClientType.INDIVIDUAL else RECOVERY_INDEMNITY


def penalty(
    sums: Iterable[tuple[int, int]],
    *,
    currency: str,
    rate: Decimal | None,
    client_type: ClientType,
) -> int | None:
    """Interest for late payment: Σ amount × rate × days ÷ 365, in minor units (DOMAIN §4.3).

    `sums` are (amount, days late): what is due still, and each part that was paid or credited late,
    which bore interest until then (C. com. L441-10 II). `rate` in percent a year. None without a
    rate, and of a private person.
    """
    if rate is None or client_type is ClientType.INDIVIDUAL:
        return None
    borne = sum(minor * max(0, days) for minor, days in sums)
    return to_minor(from_minor(borne, currency) * rate / (100 * _YEAR), currency)
