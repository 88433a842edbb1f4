"""What is known of fee projects and projects besides their own columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Select, distinct, func, select

from domain.invoice.model import PRO_FORMA, Invoice, InvoiceLine
from domain.money import from_minor, to_minor
from domain.project.adjustment import Adjustment
from domain.project.history import BillingHistory
from domain.project.model import Contract, Phase
from domain.takeover.projects import Past
from persistence.session import ScopedSession


@dataclass(frozen=True, slots=True)
class PhaseKnown:
    """A phase, the currency of its amounts, and the project that is locked for it."""

    id: int
    currency: str
    project_id: int


def phases_known(session: ScopedSession, ids: Sequence[int]) -> dict[int, PhaseKnown]:
    """Those of `ids` that are phases."""
    statement = (
        select(Phase.id, Phase.currency, Contract.project_id)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(Phase.id.in_(ids))
    )
    return {row.id: PhaseKnown(*row) for row in session.execute(statement)}


def is_name_taken(session: ScopedSession, contract: Contract, key: str) -> bool:
    """Whether another fee project of the same project bears the name with `key`."""
    statement = select(Contract.id).where(
        Contract.project_id == contract.project_id,
        Contract.name_key == key,
        Contract.id != contract.id,
    )
    return session.scalar(statement.limit(1)) is not None


def is_invoiced(session: ScopedSession, contract_id: int) -> bool:
    """Whether one of its phases was invoiced, pro forma or final, or before the takeover."""
    phases = select(Phase.id).where(Phase.contract_id == contract_id)
    return _any(session, select(InvoiceLine.id).where(InvoiceLine.phase_id.in_(phases))) or _any(
        session,
        select(BillingHistory.id).where(
            BillingHistory.phase_id.in_(phases), BillingHistory.archived_at.is_(None)
        ),
    )


def pro_formas_of(session: ScopedSession, contract_id: int) -> int:
    """How many pro formas have a line on a phase of the fee project."""
    statement = (
        select(func.count(distinct(Invoice.id)))
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .join(Phase, Phase.id == InvoiceLine.phase_id)
        .where(Phase.contract_id == contract_id, Invoice.state.in_(PRO_FORMA))
    )
    return session.scalar(statement) or 0


def past_of_projects(session: ScopedSession) -> Past:
    """What binds the projects of the firm, read when it is asked for."""
    return Past(
        is_invoiced=partial(is_project_invoiced, session),
        is_billed=partial(is_project_billed, session),
        inexact=partial(inexact_amounts, session),
    )


def is_project_invoiced(session: ScopedSession, project_id: int) -> bool:
    """Whether an invoice holds the project, pro forma or final."""
    return _any(session, select(Invoice.id).where(Invoice.project_id == project_id))


def is_project_billed(session: ScopedSession, project_id: int) -> bool:
    """Whether it was invoiced, or amounts of before the takeover stand in its currency."""
    phases = (
        select(Phase.id)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(Contract.project_id == project_id)
    )
    history = select(BillingHistory.id).where(BillingHistory.phase_id.in_(phases))
    adjusted = select(Adjustment.id).where(
        Adjustment.phase_id.in_(phases), Adjustment.amount_minor.is_not(None)
    )
    return (
        is_project_invoiced(session, project_id)
        or _any(session, history.where(BillingHistory.archived_at.is_(None)))
        or _any(session, adjusted.where(Adjustment.archived_at.is_(None)))
    )


def inexact_amounts(session: ScopedSession, project_id: int, currency: str) -> int:
    """How many fees and hourly rates of the project have decimals that `currency` has not."""
    statement = (
        select(Phase.fee_minor, Phase.hourly_rate_minor, Phase.currency)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(Contract.project_id == project_id)
    )
    amounts = [
        from_minor(minor, before)
        for fee, rate, before in session.execute(statement)
        for minor in (fee, rate)
        if minor is not None
    ]
    return sum(from_minor(to_minor(one, currency), currency) != one for one in amounts)


def _any(session: ScopedSession, statement: Select[Any]) -> bool:
    return session.scalar(statement.limit(1)) is not None


def restate_phases(session: ScopedSession, project_id: int, *, currency: str) -> None:
    """The phases of a project follow it into another currency: 100.00 EUR becomes 100 JPY.

    Only before anything was billed, and where no number is rounded (`inexact_amounts`): the numbers
    are those of the contract, nothing is converted.
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
