"""What the accounting software is given: its accounts and journals, exports, and what went out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import CODE, NAME, BigKey, Instant, Record, Scoped, Versioned, choice, owned
from domain.errors import FIELD_INVALID, call_error, call_warning
from domain.form import Form
from domain.organisation import fiscal_year

EXPORT_NOT_FINAL = call_error(
    "EXPORT_NOT_FINAL",
    "{number} is a pro forma: only final documents go to the accounts.",
    "Finalise it, or export to CSV.",
)
EXPORT_EMPTY = call_error("EXPORT_EMPTY", "There is nothing to export.")
EXPORT_TOO_LARGE = call_error(
    "EXPORT_TOO_LARGE",
    "{count} invoices in one export; the limit is {limit}.",
    "Export a shorter period at a time.",
)
EXPORT_SIREN_MISSING = call_error(
    "EXPORT_SIREN_MISSING",
    "{entity} has no SIREN, which names the file of accounting entries (LPF A47 A-1).",
    "Give the entity its SIREN, or export the others one by one.",
)
EXPORT_EURO_RATE_MISSING = call_error(
    "EXPORT_EURO_RATE_MISSING",
    "No euro rate is kept with {numbers}, in {currency}: entries are in euros.",
    "Give the rate of {currency} in euroRates (jalon export: --euro-rate).",
)
EXPORT_ACCOUNT_INVALID = call_error(
    "EXPORT_ACCOUNT_INVALID",
    "The account {account} of {number} does not begin with three digits, as those of the French "
    "chart of accounts do.",
    "Change the account in the settings of the accounts, or export to another format.",
)
ALREADY_EXPORTED = call_warning(
    "ALREADY_EXPORTED",
    "{count} of these documents had been exported in this format already, the first one on "
    "{since}: {numbers}.",
    "See that the accounting software does not take them in twice.",
)

MOST_EXPORTED = 10_000
"""Invoices in one export."""


class ExportFormat(StrEnum):
    """Where the files go to."""

    QUICKBOOKS_IIF = "QUICKBOOKS_IIF"
    XERO_CSV = "XERO_CSV"
    CSV = "CSV"
    FEC = "FEC"


class AccountingSettings(Versioned, Record):
    """How an entity's accounts are kept; an entity without any has the usual French ones."""

    __tablename__ = "accounting_settings"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "entity_id"], ["entity.organisation_id", "entity.id"]
        ),
        UniqueConstraint("organisation_id", "entity_id"),
    )

    entity_id: Mapped[int] = mapped_column(BigKey)
    receivable_account: Mapped[str] = mapped_column(CODE, default="411000")
    revenue_account: Mapped[str] = mapped_column(CODE, default="706000")
    """Of lines that name none."""
    vat_account: Mapped[str] = mapped_column(CODE, default="445710")
    """Of tax codes that name none."""
    bank_account: Mapped[str] = mapped_column(CODE, default="512000")
    sales_journal: Mapped[str] = mapped_column(CODE, default="VE")
    sales_journal_label: Mapped[str] = mapped_column(NAME, default="Ventes")
    bank_journal: Mapped[str] = mapped_column(CODE, default="BQ")
    bank_journal_label: Mapped[str] = mapped_column(NAME, default="Banque")
    quickbooks_accounts: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    """What QuickBooks calls our accounts, by number; an account that is not here is its number."""
    quickbooks_item: Mapped[str | None] = mapped_column(NAME, default=None)
    """The item of lines without SKU."""
    xero_accounts: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    """The codes of our accounts in Xero, by number."""
    xero_tax_types: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    """The names of our tax codes in Xero, by code."""


ACCOUNTS = ("receivable_account", "revenue_account", "vat_account", "bank_account")
JOURNALS = ("sales_journal", "sales_journal_label", "bank_journal", "bank_journal_label")
NAMES = ("quickbooks_accounts", "xero_accounts", "xero_tax_types")

MOST_NAMES = 500
LONGEST_NAMES = {"quickbooks_accounts": 159, "xero_accounts": 10, "xero_tax_types": 50}
"""Characters: of an account of QuickBooks with four above it, of a code and a tax rate of Xero."""

_LABELS = {
    "411": "Clients",
    "4191": "Clients – avances et acomptes reçus",
    "4457": "TVA collectée",
    "4458": "TVA à régulariser ou en attente",
    "512": "Banques",
    "706": "Prestations de services",
}
"""Of accounts that nobody has labelled; plan comptable général, art. 932-1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """An entity's accounts as exports see them; `labels` are those of the ledger accounts."""

    receivable_account: str = "411000"
    revenue_account: str = "706000"
    vat_account: str = "445710"
    bank_account: str = "512000"
    sales_journal: str = "VE"
    sales_journal_label: str = "Ventes"
    bank_journal: str = "BQ"
    bank_journal_label: str = "Banque"
    quickbooks_accounts: Mapping[str, str] = field(default_factory=dict)
    quickbooks_item: str | None = None
    xero_accounts: Mapping[str, str] = field(default_factory=dict)
    xero_tax_types: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def label_of(self, account: str) -> str:
        """What the account is called; its number when nobody has said."""
        if label := self.labels.get(account):
            return label
        known = (start for start in _LABELS if account.startswith(start))
        return _LABELS[best] if (best := max(known, key=len, default=None)) else account


SETTINGS = (*ACCOUNTS, *JOURNALS, *NAMES, "quickbooks_item")


def books_of(settings: AccountingSettings | None, labels: Mapping[str, str]) -> Books:
    """The books that `settings` describe, else the usual ones."""
    known = {} if settings is None else {name: getattr(settings, name) for name in SETTINGS}
    return Books(**known, labels=MappingProxyType(dict(labels)))


class AccountingExport(Scoped, Record):
    """One export: what was asked, the files it made, and what they come to."""

    __tablename__ = "accounting_export"
    __table_args__ = owned()

    format: Mapped[ExportFormat] = mapped_column(choice(ExportFormat))
    language: Mapped[str] = mapped_column(String(2))
    exported_at: Mapped[datetime] = mapped_column(Instant)
    author: Mapped[str] = mapped_column(NAME)
    """The name of the key."""
    invoice_count: Mapped[int] = mapped_column(Integer)
    files: Mapped[list[Any]] = mapped_column(JSON)
    """[{key, filename, media_type, size, sha256}]"""
    totals: Mapped[list[Any]] = mapped_column(JSON)
    """[{currency, net_minor, vat_minor, gross_minor}], credit notes taken off."""
    includes_payments: Mapped[bool] = mapped_column(Boolean, default=False)


class InvoiceExport(Scoped, Record):
    """That a final document went out in a file. Never changed."""

    __tablename__ = "invoice_export"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "invoice_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "export_id"],
            ["accounting_export.organisation_id", "accounting_export.id"],
        ),
        Index(None, "organisation_id", "invoice_id"),
        Index(None, "organisation_id", "export_id"),
    )

    invoice_id: Mapped[int] = mapped_column(BigKey)
    export_id: Mapped[int] = mapped_column(BigKey)
    format: Mapped[ExportFormat] = mapped_column(choice(ExportFormat))
    filename: Mapped[str] = mapped_column(NAME)
    sha256: Mapped[str] = mapped_column(String(64))
    exported_at: Mapped[datetime] = mapped_column(Instant)
    author: Mapped[str] = mapped_column(NAME)


@lru_cache(maxsize=4096)
def fiscal_year_end(*, start: str, day: date) -> date:
    """The last day of the fiscal year that holds `day`: 2026-03-01 with 07-01 is 2026-06-30."""
    month, first = (int(part) for part in start.split("-"))
    return date(fiscal_year(start=start, day=day) + 1, month, first) - timedelta(days=1)


_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,19}")
_JOURNAL = re.compile(r"[A-Za-z0-9]{1,10}")


def judge_accounting(asked: Mapping[str, Any], present: AccountingSettings | None) -> Form:
    """What is to change of the settings; null brings the usual value back."""
    form = Form(asked, is_new=present is None)
    usual = Books()
    for name in ACCOUNTS:
        form.matching(
            name,
            "The account",
            _ACCOUNT.fullmatch,
            "an account has 1 to 20 letters or digits",
            empty=getattr(usual, name),
        )
    for name in ("sales_journal", "bank_journal"):
        form.matching(
            name,
            "The journal",
            _JOURNAL.fullmatch,
            "a journal has 1 to 10 letters or digits",
            upper=True,
            empty=getattr(usual, name),
        )
        label = f"{name}_label"
        form.text(label, "The name of the journal", longest=60, empty=getattr(usual, label))
    form.text("quickbooks_item", "The item of QuickBooks", longest=31)
    journals = [form.columns.get(one, getattr(present or usual, one)) for one in JOURNALS[::2]]
    if journals[0] == journals[1]:
        reason = "sales and bank have journals of their own"
        form.issues.append(
            FIELD_INVALID(
                field=("bank_journal",), name="The journal", reason=reason, found=journals[0]
            )
        )
    return form
