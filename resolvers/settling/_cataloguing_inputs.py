"""What people fill in of products, tax codes and ledger accounts."""

from __future__ import annotations

from decimal import Decimal

import strawberry
from strawberry import Maybe

from domain.catalogue import AccountType
from domain.tax import VatCategory
from schema.payload import ErrorPolicy


@strawberry.input
class ProductFields:
    sku: Maybe[str | None]
    name: Maybe[str | None]
    unit: Maybe[str | None] = strawberry.field(
        description="UN/ECE Rec 20: C62 one, HUR hour, DAY day, LS lump sum."
    )
    unit_price: Maybe[Decimal | None] = strawberry.field(description="Net, of one unit.")
    currency: Maybe[str | None] = strawberry.field(description="The organisation's when left out.")
    ledger_account: Maybe[str | None] = strawberry.field(description="Its number.")
    tax_code: Maybe[str | None] = strawberry.field(description="Its code, e.g. FR-20.")
    active: Maybe[bool | None] = strawberry.field(description="False: not on sale for now.")


@strawberry.input
class ProductCreateInput(ProductFields):
    pass


@strawberry.input
class ProductUpdateInput(ProductFields):
    id: strawberry.ID
    expected_version: int | None = None


@strawberry.input
class ProductItem(ProductFields):
    id: strawberry.ID | None = None
    external_reference: str | None = None


@strawberry.input
class ProductsBulkUpsertInput:
    items: list[ProductItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class TaxCodeFields:
    code: Maybe[str | None]
    rate: Maybe[Decimal | None] = strawberry.field(description="Percent: 20, 5.5, 0.")
    category: Maybe[VatCategory | None] = strawberry.field(
        description="May be left out beside an exemption, which has its own."
    )
    country: Maybe[str | None] = strawberry.field(description="The organisation's when left out.")
    exemption: Maybe[str | None] = strawberry.field(
        description="AUTOLIQUIDATION, HORS_CHAMP_TERRITORIAL, FRANCHISE_BASE, EXONERATION_261, "
        "DOM_294 or EXPORT_262: brings its category, its VATEX code and its mention."
    )
    reason_code: Maybe[str | None] = strawberry.field(description="BT-121, a VATEX code.")
    mention: Maybe[str | None] = strawberry.field(description="What the invoice says of it.")
    vat_account: Maybe[str | None] = strawberry.field(description="Its number.")


@strawberry.input
class TaxCodeCreateInput(TaxCodeFields):
    pass


@strawberry.input
class TaxCodeUpdateInput(TaxCodeFields):
    id: strawberry.ID
    expected_version: int | None = None


@strawberry.input
class LedgerAccountFields:
    number: Maybe[str | None]
    label: Maybe[str | None]
    account_type: Maybe[AccountType | None] = strawberry.field(description="REVENUE if left out.")


@strawberry.input
class LedgerAccountCreateInput(LedgerAccountFields):
    pass


@strawberry.input
class LedgerAccountUpdateInput(LedgerAccountFields):
    id: strawberry.ID
    expected_version: int | None = None
