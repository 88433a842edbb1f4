"""What invoices are made with: products, ledger accounts and tax codes (DOMAIN §2.1)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import (
    CODE,
    COUNTRY,
    CURRENCY,
    NAME,
    PERCENT,
    UNIT_PRICE,
    BigKey,
    Record,
    Versioned,
    choice,
    owned,
)
from domain.errors import call_error
from domain.tax import VatCategory

CATALOGUE_CODE_TAKEN = call_error(
    "CATALOGUE_CODE_TAKEN", "The code {code} is already used in this catalogue."
)
TAX_CODE_UNKNOWN = call_error("TAX_CODE_UNKNOWN", "There is no tax code {code}.")
LEDGER_ACCOUNT_UNKNOWN = call_error("LEDGER_ACCOUNT_UNKNOWN", "There is no ledger account {code}.")
PRODUCT_UNKNOWN = call_error("PRODUCT_UNKNOWN", "There is no product {code}.")


class AccountType(StrEnum):
    RECEIVABLE = "RECEIVABLE"
    REVENUE = "REVENUE"
    VAT = "VAT"
    BANK = "BANK"
    OTHER = "OTHER"


class LedgerAccount(Versioned, Record):
    """A general-ledger account (compte GL): 706000, 411…, 44571…"""

    __tablename__ = "ledger_account"
    __table_args__ = owned(UniqueConstraint("organisation_id", "number"))

    number: Mapped[str] = mapped_column(CODE)
    label: Mapped[str] = mapped_column(NAME)
    account_type: Mapped[AccountType] = mapped_column(
        choice(AccountType), default=AccountType.REVENUE
    )


class TaxCode(Versioned, Record):
    """A rate with its EN 16931 category, exemption reason and legal mention (DOMAIN §4.2)."""

    __tablename__ = "tax_code"
    __table_args__ = owned(UniqueConstraint("organisation_id", "code"))

    code: Mapped[str] = mapped_column(CODE)
    rate: Mapped[Decimal] = mapped_column(PERCENT)
    category: Mapped[VatCategory] = mapped_column(choice(VatCategory))
    country: Mapped[str] = mapped_column(COUNTRY)
    exemption: Mapped[str | None] = mapped_column(String(32), default=None)
    """The exemption reason this code answers (AUTOLIQUIDATION, FRANCHISE_BASE …)."""
    reason_code: Mapped[str | None] = mapped_column(String(32), default=None)
    """BT-121, a VATEX code."""
    mention: Mapped[str | None] = mapped_column(Text, default=None)
    vat_account: Mapped[str | None] = mapped_column(CODE, default=None)


class Product(Versioned, Record):
    """An item with a price, an account and a tax code; `sku` is unique."""

    __tablename__ = "product"
    __table_args__ = owned(
        UniqueConstraint("organisation_id", "sku"),
        ForeignKeyConstraint(
            ["organisation_id", "tax_code_id"], ["tax_code.organisation_id", "tax_code.id"]
        ),
    )

    sku: Mapped[str] = mapped_column(CODE)
    name: Mapped[str] = mapped_column(NAME)
    unit: Mapped[str] = mapped_column(String(8), default="C62")
    unit_price: Mapped[Decimal] = mapped_column(UNIT_PRICE, default=Decimal(0))
    currency: Mapped[str] = mapped_column(CURRENCY, default="EUR")
    ledger_account: Mapped[str | None] = mapped_column(CODE, default=None)
    tax_code_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
