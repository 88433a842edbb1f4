"""Signed corrections of what was taken over of a phase (O05)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import CURRENCY, HOURS, NAME, BigKey, Record, Versioned, choice, owned
from domain.errors import call_error
from domain.ledger import PhaseFigures

WRITE_OFF_TOO_HIGH = call_error(
    "WRITE_OFF_TOO_HIGH",
    "{found} cannot be written off: {expected} of the phase remains to be billed.",
    "Delete the pro formas that hold the rest, or write off less.",
)


class AdjustmentKind(StrEnum):
    """What is corrected (DOMAIN §2.1)."""

    BILLED = "BILLED"
    """The amount already billed."""
    FEE = "FEE"
    HOURS = "HOURS"
    """Time spent before the takeover; no effect on billing."""
    WRITE_OFF = "WRITE_OFF"
    """An amount of the fee that is given up: neither billed nor to be billed."""
    COST = "COST"
    """Cost spent before the takeover; no effect on billing."""


class Adjustment(Versioned, Record):
    """One correction, with its reason: an amount, or hours when its kind is HOURS."""

    __tablename__ = "adjustment"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "phase_id"], ["phase.organisation_id", "phase.id"]
        ),
        Index(None, "organisation_id", "phase_id", "adjusted_on"),
    )

    phase_id: Mapped[int] = mapped_column(BigKey)
    kind: Mapped[AdjustmentKind] = mapped_column(choice(AdjustmentKind))
    adjusted_on: Mapped[date] = mapped_column()
    reason: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(CURRENCY)
    amount_minor: Mapped[int | None] = mapped_column(BigInteger, default=None)
    hours: Mapped[Decimal | None] = mapped_column(HOURS, default=None)
    comment: Mapped[str | None] = mapped_column(Text, default=None)
    author: Mapped[str | None] = mapped_column(NAME, default=None)
    source: Mapped[str] = mapped_column(String(64), default="api")


def counting(figures: PhaseFigures, kind: AdjustmentKind | None, amount: int) -> PhaseFigures:
    """The figures with one adjustment of `kind` more; None is a line of past billing."""
    match kind:
        case None:
            return figures._replace(history=figures.history + amount)
        case AdjustmentKind.FEE:
            return figures._replace(fee_adjustment=figures.fee_adjustment + amount)
        case AdjustmentKind.BILLED:
            return figures._replace(billed_adjustment=figures.billed_adjustment + amount)
        case AdjustmentKind.WRITE_OFF:
            return figures._replace(written_off=figures.written_off + amount)
    return figures
