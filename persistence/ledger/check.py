"""The ledger recomputed from the records it follows from: what it enters, and what it should."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, String, and_, case, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from domain.entry import BillingEntry, EntryKind
from domain.invoice.model import LEGAL, Invoice, InvoiceKind, InvoiceLine
from domain.project.adjustment import Adjustment, AdjustmentKind
from domain.project.history import BillingHistory
from persistence.session import ScopedSession

_MOST = 100
"""Disagreements told at once: more of them have one cause."""
_ADJUSTMENTS = {
    AdjustmentKind.BILLED: EntryKind.BILLED_ADJUSTMENT,
    AdjustmentKind.FEE: EntryKind.FEE_ADJUSTMENT,
    AdjustmentKind.WRITE_OFF: EntryKind.WRITE_OFF,
}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A record whose entries come to something else, in minor units of its currency."""

    kind: EntryKind
    source_id: int
    recorded: int
    entered: int


def disagreements(session: ScopedSession) -> list[Disagreement]:
    """The records that the ledger does not tell truly, a hundred at most; one statement."""
    entered = select(
        cast(BillingEntry.kind, String).label("kind"),
        BillingEntry.source_id.label("source_id"),
        literal(0).label("recorded"),
        BillingEntry.amount_minor.label("entered"),
    )
    both = union_all(entered, _history(), *_adjustments(), _lines()).subquery()
    recorded, sums = func.sum(both.c.recorded), func.sum(both.c.entered)
    statement = (
        select(both.c.kind, both.c.source_id, recorded.label("recorded"), sums.label("entered"))
        .group_by(both.c.kind, both.c.source_id)
        .having(recorded != sums)
        .order_by(both.c.kind, both.c.source_id)
        .limit(_MOST)
    )
    return [
        Disagreement(EntryKind(row.kind), row.source_id, int(row.recorded), int(row.entered))
        for row in session.execute(statement)
    ]


def _history() -> Select[str, int, int, int]:
    return select(
        literal(EntryKind.HISTORY.value),
        BillingHistory.id,
        BillingHistory.net_minor,
        literal(0),
    ).where(BillingHistory.archived_at.is_(None))


def _adjustments() -> list[Select[str, int, int, int]]:
    amount = func.coalesce(Adjustment.amount_minor, 0)
    return [
        select(literal(entry.value), Adjustment.id, amount, literal(0)).where(
            Adjustment.archived_at.is_(None), Adjustment.kind == kind
        )
        for kind, entry in _ADJUSTMENTS.items()
    ]


def _lines() -> Select[str, int, int, int]:
    credited = aliased(Invoice)
    is_credit = Invoice.kind == InvoiceKind.CREDIT_NOTE
    is_deposit = or_(
        InvoiceLine.deducts_id.is_not(None),
        Invoice.kind == InvoiceKind.DEPOSIT,
        and_(credited.id.is_not(None), credited.kind == InvoiceKind.DEPOSIT),
    )
    kind = case(
        (is_deposit, EntryKind.DEPOSIT.value),
        (is_credit, EntryKind.CREDIT.value),
        else_=EntryKind.INVOICE.value,
    )
    signed = case((is_credit, -InvoiceLine.net_minor), else_=InvoiceLine.net_minor)
    return (
        select(kind, InvoiceLine.id, signed, literal(0))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .outerjoin(credited, credited.id == Invoice.credits_id)
        .where(Invoice.state.in_(LEGAL))
    )
