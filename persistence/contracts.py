"""What is known of fee projects and projects besides their own columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Select, distinct, func, select

from domain.invoice.claim import BilledPeriod, ClaimKind
from domain.invoice.model import PRO_FORMA, Invoice, InvoiceLine
from domain.money import from_minor, to_minor
from domain.project.adjustment import Adjustment
from domain.project.history import BillingHistory
from domain.project.model import Contract, Phase, Project
from domain.takeover.projects import Past
from persistence.invoice.projects import entities_billing, invoiced_projects
from persistence.ledger.sums import phase_figures
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
        billed_by=partial(entities_billing, session),
        is_billed=partial(is_project_billed, session),
        inexact=partial(inexact_amounts, session),
    )


def is_project_invoiced(session: ScopedSession, project_id: int) -> bool:
    """Whether an invoice holds the project, pro forma or final."""
    return bool(invoiced_projects(session, [project_id]))


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
    """How many fees, caps and rates of the project have decimals that `currency` has not."""
    statement = (
        select(Phase.fee_minor, Phase.hourly_rate_minor, Phase.currency)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(Contract.project_id == project_id)
    )
    terms = (
        select(Contract.cap_minor, Contract.hourly_rate_minor, Project.currency)
        .join(Project, Project.id == Contract.project_id)
        .where(Contract.project_id == project_id)
    )
    amounts = [
        from_minor(minor, before)
        for fee, rate, before in (*session.execute(statement), *session.execute(terms))
        for minor in (fee, rate)
        if minor is not None
    ]
    return sum(from_minor(to_minor(one, currency), currency) != one for one in amounts)


def _any(session: ScopedSession, statement: Select[Any]) -> bool:
    return session.scalar(statement.limit(1)) is not None


def restate_phases(session: ScopedSession, project_id: int, *, before: str, currency: str) -> None:
    """Phases and terms follow their project into another currency: 100.00 EUR becomes 100 JPY.

    Only before anything was billed, and where no number is rounded (`inexact_amounts`): the numbers
    are those of the contract, nothing is converted.
    """
    statement = (
        select(Phase)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(Contract.project_id == project_id, Phase.currency != currency)
    )
    for contract in session.scalars(select(Contract).where(Contract.project_id == project_id)):
        for name in ("cap_minor", "hourly_rate_minor"):
            if (minor := getattr(contract, name)) is not None:
                setattr(contract, name, to_minor(from_minor(minor, before), currency))
    for phase in session.scalars(statement):
        rate = phase.hourly_rate_minor
        phase.fee_minor = to_minor(from_minor(phase.fee_minor, phase.currency), currency)
        if rate is not None:
            phase.hourly_rate_minor = to_minor(from_minor(rate, phase.currency), currency)
        phase.currency = currency


class BilledPeriods(NamedTuple):
    """The first and the last day of each period of a phase that a line bills."""

    every: list[tuple[date, date]]
    sold: list[tuple[date, date]]
    """Those whose price a line bills, and not the hours beyond their block alone."""


def billed_periods(
    session: ScopedSession, phase_ids: Sequence[int] | None = None
) -> dict[int, BilledPeriods]:
    """By phase, the periods that lines bill; of all phases when None."""
    of = BilledPeriod
    statement = select(of.phase_id, of.kind, of.starts_on, of.ends_on)
    if phase_ids is not None:
        statement = statement.where(of.phase_id.in_(phase_ids))
    found: defaultdict[int, BilledPeriods] = defaultdict(lambda: BilledPeriods([], []))
    for phase, kind, start, end in session.execute(statement):
        found[phase].every.append((start, end))
        if kind is not ClaimKind.OVERAGE:
            found[phase].sold.append((start, end))
    return found


def has_billed_periods(session: ScopedSession, contract_id: int) -> bool:
    """Whether a period of one of its phases is billed."""
    phases = select(Phase.id).where(Phase.contract_id == contract_id)
    return _any(session, select(BilledPeriod.id).where(BilledPeriod.phase_id.in_(phases)))


def billed_of(session: ScopedSession, contract_id: int) -> int:
    """What is billed, or given up, of the phases of a contract, in minor units."""
    phases = session.scalars(select(Phase.id).where(Phase.contract_id == contract_id)).all()
    figures = phase_figures(session, phases).values()
    return sum(one.billed + one.written_off for one in figures)


def terms_of(
    session: ScopedSession, contract_ids: Sequence[int]
) -> dict[int, tuple[int | None, int | None, str]]:
    """The cap and the hourly rate of contracts, in minor units of the currency that follows."""
    statement = (
        select(Contract.id, Contract.cap_minor, Contract.hourly_rate_minor, Project.currency)
        .join(Project, Project.id == Contract.project_id)
        .where(Contract.id.in_(contract_ids))
    )
    return {row[0]: (row[1], row[2], row[3]) for row in session.execute(statement)}
