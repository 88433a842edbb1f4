"""What of a contract is on an invoice already, so that no period is ever billed twice."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import BigKey, Record, Scoped, choice, owned


class ClaimKind(StrEnum):
    """What of a period is billed (DOMAIN §2.4)."""

    RETAINER = "RETAINER"
    BLOCK = "BLOCK"
    """The hours bought in advance; of a block that is bought once, its only period."""
    OVERAGE = "OVERAGE"
    """The hours beyond the block."""


class BilledPeriod(Scoped, Record):
    """A period of a phase that a line bills: the database lets no second line have it.

    It goes with the line of a pro forma, and when a final line is credited whole.
    """

    __tablename__ = "billed_period"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "phase_id"], ["phase.organisation_id", "phase.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "line_id"], ["invoice_line.organisation_id", "invoice_line.id"]
        ),
        UniqueConstraint("organisation_id", "phase_id", "kind", "starts_on"),
        Index(None, "organisation_id", "line_id"),
    )

    phase_id: Mapped[int] = mapped_column(BigKey)
    kind: Mapped[ClaimKind] = mapped_column(choice(ClaimKind))
    starts_on: Mapped[date] = mapped_column()
    ends_on: Mapped[date] = mapped_column()
    """The last day, itself included."""
    line_id: Mapped[int] = mapped_column(BigKey)
