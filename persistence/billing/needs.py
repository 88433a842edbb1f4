"""Reading what the four ways to bill need, for many contracts in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from domain.billing.books import (
    NOTHING_RESERVED,
    ContractBooks,
    ContractTerms,
    Deposited,
    PhaseTerms,
    Worked,
)
from domain.client import Client
from domain.collaborator import Collaborator
from domain.ledger import PhaseFigures
from domain.project.model import Contract, Phase, Project
from domain.time_entry import TimeEntry
from persistence.billing.before import HOURLY, BilledBefore, among
from persistence.billing.parties import Parties, held_by_batches, held_by_pro_formas
from persistence.invoice.deposits import to_deduct
from persistence.ledger.sums import phase_figures
from persistence.organisations import the_organisation
from persistence.session import ScopedSession


def books_of(
    session: ScopedSession,
    where: Sequence[ColumnElement[bool]],
    *,
    cut_off: date,
    falling: bool = False,
    limit: int | None = None,
    locked: bool = False,
    batch_id: int | None = None,
) -> list[ContractBooks]:
    """The contracts that meet `where`, by identifier, with all that their items are made of.

    Time and progress of days after `cut_off` are left out; what is billed counts, whenever it was.
    `locked` keeps the time entries from others until the transaction ends. What the batch
    `batch_id` holds is not held for itself.
    """
    found = _contracts(session, where, falling=falling, limit=limit)
    if not found:
        return []
    parties = Parties.of(session, found)
    contracts = {terms.id: terms for terms in found}
    phases, put_away, of_contract = _phases(session, contracts, cut_off)
    hourly = {terms.id: terms for terms in found if terms.billing_method in HOURLY}
    worked = _worked(session, hourly, cut_off, locked=locked)
    before = BilledBefore.of(session, contracts, phases, of_contract)
    held = held_by_pro_formas(session, of_contract)
    reserved = held_by_batches(session, contracts, but=batch_id)
    open_deposits = to_deduct(session, {terms.project_id for terms in found})
    made = []
    for terms in found:
        own = phases.get(terms.id, [])
        phases_of = [one[0] for one in own]
        by_phase, stray = _told_apart(worked.get(terms.id, ()), [one.id for one in phases_of])
        missing, addressed = parties.addressed(terms, phases_of)
        made.append(
            ContractBooks(
                terms=terms,
                phases=[
                    before.books(phase, figures, by_phase.get(phase.id, ()))
                    for phase, figures in own
                ],
                stray=stray,
                put_away=put_away.get(terms.id, 0),
                held=held.get(terms.id),
                deposits=[
                    Deposited(one.number, one.left)
                    for one in open_deposits.get(terms.project_id, ())
                ],
                entities=parties.choice(terms),
                missing=missing,
                addressed=addressed,
                reserved=reserved.get(terms.id, NOTHING_RESERVED),
            )
        )
    return made


def _contracts(
    session: ScopedSession,
    where: Sequence[ColumnElement[bool]],
    *,
    falling: bool,
    limit: int | None,
) -> list[ContractTerms]:
    of, project = Contract, Project
    columns: tuple[Any, ...] = (
        *(of.id, of.name, of.billing_method, of.status, of.taxable, of.timing, of.rollover),
        *(of.cap_minor, of.hourly_rate_minor),
        *(project.id, project.code, project.status, project.currency, project.client_id),
        *(of.updated_at, project.updated_at),
    )
    statement = (
        select(*columns)
        .join(project, project.id == of.project_id)
        .join(Client, Client.id == project.client_id)
        .where(*where)
        .order_by(of.id.desc() if falling else of.id.asc())
    )
    return [
        ContractTerms._make((*agreed, updated_at.date(), project_updated_at.date()))
        for *agreed, updated_at, project_updated_at in session.execute(statement.limit(limit))
    ]


def _phases(
    session: ScopedSession, contracts: Mapping[int, ContractTerms], cut_off: date
) -> tuple[dict[int, list[tuple[PhaseTerms, PhaseFigures]]], dict[int, int], dict[int, int]]:
    """By contract: its live phases, and what is billed, given up or held of the archived ones.

    And the contract of each phase.
    """
    statement = (
        select(*(getattr(Phase, name) for name in PhaseTerms._fields), Phase.archived_at)
        .where(among(Phase.contract_id, contracts))
        .order_by(Phase.contract_id, Phase.position, Phase.id)
    )
    rows = [
        (PhaseTerms._make(columns), archived_at)
        for *columns, archived_at in session.execute(statement)
    ]
    keys = {terms.id: terms.contract_id for terms, _ in rows if terms.contract_id in contracts}
    if not keys:
        return {}, {}, {}
    figured = phase_figures(session, list(keys), progress_until=cut_off)
    found: dict[int, list[tuple[PhaseTerms, PhaseFigures]]] = defaultdict(list)
    put_away: dict[int, int] = defaultdict(int)
    for terms, archived_at in rows:
        if terms.id not in keys:
            continue
        figures = figured[terms.id]
        if archived_at is None:
            found[terms.contract_id].append((terms, figures))
        else:
            gone = figures.billed + figures.written_off + figures.reserved
            put_away[terms.contract_id] += gone
    return found, put_away, keys


def _worked(
    session: ScopedSession, hourly: Mapping[int, ContractTerms], cut_off: date, *, locked: bool
) -> dict[int, list[Worked]]:
    """Billable time that no line bills, by contract."""
    if not hourly:
        return {}
    projects = {terms.project_id: terms for terms in hourly.values()}
    currency = the_organisation(session).currency
    statement = _time_of(projects, cut_off)
    if locked:
        statement = statement.with_for_update(of=TimeEntry)
    found: dict[int, list[Worked]] = defaultdict(list)
    names: dict[int, str] = {}
    for *columns, approved, phase_id, contract_id, of_phase, own_rate in session.execute(statement):
        key, collaborator_id, first_name, last_name, worked_on, hours = columns
        contract_id = of_phase or contract_id
        if contract_id not in hourly:
            continue
        name = names.get(collaborator_id) or f"{first_name} {last_name}"
        names[collaborator_id] = name
        found[contract_id].append(
            Worked(
                id=key,
                collaborator_id=collaborator_id,
                collaborator=name,
                worked_on=worked_on,
                hours=hours,
                approved=approved,
                own_rate=own_rate if hourly[contract_id].currency == currency else None,
                phase_id=phase_id,
                contract_id=contract_id,
            )
        )
    return found


def _time_of(projects: Mapping[int, ContractTerms], cut_off: date) -> Select[Any]:
    entry = TimeEntry
    columns: list[Any] = [
        *(entry.id, entry.collaborator_id, Collaborator.first_name, Collaborator.last_name),
        *(entry.worked_on, entry.hours, entry.approved, entry.phase_id, entry.contract_id),
        *(Phase.contract_id.label("of_phase"), Collaborator.billable_rate),
    ]
    return (
        select(*columns)
        .join(Collaborator, Collaborator.id == entry.collaborator_id)
        .outerjoin(Phase, Phase.id == entry.phase_id)
        .where(
            among(entry.project_id, projects),
            *unbilled(cut_off),
        )
        .order_by(entry.worked_on, entry.id)
    )


def unbilled(cut_off: date) -> list[ColumnElement[bool]]:
    """The conditions of billable time of `cut_off` and before that no line bills."""
    entry = TimeEntry
    return [
        entry.worked_on <= cut_off,
        entry.line_id.is_(None),
        entry.billable.is_(True),
        entry.written_off_at.is_(None),
        entry.archived_at.is_(None),
    ]


def _told_apart(
    worked: Sequence[Worked], phases: Sequence[int]
) -> tuple[dict[int, list[Worked]], list[Worked]]:
    """Time by phase; what names none is of the only one there is, else it is stray."""
    by_phase: dict[int, list[Worked]] = defaultdict(list)
    stray = []
    for one in worked:
        phase_id = phases[0] if one.phase_id is None and len(phases) == 1 else one.phase_id
        if phase_id is not None and phase_id in phases:
            by_phase[phase_id].append(one)
        else:
            stray.append(one)
    return by_phase, stray
