"""What a paper names beside its own record: situations of contracts, deposits taken off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from domain.invoice.chain import ChainLink
from domain.invoice.model import LEGAL, Invoice, InvoiceKind, InvoiceLine
from domain.invoice.situation import Situation, billed_by, first_since, last_number, situation
from domain.project.history import BillingHistory
from domain.project.model import BillingMethod, Contract, Phase, Project
from persistence.ledger.sums import phase_figures
from persistence.reach import whole_firm
from persistence.session import ScopedSession

Billed = tuple[Invoice, Sequence[InvoiceLine]]
"""A pro forma, and its lines."""


def situations_in_turn(
    session: ScopedSession, documents: Sequence[Billed]
) -> list[list[Situation]]:
    """The situation of each contract on progress that each pro forma bills, with it counted in.

    They are taken to become final in this order: what the first one bills was billed before for the
    second. To be asked before any is: what was billed before is the ledger as it stands.
    """
    billed = [_billed_by(*one) for one in documents]
    contracts = _contracts_of(session, {key for now in billed for key in now})
    known = {key for *_, phases in contracts.values() for key, _, _ in phases}
    figures = phase_figures(session, sorted(known)) if known else {}
    besides = [invoice.id for invoice, _ in documents]
    standing = _standing(session, list(contracts), besides=besides)
    counted = {key: one.last for key, one in standing.items()}
    for contract_id, past in _past_invoices(session, list(contracts), standing).items():
        counted[contract_id] = counted.get(contract_id, 0) + past
    told: list[list[Situation]] = []
    for now in billed:
        found = []
        for contract_id, (project, name, phases) in contracts.items():
            if not any(key in now for key, _, _ in phases):
                continue
            counted[contract_id] = number = counted.get(contract_id, 0) + 1
            # A phase that was put away is told only where something was billed of it.
            shown = [
                (key, of)
                for key, of, is_archived in phases
                if not is_archived or figures[key].billed or key in now
            ]
            found.append(
                situation(
                    name, number=number, phases=shown, figures=figures, now=now, project=project
                )
            )
        for key in now.keys() & known:
            one = figures[key]
            figures[key] = one._replace(invoiced=one.invoiced + now[key])
        told.append(found)
    return told


def _billed_by(invoice: Invoice, lines: Sequence[InvoiceLine]) -> dict[int, int]:
    if invoice.kind is not InvoiceKind.INVOICE:
        return {}
    return billed_by([(line.phase_id, line.net_minor) for line in lines])


def _contracts_of(
    session: ScopedSession, phase_ids: set[int]
) -> dict[int, tuple[str, str, list[tuple[int, str, bool]]]]:
    """The contracts on progress of these phases: code of the project, name, and all phases.

    A phase is told by identifier, name, and whether it was put away.
    """
    if not phase_ids:
        return {}
    theirs = select(Phase.contract_id).where(Phase.id.in_(phase_ids))
    found = session.execute(
        select(
            Contract.id,
            Contract.name,
            Phase.id,
            Phase.code,
            Phase.name,
            Phase.archived_at,
            Project.code,
        )
        .join(Phase, Phase.contract_id == Contract.id)
        .join(Project, Project.id == Contract.project_id)
        .where(Contract.id.in_(theirs), Contract.billing_method == BillingMethod.FIXED_FEE_PROGRESS)
        .order_by(Contract.id, Phase.position, Phase.id)
    ).all()
    contracts: dict[int, tuple[str, str, list[tuple[int, str, bool]]]] = {}
    for contract_id, contract, phase_id, code, name, archived, project in found:
        *_, phases = contracts.setdefault(contract_id, (project, contract, []))
        phases.append((phase_id, f"{code} – {name}" if code else name, archived is not None))
    return contracts


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands of the situations of a contract."""

    last: int
    """The number of the last one."""
    since: datetime | None
    """When the first one became final since none stood; None where none stands."""


def _standing(
    session: ScopedSession, contracts: Sequence[int], *, besides: Sequence[int]
) -> dict[int, _Standing]:
    """What stands of the situations of each contract that has any, besides some invoices."""
    if not contracts:
        return {}
    standing = case((~_is_credited_whole(), Invoice.id))
    counts = (
        func.count(Invoice.id.distinct()).label("finals"),
        func.count(standing.distinct()).label("standing"),
        func.min(Invoice.finalised_at).label("since"),
    )
    statement = _finals((Phase.contract_id, *counts), contracts, besides)
    statement = statement.group_by(Phase.contract_id)
    # An invoice may hold lines that are out of reach: whether they were credited tells, too.
    with whole_firm(session):
        found = session.execute(statement).all()
        told = {
            row.contract_id: _Standing(row.standing, row.since if row.standing else None)
            for row in found
        }
        some_gone = [row.contract_id for row in found if row.standing not in (0, row.finals)]
        return told | _after_credits(session, some_gone, besides) if some_gone else told


def _past_invoices(
    session: ScopedSession, contracts: Sequence[int], standing: Mapping[int, _Standing]
) -> dict[int, int]:
    """How many invoices of before each contract has: its situations are counted on from there.

    By their numbers of then, by their days where they have none; past credit notes are none. One
    that was taken out after a situation was counted on from it counts still, as long as any paper
    stands that was numbered on from there.
    """
    if not contracts:
        return {}
    of_day = cast(BillingHistory.invoice_date, String)
    told = func.coalesce(BillingHistory.invoice_no, of_day)
    live = func.max(case((BillingHistory.archived_at.is_(None), 1), else_=0))
    statement = (
        select(
            Phase.contract_id,
            live.label("is_live"),
            func.max(BillingHistory.archived_at).label("until"),
        )
        .join(BillingHistory, BillingHistory.phase_id == Phase.id)
        .where(Phase.contract_id.in_(contracts), BillingHistory.net_minor > 0)
        .group_by(Phase.contract_id, told)
    )
    found: dict[int, int] = defaultdict(int)
    for contract_id, is_live, until in session.execute(statement):
        since = standing[contract_id].since if contract_id in standing else None
        if is_live or (since is not None and until >= since):
            found[contract_id] += 1
    return found


def _finals(
    columns: Sequence[Any], contracts: Sequence[int], besides: Sequence[int]
) -> Select[Any]:
    """What `columns` tell of the final invoices that bill these contracts, phase by phase."""
    return (
        select(*columns)
        .select_from(Phase)
        .join(InvoiceLine, InvoiceLine.phase_id == Phase.id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(
            Phase.contract_id.in_(contracts),
            Invoice.state.in_(LEGAL),
            Invoice.kind == InvoiceKind.INVOICE,
            Invoice.id.not_in(besides),
        )
    )


def _after_credits(
    session: ScopedSession, contracts: Sequence[int], besides: Sequence[int]
) -> dict[int, _Standing]:
    """The same, of contracts of which some final invoices were credited whole and some were not."""
    link = aliased(ChainLink)
    credited = _is_credited_whole().label("credited")
    place = ChainLink.id.label("place")
    columns = (Phase.contract_id, Invoice.id, Invoice.finalised_at, place, credited)
    statement = _finals(columns, contracts, besides)
    statement = statement.join(ChainLink, ChainLink.invoice_id == Invoice.id).distinct()
    issued = session.execute(statement).all()
    last_notes = session.execute(
        select(Phase.contract_id, Invoice.credits_id, func.max(link.id))
        .join(InvoiceLine, InvoiceLine.phase_id == Phase.id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .join(link, link.invoice_id == Invoice.id)
        .where(Phase.contract_id.in_(contracts), Invoice.credits_id.is_not(None))
        .group_by(Phase.contract_id, Invoice.credits_id)
    )
    gone_at = {(contract, key): place for contract, key, place in last_notes}
    told = {}
    for contract in contracts:
        own = [row for row in issued if row.contract_id == contract]
        # A situation of nothing but zeros is in no note, and was gone from the start.
        gone = {
            row.place: gone_at.get((contract, row.id), row.place) for row in own if row.credited
        }
        places = [row.place for row in own]
        first = first_since(places, gone)
        since = next(row.finalised_at for row in own if row.place == first)
        told[contract] = _Standing(last_number(places, gone), since)
    return told


def _is_credited_whole() -> ColumnElement[bool]:
    """Whether credit notes took all that the invoice at hand bills of the contract at hand.

    Zeros need none: where every line of the invoice is taken, so are they.
    """
    note, line, taking, phase = (
        aliased(Invoice),
        aliased(InvoiceLine),
        aliased(InvoiceLine),
        aliased(Phase),
    )
    taken = (
        select(func.coalesce(func.sum(taking.net_minor), 0))
        .where(taking.organisation_id == line.organisation_id, taking.credits_line_id == line.id)
        .correlate(line)
        .scalar_subquery()
    )
    is_credited = (
        select(note.id)
        .where(note.organisation_id == Invoice.organisation_id, note.credits_id == Invoice.id)
        .correlate(Invoice)
        .exists()
    )
    lines = select(line.id).where(
        line.organisation_id == Invoice.organisation_id, line.invoice_id == Invoice.id
    )
    of_contract = lines.join(
        phase, and_(phase.organisation_id == line.organisation_id, phase.id == line.phase_id)
    ).where(phase.contract_id == Phase.contract_id)
    is_left = lines.where(line.net_minor != taken).correlate(Invoice).exists()
    is_begun = of_contract.where(taken != 0).correlate(Invoice, Phase).exists()
    is_left_of_contract = (
        of_contract.where(line.net_minor != taken).correlate(Invoice, Phase).exists()
    )
    return and_(is_credited, or_(~is_left, and_(is_begun, ~is_left_of_contract)))


@dataclass(frozen=True, slots=True)
class NamedDeposit:
    """A deposit invoice as the lines that take it off name it."""

    number: str
    issue_date: date
    project_id: int | None


def deposits_of(session: ScopedSession, lines: Sequence[InvoiceLine]) -> dict[int, NamedDeposit]:
    """The deposit invoices that lines take off, by identifier."""
    keys = {line.deducts_id for line in lines if line.deducts_id is not None}
    if not keys:
        return {}
    statement = select(Invoice.id, Invoice.number, Invoice.issue_date, Invoice.project_id)
    return {
        row.id: NamedDeposit(row.number, row.issue_date, row.project_id)
        for row in session.execute(statement.where(Invoice.id.in_(keys)))
        if row.number and row.issue_date
    }
