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
from domain.errors import call_error, call_warning
from domain.tax import VatCategory

CATALOGUE_CODE_TAKEN = call_error(
    "CATALOGUE_CODE_TAKEN", "The code {code} is already used in this catalogue."
)
CATALOGUE_CODE_KEPT = call_error(
    "CATALOGUE_CODE_KEPT",
    "{count} records name {code}: it keeps its code.",
    "Make a new one, and archive this one.",
)
CATALOGUE_IN_USE = call_error(
    "CATALOGUE_IN_USE",
    "{code} is still the one of {count} products or tax codes.",
    "Give them another one first.",
)
TAX_CODE_UNKNOWN = call_error("TAX_CODE_UNKNOWN", "There is no tax code {code}.")
LEDGER_ACCOUNT_UNKNOWN = call_error("LEDGER_ACCOUNT_UNKNOWN", "There is no ledger account {code}.")
PRODUCT_UNKNOWN = call_error("PRODUCT_UNKNOWN", "There is no product {code}.")
PRODUCT_INACTIVE = call_error("PRODUCT_INACTIVE", "The product {code} is not on sale.")
LEDGER_ACCOUNT_DEFAULT = call_error(
    "LEDGER_ACCOUNT_DEFAULT",
    "Lines of phases without an account of their own bear {code}: it stays.",
)
TAX_CODE_FROZEN = call_error(
    "TAX_CODE_FROZEN",
    "The tax code {code} stands on issued invoices: {particular} stays {expected}.",
    "Make a new tax code, and archive this one.",
)
TAX_RATE_OF_CATEGORY = call_error(
    "TAX_RATE_OF_CATEGORY",
    "The rate {found} does not go with the category {category}.",
    "Category S has a rate above 0; Z, E, AE, K, G and O have the rate 0.",
)
TAX_EXEMPTION_OF_CATEGORY = call_error(
    "TAX_EXEMPTION_OF_CATEGORY",
    "The exemption {exemption} is of the category {expected}, not {found}.",
)
TAX_EXEMPTION_NEEDLESS = call_error(
    "TAX_EXEMPTION_NEEDLESS", "A tax code of the category {category} has no reason to bear no VAT."
)
TAX_MENTION_REQUIRED = call_error(
    "TAX_MENTION_REQUIRED",
    "A tax code of the category {category} must say why no VAT is charged.",
    "Give the exemption, or the mention that stands on the invoice.",
)
TAX_RATE_UNLISTED = call_warning(
    "TAX_RATE_UNLISTED", "{found} % is none of the VAT rates of {country} that we know."
)


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
