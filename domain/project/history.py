"""What was invoiced of a phase before the takeover, outside the product (O04, O36)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import CURRENCY, NAME, PERCENT, BigKey, Record, Versioned, owned
from domain.errors import call_error

OVER_BILLED_NOW = call_error(
    "OVER_BILLED_NOW",
    "{found} more than its fee would then be billed of the phase.",
    "Raise the fee first, or credit what was invoiced.",
)


class BillingHistory(Versioned, Record):
    """One line of a past invoice; a negative one is a past credit note (DOMAIN §2.1).

    It enters what was billed of the phase, and never our numbering, VAT, FEC or exports: the
    number is that of the former system, and may be used several times.
    """

    __tablename__ = "billing_history"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "phase_id"], ["phase.organisation_id", "phase.id"]
        ),
        Index(None, "organisation_id", "phase_id", "invoice_date"),
    )

    phase_id: Mapped[int] = mapped_column(BigKey)
    net_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CURRENCY)
    """That of the phase."""
    invoice_date: Mapped[date] = mapped_column()
    invoice_no: Mapped[str | None] = mapped_column(NAME, default=None)
    vat_rate: Mapped[Decimal | None] = mapped_column(PERCENT, default=None)
    """NULL: the rate of the phase."""
    gross_minor: Mapped[int | None] = mapped_column(BigInteger, default=None)
    paid_minor: Mapped[int | None] = mapped_column(BigInteger, default=None)
    """What was received of it, including VAT."""
    comment: Mapped[str | None] = mapped_column(Text, default=None)
    author: Mapped[str | None] = mapped_column(NAME, default=None)
    source: Mapped[str] = mapped_column(String(64), default="api")
