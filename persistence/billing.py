"""Reading what the four ways to bill need, for many contracts in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from domain.billing.books import (
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
from persistence.billed_before import HOURLY, BilledBefore, among
from persistence.billing_parties import Parties, held_by_batches, held_by_pro_formas
from persistence.deposits import to_deduct
from persistence.ledger import phase_figures
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
    found = session.execute(_contracts(where, falling=falling).limit(limit)).all()
    if not found:
        return []
    parties = Parties.of(session)
    contracts = {contract.id: project for contract, project, _ in found}
    phases, put_away, of_contract = _phases(session, contracts, cut_off)
    hourly = {
        contract.id: project for contract, project, _ in found if contract.billing_method in HOURLY
    }
    worked = _worked(session, hourly, cut_off, locked=locked)
    before = BilledBefore.of(session, [one[:2] for one in found], phases, of_contract)
    held = held_by_pro_formas(session, of_contract)
    reserved = held_by_batches(session, contracts, but=batch_id)
    open_deposits = to_deduct(session, {project.id for project in contracts.values()})
    made = []
    for contract, project, client in found:
        own = phases.get(contract.id, [])
        terms_of = [one[0] for one in own]
        by_phase, stray = _told_apart(worked.get(contract.id, ()), [one.id for one in terms_of])
        made.append(
            ContractBooks(
                terms=_terms(contract, project),
                phases=[
                    before.books(terms, figures, by_phase.get(terms.id, ()))
                    for terms, figures in own
                ],
                stray=stray,
                put_away=put_away.get(contract.id, 0),
                held=held.get(contract.id),
                deposits=[
                    Deposited(one.number, one.left) for one in open_deposits.get(project.id, ())
                ],
                entities=parties.choice(project),
                missing=parties.missing(contract, project, client, terms_of),
                addressed=parties.addressed(contract, project, client, terms_of),
                reserved=reserved.get(contract.id, {}),
            )
        )
    return made


def _contracts(
    where: Sequence[ColumnElement[bool]], *, falling: bool
) -> Select[Contract, Project, Client]:
    order = Contract.id.desc() if falling else Contract.id.asc()
    return (
        select(Contract, Project, Client)
        .join(Project, Project.id == Contract.project_id)
        .join(Client, Client.id == Project.client_id)
        .where(*where)
        .order_by(order)
    )


def _terms(contract: Contract, project: Project) -> ContractTerms:
    return ContractTerms(
        id=contract.id,
        name=contract.name,
        billing_method=contract.billing_method,
        status=contract.status,
        taxable=contract.taxable,
        timing=contract.timing,
        rollover=contract.rollover,
        cap_minor=contract.cap_minor,
        hourly_rate_minor=contract.hourly_rate_minor,
        project_id=project.id,
        project_code=project.code,
        project_status=project.status,
        currency=project.currency,
        client_id=project.client_id,
        updated_on=contract.updated_at.date(),
        project_updated_on=project.updated_at.date(),
    )


def _phases(
    session: ScopedSession, contracts: Mapping[int, Project], cut_off: date
) -> tuple[dict[int, list[tuple[PhaseTerms, PhaseFigures]]], dict[int, int], dict[int, int]]:
    """By contract: its live phases, and what is billed, given up or held of the archived ones.

    And the contract of each phase.
    """
    own = [one.name for one in fields(PhaseTerms)]
    statement = (
        select(*(getattr(Phase, name) for name in own), Phase.archived_at)
        .where(among(Phase.contract_id, contracts))
        .order_by(Phase.contract_id, Phase.position, Phase.id)
    )
    rows = session.execute(statement).all()
    keys = {row.id: row.contract_id for row in rows if row.contract_id in contracts}
    if not keys:
        return {}, {}, {}
    figured = phase_figures(session, list(keys), progress_until=cut_off)
    found: dict[int, list[tuple[PhaseTerms, PhaseFigures]]] = defaultdict(list)
    put_away: dict[int, int] = defaultdict(int)
    for row in rows:
        if row.id not in keys:
            continue
        *values, archived_at = row
        terms = PhaseTerms(*values)
        figures = figured[terms.id]
        if archived_at is None:
            found[terms.contract_id].append((terms, figures))
        else:
            gone = figures.billed + figures.written_off + figures.reserved
            put_away[terms.contract_id] += gone
    return found, put_away, keys


def _worked(
    session: ScopedSession, hourly: Mapping[int, Project], cut_off: date, *, locked: bool
) -> dict[int, list[Worked]]:
    """Billable time that no line bills, by contract."""
    if not hourly:
        return {}
    projects = {project.id: project for project in hourly.values()}
    currency = the_organisation(session).currency
    statement = _unbilled(projects, cut_off)
    if locked:
        statement = statement.with_for_update(of=TimeEntry)
    found: dict[int, list[Worked]] = defaultdict(list)
    for row in session.execute(statement):
        contract_id = row.of_phase or row.contract_id
        if contract_id in hourly:
            same = hourly[contract_id].currency == currency
            found[contract_id].append(
                Worked(
                    id=row.id,
                    collaborator_id=row.collaborator_id,
                    collaborator=f"{row.first_name} {row.last_name}",
                    worked_on=row.worked_on,
                    hours=row.hours,
                    approved=row.approved,
                    own_rate=row.billable_rate if same else None,
                    phase_id=row.phase_id,
                    contract_id=contract_id,
                )
            )
    return found


def _unbilled(projects: Mapping[int, Project], cut_off: date) -> Select[Any]:
    entry = TimeEntry
    columns: list[Any] = [
        *(entry.id, entry.collaborator_id, entry.worked_on, entry.hours, entry.approved),
        *(entry.phase_id, entry.contract_id, Phase.contract_id.label("of_phase")),
        *(Collaborator.first_name, Collaborator.last_name, Collaborator.billable_rate),
    ]
    return (
        select(*columns)
        .join(Collaborator, Collaborator.id == entry.collaborator_id)
        .outerjoin(Phase, Phase.id == entry.phase_id)
        .where(
            among(entry.project_id, projects),
            entry.worked_on <= cut_off,
            entry.line_id.is_(None),
            entry.billable,
            entry.written_off_at.is_(None),
            entry.archived_at.is_(None),
        )
        .order_by(entry.worked_on, entry.id)
    )


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
