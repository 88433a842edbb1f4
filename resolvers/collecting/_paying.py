"""Recording payments and setting them against invoices: never more than is due, or was received.

Locks are taken in one order: invoices by identifier, then payments. Whoever credits an invoice
holds its lock too, so what is due of it stands still meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.client import Client
from domain.errors import (
    FIELD_INVALID,
    NOT_FOUND,
    RECORD_ARCHIVED,
    Issue,
    IssueKind,
    PathPart,
    Refusal,
)
from domain.given import day, number, one_of, text
from domain.invoice.create import ENTITY_REQUIRED
from domain.invoice.lines import LONGEST_TEXT
from domain.invoice.model import LEGAL, Invoice, InvoiceKind
from domain.money import CURRENCIES, amount_text, decimals_of, to_minor
from domain.organisation import Entity
from domain.payment import (
    ALLOCATION_ABOVE_DUE,
    ALLOCATION_ABOVE_PAYMENT,
    ALLOCATION_ABSENT,
    ALLOCATION_NOT_PAYABLE,
    ALLOCATION_OF_OTHERS,
    ALLOCATIONS_OR_AUTOMATIC,
    PAYMENT_CANCELLED,
    PAYMENT_FREED,
    PAYMENT_IN_FUTURE,
    PAYMENT_LEFT_OVER,
    Payment,
    PaymentAllocation,
    PaymentCancellation,
    PaymentMethod,
    freed,
    spread,
)
from persistence.invoice import invoices, payments
from persistence.records import the_record
from resolvers._mutation import Acting


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a payment is for an invoice; None: as much as is due of it, and as is left."""

    invoice_id: int
    amount: Decimal | None = None
    field: tuple[PathPart, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentWanted:
    """A payment as it is told."""

    client_id: int
    received_on: date
    amount: Decimal
    method: PaymentMethod = PaymentMethod.TRANSFER
    entity_id: int | None = None
    currency: str | None = None
    reference: str | None = None
    comment: str | None = None
    shares: Sequence[Share] = ()
    automatic: bool = False


def record(acting: Acting, wanted: PaymentWanted) -> tuple[Payment, list[Issue]]:
    """The payment, set against the invoices that were named or the oldest due; nothing is written
    before everything was judged."""
    if wanted.automatic and wanted.shares:
        raise Refusal(ALLOCATIONS_OR_AUTOMATIC(field=("auto_allocate",)))
    payment = _judged(acting, wanted)
    session = acting.session
    locked = payments.lock_invoices(session, (share.invoice_id for share in wanted.shares))
    parts = (
        _oldest(acting, payment, payment.amount_minor)
        if wanted.automatic
        else _shares(acting, payment, payment.amount_minor, wanted.shares, locked)
    )
    session.add(payment)
    session.flush()
    _set_against(acting, payment, parts)
    rest = payment.amount_minor - sum(part for _, part in parts)
    if rest and (wanted.automatic or wanted.shares):
        return payment, [
            PAYMENT_LEFT_OVER(field=("amount",), found=amount_text(rest, payment.currency))
        ]
    return payment, []


def _judged(acting: Acting, wanted: PaymentWanted) -> Payment:
    session = acting.session
    client = the_record(session, Client, wanted.client_id, field=("client_id",))
    currency = (wanted.currency or client.currency).strip().upper()
    one_of(currency, field=("currency",), name="The currency", allowed=CURRENCIES)
    decimals = decimals_of(currency)
    number(
        wanted.amount,
        field=("amount",),
        name="The amount",
        decimals=decimals,
        least=Decimal(1).scaleb(-decimals),
    )
    received = day(wanted.received_on, field=("received_on",), name="The date")
    if received is None or received > acting.today:
        found = wanted.received_on.isoformat()
        raise Refusal(PAYMENT_IN_FUTURE(field=("received_on",), found=found))
    return Payment(
        client_id=client.id,
        entity_id=_entity(acting, wanted),
        received_on=received,
        amount_minor=to_minor(wanted.amount, currency),
        currency=currency,
        method=wanted.method,
        reference=text(wanted.reference, field=("reference",), name="The reference", longest=255),
        comment=text(wanted.comment, field=("comment",), name="The comment", longest=LONGEST_TEXT),
        author=acting.caller.key_name,
    )


def _entity(acting: Acting, wanted: PaymentWanted) -> int:
    """Who received it: as told, else whose invoices are paid, else the only entity there is."""
    session = acting.session
    if wanted.entity_id is not None:
        field = ("entity_id",)
        entity = the_record(session, Entity, wanted.entity_id, field=field)
        if entity.archived_at is not None and not wanted.shares:
            key = f"entity_{entity.id}"
            raise Refusal(RECORD_ARCHIVED(field=field, noun="entity", key=key))
        return entity.id
    if wanted.shares:
        first = wanted.shares[0]
        field_of = (*first.field, "invoice_id")
        return the_record(session, Invoice, first.invoice_id, field=field_of).entity_id
    entities = invoices.entities_of(session)
    if len(entities) == 1:
        return entities[0].id
    names = ", ".join(entity.code for entity in entities)
    raise Refusal(ENTITY_REQUIRED(field=("entity_id",), expected=names))


Parts = list[tuple[Invoice, int]]
"""Invoices with the minor units that are set against each."""


def _oldest(acting: Acting, payment: Payment, free: int) -> Parts:
    """The oldest due first; what is due is read again under the lock."""

    def due() -> list[tuple[int, int]]:
        found = payments.open_invoices(
            acting.session,
            client_id=payment.client_id,
            entity_id=payment.entity_id,
            currency=payment.currency,
        )
        return [(one.key, one.due) for one in found]

    locked = payments.lock_invoices(acting.session, (key for key, _ in spread(free, due())))
    known = [(key, rest) for key, rest in due() if key in locked]
    return [(locked[key], part) for key, part in spread(free, known)]


def _shares(
    acting: Acting,
    payment: Payment,
    free: int,
    asked: Sequence[Share],
    locked: dict[int, Invoice],
) -> Parts:
    found = payments.standings(acting.session, locked)
    dues = {key: one.due for key, one in found.items()}
    parts: Parts = []
    for share in asked:
        invoice = locked.get(share.invoice_id)
        at = (*share.field, "invoice_id")
        if invoice is None:
            key = f"invoice_{share.invoice_id}"
            raise Refusal(NOT_FOUND(field=at, noun="invoice", key=key))
        if any(one is invoice for one, _ in parts):
            raise Refusal(FIELD_INVALID(field=at, name="The invoice", reason="it is given twice"))
        _require_payable(payment, invoice, at)
        part = _part(share, invoice, dues[invoice.id], free)
        free -= part
        parts.append((invoice, part))
    return parts


def _require_payable(payment: Payment, invoice: Invoice, at: tuple[PathPart, ...]) -> None:
    shown = invoice.number or invoice.pro_forma_number
    if invoice.state not in LEGAL or invoice.kind is InvoiceKind.CREDIT_NOTE:
        raise Refusal(ALLOCATION_NOT_PAYABLE(field=at, number=shown))
    for name, said in (
        ("client_id", "the client"),
        ("entity_id", "the entity"),
        ("currency", "the currency"),
    ):
        if getattr(payment, name) != getattr(invoice, name):
            raise Refusal(ALLOCATION_OF_OTHERS(field=at, number=shown, particular=said))


def _part(share: Share, invoice: Invoice, due: int, free: int) -> int:
    """The minor units asked for, within what is due of the invoice and left of the payment."""
    at, currency = (*share.field, "amount"), invoice.currency
    asked = share.amount
    part = max(1, min(due, free)) if asked is None else _minor(asked, currency, at)
    for limit, kind in ((due, ALLOCATION_ABOVE_DUE), (free, ALLOCATION_ABOVE_PAYMENT)):
        if part > limit:
            raise Refusal(_above(kind, at, part, limit, currency, invoice))
    return part


def _minor(amount: Decimal, currency: str, at: tuple[PathPart, ...]) -> int:
    decimals = decimals_of(currency)
    least = Decimal(1).scaleb(-decimals)
    number(amount, field=at, name="The amount", decimals=decimals, least=least)
    return to_minor(amount, currency)


def _above(
    kind: IssueKind, at: tuple[PathPart, ...], part: int, limit: int, currency: str, of: Invoice
) -> Issue:
    return kind(
        field=at,
        number=of.number or of.pro_forma_number,
        found=amount_text(part, currency),
        expected=amount_text(max(0, limit), currency),
    )


def _set_against(acting: Acting, payment: Payment, parts: Parts) -> None:
    since = payments.free_since(acting.session, payment.id)
    for invoice, part in parts:
        days = (payment.received_on, invoice.issue_date, since)
        _enter(acting, payment, invoice.id, part, booked_on=max(d for d in days if d is not None))
    acting.session.flush()


def _enter(
    acting: Acting,
    payment: Payment,
    invoice_id: int,
    amount: int,
    *,
    booked_on: date,
    reason: str | None = None,
) -> None:
    acting.session.add(
        PaymentAllocation(
            payment_id=payment.id,
            invoice_id=invoice_id,
            amount_minor=amount,
            currency=payment.currency,
            booked_on=booked_on,
            reason=reason,
            author=acting.caller.key_name,
        )
    )


def allocate(
    acting: Acting, payment_id: int, shares: Sequence[Share], *, automatic: bool
) -> Payment:
    """Sets what is left of a payment against invoices."""
    session = acting.session
    known = the_record(session, Payment, payment_id)
    if automatic == bool(shares):
        raise Refusal(ALLOCATIONS_OR_AUTOMATIC(field=("auto_allocate",)))
    locked = payments.lock_invoices(session, (share.invoice_id for share in shares))
    if automatic:
        # Locked before the payment is: they stay locked, and are read again below.
        _oldest(acting, known, known.amount_minor)
    payment = _locked(acting, payment_id)
    free = payment.amount_minor - payments.allocated(session, [payment_id])[payment_id].minor
    if automatic:
        parts = _oldest(acting, payment, free)
    else:
        parts = _shares(acting, payment, free, shares, locked)
    _set_against(acting, payment, parts)
    return payment


def _locked(acting: Acting, payment_id: int) -> Payment:
    payment = payments.lock_payments(acting.session, [payment_id])[payment_id]
    if payments.cancellations(acting.session, [payment_id]):
        key = f"payment_{payment_id}"
        raise Refusal(PAYMENT_CANCELLED(field=("id",), key=key))
    return payment


def unallocate(
    acting: Acting, payment_id: int, invoice_id: int, amount: Decimal | None, reason: str | None
) -> Payment:
    """Takes a payment off an invoice, by an opposite row; `amount` None is all of it."""
    session = acting.session
    the_record(session, Payment, payment_id)
    locked = payments.lock_invoices(session, [invoice_id])
    if invoice_id not in locked:
        key = f"invoice_{invoice_id}"
        raise Refusal(NOT_FOUND(field=("invoice_id",), noun="invoice", key=key))
    payment, invoice = _locked(acting, payment_id), locked[invoice_id]
    present = payments.allocated_by_invoice(session, payment_id).get(invoice_id, 0)
    part = present if amount is None else _minor(amount, payment.currency, ("amount",))
    if part > present or part == 0:
        field = ("invoice_id",) if amount is None else ("amount",)
        raise Refusal(
            _above(ALLOCATION_ABSENT, field, max(part, 1), present, payment.currency, invoice)
        )
    _take_off(acting, payment, invoice_id, part, reason=_reason(reason))
    session.flush()
    return payment


def _reason(given: str | None, *, required: bool = False) -> str | None:
    return text(
        given, field=("reason",), name="The reason", longest=LONGEST_TEXT, required=required
    )


def _take_off(
    acting: Acting,
    payment: Payment,
    invoice_id: int,
    part: int,
    *,
    reason: str | None,
    not_before: date | None = None,
) -> None:
    last = payments.booked_until(acting.session, payment.id, invoice_id) or payment.received_on
    booked_on = last if not_before is None else max(last, not_before)
    _enter(acting, payment, invoice_id, -part, booked_on=booked_on, reason=reason)


def cancel(acting: Acting, payment_id: int, reason: str) -> Payment:
    """The payment is taken off its invoices from today on, and stays to be seen.

    The books turn it round today too: what was owed as of a day before does not change.
    """
    session = acting.session
    told = _reason(reason, required=True)
    the_record(session, Payment, payment_id)
    payments.lock_invoices(session, payments.allocated_by_invoice(session, payment_id))
    payment = _locked(acting, payment_id)
    for invoice_id, part in payments.allocated_by_invoice(session, payment_id).items():
        _take_off(acting, payment, invoice_id, part, reason=told, not_before=acting.today)
    session.add(
        PaymentCancellation(
            payment_id=payment_id,
            reason=told or "",
            author=acting.caller.key_name,
            cancelled_on=acting.today,
        )
    )
    session.flush()
    return payment


def free_excess(acting: Acting, invoice: Invoice, *, on: date, reason: str | None) -> list[Issue]:
    """Once more was credited than was unpaid: the money is free on its payments again.

    The caller holds the lock of the invoice, and has written the credit note.
    """
    session = acting.session
    due = payments.standings(session, [invoice.id])[invoice.id].due
    if due >= 0:
        return []
    present = payments.allocated_by_payment(session, invoice.id)
    locked = payments.lock_payments(session, present)
    for key, part in freed(-due, list(present.items())):
        _take_off(acting, locked[key], invoice.id, part, reason=reason, not_before=on)
    session.flush()
    found = amount_text(-due, invoice.currency)
    return [PAYMENT_FREED(field=("id",), number=invoice.number, found=found)]


def lock_ahead(acting: Acting, wanted: Iterable[PaymentWanted]) -> None:
    """Locks what many payments will be set against, in one order: two bulks never cross."""
    keys: set[int] = set()
    clients: set[int] = set()
    for one in wanted:
        keys |= {share.invoice_id for share in one.shares}
        if one.automatic:
            clients.add(one.client_id)
    if clients:
        found = payments.open_invoices(acting.session)
        keys |= {one.key for one in found if one.client_id in clients}
    payments.lock_invoices(acting.session, keys)
