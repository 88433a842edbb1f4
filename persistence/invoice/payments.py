"""Payments, what is due of invoices, how old it is, and who was reminded of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all
from sqlalchemy.orm import aliased

from domain.invoice.model import LEGAL, Invoice, InvoiceKind
from domain.money import Money
from domain.payment import (
    Payment,
    PaymentAllocation,
    PaymentCancellation,
    PaymentMethod,
    PaymentState,
    Reminder,
    Standing,
)
from persistence.folding import holds
from persistence.reach import shown_to
from persistence.session import ScopedSession

_PORTION = 500


def _credited(as_of: date | None = None) -> Any:
    """Gross of the credit notes of the invoice at hand."""
    note = aliased(Invoice)
    statement = select(func.coalesce(func.sum(note.gross_minor), 0)).where(
        note.organisation_id == Invoice.organisation_id, note.credits_id == Invoice.id
    )
    if as_of is not None:
        statement = statement.where(note.issue_date <= as_of)
    return statement.correlate(Invoice).scalar_subquery()


def _paid(as_of: date | None = None) -> Any:
    """What is set against the invoice at hand."""
    row = PaymentAllocation
    statement = select(func.coalesce(func.sum(row.amount_minor), 0)).where(
        row.organisation_id == Invoice.organisation_id, row.invoice_id == Invoice.id
    )
    if as_of is not None:
        statement = statement.where(row.booked_on <= as_of)
    return statement.correlate(Invoice).scalar_subquery()


def _due(as_of: date | None = None) -> ColumnElement[int]:
    due: ColumnElement[int] = Invoice.gross_minor - _credited(as_of) - _paid(as_of)
    return due


_PAYABLE = (Invoice.state.in_(LEGAL), Invoice.kind != InvoiceKind.CREDIT_NOTE)


def standings(session: ScopedSession, ids: Iterable[int]) -> dict[int, Standing]:
    """What each invoice comes to, and what was credited and paid of it."""
    statement = select(
        Invoice.id,
        Invoice.gross_minor,
        Invoice.currency,
        Invoice.state,
        Invoice.kind,
        _credited().label("credited"),
        _paid().label("paid"),
    ).where(Invoice.id.in_(list(ids)))
    found = {}
    for row in session.execute(statement):
        is_note = row.kind is InvoiceKind.CREDIT_NOTE
        found[row.id] = Standing(
            gross=0 if is_note else row.gross_minor,
            credited=int(row.credited),
            paid=int(row.paid),
            currency=row.currency,
            is_open=not is_note and row.state in LEGAL,
        )
    return found


def payment_where(
    *, state: PaymentState | None, overdue_on: date | None, is_overdue: bool | None
) -> list[ColumnElement[bool]]:
    """The conditions of a list of invoices on how far they are paid and how late."""
    where: list[ColumnElement[bool]] = []
    if state is not None:
        where += _PAYABLE
    match state:
        case PaymentState.PAID:
            where.append(_due() <= 0)
        case PaymentState.UNPAID:
            where += [_due() > 0, _paid() == 0]
        case PaymentState.PARTIAL:
            where += [_due() > 0, _paid() != 0]
    if is_overdue is not None and overdue_on is not None:
        late = and_(*_PAYABLE, Invoice.due_date < overdue_on, _due() > 0)
        where.append(late if is_overdue else or_(Invoice.due_date.is_(None), ~late))
    return where


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that something is due of, in minor units."""

    key: int
    client_id: int
    currency: str
    due_date: date
    due: int


def open_invoices(
    session: ScopedSession,
    *,
    as_of: date | None = None,
    client_id: int | None = None,
    entity_id: int | None = None,
    currency: str | None = None,
    overdue_on: date | None = None,
) -> list[OpenInvoice]:
    """The invoices that something is due of, the oldest due first, in one statement."""
    statement = _open(session, as_of=as_of, client_id=client_id).add_columns(
        Invoice.client_id, Invoice.currency, Invoice.due_date, _due(as_of).label("due")
    )
    if entity_id is not None:
        statement = statement.where(Invoice.entity_id == entity_id)
    if currency is not None:
        statement = statement.where(Invoice.currency == currency)
    if overdue_on is not None:
        statement = statement.where(Invoice.due_date < overdue_on)
    found = session.execute(statement.order_by(Invoice.due_date, Invoice.id))
    return [
        OpenInvoice(row.id, row.client_id, row.currency, row.due_date, int(row.due))
        for row in found
    ]


def _open(session: ScopedSession, *, as_of: date | None, client_id: int | None) -> Select[Any]:
    shown = shown_to(session, Invoice)
    statement = select(Invoice.id).where(*_PAYABLE, _due(as_of) > 0, *shown)
    if as_of is not None:
        statement = statement.where(Invoice.issue_date <= as_of)
    if client_id is not None:
        statement = statement.where(Invoice.client_id == client_id)
    return statement


def is_among_open(
    session: ScopedSession, *, as_of: date, client_id: int | None
) -> ColumnElement[bool]:
    """The condition of the invoices that `open_invoices` finds."""
    return Invoice.id.in_(_open(session, as_of=as_of, client_id=client_id))


def unallocated(
    session: ScopedSession, *, as_of: date, client_id: int | None = None
) -> dict[tuple[int, str], int]:
    """By client and currency: what was received and pays no invoice, in one statement.

    A payment counts until the day on which it was cancelled, as its entries do. Until then what
    was recorded in its place is beyond what was due: it counts here too.
    """
    row = PaymentAllocation
    given = (
        select(func.coalesce(func.sum(row.amount_minor), 0))
        .where(
            row.organisation_id == Payment.organisation_id,
            row.payment_id == Payment.id,
            row.booked_on <= as_of,
        )
        .correlate(Payment)
        .scalar_subquery()
    )
    one = select(
        Payment.client_id, Payment.currency, (Payment.amount_minor - given).label("free")
    ).where(Payment.received_on <= as_of, Payment.id.not_in(_cancelled_by(as_of)))
    # Only what is taken off later can have been too much.
    later = select(row.invoice_id).where(row.amount_minor < 0, row.booked_on > as_of)
    beyond = select(Invoice.client_id, Invoice.currency, -_due(as_of)).where(
        *_PAYABLE, Invoice.id.in_(later), _due(as_of) < 0, *shown_to(session, Invoice)
    )
    if client_id is not None:
        one = one.where(Payment.client_id == client_id)
        beyond = beyond.where(Invoice.client_id == client_id)
    each = union_all(one, beyond).subquery()
    statement = select(each.c.client_id, each.c.currency, func.sum(each.c.free)).group_by(
        each.c.client_id, each.c.currency
    )
    return {(client, currency): int(free) for client, currency, free in session.execute(statement)}


def _cancelled_by(as_of: date) -> Select[Any]:
    """What was cancelled before its day was kept counts on no day."""
    on = PaymentCancellation.cancelled_on
    return select(PaymentCancellation.payment_id).where(or_(on.is_(None), on <= as_of))


def _is_cancelled() -> ColumnElement[bool]:
    return Payment.id.in_(select(PaymentCancellation.payment_id))


def payments_where(
    *,
    client_id: int | None = None,
    entity_id: int | None = None,
    invoice_id: int | None = None,
    method: PaymentMethod | None = None,
    received_from: date | None = None,
    received_to: date | None = None,
    text: str | None = None,
    cancelled: bool | None = None,
) -> list[ColumnElement[bool]]:
    """The conditions of a list of payments; both days belong to the period."""
    pairs = (
        (Payment.client_id, client_id),
        (Payment.entity_id, entity_id),
        (Payment.method, method),
    )
    where: list[ColumnElement[bool]] = [
        column == value for column, value in pairs if value is not None
    ]
    if invoice_id is not None:
        row = PaymentAllocation
        where.append(Payment.id.in_(select(row.payment_id).where(row.invoice_id == invoice_id)))
    if received_from is not None:
        where.append(Payment.received_on >= received_from)
    if received_to is not None:
        where.append(Payment.received_on <= received_to)
    if text and text.strip():
        where.append(holds(Payment.reference, text))
    if cancelled is not None:
        where.append(_is_cancelled() if cancelled else ~_is_cancelled())
    return where


def lock_invoices(session: ScopedSession, keys: Iterable[int]) -> dict[int, Invoice]:
    """The invoices, locked in one order: nobody else pays or credits them meanwhile."""
    wanted, found = sorted(set(keys)), {}
    shown = shown_to(session, Invoice)
    for start in range(0, len(wanted), _PORTION):
        statement = select(Invoice).where(Invoice.id.in_(wanted[start : start + _PORTION]), *shown)
        locked = statement.order_by(Invoice.id).with_for_update()
        for invoice in session.scalars(locked.execution_options(populate_existing=True)):
            found[invoice.id] = invoice
    return found


def lock_payments(session: ScopedSession, keys: Iterable[int]) -> dict[int, Payment]:
    """The payments, locked in one order, after the invoices they pay."""
    statement = select(Payment).where(Payment.id.in_(sorted(set(keys)))).order_by(Payment.id)
    return {payment.id: payment for payment in session.scalars(statement.with_for_update())}


def allocated(session: ScopedSession, payments: Sequence[int]) -> dict[int, Money]:
    """How much of each payment is set against invoices."""
    row = PaymentAllocation
    statement = (
        select(Payment.id, Payment.currency, func.coalesce(func.sum(row.amount_minor), 0))
        .outerjoin(row, row.payment_id == Payment.id)
        .where(Payment.id.in_(payments))
        .group_by(Payment.id, Payment.currency)
    )
    return {key: Money(int(minor), currency) for key, currency, minor in session.execute(statement)}


def left_of(session: ScopedSession, payments: Sequence[int]) -> dict[int, Money]:
    """What of each payment is set against no invoice; nothing of one that was cancelled."""
    taken, gone = allocated(session, payments), cancellations(session, payments)
    statement = select(Payment.id, Payment.amount_minor).where(Payment.id.in_(payments))
    return {
        key: Money(0 if key in gone else amount - taken[key].minor, taken[key].currency)
        for key, amount in session.execute(statement)
    }


def allocated_by_invoice(session: ScopedSession, payment_id: int) -> dict[int, int]:
    """What of a payment is set against each invoice; only what is."""
    return _sums(session, PaymentAllocation.invoice_id, PaymentAllocation.payment_id == payment_id)


def allocated_by_payment(session: ScopedSession, invoice_id: int) -> dict[int, int]:
    """What each payment pays of an invoice, the one that was set against it last at the end."""
    return _sums(session, PaymentAllocation.payment_id, PaymentAllocation.invoice_id == invoice_id)


def _sums(session: ScopedSession, column: Any, where: ColumnElement[bool]) -> dict[int, int]:
    row = PaymentAllocation
    total = func.sum(row.amount_minor)
    statement = select(column, total).where(where).group_by(column).having(total > 0)
    found = session.execute(statement.order_by(func.max(row.id)))
    return {key: int(minor) for key, minor in found}


def free_since(session: ScopedSession, payment_id: int) -> date | None:
    """The last day on which something of the payment was taken off an invoice."""
    row = PaymentAllocation
    return session.scalar(
        select(func.max(row.booked_on)).where(row.payment_id == payment_id, row.amount_minor < 0)
    )


def booked_until(session: ScopedSession, payment_id: int, invoice_id: int) -> date | None:
    """The last day on which the payment was set against the invoice."""
    row = PaymentAllocation
    return session.scalar(
        select(func.max(row.booked_on)).where(
            row.payment_id == payment_id, row.invoice_id == invoice_id
        )
    )


def cancellations(
    session: ScopedSession, payments: Sequence[int]
) -> dict[int, PaymentCancellation]:
    """The cancellations of payments, by payment."""
    statement = select(PaymentCancellation).where(PaymentCancellation.payment_id.in_(payments))
    return {one.payment_id: one for one in session.scalars(statement)}


def settled_late(
    session: ScopedSession, *, as_of: date, client_id: int | None
) -> dict[int, list[tuple[int, int]]]:
    """By overdue invoice: what was paid and credited after its due date, how many days after.

    One statement, however many are overdue. What was cancelled by `as_of` settled nothing.
    """
    row, note = PaymentAllocation, aliased(Invoice)
    overdue = _open(session, as_of=as_of, client_id=client_id)
    paid = (
        overdue.join(row, row.invoice_id == Invoice.id)
        .where(
            row.booked_on > Invoice.due_date,
            row.booked_on <= as_of,
            row.payment_id.not_in(_cancelled_by(as_of)),
        )
        .add_columns(Invoice.due_date, row.booked_on, row.amount_minor)
    )
    credited = (
        overdue.join(note, note.credits_id == Invoice.id)
        .where(note.issue_date > Invoice.due_date, note.issue_date <= as_of)
        .add_columns(Invoice.due_date, note.issue_date, note.gross_minor)
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for key, due, day, minor in session.execute(union_all(paid, credited)):
        found.setdefault(key, []).append((int(minor), (day - due).days))
    return found


def last_reminders(
    session: ScopedSession, invoices: Sequence[int], *, as_of: date
) -> dict[int, int]:
    """The identifier of the last reminder of each invoice, that day included."""
    place = func.row_number().over(
        partition_by=Reminder.invoice_id, order_by=(Reminder.reminded_on.desc(), Reminder.id.desc())
    )
    ranked = (
        select(Reminder.id, Reminder.invoice_id, place.label("place"))
        .where(Reminder.invoice_id.in_(invoices), Reminder.reminded_on <= as_of)
        .subquery()
    )
    statement = select(ranked.c.invoice_id, ranked.c.id).where(ranked.c.place == 1)
    return {row.invoice_id: row.id for row in session.execute(statement)}
