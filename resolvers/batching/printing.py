"""Printing a whole batch, or part of it, as one file (B29)."""

from __future__ import annotations

import strawberry

from domain.invoice.papers import PapersForm
from domain.job import Job as JobRecord
from persistence.batch import batches
from resolvers._mutation import Acting
from resolvers.batching._delivering import Part, require_invoices
from resolvers.batching._inputs import batch_key, bill_keys
from resolvers.delivering._papers import ask_for_papers
from resolvers.delivering.printing import asked_once
from schema.context import Info
from schema.job import Job
from schema.user_error import UserError


@strawberry.input
class BatchPrintInput:
    id: strawberry.ID
    form: PapersForm
    invoice_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Of batch invoices; all of the batch when left out."
    )
    idempotency_key: strawberry.ID


@strawberry.type
class BatchPrintPayload:
    job: Job | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class BatchPrinting:
    """The mutation that asks for the papers of a batch."""

    @strawberry.mutation(
        description="Asks for the papers of a batch in its order, in one PDF or a zip "
        "(invoicesPrint)."
    )
    async def batch_print(self, info: Info, input: BatchPrintInput) -> BatchPrintPayload:
        def act(acting: Acting) -> JobRecord:
            part = Part(batch_id=batch_key(input.id), bill_ids=bill_keys(input.invoice_ids))
            batch = batches.the_batch(acting.session, part.batch_id)
            bills = require_invoices(acting.session, batch, part)
            keys = [bill.invoice_id for bill in bills if bill.invoice_id is not None]
            return ask_for_papers(acting, keys, input.form, batch_id=batch.id)

        return await asked_once(info, "batchPrint", input, act)
