"""Keeping the catalogues that invoices are made with: products, tax codes, ledger accounts."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.access import Permission
from domain.catalogue import AccountType
from domain.catalogue import LedgerAccount as LedgerAccountRecord
from domain.catalogue import Product as ProductRecord
from domain.catalogue import TaxCode as TaxCodeRecord
from domain.tax import VatCategory
from persistence.lists import ledger_accounts_where, products_where, tax_codes_where
from resolvers._bulk import kept, restored
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._reading import PageInput, read_one, read_page
from resolvers.keeping._editing_inputs import given
from resolvers.keeping.editing import BulkPayload, RecordPayload
from resolvers.settling import _cataloguing as cataloguing
from resolvers.settling import _products_bulk as products_bulk
from resolvers.settling._catalogue_order import CatalogueOrder
from resolvers.settling._cataloguing_inputs import (
    LedgerAccountCreateInput,
    LedgerAccountUpdateInput,
    ProductCreateInput,
    ProductsBulkUpsertInput,
    ProductUpdateInput,
    TaxCodeCreateInput,
    TaxCodeUpdateInput,
)
from resolvers.settling._keeping import RecordInput, alter, bring_back, make, put_away
from schema.catalogue import LEDGER_ACCOUNT, PRODUCT, TAX_CODE, LedgerAccount, Product, TaxCode
from schema.connection import Connection
from schema.context import Info
from schema.node import key_of
from schema.payload import ErrorPolicy, bulk_counts, require_size
from schema.view import wanted

_BY_CODE = CatalogueOrder.BY_CODE
_RECORDS, _SETTINGS = Permission.EDIT_RECORDS, Permission.EDIT_SETTINGS
"""Products come and go with the work, like projects; taxes and accounts are the firm's books."""


@strawberry.type
class CataloguingQueries:
    """Queries about the catalogues; `archived` null shows both."""

    @strawberry.field
    async def tax_codes(
        self,
        info: Info,
        country: str | None = None,
        text: str | None = None,
        category: VatCategory | None = None,
        archived: bool | None = False,
        order: CatalogueOrder = _BY_CODE,
        page: PageInput | None = None,
    ) -> Connection[TaxCode]:
        where = tax_codes_where(country=country, text=text, category=category, archived=archived)
        asked, sort = (page or PageInput()).asked(), order.sort(code="code", name="code")
        return await read_page(info, TAX_CODE, asked=asked, sort=sort, where=where)

    @strawberry.field
    async def tax_code(self, info: Info, id: strawberry.ID) -> TaxCode | None:
        key = key_of(id, "tax_code", field=("id",))
        return await read_one(info, TAX_CODE, id=key)

    @strawberry.field
    async def tax_code_by_code(self, info: Info, code: str) -> TaxCode | None:
        return await read_one(info, TAX_CODE, code=code.strip().upper())

    @strawberry.field
    async def ledger_accounts(
        self,
        info: Info,
        text: str | None = None,
        account_type: AccountType | None = None,
        archived: bool | None = False,
        order: CatalogueOrder = _BY_CODE,
        page: PageInput | None = None,
    ) -> Connection[LedgerAccount]:
        where = ledger_accounts_where(text=text, account_type=account_type, archived=archived)
        asked, sort = (page or PageInput()).asked(), order.sort(code="number", name="label")
        return await read_page(info, LEDGER_ACCOUNT, asked=asked, sort=sort, where=where)

    @strawberry.field
    async def ledger_account(self, info: Info, id: strawberry.ID) -> LedgerAccount | None:
        key = key_of(id, "ledger_account", field=("id",))
        return await read_one(info, LEDGER_ACCOUNT, id=key)

    @strawberry.field
    async def ledger_account_by_number(self, info: Info, number: str) -> LedgerAccount | None:
        return await read_one(info, LEDGER_ACCOUNT, number=number.strip())

    @strawberry.field
    async def products(
        self,
        info: Info,
        text: str | None = None,
        active: bool | None = None,
        archived: bool | None = False,
        order: CatalogueOrder = _BY_CODE,
        page: PageInput | None = None,
    ) -> Connection[Product]:
        where = products_where(text=text, active=active, archived=archived)
        asked, sort = (page or PageInput()).asked(), order.sort(code="sku", name="name")
        return await read_page(info, PRODUCT, asked=asked, sort=sort, where=where)

    @strawberry.field
    async def product(self, info: Info, id: strawberry.ID) -> Product | None:
        key = key_of(id, "product", field=("id",))
        return await read_one(info, PRODUCT, id=key)

    @strawberry.field
    async def product_by_sku(self, info: Info, sku: str) -> Product | None:
        return await read_one(info, PRODUCT, sku=sku.strip().upper())


@strawberry.type
class Cataloguing:
    """Mutations that keep the catalogues."""

    @strawberry.mutation
    async def product_create(self, info: Info, input: ProductCreateInput) -> RecordPayload[Product]:
        asked = given(input)
        return await make(
            info, _RECORDS, PRODUCT, lambda acting: cataloguing.create_product(acting, asked)
        )

    @strawberry.mutation(description="What is left out stays; null empties. Old lines stay too.")
    async def product_update(self, info: Info, input: ProductUpdateInput) -> RecordPayload[Product]:
        def change(acting: Acting, product: ProductRecord) -> Any:
            return cataloguing.change_product(acting, product, given(input))

        return await alter(info, _RECORDS, PRODUCT, input, change)

    @strawberry.mutation(description="No new line is made with it; old lines keep it.")
    async def product_archive(self, info: Info, input: RecordInput) -> RecordPayload[Product]:
        return await put_away(info, _RECORDS, PRODUCT, input)

    @strawberry.mutation(description="Needs its tax code and its account to be live.")
    async def product_restore(self, info: Info, input: RecordInput) -> RecordPayload[Product]:
        return await bring_back(info, _RECORDS, PRODUCT, input, cataloguing.require_product_whole)

    @strawberry.mutation(description="Found by id or SKU; else created. At most 1,000.")
    async def products_bulk_upsert(
        self, info: Info, input: ProductsBulkUpsertInput
    ) -> BulkPayload[Product]:
        return await _bulk(info, input)

    @strawberry.mutation(
        description="A rate, or a reason to charge none: an exemption brings its mention with it."
    )
    async def tax_code_create(
        self, info: Info, input: TaxCodeCreateInput
    ) -> RecordPayload[TaxCode]:
        asked = given(input)
        return await make(
            info, _SETTINGS, TAX_CODE, lambda acting: cataloguing.create_tax_code(acting, asked)
        )

    @strawberry.mutation(
        description="Once on a legal invoice it keeps rate, category, exemption and country."
    )
    async def tax_code_update(
        self, info: Info, input: TaxCodeUpdateInput
    ) -> RecordPayload[TaxCode]:
        def change(acting: Acting, tax: TaxCodeRecord) -> Any:
            return cataloguing.change_tax_code(acting, tax, given(input))

        return await alter(info, _SETTINGS, TAX_CODE, input, change)

    @strawberry.mutation(description="No new line is made with it; old lines keep it.")
    async def tax_code_archive(self, info: Info, input: RecordInput) -> RecordPayload[TaxCode]:
        return await put_away(info, _SETTINGS, TAX_CODE, input, cataloguing.require_tax_unused)

    @strawberry.mutation
    async def tax_code_restore(self, info: Info, input: RecordInput) -> RecordPayload[TaxCode]:
        return await bring_back(info, _SETTINGS, TAX_CODE, input, cataloguing.require_tax_whole)

    @strawberry.mutation
    async def ledger_account_create(
        self, info: Info, input: LedgerAccountCreateInput
    ) -> RecordPayload[LedgerAccount]:
        asked = given(input)
        return await make(
            info,
            _SETTINGS,
            LEDGER_ACCOUNT,
            lambda acting: cataloguing.create_account(acting, asked),
        )

    @strawberry.mutation(description="Its number stays once another record names it.")
    async def ledger_account_update(
        self, info: Info, input: LedgerAccountUpdateInput
    ) -> RecordPayload[LedgerAccount]:
        def change(acting: Acting, account: LedgerAccountRecord) -> Any:
            return cataloguing.change_account(acting, account, given(input))

        return await alter(info, _SETTINGS, LEDGER_ACCOUNT, input, change)

    @strawberry.mutation(description="No new line is made with it; old lines keep it.")
    async def ledger_account_archive(
        self, info: Info, input: RecordInput
    ) -> RecordPayload[LedgerAccount]:
        unused = cataloguing.require_account_unused
        return await put_away(info, _SETTINGS, LEDGER_ACCOUNT, input, unused)

    @strawberry.mutation
    async def ledger_account_restore(
        self, info: Info, input: RecordInput
    ) -> RecordPayload[LedgerAccount]:
        return await bring_back(info, _SETTINGS, LEDGER_ACCOUNT, input)


async def _bulk(info: Info, asked: ProductsBulkUpsertInput) -> Any:
    fields = wanted(info, "results", "node")

    def act(acting: Acting) -> Payload:
        require_size(asked.items)
        upserts = products_bulk.judge(acting, asked.items)
        refused = any(one.is_refused for one in upserts)
        stopped = refused and asked.error_policy is ErrorPolicy.REJECT_EVERYTHING
        if not stopped and not asked.dry_run:
            products_bulk.keep(acting, upserts)
        return products_bulk.results(acting, upserts, stopped=stopped, fields=fields)

    once = Once(
        key=asked.idempotency_key,
        mutation="productsBulkUpsert",
        asked=asked,
        keep=lambda payload: kept(payload, dry_run=asked.dry_run),
        restore=lambda acting, before: restored(acting, PRODUCT, before, fields),
    )
    nothing = {"counts": bulk_counts([]), "results": [], "replayed": False}
    return await write(info, _RECORDS, act, nothing=nothing, once=once)
