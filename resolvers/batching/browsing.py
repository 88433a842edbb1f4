"""Looking at batches: their figures, the contracts they are chosen from, and their invoices."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import strawberry

from domain.batch.model import BatchState, BillState
from persistence.batch.batches import batches_where, bills_where
from persistence.pages import Sort
from persistence.reading import load_one
from resolvers._reading import PageInput, read, read_page
from resolvers.batching._choices import BatchContractFilter, contract_conditions
from schema.batch import (
    Batch,
    BatchContract,
    BatchInvoice,
    batch_contract_noun,
    batch_invoice_noun,
    batch_noun,
)
from schema.connection import Connection
from schema.context import Info
from schema.node import key_of
from schema.view import wanted


@strawberry.enum(description="What contracts of a batch are sorted by.")
class BatchContractOrder(StrEnum):
    CLIENT = "CLIENT"
    CONTRACT = "CONTRACT"
    PROJECT = "PROJECT"
    TYPE = "TYPE"
    STATE = "STATE"
    TOTAL_BALANCE = "TOTAL_BALANCE"


_COLUMNS = {
    BatchContractOrder.CLIENT: "client_key",
    BatchContractOrder.CONTRACT: "contract_key",
    BatchContractOrder.PROJECT: "project_code",
    BatchContractOrder.TYPE: "type",
    BatchContractOrder.STATE: "state",
    BatchContractOrder.TOTAL_BALANCE: "total_minor",
}


@strawberry.input(description="Balances are sorted within their currency.")
class BatchContractSort:
    by: BatchContractOrder = BatchContractOrder.CLIENT
    falling: bool = False

    def sort(self) -> Sort:
        within = "currency" if self.by is BatchContractOrder.TOTAL_BALANCE else None
        return Sort(_COLUMNS[self.by], falling=self.falling, within=within)


@strawberry.input
class BatchFilter:
    states: list[BatchState] | None = None
    text: str | None = None


@strawberry.type
class BatchQueries:
    """Queries about batches of invoices."""

    @strawberry.field(description="The newest first.")
    async def batches(
        self, info: Info, filter: BatchFilter | None = None, page: PageInput | None = None
    ) -> Connection[Batch]:
        given = filter or BatchFilter()
        return await read_page(
            info,
            batch_noun(info.context.house, info.context.caller.locale),
            asked=(page or PageInput()).asked(),
            sort=Sort("id", falling=True),
            where=batches_where(states=given.states, text=given.text),
        )

    @strawberry.field
    async def batch(self, info: Info, id: strawberry.ID) -> Batch | None:
        key, fields = key_of(id, "batch", field=("id",)), wanted(info)
        noun = batch_noun(info.context.house, info.context.caller.locale)
        found: Any = await read(info, lambda session: load_one(session, noun, fields, key))
        return found

    @strawberry.field(description="What a batch is chosen from (B05–B09, B16–B22).")
    async def batch_contracts(
        self,
        info: Info,
        batch_id: strawberry.ID,
        filter: BatchContractFilter | None = None,
        sort: BatchContractSort | None = None,
        page: PageInput | None = None,
    ) -> Connection[BatchContract]:
        key = key_of(batch_id, "batch", field=("batchId",))
        return await read_page(
            info,
            batch_contract_noun(info.context.caller.locale),
            asked=(page or PageInput()).asked(),
            sort=(sort or BatchContractSort()).sort(),
            where=contract_conditions(key, filter),
        )

    @strawberry.field(
        description="What a batch proposes, or has made, in its order; those taken out only when "
        "asked for."
    )
    async def batch_invoices(
        self,
        info: Info,
        batch_id: strawberry.ID,
        states: list[BillState] | None = None,
        page: PageInput | None = None,
    ) -> Connection[BatchInvoice]:
        key = key_of(batch_id, "batch", field=("batchId",))
        return await read_page(
            info,
            batch_invoice_noun(info.context.caller.locale),
            asked=(page or PageInput()).asked(),
            sort=Sort("place"),
            where=bills_where(key, states=states),
        )
