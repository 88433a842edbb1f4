"""The numbers of entries of the journals, each given once."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Boolean, ForeignKeyConstraint, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import CODE, NAME, BigKey, Record, Scoped, owned


class EntryNumber(Scoped, Record):
    """The number of an entry in its journal and year: given once, never changed (LPF A47 A-1).

    What it stands for is an invoice, a payment, or with `is_cancellation` what cancels that one.
    Journal, label, SIREN and year end are those of the day it was given, whatever is set later.
    """

    __tablename__ = "journal_entry"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "invoice_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "payment_id"], ["payment.organisation_id", "payment.id"]
        ),
        UniqueConstraint("organisation_id", "siren", "year_end", "journal", "number"),
        UniqueConstraint("organisation_id", "invoice_id"),
        UniqueConstraint("organisation_id", "payment_id", "is_cancellation"),
    )

    siren: Mapped[str] = mapped_column(CODE)
    year_end: Mapped[date]
    journal: Mapped[str] = mapped_column(CODE)
    label: Mapped[str] = mapped_column(NAME)
    number: Mapped[int] = mapped_column(Integer)
    invoice_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    payment_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    is_cancellation: Mapped[bool] = mapped_column(Boolean, default=False)
