"""What the invoices of batches come to: as edited where there are any, else as proposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import distinct, func, select

from domain.batch.model import LIVE_BILLS, BatchInvoice, BatchItem
from domain.batch.plan import BatchTotals
from domain.invoice.model import Invoice
from persistence.session import ScopedSession

_NET = func.coalesce(Invoice.net_minor, BatchInvoice.net_minor)
_VAT = func.coalesce(Invoice.vat_minor, BatchInvoice.vat_minor)
_CURRENCY = func.coalesce(Invoice.currency, BatchInvoice.currency)
"""A pro forma of several projects that were all taken off takes that of the next."""


class BillSums(NamedTuple):
    """Net and VAT of a bill, in minor units of its currency."""

    net: int
    vat: int
    currency: str


def sums_of_bills(session: ScopedSession, bill_ids: Sequence[int]) -> dict[int, BillSums]:
    """By bill: what it comes to, as `totals_of_bills` adds it up."""
    statement = (
        select(BatchInvoice.id, _NET, _VAT, _CURRENCY)
        .outerjoin(Invoice, Invoice.id == BatchInvoice.invoice_id)
        .where(BatchInvoice.id.in_(bill_ids))
    )
    return {row[0]: BillSums._make(row[1:]) for row in session.execute(statement)}


class SumsOnce:
    """`sums_of_bills` for one read: each is asked once, however much of it is shown."""

    def __init__(self) -> None:
        self._known: dict[int, BillSums] = {}

    def of(self, session: ScopedSession, bill_ids: Sequence[int]) -> dict[int, BillSums]:
        """By bill, of those that there are."""
        if absent := [key for key in bill_ids if key not in self._known]:
            self._known |= sums_of_bills(session, absent)
        return {key: self._known[key] for key in bill_ids if key in self._known}


def totals_of_bills(
    session: ScopedSession, batch_ids: Sequence[int]
) -> dict[int, list[BatchTotals]]:
    """The figures of the invoices of each batch by currency: as edited, where there are any."""
    bill, item = BatchInvoice, BatchItem
    found: dict[int, list[BatchTotals]] = {key: [] for key in batch_ids}
    if not found:
        return found
    is_live = (bill.batch_id.in_(found), bill.state.in_(LIVE_BILLS))
    per = (bill.batch_id, _CURRENCY)
    counted = (
        select(*per, func.count(distinct(item.contract_id)), func.count())
        .join(item, item.bill_id == bill.id)
        .outerjoin(Invoice, Invoice.id == bill.invoice_id)
        .where(*is_live)
        .group_by(*per)
    )
    counts = {(row[0], row[1]): (row[2], row[3]) for row in session.execute(counted)}
    summed = (
        select(
            *(*per, func.count(), func.sum(bill.tickets), func.sum(bill.hours)),
            *(func.sum(_NET), func.sum(_VAT)),
        )
        .outerjoin(Invoice, Invoice.id == bill.invoice_id)
        .where(*is_live)
        .group_by(*per)
        .order_by(*per)
    )
    for batch_id, currency, count, tickets, hours, net, vat in session.execute(summed):
        contracts, items = counts.get((batch_id, currency), (0, 0))
        figures = BatchTotals(
            currency=currency,
            invoices=count,
            contracts=contracts,
            items=items,
            tickets=int(tickets),
            hours=hours,
            net=int(net),
            vat=int(vat),
        )
        found[batch_id].append(figures)
    return found
