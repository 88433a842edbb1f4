"""The projects of an invoice: the one it is tied to, and those of the phases on its lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, func, select, union

from domain.invoice.finalise import Dossier
from domain.invoice.model import Invoice, InvoiceLine, InvoiceState, LineKind
from domain.project.model import Contract, Phase, Project
from persistence.invoice.deposits import projects_of_deposits
from persistence.reach import shown_to
from persistence.session import ScopedSession
from persistence.short import Short

_PORTION = 5000
"""Identifiers in one statement: a driver takes 32,766 values."""

# With a column that no index has: else SQLite reads the index of all invoices there are.
_TIED = Short(
    lambda keys: select(Invoice.id, Invoice.project_id, Invoice.kind).where(Invoice.id.in_(keys))
)
_OF_PHASES = Short(
    lambda keys: (
        # With a column that no index has, as above.
        select(Phase.id, Contract.project_id, Phase.currency)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(Phase.id.in_(keys))
    )
)
_LOCKED = Short(
    lambda keys: (
        select(Project)
        .where(Project.id.in_(keys))
        .order_by(Project.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
)
_BILLED = Short(
    lambda keys: (
        select(InvoiceLine.invoice_id, Contract.project_id)
        .join(Phase, Phase.id == InvoiceLine.phase_id)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(InvoiceLine.invoice_id.in_(keys))
        .distinct()
    )
)


def _portions(keys: Iterable[int]) -> Iterator[list[int]]:
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), _PORTION):
        yield wanted[start : start + _PORTION]


def projects_of_phases(session: ScopedSession, phase_ids: Iterable[int]) -> dict[int, int]:
    """The project of each of these phases; what is no phase is absent."""
    found: dict[int, int] = {}
    for portion in _portions(phase_ids):
        found |= {row[0]: row[1] for row in _OF_PHASES.rows(session, keys=portion)}
    return found


def projects_of(session: ScopedSession, invoice_ids: Iterable[int]) -> dict[int, list[int]]:
    """The projects of each invoice by rising identifier; two statements for five thousand."""
    keys = list(invoice_ids)
    tied = [
        (invoice, project)
        for portion in _portions(keys)
        for invoice, project, _ in _TIED.rows(session, keys=portion)
    ]
    return _with_billed(session, keys, tied)


def projects_held(session: ScopedSession, invoices: Collection[Invoice]) -> dict[int, list[int]]:
    """As `projects_of`, of invoices that were read."""
    keys = [one.id for one in invoices]
    return _with_billed(session, keys, [(one.id, one.project_id) for one in invoices])


def _with_billed(
    session: ScopedSession, keys: Iterable[int], tied: Iterable[tuple[int, int | None]]
) -> dict[int, list[int]]:
    found: dict[int, set[int]] = {}
    for invoice, project in tied:
        if project is not None:
            found.setdefault(invoice, set()).add(project)
    for portion in _portions(keys):
        for invoice, project in _BILLED.rows(session, keys=portion):
            found.setdefault(invoice, set()).add(project)
    return {invoice: sorted(some) for invoice, some in found.items()}


def sole_project(session: ScopedSession, lines: Iterable[InvoiceLine]) -> int | None:
    """The project that every priced line bills, or takes a deposit of; None of several, or none.

    A line that bills none (a product) leaves the document without: its amount is of no project.
    """
    priced = [line for line in lines if line.kind is not LineKind.TEXT]
    of_phases = projects_of_phases(session, (line.phase_id for line in priced if line.phase_id))
    of_deposits = projects_of_deposits(
        session, sorted({line.deducts_id for line in priced if line.deducts_id is not None})
    )
    found = {
        of_deposits.get(line.deducts_id) if line.deducts_id else of_phases.get(line.phase_id or 0)
        for line in priced
    }
    return found.pop() if len(found) == 1 else None


def projects_of_lines(session: ScopedSession, dossier: Dossier) -> dict[int, str]:
    """The code of the project that each line bills, or takes a deposit of, by its identifier."""
    codes = {one.id: one.code for one in dossier.projects}
    of_deposits = projects_of_deposits(
        session, sorted({line.deducts_id for line in dossier.lines if line.deducts_id is not None})
    )
    found: dict[int, str] = {}
    for line in dossier.lines:
        project = (
            of_deposits.get(line.deducts_id)
            if line.deducts_id is not None
            else dossier.phase_projects.get(line.phase_id or 0)
        )
        if project in codes:
            found[line.id] = codes[project]
    return found


def projects_locked(session: ScopedSession, keys: Iterable[int]) -> dict[int, Project]:
    """Those of the projects that are there, locked by rising identifier, as they are now."""
    return {
        found.id: found
        for portion in _portions(keys)
        for found in _LOCKED.ask(session, keys=portion).scalars()
    }


def projects_of_client(session: ScopedSession, client_id: int) -> list[int]:
    """The live projects of a client by rising identifier."""
    statement = select(Project.id).where(
        Project.client_id == client_id, Project.archived_at.is_(None)
    )
    return list(session.scalars(statement.order_by(Project.id)))


def holds_project(project_id: int) -> ColumnElement[bool]:
    """The condition of the invoices that hold the project, alone or among others."""
    tied = select(Invoice.id).where(Invoice.project_id == project_id)
    # Nested, not joined: SQLite would begin with all lines there are.
    contracts = select(Contract.id).where(Contract.project_id == project_id)
    phases = select(Phase.id).where(Phase.contract_id.in_(contracts))
    billing = select(InvoiceLine.invoice_id).where(InvoiceLine.phase_id.in_(phases))
    return Invoice.id.in_(union(tied, billing))


def invoiced_projects(session: ScopedSession, keys: Iterable[int]) -> set[int]:
    """Those of the projects that an invoice holds, pro forma or final."""
    found: set[int] = set()
    # Nested, not joined: SQLite would begin with all lines there are.
    phases = select(Phase.id).where(Phase.contract_id == Contract.id).correlate(Contract)
    lines = select(InvoiceLine.id).where(InvoiceLine.phase_id.in_(phases))
    for portion in _portions(keys):
        tied = select(Invoice.project_id).where(Invoice.project_id.in_(portion)).distinct()
        found |= {key for key in session.scalars(tied) if key is not None}
        rest = [key for key in portion if key not in found]
        billing = select(Contract.project_id).where(Contract.project_id.in_(rest), lines.exists())
        found |= set(session.scalars(billing))
    return found


def entities_billing(session: ScopedSession, project_id: int) -> set[int]:
    """The entities of the invoices that hold the project, pro forma or final."""
    statement = select(Invoice.entity_id).where(holds_project(project_id)).distinct()
    return set(session.scalars(statement))


def other_invoices(
    session: ScopedSession, keys: Sequence[int]
) -> dict[int, list[tuple[int, str, InvoiceState]]]:
    """For each invoice, the others of its projects (F19): (identifier, number, state)."""
    own = projects_of(session, keys)
    holding = _holding(session, {project for some in own.values() for project in some})
    others = {
        key: set().union(*(holding[project] for project in some)) - {key}
        for key, some in own.items()
    }
    told: dict[int, tuple[int, str, InvoiceState]] = {}
    shown = shown_to(session, Invoice)
    for portion in _portions(other for some in others.values() for other in some):
        number = func.coalesce(Invoice.number, Invoice.pro_forma_number)
        rows = select(Invoice.id, number, Invoice.state).where(Invoice.id.in_(portion), *shown)
        told |= {row[0]: (row[0], row[1], row[2]) for row in session.execute(rows)}
    found = {key: sorted(some & told.keys()) for key, some in others.items()}
    return {key: [told[one] for one in some] for key, some in found.items() if some}


def _holding(session: ScopedSession, projects: set[int]) -> dict[int, set[int]]:
    """The invoices that hold each of these projects."""
    holding: dict[int, set[int]] = {project: set() for project in projects}
    of_phases: dict[int, int] = {}
    for portion in _portions(projects):
        tied = select(Invoice.project_id, Invoice.id).where(Invoice.project_id.in_(portion))
        for project, invoice in session.execute(tied):
            holding[project or 0].add(invoice)
        phases = (
            select(Phase.id, Contract.project_id)
            .join(Contract, Contract.id == Phase.contract_id)
            .where(Contract.project_id.in_(portion))
        )
        of_phases |= {row.id: row.project_id for row in session.execute(phases)}
    for portion in _portions(of_phases):
        billing = select(InvoiceLine.phase_id, InvoiceLine.invoice_id).where(
            InvoiceLine.phase_id.in_(portion)
        )
        for phase, invoice in session.execute(billing.distinct()):
            holding[of_phases[phase or 0]].add(invoice)
    return holding
