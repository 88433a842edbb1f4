"""Payments, what each is set against, who owes how much for how long, and reminders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import strawberry

from domain.payment import Age, PaymentMethod, ReminderChannel
from domain.payment import Payment as PaymentRecord
from domain.payment import PaymentAllocation as AllocationRecord
from domain.payment import Reminder as ReminderRecord
from persistence.invoice.payments import allocated, cancellations, left_of
from persistence.reading import Derived, Noun, ToMany, ToOne, Wanted
from persistence.session import ScopedSession
from schema.client import CLIENT, Client
from schema.invoice import INVOICE, Invoice
from schema.node import Node
from schema.organisation import ENTITY, Entity
from schema.scalars import Money, MoneyRow, money, money_field
from schema.user_error import UserError

strawberry.enum(PaymentMethod, description="How money came.")
strawberry.enum(ReminderChannel, description="How a client was reminded.")
strawberry.enum(Age, name="ReceivableAge", description="How many days past the due date.")


@strawberry.type(description="What of a payment is set against an invoice; negative: taken off.")
class PaymentAllocation(Node):
    payment: Payment
    invoice: Invoice
    amount: Money
    booked_on: date = strawberry.field(description="The day from which it counts.")
    reason: str | None = strawberry.field(description="Of what was taken off again.")
    author: str | None
    created_at: datetime


@strawberry.type(description="That a payment counts no more, from that day on.")
class PaymentCancellation:
    reason: str
    author: str | None
    cancelled_at: datetime
    cancelled_on: date | None = strawberry.field(
        description="The day of its entry in the books, where the firm is. Null of a cancellation "
        "from before that was kept: the day of cancelledAt."
    )


@strawberry.type(description="Money received of a client; never changed, cancelled when wrong.")
class Payment(Node):
    client: Client
    entity: Entity = strawberry.field(description="The one that was paid.")
    received_on: date
    amount: Money = strawberry.field(description="More than 0; VAT included, as invoices are paid.")
    method: PaymentMethod
    reference: str | None = strawberry.field(description="What the bank says of it.")
    comment: str | None
    allocated: Money = strawberry.field(description="Set against invoices.")
    unallocated: Money = strawberry.field(description="Left to set against invoices.")
    allocations: list[PaymentAllocation] = strawberry.field(
        description="What was taken off again stands beside, negative."
    )
    cancellation: PaymentCancellation | None = strawberry.field(description="Null while it counts.")
    author: str | None = strawberry.field(description="The key or the person that recorded it.")
    created_at: datetime


@strawberry.type(description="That a client was reminded of an invoice.")
class Reminder(Node):
    invoice: Invoice
    level: int
    channel: ReminderChannel
    reminded_on: date
    note: str | None
    author: str | None
    created_at: datetime


@strawberry.type(description="An invoice that something is due of.")
class ReceivableInvoice:
    invoice: Invoice
    net_due: Money
    days_late: int


@strawberry.type(description="What has been due for so long.")
class ReceivableBucket:
    age: Age
    amount: Money
    invoices: list[ReceivableInvoice]


@strawberry.type(description="What a client owes in one currency.")
class Receivable:
    client: Client
    currency: str
    total: Money
    buckets: list[ReceivableBucket] = strawberry.field(description="All five, always.")
    unallocated: Money = strawberry.field(
        description="Received, and set against no invoice, or beyond what was due of it that day."
    )


@strawberry.type(description="An overdue invoice, which reminder is due, and what lateness costs.")
class DueReminder:
    invoice: Invoice
    net_due: Money
    days_late: int
    level: int = strawberry.field(description="1 after 1 day, 2 after 15, 3 after 30.")
    last_reminder: Reminder | None
    indemnity: Money | None = strawberry.field(
        description="€40 for recovery costs; null: a private person owes none."
    )
    penalty: Money | None = strawberry.field(
        description="Interest from the due date on: of what is due still until `asOf`, of what was "
        "paid or credited late until that day. Null without a rate, or of a private person."
    )


@strawberry.type
class Reminders:
    as_of: date
    late_payment_rate: Decimal | None = strawberry.field(description="Percent a year.")
    items: list[DueReminder] = strawberry.field(
        description="The oldest due first; without those settled in full, late as it may be."
    )
    user_errors: list[UserError]


def _allocated(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, MoneyRow]:
    return {key: money(one.minor, one.currency) for key, one in allocated(session, keys).items()}


def _unallocated(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> dict[int, MoneyRow]:
    return {key: money(one.minor, one.currency) for key, one in left_of(session, keys).items()}


def _cancellations(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> dict[int, dict[str, object]]:
    return {
        key: {
            "reason": one.reason,
            "author": one.author,
            "cancelled_at": one.created_at,
            "cancelled_on": one.cancelled_on,
        }
        for key, one in cancellations(session, keys).items()
    }


ALLOCATION: Noun = Noun(
    AllocationRecord,
    "PaymentAllocation",
    {
        "payment": ToOne(lambda: PAYMENT, "payment_id"),
        "invoice": ToOne(lambda: INVOICE, "invoice_id"),
        "amount": money_field("amount_minor"),
    },
)
PAYMENT: Noun = Noun(
    PaymentRecord,
    "Payment",
    {
        "client": ToOne(lambda: CLIENT, "client_id"),
        "entity": ToOne(lambda: ENTITY, "entity_id"),
        "amount": money_field("amount_minor"),
        "allocated": Derived(_allocated),
        "unallocated": Derived(_unallocated),
        "allocations": ToMany(lambda: ALLOCATION, "payment_id"),
        "cancellation": Derived(_cancellations),
    },
)
REMINDER = Noun(ReminderRecord, "Reminder", {"invoice": ToOne(lambda: INVOICE, "invoice_id")})
