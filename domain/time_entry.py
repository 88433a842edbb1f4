"""Work logged by a collaborator on a project (temps, ticket)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Boolean, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import HOURS, NAME, BigKey, Instant, Record, Versioned, owned
from domain.errors import IssueKind, Refusal, Scope, Severity, call_error, call_warning

TIME_ENTRY_BILLED = IssueKind(
    "TIME_ENTRY_BILLED",
    Severity.ERROR,
    Scope.ROW,
    "This time is billed by {invoice}: it stays as it is.",
    "Delete the pro forma, or credit the invoice, first.",
)
TIME_ENTRY_WRITTEN_OFF = call_error(
    "TIME_ENTRY_WRITTEN_OFF", "This time was written off: {reason}.", "Undo that first."
)
TIME_ENTRY_APPROVED = call_error(
    "TIME_ENTRY_APPROVED",
    "Approved hours are for the manager of the project to change, and to approve.",
    "Ask for the approval to be taken back first.",
)
HOURS_OVER_DAY = IssueKind(
    "HOURS_OVER_DAY",
    Severity.WARNING,
    Scope.ROW,
    "{person} then has {found} hours on {day}: more than a day has.",
)
HOURS_BILLED_BEYOND = call_warning(
    "HOURS_BILLED_BEYOND",
    "{hours} h more are billed beyond the hours bought of {phase} than were worked beyond them.",
    "They count for hours to come. To give them back, credit their line whole: what was worked"
    " beyond is then due again.",
)
TIME_AFTER_END = IssueKind(
    "TIME_AFTER_END",
    Severity.WARNING,
    Scope.ROW,
    "{phase} ended on {end}: hours of {day} are drawn from its block all the same.",
    "Give the phase a later end, or record the time on another one.",
)
MOST_HOURS = 24
"""Of a day, and so of an entry."""


class TimeEntry(Versioned, Record):
    """Hours of one person on one day; only approved, billable time is billed (DOMAIN §2.4)."""

    __tablename__ = "time_entry"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "collaborator_id"],
            ["collaborator.organisation_id", "collaborator.id"],
        ),
        ForeignKeyConstraint(
            ["organisation_id", "project_id"], ["project.organisation_id", "project.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "contract_id"], ["contract.organisation_id", "contract.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "phase_id"], ["phase.organisation_id", "phase.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "line_id"], ["invoice_line.organisation_id", "invoice_line.id"]
        ),
        Index(None, "organisation_id", "project_id", "worked_on"),
        Index(None, "organisation_id", "worked_on"),
        Index(None, "organisation_id", "collaborator_id", "worked_on"),
        Index(None, "organisation_id", "phase_id"),
        Index(None, "organisation_id", "contract_id"),
        Index(None, "organisation_id", "line_id"),
    )

    collaborator_id: Mapped[int] = mapped_column(BigKey)
    project_id: Mapped[int] = mapped_column(BigKey)
    worked_on: Mapped[date] = mapped_column()
    hours: Mapped[Decimal] = mapped_column(HOURS)
    contract_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    phase_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    billable: Mapped[bool] = mapped_column(Boolean, default=True)
    approved: Mapped[bool] = mapped_column(Boolean, default=False)
    ticket: Mapped[str | None] = mapped_column(NAME, default=None)
    description: Mapped[str | None] = mapped_column(Text, default=None)
    author: Mapped[str | None] = mapped_column(NAME, default=None)
    source: Mapped[str] = mapped_column(String(64), default="api")
    line_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """The line that bills it: one at most, of a pro forma or of a final invoice."""
    rate_minor: Mapped[int | None] = mapped_column(BigInteger, default=None)
    """Of an hour, in the currency of the project, as it was when the line was drawn."""
    written_off_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    write_off_reason: Mapped[str | None] = mapped_column(Text, default=None)


def require_unbilled(invoice: str | None) -> None:
    """Refuses with TIME_ENTRY_BILLED what a line bills; `invoice` is the number of its invoice."""
    if invoice is not None:
        raise Refusal(TIME_ENTRY_BILLED(field=("id",), invoice=invoice, found=invoice))


def require_unapproved(entry: TimeEntry) -> None:
    """Refuses with TIME_ENTRY_APPROVED what was approved, to who may only record."""
    if entry.approved:
        raise Refusal(TIME_ENTRY_APPROVED(field=("id",)))


def approve(entry: TimeEntry, approved: bool) -> bool:
    """Approves an entry that is not billed, or takes that back; whether it changed."""
    if entry.approved is approved:
        return False
    entry.approved = approved
    return True


def write_off(entry: TimeEntry, reason: str, *, at: datetime) -> bool:
    """Gives up billing an entry that is not billed; whether it changed.

    Written off already, it keeps its first reason: TIME_ENTRY_WRITTEN_OFF for another one.
    """
    if entry.written_off_at is not None:
        if entry.write_off_reason == reason:
            return False
        told = entry.write_off_reason or ""
        raise Refusal(TIME_ENTRY_WRITTEN_OFF(field=("id",), reason=told, found=told))
    entry.written_off_at, entry.write_off_reason = at, reason
    return True


def take_up_again(entry: TimeEntry) -> bool:
    """Undoes a write-off: the entry can be billed again; whether it changed."""
    if entry.written_off_at is None:
        return False
    entry.written_off_at = entry.write_off_reason = None
    return True
