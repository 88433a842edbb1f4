"""What was received of invoices that platforms took on, and what was told of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from domain.invoice.credit import groups_of
from domain.invoice.model import LEGAL, Invoice
from domain.invoice.totals import VatGroup
from domain.payment import Payment, PaymentAllocation
from domain.platform.transmission import Transmission, TransmissionState
from persistence.outside.transmissions import through
from persistence.session import ScopedSession


@dataclass(frozen=True, slots=True)
class Received:
    """What was received of an invoice and not told yet: one allocation, as it was written."""

    invoice_id: int
    allocation_id: int
    on: date
    minor: int


def untold_payments(
    session: ScopedSession, platform_id: int, *, most: int, of: Collection[int] | None = None
) -> list[Received]:
    """Allocations of what a platform took on that it was not told of, in their order.

    An invoice is locked whenever something is set against it: its allocations are written in the
    order of their identifiers.
    """
    row, before = PaymentAllocation, aliased(PaymentAllocation)
    freed = (
        select(func.max(before.booked_on))
        .where(
            before.organisation_id == row.organisation_id,
            before.payment_id == row.payment_id,
            before.amount_minor < 0,
            before.id < row.id,
        )
        .correlate(row)
        .scalar_subquery()
        .label("freed_on")
    )
    found = (
        select(row.invoice_id, row.id, row.amount_minor, row.booked_on, Payment.received_on, freed)
        .join(Transmission, Transmission.invoice_id == row.invoice_id)
        .join(Payment, Payment.id == row.payment_id)
        .where(
            through(platform_id),
            Transmission.place == 0,
            Transmission.state == TransmissionState.ACCEPTED,
            row.id > Transmission.told_until,
            *([] if of is None else [row.invoice_id.in_(of)]),
        )
        .order_by(row.invoice_id, row.id)
        .limit(most)
    )
    return [
        Received(
            one.invoice_id,
            one.id,
            # What was taken off another counts here from that day on: it was received once.
            max(one.received_on, one.freed_on or one.received_on)
            if one.amount_minor > 0
            else one.booked_on,
            one.amount_minor,
        )
        for one in session.execute(found)
    ]


def gross_by_rate(
    session: ScopedSession, invoice: Invoice, groups: Iterable[VatGroup]
) -> dict[Decimal, int]:
    """What each rate of the invoice comes to, VAT included, its credit notes taken off."""
    gross: dict[Decimal, int] = {}
    for group in groups:
        gross[group.tax.rate] = gross.get(group.tax.rate, 0) + group.base + group.vat
    notes = select(Invoice).where(Invoice.credits_id == invoice.id, Invoice.state.in_(LEGAL))
    for note in session.scalars(notes):
        for group in groups_of(note):
            gross[group.tax.rate] = gross.get(group.tax.rate, 0) - group.base - group.vat
    return gross


def payments_told(session: ScopedSession, invoices: Collection[int]) -> list[Transmission]:
    """What was told of the payments of these invoices, whatever became of it, in its order."""
    found = (
        select(Transmission)
        .where(Transmission.invoice_id.in_(invoices), Transmission.place > 0)
        .order_by(Transmission.invoice_id, Transmission.place)
    )
    return list(session.scalars(found))
