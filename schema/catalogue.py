"""Products, ledger accounts and tax codes: what invoices are made with."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from domain.catalogue import AccountType
from domain.catalogue import LedgerAccount as LedgerAccountRecord
from domain.catalogue import Product as ProductRecord
from domain.catalogue import TaxCode as TaxCodeRecord
from domain.tax import VatCategory
from persistence.reading import Noun, ToOne
from schema.node import Node
from schema.scalars import number_field

strawberry.enum(AccountType, description="What a ledger account is for.")
strawberry.enum(VatCategory, description="EN 16931 categories.")


@strawberry.type(description="A general-ledger account (compte GL).")
class LedgerAccount(Node):
    number: str
    label: str
    account_type: AccountType
    updated_at: datetime
    archived_at: datetime | None
    version: int


@strawberry.type(description="A VAT rate with its category, exemption and legal mention.")
class TaxCode(Node):
    code: str
    rate: Decimal
    category: VatCategory
    country: str
    exemption: str | None
    reason_code: str | None = strawberry.field(description="BT-121, a VATEX code.")
    mention: str | None
    vat_account: str | None
    updated_at: datetime
    archived_at: datetime | None
    version: int


@strawberry.type(description="An item with a price, an account and a tax code.")
class Product(Node):
    sku: str
    name: str
    unit: str = strawberry.field(
        description="UN/ECE Rec 20: C62 one, HUR hour, DAY day, LS lump sum."
    )
    unit_price: Decimal
    currency: str
    ledger_account: str | None
    tax_code: TaxCode | None
    active: bool
    updated_at: datetime
    archived_at: datetime | None
    version: int


LEDGER_ACCOUNT = Noun(LedgerAccountRecord, "LedgerAccount")
TAX_CODE = Noun(TaxCodeRecord, "TaxCode", {"rate": number_field("rate")})
PRODUCT = Noun(
    ProductRecord,
    "Product",
    {
        "unit_price": number_field("unit_price"),
        "tax_code": ToOne(lambda: TAX_CODE, "tax_code_id"),
    },
)
