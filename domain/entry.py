"""The ledger of billing: one entry for each amount that changes what is billed, or to be billed.

Entries are written by the database itself (triggers of migration 0007) with the record they follow
from, whoever writes it: a line becomes final, a past invoice is recorded, put away or taken back.
They are never changed or removed; what is undone is entered again with the opposite sign.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import CURRENCY, BigKey, Record, Scoped, choice, owned


class EntryKind(StrEnum):
    """What an entry follows from, and so which figure it counts in (DOMAIN §2.3)."""

    HISTORY = "HISTORY"
    """H: invoiced before the takeover."""
    BILLED_ADJUSTMENT = "BILLED_ADJUSTMENT"
    """ΔB: a correction of what was billed."""
    FEE_ADJUSTMENT = "FEE_ADJUSTMENT"
    """ΔF: a correction of the fee."""
    WRITE_OFF = "WRITE_OFF"
    """Given up of the fee."""
    INVOICE = "INVOICE"
    """I: a line of a final invoice."""
    CREDIT = "CREDIT"
    """C: a line of a credit note, below nothing as a rule."""
    DEPOSIT = "DEPOSIT"
    """A line of a deposit invoice, or one that takes a deposit off: it bills no phase."""


class BillingEntry(Scoped, Record):
    """One amount, in minor units of `currency`, as of `booked_on`.

    What it refers to may be gone (an import that was undone), so nothing here is a foreign key:
    its sum is then nothing.
    """

    __tablename__ = "billing_entry"
    __table_args__ = owned(
        Index(
            "ix_billing_entry_sums",
            "organisation_id",
            "phase_id",
            "kind",
            "booked_on",
            "amount_minor",
        ),
        Index(None, "organisation_id", "invoice_id"),
    )

    kind: Mapped[EntryKind] = mapped_column(choice(EntryKind))
    booked_on: Mapped[date] = mapped_column()
    """Issue date of a document, date of a past invoice or of a correction."""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CURRENCY)
    source_id: Mapped[int] = mapped_column(BigKey)
    """The invoice line, the past invoice or the adjustment, by `kind`."""
    phase_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    project_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """Of a line of a document; NULL otherwise: that of the phase."""
    client_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """Of a line of a document: who was invoiced; NULL otherwise: the client of the project."""
    entity_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    invoice_id: Mapped[int | None] = mapped_column(BigKey, default=None)
