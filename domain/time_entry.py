"""Work logged by a collaborator on a project (temps, ticket)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Boolean, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import HOURS, NAME, BigKey, Instant, Record, Versioned, owned


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
