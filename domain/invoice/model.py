"""Invoices, their lines, and the counters that number them (DOMAIN §2.1, §2.2)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import (
    CODE,
    CURRENCY,
    EXCHANGE_RATE,
    NAME,
    PERCENT,
    QUANTITY,
    UNIT_PRICE,
    BigKey,
    Instant,
    Record,
    Scoped,
    Versioned,
    choice,
    owned,
)


class InvoiceState(StrEnum):
    """Proforma – En préparation, – Envoyée; Finale – Prête pour envoi, – Envoyée (F07)."""

    DRAFT = "DRAFT"
    SENT = "SENT"
    READY = "READY"
    FINAL = "FINAL"


PRO_FORMA = (InvoiceState.DRAFT, InvoiceState.SENT)
LEGAL = (InvoiceState.READY, InvoiceState.FINAL)


class InvoiceKind(StrEnum):
    """What the document is; the value is its EN 16931 type (BT-3)."""

    INVOICE = "380"
    CREDIT_NOTE = "381"
    DEPOSIT = "386"


class CreditState(StrEnum):
    """How much of an invoice was credited: derived from its credit notes, never stored."""

    NONE = "NONE"
    PARTIAL = "PARTIAL"
    FULL = "FULL"


class LineKind(StrEnum):
    """Where a line comes from (F15–F18)."""

    PROJECT = "PROJECT"
    PRODUCT = "PRODUCT"
    ACCOUNT = "ACCOUNT"
    TEXT = "TEXT"


class Invoice(Versioned, Record):
    """A pro forma or a legal invoice. `number` is empty until it is final (F06, F23).

    `seller` and `buyer` are copies of the parties' identities: changing a client never changes an
    issued invoice. Totals are those of its lines, kept because the lines are frozen with them.
    """

    __tablename__ = "invoice"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "client_id"], ["client.organisation_id", "client.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "entity_id"], ["entity.organisation_id", "entity.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "project_id"], ["project.organisation_id", "project.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "credits_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "replaces_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        UniqueConstraint("organisation_id", "pro_forma_number"),
        UniqueConstraint("organisation_id", "number"),
        Index(None, "organisation_id", "state", "id"),
        Index(None, "organisation_id", "client_id", "id"),
        Index(None, "organisation_id", "project_id", "id"),
        Index(None, "organisation_id", "credits_id"),
        Index(None, "organisation_id", "replaces_id"),
    )

    pro_forma_number: Mapped[str] = mapped_column(String(16))
    """Of a credit note, which never was a pro forma, its legal number."""
    client_id: Mapped[int] = mapped_column(BigKey)
    entity_id: Mapped[int] = mapped_column(BigKey)
    currency: Mapped[str] = mapped_column(CURRENCY)
    kind: Mapped[InvoiceKind] = mapped_column(choice(InvoiceKind), default=InvoiceKind.INVOICE)
    state: Mapped[InvoiceState] = mapped_column(choice(InvoiceState), default=InvoiceState.DRAFT)
    number: Mapped[str | None] = mapped_column(String(16), default=None)
    project_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    language: Mapped[str] = mapped_column(String(2), default="fr")
    issue_date: Mapped[date | None] = mapped_column(default=None)
    due_date: Mapped[date | None] = mapped_column(default=None)
    supply_date: Mapped[date | None] = mapped_column(default=None)
    payment_days: Mapped[int] = mapped_column(Integer, default=30)
    commitment_no: Mapped[str | None] = mapped_column(NAME, default=None)
    footer_message: Mapped[str | None] = mapped_column(Text, default=None)
    net_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    vat_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    gross_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    vat_groups: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    """[{rate, category, reason_code, mention, base_minor, vat_minor}], by falling rate."""
    seller: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    buyer: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    euro_rate: Mapped[Decimal | None] = mapped_column(EXCHANGE_RATE, default=None)
    """Euros for one unit of the currency, when the VAT is also stated in euros (DOMAIN §2.6)."""
    euro_rate_on: Mapped[date | None] = mapped_column(default=None)
    euro_rate_source: Mapped[str | None] = mapped_column(String(64), default=None)
    credits_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """Of a credit note: the invoice it corrects."""
    credited_number: Mapped[str | None] = mapped_column(NAME, default=None)
    """Of a credit note on an invoice of the former system: that one's number."""
    credited_on: Mapped[date | None] = mapped_column(default=None)
    """The date of that one."""
    replaces_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """The credited invoice that this one is drawn in the place of."""
    credit_reason: Mapped[str | None] = mapped_column(Text, default=None)
    finalised_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    handed_over_at: Mapped[datetime | None] = mapped_column(Instant, default=None)


class InvoiceLine(Scoped, Record):
    """One line. A TEXT line has neither quantity, price nor tax; a priced one has all three."""

    __tablename__ = "invoice_line"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "invoice_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "phase_id"], ["phase.organisation_id", "phase.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "tax_code_id"], ["tax_code.organisation_id", "tax_code.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "credits_line_id"],
            ["invoice_line.organisation_id", "invoice_line.id"],
        ),
        ForeignKeyConstraint(
            ["organisation_id", "deducts_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        UniqueConstraint("organisation_id", "invoice_id", "position"),
        Index(None, "organisation_id", "phase_id"),
        Index(None, "organisation_id", "credits_line_id"),
        Index(None, "organisation_id", "deducts_id"),
    )

    invoice_id: Mapped[int] = mapped_column(BigKey)
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[LineKind] = mapped_column(choice(LineKind))
    description: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(CURRENCY)
    detail: Mapped[str | None] = mapped_column(Text, default=None)
    quantity: Mapped[Decimal | None] = mapped_column(QUANTITY, default=None)
    unit: Mapped[str | None] = mapped_column(String(8), default=None)
    """UN/ECE Rec 20: C62 one, LS lump sum, HUR hour, DAY day, MON month."""
    unit_price: Mapped[Decimal | None] = mapped_column(UNIT_PRICE, default=None)
    net_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    tax_code_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    ledger_account: Mapped[str | None] = mapped_column(CODE, default=None)
    sku: Mapped[str | None] = mapped_column(CODE, default=None)
    phase_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    credits_line_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """Of a credit note: the line it takes back from."""
    progress: Mapped[Decimal | None] = mapped_column(PERCENT, default=None)
    """Cumulative percentage of the phase's fee that this line brings the billing to."""
    discount: Mapped[Decimal | None] = mapped_column(PERCENT, default=None)
    """Percent off quantity × unit price: net = round(quantity × price × (1 − discount ÷ 100))."""
    period_start: Mapped[date | None] = mapped_column(default=None)
    period_end: Mapped[date | None] = mapped_column(default=None)
    """The last day of the period that is invoiced, itself included (BT-134, BT-135)."""
    deducts_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """Of a line that takes a deposit off: the deposit invoice."""
    basis: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    """What the line was computed from, for `explain`: rule, sources, what was billed before."""


class NumberCounter(Scoped, Record):
    """The last number given in one series: locked, read and raised in the finalising transaction.

    `entity_id` is 0 for the pro forma series, which belongs to the organisation.
    """

    __tablename__ = "number_counter"
    __table_args__ = owned(UniqueConstraint("organisation_id", "entity_id", "series", "year"))

    entity_id: Mapped[int] = mapped_column(BigKey)
    series: Mapped[str] = mapped_column(String(3))
    year: Mapped[int] = mapped_column(Integer)
    last: Mapped[int] = mapped_column(Integer, default=0)
    last_issue_date: Mapped[date | None] = mapped_column(default=None)


PDF_FORM = "pdf"
"""The form of document that every legal invoice is issued in."""
CII_FORM = "cii"
FACTUR_X_FORM = "factur-x"
"""Electronic invoices: their picture is that of the paper, only their bytes are kept with them."""


class IssuedDocument(Scoped, Record):
    """The exact bytes that were issued: where they are kept, and their SHA-256."""

    __tablename__ = "issued_document"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "invoice_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        UniqueConstraint("organisation_id", "invoice_id", "form"),
    )

    invoice_id: Mapped[int] = mapped_column(BigKey)
    form: Mapped[str] = mapped_column(String(16))
    picture: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The frozen view the paper is drawn from."""
    file_key: Mapped[str | None] = mapped_column(String(255), default=None)
    sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    size: Mapped[int | None] = mapped_column(Integer, default=None)
