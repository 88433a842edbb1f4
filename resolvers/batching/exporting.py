"""Exporting a whole batch, or part of it, to the accounts (B30, B32–B34)."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.access import Permission
from domain.accounting import ExportFormat
from domain.batch.model import BatchState
from domain.batch.run import BATCH_EMPTY, require_state
from domain.errors import Refusal
from persistence.batch import batches
from persistence.deadline import longer
from persistence.reading import Wanted, load_one
from persistence.session import ScopedSession
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._shares import to_read
from resolvers.batching._delivering import Part, invoices_of
from resolvers.batching._inputs import batch_key, bill_keys
from resolvers.posting._exporting import Drawn, draw_up, keep
from resolvers.posting._inputs import ExportEuroRateInput, euro_rates_of, language_of
from resolvers.posting._selecting import ExportWanted
from schema.accounting import AccountingExport, accounting_export_noun
from schema.batch import Batch, batch_noun
from schema.context import Info
from schema.needs import admit
from schema.user_error import UserError, errors_again, kept_errors, user_errors
from schema.view import wanted

_EXPORTED = (BatchState.GENERATED, BatchState.EXPORTED)


@strawberry.input
class BatchExportInput:
    id: strawberry.ID
    format: ExportFormat
    invoice_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Of batch invoices; all of the batch when left out."
    )
    language: str | None = strawberry.field(default=None, description="Of the CSV: fr or en.")
    include_payments: bool = strawberry.field(default=False, description="Of the FEC.")
    euro_rates: list[ExportEuroRateInput] | None = None
    idempotency_key: strawberry.ID


@strawberry.type
class BatchExportPayload:
    batch: Batch | None
    export: AccountingExport | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class BatchExporting:
    """The mutation that gives the accounts a batch."""

    @strawberry.mutation(
        description="The files of a batch for the accounting software; the batch is EXPORTED once "
        "all of it is final and went out. Invoices that had gone out already are warned of."
    )
    async def batch_export(self, info: Info, input: BatchExportInput) -> BatchExportPayload:
        fields, of_batch = wanted(info, "export"), wanted(info, "batch")
        with longer():
            drawn = await to_read(info.context.caller, lambda: _drawn(info, input))

        def act(acting: Acting) -> Payload:
            if isinstance(drawn, Refusal):
                raise drawn
            batch = batches.the_batch(acting.session, batch_key(input.id), locked=True)
            require_state(batch, *_EXPORTED)
            made, issues = keep(acting, drawn)
            if batches.has_gone_out(acting.session, batch.id):
                batch.state, batch.exported_at = BatchState.EXPORTED, made.exported_at
            return _shown(acting, (batch.id, made.id), (of_batch, fields)) | {
                "user_errors": user_errors(issues, acting.caller.locale)
            }

        once = Once(
            key=input.idempotency_key,
            mutation="batchExport",
            asked=input,
            keep=lambda payload: {
                "batch": payload["batch"]["key"],
                "export": payload["export"]["key"],
                "user_errors": kept_errors(payload["user_errors"]),
            },
            restore=lambda acting, kept: (
                _shown(acting, (kept["batch"], kept["export"]), (of_batch, fields))
                | {"user_errors": errors_again(kept["user_errors"])}
            ),
        )
        nothing = {"batch": None, "export": None, "replayed": False}
        return await write(info, Permission.FINALISE_INVOICES, act, nothing=nothing, once=once)


def _drawn(info: Info, asked: BatchExportInput) -> Drawn | Refusal:
    """The export drawn up before the transaction that records it, or why there is none."""
    house, caller = info.context.house, info.context.caller
    try:
        admit(info.field_name, caller.role, caller.reach)
        with house.database.reading(caller.standing()) as session:
            return draw_up(session, house, caller, _wanted(session, asked, caller.locale))
    except Refusal as refusal:
        return refusal


def _wanted(session: ScopedSession, asked: BatchExportInput, locale: str) -> ExportWanted:
    part = Part(batch_id=batch_key(asked.id), bill_ids=bill_keys(asked.invoice_ids))
    batch = batches.the_batch(session, part.batch_id)
    require_state(batch, *_EXPORTED)
    keys = [bill.invoice_id for bill in invoices_of(session, part) if bill.invoice_id is not None]
    if not keys:
        raise Refusal(BATCH_EMPTY(field=("id",), batch=batch.name))
    return ExportWanted(
        format=asked.format,
        invoice_ids=keys,
        language=language_of(asked.language, locale),
        include_payments=asked.include_payments and asked.format is ExportFormat.FEC,
        euro_rates=euro_rates_of(asked.euro_rates),
    )


def _shown(acting: Acting, keys: tuple[int, int], fields: tuple[Wanted, Wanted]) -> Payload:
    acting.session.flush()
    batch = batch_noun(acting.house, acting.caller.locale)
    found: dict[str, Any] = {
        "batch": load_one(acting.session, batch, {**fields[0], "id": {}}, keys[0]),
        "export": load_one(
            acting.session, accounting_export_noun(acting.house), {**fields[1], "id": {}}, keys[1]
        ),
    }
    return found
