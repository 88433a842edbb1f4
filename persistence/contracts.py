"""What is known of fee projects and projects besides their own columns."""

from __future__ import annotations

from sqlalchemy import select

from domain.invoice.model import Invoice, InvoiceLine
from domain.money import from_minor, to_minor
from domain.project.model import Contract, Phase
from persistence.session import ScopedSession


def is_name_taken(session: ScopedSession, contract: Contract, key: str) -> bool:
    """Whether another fee project of the same project bears the name with `key`."""
    statement = select(Contract.id).where(
        Contract.project_id == contract.project_id,
        Contract.name_key == key,
        Contract.id != contract.id,
    )
    return session.scalar(statement.limit(1)) is not None


def is_invoiced(session: ScopedSession, contract_id: int) -> bool:
    """Whether an invoice, pro forma or final, has a line on one of its phases."""
    statement = (
        select(InvoiceLine.id)
        .join(Phase, Phase.id == InvoiceLine.phase_id)
        .where(Phase.contract_id == contract_id)
    )
    return session.scalar(statement.limit(1)) is not None


def invoiced_projects(session: ScopedSession) -> set[int]:
    """The projects that an invoice holds, pro forma or final."""
    statement = select(Invoice.project_id).where(Invoice.project_id.is_not(None)).distinct()
    return {key for key in session.scalars(statement) if key is not None}


def restate_phases(session: ScopedSession, project_id: int, *, currency: str) -> None:
    """The phases of a project follow it into another currency: 100.00 EUR becomes 100 JPY.

    Only before anything was invoiced: the numbers are those of the contract, nothing is converted.
    """
    statement = (
        select(Phase)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(Contract.project_id == project_id, Phase.currency != currency)
    )
    for phase in session.scalars(statement):
        before, rate = phase.currency, phase.hourly_rate_minor
        phase.fee_minor = to_minor(from_minor(phase.fee_minor, before), currency)
        if rate is not None:
            phase.hourly_rate_minor = to_minor(from_minor(rate, before), currency)
        phase.currency = currency
