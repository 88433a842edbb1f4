"""Finding invoices, taking their numbers, and gathering all that one rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm.attributes import flag_modified

from domain.catalogue import TaxCode
from domain.client import Client
from domain.invoice.finalise import Dossier
from domain.invoice.mail import InvoiceMail
from domain.invoice.model import (
    Invoice,
    InvoiceLine,
    InvoiceState,
    IssuedDocument,
)
from domain.invoice.remaining import Billable
from domain.likeness import name_key
from domain.organisation import Entity
from domain.project.model import Contract, Phase, Project
from persistence.batch.batches import forget_invoices
from persistence.billing import claims
from persistence.bulk import among
from persistence.invoice.projects import holds_project, projects_of_phases
from persistence.ledger.sums import phase_figures
from persistence.reach import shown_to
from persistence.records import portions, records_by_id, the_record
from persistence.session import ScopedSession
from persistence.short import Short

_LINES = Short(
    lambda keys: (
        select(InvoiceLine)
        .where(among(InvoiceLine.invoice_id, keys))
        .order_by(InvoiceLine.position)
    )
)
_LOCKED = Short(
    lambda keys: (
        select(Invoice)
        .where(among(Invoice.id, keys))
        .order_by(Invoice.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
)
_PHASES = Short(
    lambda keys: (
        select(Phase, Contract)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(among(Contract.project_id, keys))
        .order_by(Contract.id, Phase.position, Phase.id)
    )
)
_PROJECTS_LOCKED = Short(
    lambda keys: (
        select(Project.id).where(among(Project.id, keys)).order_by(Project.id).with_for_update()
    )
)


DEFAULT_STATES = (InvoiceState.DRAFT, InvoiceState.SENT, InvoiceState.READY)
"""The list as it opens (F04)."""


@lru_cache(maxsize=64)
def _in_states(states: tuple[InvoiceState, ...]) -> ColumnElement[bool]:
    return Invoice.state.in_(states)


def invoices_where(
    *,
    states: Sequence[InvoiceState] | None = DEFAULT_STATES,
    client_id: int | None = None,
    project_id: int | None = None,
    entity_id: int | None = None,
    currency: str | None = None,
    issued_from: date | None = None,
    issued_to: date | None = None,
    text: str | None = None,
) -> list[ColumnElement[bool]]:
    """The conditions of a list of invoices; `states` None shows all."""
    where: list[ColumnElement[bool]] = []
    if states is not None:
        where.append(_in_states(tuple(states)))
    if client_id is not None:
        where.append(Invoice.client_id == client_id)
    if project_id is not None:
        where.append(holds_project(project_id))
    if entity_id is not None:
        where.append(Invoice.entity_id == entity_id)
    if currency:
        where.append(Invoice.currency == currency.strip().upper())
    if issued_from is not None:
        where.append(Invoice.issue_date >= issued_from)
    if issued_to is not None:
        where.append(Invoice.issue_date <= issued_to)
    if text:
        number = text.strip().upper()
        named = select(Client.id).where(Client.name_key.contains(name_key(text), autoescape=True))
        where.append(
            or_(
                Invoice.number.startswith(number, autoescape=True),
                Invoice.pro_forma_number.startswith(number, autoescape=True),
                Invoice.client_id.in_(named),
            )
        )
    return where


def lines_of(session: ScopedSession, invoice_id: int) -> list[InvoiceLine]:
    statement = select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id)
    return list(session.scalars(statement.order_by(InvoiceLine.position)))


def dossier_of(session: ScopedSession, invoice: Invoice) -> Dossier:
    """The invoice with its lines, parties, project and tax codes."""
    return dossiers_of(session, [invoice])[0]


def dossiers_of(
    session: ScopedSession,
    invoices: Sequence[Invoice],
    *,
    read: Mapping[int, Project] = MappingProxyType({}),
) -> list[Dossier]:
    """Each invoice with all that it rests on, in their order, in a few statements for all.

    Projects that were `read` by this transaction already, locked, are not read again.
    """
    lines: dict[int, list[InvoiceLine]] = {invoice.id: [] for invoice in invoices}
    for portion in portions(lines):
        for line in _LINES.ask(session, keys=portion).scalars():
            lines[line.invoice_id].append(line)
    codes = {line.tax_code_id for some in lines.values() for line in some if line.tax_code_id}
    taxes = records_by_id(session, TaxCode, codes)
    clients = records_by_id(session, Client, {invoice.client_id for invoice in invoices})
    entities = records_by_id(session, Entity, {invoice.entity_id for invoice in invoices})
    of_phases = projects_of_phases(
        session, {line.phase_id for some in lines.values() for line in some if line.phase_id}
    )
    tied = {one.project_id for one in invoices if one.project_id}
    wanted = tied.union(of_phases.values()) - read.keys()
    projects = {**read, **records_by_id(session, Project, wanted)}
    return [
        Dossier(
            invoice=invoice,
            lines=lines[invoice.id],
            client=clients[invoice.client_id],
            entity=entities[invoice.entity_id],
            projects=tuple(
                projects[key]
                for key in sorted(_projects_in(invoice, lines[invoice.id], of_phases))
                if key in projects
            ),
            phase_projects={
                line.phase_id: of_phases[line.phase_id]
                for line in lines[invoice.id]
                if line.phase_id in of_phases
            },
            tax_codes={
                line.tax_code_id: taxes[line.tax_code_id]
                for line in lines[invoice.id]
                if line.tax_code_id is not None
            },
        )
        for invoice in invoices
    ]


def _projects_in(
    invoice: Invoice, lines: Sequence[InvoiceLine], of_phases: Mapping[int, int]
) -> set[int]:
    phases = (line.phase_id for line in lines if line.phase_id is not None)
    own = {of_phases[key] for key in phases}
    return own if invoice.project_id is None else own | {invoice.project_id}


def invoices_locked(session: ScopedSession, keys: Iterable[int]) -> dict[int, Invoice]:
    """Those of the invoices that are there, locked in one order, as they are now."""
    return {
        found.id: found
        for portion in portions(keys)
        for found in _LOCKED.ask(session, *shown_to(session, Invoice), keys=portion).scalars()
    }


def billables_of(
    session: ScopedSession, project_id: int, *, archived: bool = False
) -> list[Billable]:
    """The phases of a project in their order, with what each has left; archived ones when asked."""
    return billables_by_project(session, [project_id], archived=archived).get(project_id, [])


def billables_by_project(
    session: ScopedSession,
    project_ids: Iterable[int],
    *,
    archived: bool = False,
    until: date | None = None,
) -> dict[int, list[Billable]]:
    """The phases of each project: what is left, and earned `until` then; all count in the caps."""
    found: list[tuple[Phase, Contract]] = []
    for portion in portions(project_ids):
        found += [(phase, contract) for phase, contract in _PHASES.ask(session, keys=portion)]
    figures = phase_figures(session, [phase.id for phase, _ in found], progress_until=until)
    taken: dict[int, int] = {}
    for phase, contract in found:
        own = figures[phase.id]
        billed = own.billed + own.written_off + own.reserved
        taken[contract.id] = taken.get(contract.id, 0) + billed
    billables: dict[int, list[Billable]] = {}
    for phase, contract in found:
        if not archived and (phase.archived_at or contract.archived_at):
            continue
        cap = contract.cap_minor
        left = None if cap is None else cap - taken[contract.id]
        one = Billable(phase, contract, figures[phase.id], cap_left=left)
        billables.setdefault(contract.project_id, []).append(one)
    return billables


def lock_project(session: ScopedSession, project_id: int) -> Project:
    """The project, locked: two pro formas drawn at once must not take the same amount."""
    return the_record(session, Project, project_id, field=("project_id",), locked=True)


def lock_projects(session: ScopedSession, keys: Iterable[int]) -> None:
    """Locks the projects with these identifiers, in one order, so that two lockers never cross."""
    wanted = sorted(keys)
    for start in range(0, len(wanted), 500):
        _PROJECTS_LOCKED.rows(session, keys=wanted[start : start + 500])


def phase_has_account(session: ScopedSession, phase_id: int | None, number: str) -> bool:
    """Whether the phase itself carries the ledger account."""
    found = select(Phase.id).where(Phase.id == phase_id, Phase.ledger_account == number)
    return phase_id is not None and session.scalar(found) is not None


def projects_of_contracts(session: ScopedSession, contract_ids: Iterable[int]) -> set[int]:
    """The projects of these contracts."""
    return {
        key
        for portion in portions(contract_ids)
        for key in session.scalars(select(Contract.project_id).where(Contract.id.in_(portion)))
    }


def entities_of(session: ScopedSession) -> list[Entity]:
    statement = select(Entity).where(Entity.archived_at.is_(None)).order_by(Entity.code)
    return list(session.scalars(statement))


def issued_document(
    session: ScopedSession, invoice_id: int, form: str, *, locked: bool = False
) -> IssuedDocument | None:
    """What was issued of a final invoice in a form, locked when asked; None of a pro forma."""
    statement = select(IssuedDocument).where(
        IssuedDocument.invoice_id == invoice_id, IssuedDocument.form == form
    )
    return session.scalar(statement.with_for_update() if locked else statement)


def remove(session: ScopedSession, invoice: Invoice) -> None:
    """Takes a pro forma away with its lines and mails; its number is not given again."""
    forget_invoices(session, [invoice.id])
    session.execute(delete(InvoiceMail).where(InvoiceMail.invoice_id == invoice.id))
    remove_lines(session, [line.id for line in lines_of(session, invoice.id)])
    session.delete(invoice)


def remove_all(session: ScopedSession, found: Sequence[Invoice]) -> None:
    """Takes many pro formas away, as `remove` does one."""
    for portion in portions(one.id for one in found):
        forget_invoices(session, portion)
        session.execute(delete(InvoiceMail).where(InvoiceMail.invoice_id.in_(portion)))
        lines = select(InvoiceLine.id).where(InvoiceLine.invoice_id.in_(portion))
        for some in portions(session.scalars(lines)):
            remove_lines(session, some)
        session.execute(delete(Invoice).where(Invoice.id.in_(portion)))


def remove_lines(session: ScopedSession, ids: Sequence[int]) -> None:
    """Takes lines of pro formas away; what they bill can be billed again."""
    claims.free(session, ids)
    session.execute(delete(InvoiceLine).where(InvoiceLine.id.in_(ids)))


def mark_changed(invoice: Invoice) -> None:
    """Counts the invoice as changed even when new lines come to the sums of the old ones."""
    flag_modified(invoice, "vat_groups")
