"""Printing a whole batch, or part of it, as one file (B29)."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.access import Permission
from domain.invoice.papers import PapersForm
from persistence import batches
from persistence.reading import Wanted, load_one
from resolvers._batch_delivering import Part, require_invoices
from resolvers._batch_inputs import batch_key, bill_keys
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._papers import ask_for_papers
from schema.context import Info
from schema.job import Job, job_noun
from schema.user_error import UserError
from schema.view import wanted


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
        fields = wanted(info, "job")

        def act(acting: Acting) -> Payload:
            part = Part(batch_id=batch_key(input.id), bill_ids=bill_keys(input.invoice_ids))
            batch = batches.the_batch(acting.session, part.batch_id)
            bills = require_invoices(acting.session, batch, part)
            keys = [bill.invoice_id for bill in bills if bill.invoice_id is not None]
            job = ask_for_papers(acting, keys, input.form, batch_id=batch.id)
            return _shown(acting, job.id, fields)

        once = Once(
            key=input.idempotency_key,
            mutation="batchPrint",
            asked=input,
            keep=lambda payload: {"key": payload["job"]["key"]},
            restore=lambda acting, kept: _shown(acting, kept["key"], fields),
        )
        nothing = {"job": None, "replayed": False}
        return await write(info, Permission.READ, act, nothing=nothing, once=once)


def _shown(acting: Acting, key: int, fields: Wanted) -> Payload:
    noun = job_noun(acting.house, acting.caller.locale)
    found: Any = load_one(acting.session, noun, {**fields, "id": {}}, key)
    return {"job": found}
