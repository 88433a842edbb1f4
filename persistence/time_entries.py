"""Worked time: the conditions of its list, its locks, and what bills it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select

from domain.invoice.model import Invoice, InvoiceLine
from domain.project.model import Project
from domain.time_entry import TimeEntry
from persistence.folding import begins, holds
from persistence.lists import live
from persistence.session import ScopedSession

_PORTION = 500


def time_entries_where(
    *,
    text: str | None = None,
    project_id: int | None = None,
    contract_id: int | None = None,
    phase_id: int | None = None,
    collaborator_id: int | None = None,
    worked_from: date | None = None,
    worked_to: date | None = None,
    approved: bool | None = None,
    billable: bool | None = None,
    billed: bool | None = None,
    written_off: bool | None = None,
    archived: bool | None = False,
) -> list[ColumnElement[bool]]:
    """Both days belong to the period."""
    pairs = (
        (TimeEntry.project_id, project_id),
        (TimeEntry.contract_id, contract_id),
        (TimeEntry.phase_id, phase_id),
        (TimeEntry.collaborator_id, collaborator_id),
        (TimeEntry.approved, approved),
        (TimeEntry.billable, billable),
    )
    where: list[ColumnElement[bool]] = [
        column == value for column, value in pairs if value is not None
    ]
    standings = ((TimeEntry.line_id, billed), (TimeEntry.written_off_at, written_off))
    where += [
        column.is_not(None) if is_so else column.is_(None)
        for column, is_so in standings
        if is_so is not None
    ]
    if worked_from is not None:
        where.append(TimeEntry.worked_on >= worked_from)
    if worked_to is not None:
        where.append(TimeEntry.worked_on <= worked_to)
    if text and text.strip():
        where.append(or_(holds(TimeEntry.description, text), begins(TimeEntry.ticket, text)))
    return [*where, *live(TimeEntry, archived)]


def lock_entries(session: ScopedSession, keys: Collection[int]) -> None:
    """Locks these entries, in one order: none is billed while it is changed."""
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), _PORTION):
        portion = wanted[start : start + _PORTION]
        statement = select(TimeEntry.id).where(TimeEntry.id.in_(portion)).order_by(TimeEntry.id)
        session.execute(statement.with_for_update()).all()


def entries_by_id(session: ScopedSession, keys: Collection[int]) -> dict[int, TimeEntry]:
    """These entries, locked, the archived ones too; an unknown one is absent."""
    statement = select(TimeEntry).where(TimeEntry.id.in_(set(keys))).order_by(TimeEntry.id)
    locked = statement.with_for_update().execution_options(populate_existing=True)
    return {entry.id: entry for entry in session.scalars(locked)}


def billed_by(session: ScopedSession, keys: Sequence[int]) -> dict[int, str]:
    """The number of the invoice, or of the pro forma, that bills each of these entries."""
    statement = (
        select(TimeEntry.id, func.coalesce(Invoice.number, Invoice.pro_forma_number))
        .join(InvoiceLine, InvoiceLine.id == TimeEntry.line_id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(TimeEntry.id.in_(keys))
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def invoices_of(session: ScopedSession, keys: Sequence[int]) -> dict[int, int]:
    """The invoice, or pro forma, that bills each of these entries."""
    statement = (
        select(TimeEntry.id, InvoiceLine.invoice_id)
        .join(InvoiceLine, InvoiceLine.id == TimeEntry.line_id)
        .where(TimeEntry.id.in_(keys))
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def rates_of(session: ScopedSession, keys: Sequence[int]) -> dict[int, tuple[int, str]]:
    """What an hour of each of these entries is billed at: minor units and their currency."""
    statement = (
        select(TimeEntry.id, TimeEntry.rate_minor, Project.currency)
        .join(Project, Project.id == TimeEntry.project_id)
        .where(TimeEntry.id.in_(keys), TimeEntry.rate_minor.is_not(None))
    )
    return {row[0]: (int(row[1] or 0), row[2]) for row in session.execute(statement)}
