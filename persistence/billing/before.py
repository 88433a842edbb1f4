"""Reading what lines bill already: periods, their rests, and parts of time entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, func, select
from sqlalchemy.orm import aliased

from domain.billing.books import (
    Carried,
    Claimed,
    ContractTerms,
    PhaseBooks,
    PhaseTerms,
    Rest,
    Worked,
    carried_of,
    claimed_by,
    parts_of,
    rest_by,
)
from domain.entry import BillingEntry, EntryKind
from domain.invoice.claim import BilledPeriod
from domain.invoice.model import InvoiceLine
from domain.ledger import PhaseFigures
from domain.project.model import BillingMethod, Contract, Phase
from persistence import bulk
from persistence.billing.claims import lines_credited_whole
from persistence.session import ScopedSession

HOURLY = (BillingMethod.TIME_AND_MATERIALS, BillingMethod.PREPAID_HOURS)
_PERIODIC = (BillingMethod.RETAINER, BillingMethod.PREPAID_HOURS)
_FEW = 1000
"""Identifiers that a statement may name; more are read by their range."""


_PORTION = 5_000
"""Phases that a statement names."""


def portions(phases: Iterable[int]) -> Iterator[list[int]]:
    """Phases to be named in one statement each.

    Named, and not joined: PostgreSQL, which knows nothing yet of tables that were just filled,
    would else compare all phases of the firm with all lines (1,000 contracts: 25 s).
    """
    wanted = sorted(phases)
    for start in range(0, len(wanted), _PORTION):
        yield wanted[start : start + _PORTION]


def among(column: Any, keys: Mapping[int, Any]) -> ColumnElement[bool]:
    """Few identifiers are named; many are read by their range, others among them left aside."""
    if len(keys) <= _FEW:
        return bulk.among(column, sorted(keys))
    found: ColumnElement[bool] = column.between(min(keys), max(keys))
    return found


@dataclass(frozen=True, slots=True)
class BilledBefore:
    """By phase: what lines bill of it already."""

    claimed: Mapping[int, Sequence[Claimed]]
    rests: Mapping[int, Sequence[Rest]]
    carried: Mapping[int, Carried]
    fee_changes: Mapping[int, Sequence[tuple[date, int]]]

    @classmethod
    def of(
        cls,
        session: ScopedSession,
        contracts: Mapping[int, ContractTerms],
        phases: Mapping[int, Sequence[tuple[PhaseTerms, PhaseFigures]]],
        of_contract: Mapping[int, int],
    ) -> BilledBefore:
        """What concerns these contracts (by key); `phases` are their live ones, by contract.

        `of_contract`: the contract of each of their phases, archived ones too.
        """
        periodic = [
            key for key, of in of_contract.items() if contracts[of].billing_method in _PERIODIC
        ]
        projects = {
            terms.project_id: terms
            for terms in contracts.values()
            if terms.billing_method in HOURLY
        }
        keys = [one.id for own in phases.values() for one, _ in own]
        return cls(
            claimed=_claimed(session, periodic) if periodic else {},
            rests=_rests(session, periodic) if periodic else {},
            carried=_carried(session, projects, keys) if projects else {},
            fee_changes=_fee_changes(session, periodic) if periodic else {},
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
            fee_changes=self.fee_changes.get(terms.id, ()),
        )


def _credited() -> ScalarSelect[Any]:
    """What was credited of the line of the statement around."""
    taking = aliased(InvoiceLine)
    return (
        select(func.coalesce(func.sum(taking.net_minor), 0))
        .where(taking.credits_line_id == InvoiceLine.id)
        .scalar_subquery()
    )


def _claimed(session: ScopedSession, phases: Sequence[int]) -> dict[int, list[Claimed]]:
    """By phase: the periods that lines bill."""
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
        .order_by(BilledPeriod.phase_id, BilledPeriod.starts_on)
    )
    found: dict[int, list[Claimed]] = defaultdict(list)
    for portion in portions(phases):
        for row in session.execute(statement.where(bulk.among(BilledPeriod.phase_id, portion))):
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


def _lines_with(session: ScopedSession, phases: Iterable[int], key: str) -> list[Row[Any]]:
    """The lines of phases whose basis tells `key`, but those credited whole, in their order.

    One that was lowered to nothing goes with the last of the others of its invoice.
    """
    line = InvoiceLine
    statement = select(
        *(line.id, line.invoice_id, line.phase_id, line.net_minor, line.basis),
        _credited().label("credited"),
    ).where(line.credits_line_id.is_(None), line.basis[key].as_string().is_not(None))
    found = [
        row
        for portion in portions(phases)
        for row in session.execute(statement.where(bulk.among(line.phase_id, portion)))
        if row.net_minor == 0 or row.credited != row.net_minor
    ]
    nothing = {row.invoice_id for row in found if row.net_minor == 0}
    gone = set(lines_credited_whole(session, sorted(nothing)) if nothing else ())
    return sorted((row for row in found if row.id not in gone), key=lambda row: row.id)


def _rests(session: ScopedSession, phases: Sequence[int]) -> dict[int, list[Rest]]:
    """By phase: what lines bill of periods that others claim."""
    found: dict[int, list[Rest]] = defaultdict(list)
    for row in _lines_with(session, phases, "rest_of"):
        made = rest_by(row.basis, net=row.net_minor, credited=int(row.credited))
        found[row.phase_id].append(made)
    return found


def _fee_changes(
    session: ScopedSession, phases: Sequence[int]
) -> dict[int, list[tuple[date, int]]]:
    """By phase: how much adjustments change the fee from which day on; what is undone is none."""
    entry = BillingEntry
    amount = func.sum(entry.amount_minor)
    statement = (
        select(entry.phase_id, entry.booked_on, amount)
        .where(entry.kind == EntryKind.FEE_ADJUSTMENT)
        .group_by(entry.phase_id, entry.booked_on)
        .having(amount != 0)
        .order_by(entry.phase_id, entry.booked_on)
    )
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for portion in portions(phases):
        of_some = statement.where(bulk.among(entry.phase_id, portion))
        for phase_id, since, changed in session.execute(of_some):
            found[phase_id or 0].append((since, int(changed)))
    return found


def _carried(
    session: ScopedSession, projects: Mapping[int, Any], phases: Iterable[int]
) -> dict[int, Carried]:
    """By phase: parts of time entries that lines of these projects took, or took less.

    An entry may be on another phase of its project since: what is billed of it stays with it.
    """
    theirs = (
        select(Phase.id)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(among(Contract.project_id, projects))
    )
    parts = [
        part
        for row in _lines_with(session, session.scalars(theirs), "parts")
        for part in parts_of(row.basis, net=row.net_minor, phase_id=row.phase_id)
    ]
    return carried_of(parts, phases)
