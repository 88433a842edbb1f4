"""Reading what lines bill already: periods, their rests, and parts of time entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import aliased

from domain.billing.books import (
    Carried,
    Claimed,
    PhaseBooks,
    PhaseTerms,
    Rest,
    Worked,
    carried_of,
    claimed_by,
    parts_of,
    rest_by,
)
from domain.invoice.claim import BilledPeriod
from domain.invoice.model import InvoiceLine
from domain.ledger import PhaseFigures
from domain.project.model import BillingMethod, Contract, Phase, Project
from persistence.session import ScopedSession

HOURLY = (BillingMethod.TIME_AND_MATERIALS, BillingMethod.PREPAID_HOURS)
_PERIODIC = (BillingMethod.RETAINER, BillingMethod.PREPAID_HOURS)
_FEW = 1000
"""Identifiers that a statement may name; more are read by their range."""


def among(column: Any, keys: Mapping[int, Any]) -> ColumnElement[bool]:
    """Few identifiers are named; many are read by their range, others among them left aside."""
    found: ColumnElement[bool] = (
        column.in_(keys) if len(keys) <= _FEW else column.between(min(keys), max(keys))
    )
    return found


@dataclass(frozen=True, slots=True)
class BilledBefore:
    """By phase: what lines bill of it already."""

    claimed: Mapping[int, Sequence[Claimed]]
    rests: Mapping[int, Sequence[Rest]]
    carried: Mapping[int, Carried]

    @classmethod
    def of(
        cls,
        session: ScopedSession,
        contracts: Iterable[tuple[Contract, Project]],
        phases: Mapping[int, Sequence[tuple[PhaseTerms, PhaseFigures]]],
    ) -> BilledBefore:
        """What concerns these contracts; `phases` are theirs, by contract."""
        methods = {one.id: (one.billing_method, project.id) for one, project in contracts}
        periodic = {key: one for key, (one, _) in methods.items() if one in _PERIODIC}
        projects = {key: one for one, key in methods.values() if one in HOURLY}
        keys = [one.id for own in phases.values() for one, _ in own]
        return cls(
            claimed=_claimed(session, periodic) if periodic else {},
            rests=_rests(session, periodic) if periodic else {},
            carried=_carried(session, projects, keys) if projects else {},
        )

    def books(
        self, terms: PhaseTerms, figures: PhaseFigures, worked: Sequence[Worked]
    ) -> PhaseBooks:
        return PhaseBooks(
            terms=terms,
            figures=figures,
            worked=worked,
            claimed=self.claimed.get(terms.id, ()),
            rests=self.rests.get(terms.id, ()),
            carried=self.carried.get(terms.id, Carried()),
        )


def _credited() -> ScalarSelect[Any]:
    """What was credited of the line of the statement around."""
    taking = aliased(InvoiceLine)
    return (
        select(func.coalesce(func.sum(taking.net_minor), 0))
        .where(taking.credits_line_id == InvoiceLine.id)
        .scalar_subquery()
    )


def _claimed(session: ScopedSession, contracts: Mapping[int, Any]) -> dict[int, list[Claimed]]:
    """By phase of these contracts: the periods that lines bill."""
    columns = (BilledPeriod.phase_id, BilledPeriod.kind, BilledPeriod.starts_on)
    statement = (
        select(
            *columns,
            BilledPeriod.ends_on,
            InvoiceLine.net_minor,
            InvoiceLine.basis,
            _credited().label("credited"),
        )
        .join(InvoiceLine, InvoiceLine.id == BilledPeriod.line_id)
        .join(Phase, Phase.id == BilledPeriod.phase_id)
        .where(among(Phase.contract_id, contracts))
        .order_by(BilledPeriod.phase_id, BilledPeriod.starts_on)
    )
    found: dict[int, list[Claimed]] = defaultdict(list)
    for row in session.execute(statement):
        made = claimed_by(
            row.basis or {},
            net=row.net_minor,
            credited=int(row.credited),
            kind=row.kind,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
        )
        found[row.phase_id].append(made)
    return found


def _rests(session: ScopedSession, contracts: Mapping[int, Any]) -> dict[int, list[Rest]]:
    """By phase of these contracts: what lines bill of periods that others claim."""
    statement = (
        select(
            InvoiceLine.phase_id,
            InvoiceLine.net_minor,
            InvoiceLine.basis,
            _credited().label("credited"),
        )
        .join(Phase, Phase.id == InvoiceLine.phase_id)
        .where(
            among(Phase.contract_id, contracts),
            InvoiceLine.credits_line_id.is_(None),
            InvoiceLine.basis["rest_of"].as_string().is_not(None),
        )
    )
    found: dict[int, list[Rest]] = defaultdict(list)
    for row in session.execute(statement):
        made = rest_by(row.basis, net=row.net_minor, credited=int(row.credited))
        found[row.phase_id].append(made)
    return found


def _carried(
    session: ScopedSession, projects: Mapping[int, Any], phases: Iterable[int]
) -> dict[int, Carried]:
    """By phase: parts of time entries that lines of these projects took, or took less.

    An entry may be on another phase of its project since: what is billed of it stays with it.
    """
    statement = (
        select(
            InvoiceLine.phase_id,
            InvoiceLine.net_minor,
            InvoiceLine.basis,
            _credited().label("credited"),
        )
        .join(Phase, Phase.id == InvoiceLine.phase_id)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(
            among(Contract.project_id, projects),
            InvoiceLine.credits_line_id.is_(None),
            InvoiceLine.basis["parts"].as_string().is_not(None),
        )
        .order_by(InvoiceLine.id)
    )
    parts = [
        part
        for row in session.execute(statement)
        if int(row.credited) != row.net_minor
        for part in parts_of(row.basis, net=row.net_minor, phase_id=row.phase_id)
    ]
    return carried_of(parts, phases)
