"""The sums of the ledger by phase, each in one query whatever the number of phases."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Subquery, case, func, select

from domain.invoice.model import LEGAL, PRO_FORMA, Invoice, InvoiceKind, InvoiceLine
from domain.ledger import PhaseFigures
from domain.project.model import Contract, Phase, Project, ProjectStatus
from domain.project.progress import ProgressUpdate
from persistence.session import ScopedSession


def phase_figures(
    session: ScopedSession, phase_ids: Sequence[int] | None = None
) -> dict[int, PhaseFigures]:
    """The figures of the phases by identifier; of all phases when `phase_ids` is None."""
    billed, progress = _billed(), _progress_in_force()
    statement = (
        select(
            Phase.id,
            Phase.fee_minor,
            Phase.currency,
            billed.c.billed,
            billed.c.reserved,
            progress.c.percent,
            Project.status,
        )
        .join(Contract, Contract.id == Phase.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .outerjoin(billed, billed.c.phase_id == Phase.id)
        .outerjoin(progress, progress.c.phase_id == Phase.id)
    )
    if phase_ids is not None:
        statement = statement.where(Phase.id.in_(phase_ids))
    return {
        row.id: PhaseFigures(
            fee=row.fee_minor,
            currency=row.currency,
            billed=int(row.billed or 0),
            reserved=int(row.reserved or 0),
            progress=row.percent,
            signed=row.status is ProjectStatus.SIGNED,
        )
        for row in session.execute(statement)
    }


def _billed() -> Subquery:
    """Per phase: billed by legal documents (credit notes count against), reserved by pro formas."""
    signed = case(
        (Invoice.kind == InvoiceKind.CREDIT_NOTE, -InvoiceLine.net_minor),
        else_=InvoiceLine.net_minor,
    )
    return (
        select(
            InvoiceLine.phase_id,
            func.sum(case((Invoice.state.in_(LEGAL), signed), else_=0)).label("billed"),
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
