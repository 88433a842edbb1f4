"""Printing many papers: a job that makes one file of them (B29)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

from domain.access import Permission
from domain.errors import INPUT_TOO_LARGE, Refusal
from domain.invoice.papers import MOST_PAPERS, PapersForm
from domain.job import Job as JobRecord
from persistence.reading import Wanted, load_one
from resolvers._mutation import Acting, Once, Payload, write
from resolvers.delivering._papers import ask_for_papers
from schema.context import Info
from schema.job import Job, job_noun
from schema.node import key_of
from schema.user_error import UserError
from schema.view import wanted

strawberry.enum(
    PapersForm,
    description="MERGED_PDF: one file, a bookmark to each. The others are zips with a file of "
    "each: ZIP of PDFs, FACTUR_X and CII of electronic invoices.",
)


@strawberry.input
class InvoicesPrintInput:
    ids: list[strawberry.ID] = strawberry.field(
        description="At most 10,000; each is printed once, in this order."
    )
    form: PapersForm
    idempotency_key: strawberry.ID


@strawberry.type
class InvoicesPrintPayload:
    job: Job | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class Printing:
    """The mutation that asks for papers."""

    @strawberry.mutation(
        description="Asks for the papers of many invoices, in one PDF with a bookmark to each or "
        "in a zip, of electronic invoices too. Follow the job with jobChanged; its resultFiles "
        "are the file, its userErrors name what could not be printed."
    )
    async def invoices_print(self, info: Info, input: InvoicesPrintInput) -> InvoicesPrintPayload:
        def act(acting: Acting) -> JobRecord:
            if len(input.ids) > MOST_PAPERS:
                count = len(input.ids)
                raise Refusal(INPUT_TOO_LARGE(field=("ids",), count=count, limit=MOST_PAPERS))
            keys = [
                key_of(one, "invoice", field=("ids", place)) for place, one in enumerate(input.ids)
            ]
            return ask_for_papers(acting, keys, input.form)

        return await asked_once(info, "invoicesPrint", input, act)


async def asked_once(
    info: Info, mutation: str, asked: Any, act: Callable[[Acting], JobRecord]
) -> Any:
    """The payload of a call for papers: the job, asked for once however often it is sent."""
    fields = wanted(info, "job")
    once = Once(
        key=asked.idempotency_key,
        mutation=mutation,
        asked=asked,
        keep=lambda payload: {"key": payload["job"]["key"]},
        restore=lambda acting, kept: _shown(acting, kept["key"], fields),
    )
    return await write(
        info,
        Permission.READ_BILLING,
        lambda acting: _shown(acting, act(acting).id, fields),
        nothing={"job": None, "replayed": False},
        once=once,
    )


def _shown(acting: Acting, key: int, fields: Wanted) -> Payload:
    noun = job_noun(acting.house, acting.caller.locale)
    found: Any = load_one(acting.session, noun, {**fields, "id": {}}, key)
    return {"job": found}
