"""The sums of many phases at once, each table read once and only for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select

from domain.entry import BillingEntry, EntryKind
from domain.invoice.model import PRO_FORMA, Invoice, InvoiceKind, InvoiceLine
from domain.project.progress import ProgressUpdate
from persistence.session import ScopedSession

Among = Callable[[Any], ColumnElement[bool]]
"""The condition that a column names one of the phases."""

_FIGURES = {
    EntryKind.FEE_ADJUSTMENT: "fee_adjustment",
    EntryKind.HISTORY: "history",
    EntryKind.BILLED_ADJUSTMENT: "billed_adjustment",
    EntryKind.WRITE_OFF: "written_off",
    EntryKind.INVOICE: "invoiced",
    EntryKind.CREDIT: "invoiced",
}
"""The figure that each kind of entry counts in; deposits bill no phase."""


def sums_of(session: ScopedSession, among: Among, *, progress_on: date) -> dict[int, Any]:
    """By phase: what its figures are made of beside its fee (`PhaseFigures`).

    Progress of days after `progress_on` is left out; what is billed counts, whenever it was.
    """
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    entered = (
        select(BillingEntry.phase_id, BillingEntry.kind, func.sum(BillingEntry.amount_minor))
        .where(among(BillingEntry.phase_id), BillingEntry.kind.in_(_FIGURES))
        .group_by(BillingEntry.phase_id, BillingEntry.kind)
    )
    for phase_id, kind, amount in session.execute(entered):
        sums, name = found[phase_id or 0], _FIGURES[kind]
        sums[name] = sums.get(name, 0) + int(amount)
    held = (
        select(InvoiceLine.phase_id, func.sum(InvoiceLine.net_minor))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(
            among(InvoiceLine.phase_id),
            Invoice.state.in_(PRO_FORMA),
            Invoice.kind == InvoiceKind.INVOICE,
        )
        .group_by(InvoiceLine.phase_id)
    )
    for phase_id, amount in session.execute(held):
        found[phase_id or 0]["reserved"] = int(amount)
    for phase_id, percent in _progress(session, among, progress_on).items():
        found[phase_id]["progress"] = percent
    return found


def _progress(session: ScopedSession, among: Among, until: date) -> dict[int, Decimal]:
    """The last update of each phase by (as of, recording)."""
    place = (
        func.row_number()
        .over(
            partition_by=ProgressUpdate.phase_id,
            order_by=(ProgressUpdate.as_of.desc(), ProgressUpdate.id.desc()),
        )
        .label("place")
    )
    ranked = (
        select(ProgressUpdate.phase_id, ProgressUpdate.percent, place)
        .where(among(ProgressUpdate.phase_id), ProgressUpdate.as_of <= until)
        .subquery()
    )
    found = session.execute(select(ranked.c.phase_id, ranked.c.percent).where(ranked.c.place == 1))
    return {row.phase_id: row.percent for row in found}
