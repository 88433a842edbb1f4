"""The sums of the ledger by phase, each in one query whatever the number of phases."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Subquery, case, func, select

from domain.invoice.model import LEGAL, PRO_FORMA, Invoice, InvoiceKind, InvoiceLine
from domain.ledger import PhaseFigures
from domain.project.adjustment import Adjustment, AdjustmentKind
from domain.project.history import BillingHistory
from domain.project.model import Contract, Phase, Project, ProjectStatus
from domain.project.progress import ProgressUpdate
from persistence.session import ScopedSession


def phase_figures(
    session: ScopedSession, phase_ids: Sequence[int] | None = None
) -> dict[int, PhaseFigures]:
    """The figures of the phases by identifier; of all phases when `phase_ids` is None."""
    invoiced, progress = _invoiced(), _progress_in_force()
    history, adjusted = _history(), _adjusted()
    statement = (
        select(
            Phase.id,
            Phase.fee_minor,
            Phase.currency,
            invoiced.c.invoiced,
            invoiced.c.reserved,
            history.c.history,
            adjusted.c.fee_adjustment,
            adjusted.c.billed_adjustment,
            progress.c.percent,
            Project.status,
        )
        .join(Contract, Contract.id == Phase.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .outerjoin(invoiced, invoiced.c.phase_id == Phase.id)
        .outerjoin(history, history.c.phase_id == Phase.id)
        .outerjoin(adjusted, adjusted.c.phase_id == Phase.id)
        .outerjoin(progress, progress.c.phase_id == Phase.id)
    )
    if phase_ids is not None:
        statement = statement.where(Phase.id.in_(phase_ids))
    return {
        row.id: PhaseFigures(
            fee=row.fee_minor,
            currency=row.currency,
            fee_adjustment=int(row.fee_adjustment or 0),
            history=int(row.history or 0),
            billed_adjustment=int(row.billed_adjustment or 0),
            invoiced=int(row.invoiced or 0),
            reserved=int(row.reserved or 0),
            progress=row.percent,
            signed=row.status is ProjectStatus.SIGNED,
        )
        for row in session.execute(statement)
    }


def _history() -> Subquery:
    """Per phase: what was invoiced before the takeover; a line taken back counts no more."""
    return (
        select(BillingHistory.phase_id, func.sum(BillingHistory.net_minor).label("history"))
        .where(BillingHistory.archived_at.is_(None))
        .group_by(BillingHistory.phase_id)
        .subquery()
    )


def _adjusted() -> Subquery:
    """Per phase: the corrections of its fee and of what was billed of it."""
    fee, billed = (
        func.sum(case((Adjustment.kind == kind, Adjustment.amount_minor), else_=0))
        for kind in (AdjustmentKind.FEE, AdjustmentKind.BILLED)
    )
    return (
        select(
            Adjustment.phase_id,
            fee.label("fee_adjustment"),
            billed.label("billed_adjustment"),
        )
        .where(Adjustment.archived_at.is_(None))
        .group_by(Adjustment.phase_id)
        .subquery()
    )


def _invoiced() -> Subquery:
    """Per phase: invoiced by legal documents, less credit notes; reserved by pro formas."""
    signed = case(
        (Invoice.kind == InvoiceKind.CREDIT_NOTE, -InvoiceLine.net_minor),
        else_=InvoiceLine.net_minor,
    )
    return (
        select(
            InvoiceLine.phase_id,
            func.sum(case((Invoice.state.in_(LEGAL), signed), else_=0)).label("invoiced"),
            func.sum(case((Invoice.state.in_(PRO_FORMA), signed), else_=0)).label("reserved"),
        )
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.phase_id.is_not(None))
        .group_by(InvoiceLine.phase_id)
        .subquery()
    )


def _progress_in_force() -> Subquery:
    """The last update of each phase by (as of, recording)."""
    place = (
        func.row_number()
        .over(
            partition_by=ProgressUpdate.phase_id,
            order_by=(ProgressUpdate.as_of.desc(), ProgressUpdate.id.desc()),
        )
        .label("place")
    )
    ranked = select(ProgressUpdate.phase_id, ProgressUpdate.percent, place).subquery()
    return select(ranked.c.phase_id, ranked.c.percent).where(ranked.c.place == 1).subquery()
