"""The conditions of the list of worked time."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, func, or_

from domain.time_entry import TimeEntry
from persistence.lists import live


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
    if worked_from is not None:
        where.append(TimeEntry.worked_on >= worked_from)
    if worked_to is not None:
        where.append(TimeEntry.worked_on <= worked_to)
    if text and (wanted := text.strip().lower()):
        described = func.lower(TimeEntry.description).contains(wanted, autoescape=True)
        ticketed = func.lower(TimeEntry.ticket).startswith(wanted, autoescape=True)
        where.append(or_(described, ticketed))
    return [*where, *live(TimeEntry, archived)]
