"""What callers give to prepare, run and carry out batches of invoices, and what they get."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import strawberry

from domain.batch.model import Grouping
from domain.errors import FIELD_REQUIRED, Refusal
from resolvers.batching._choices import BatchChoice, BatchCriteria, keys_of
from schema.batch import Batch
from schema.node import key_of
from schema.user_error import UserError


@strawberry.input(description="A name, a cut-off day, and which contracts.")
class BatchPlanInput:
    name: str
    cut_off: date | None = strawberry.field(
        default=None, description="The day up to which is billed; today when left out."
    )
    filter: BatchCriteria | None = None
    grouping: Grouping = Grouping.PER_CONTRACT
    idempotency_key: strawberry.ID


@strawberry.input
class BatchRefreshInput:
    id: strawberry.ID
    cut_off: date | None = strawberry.field(default=None, description="As before when left out.")


@strawberry.input
class BatchSelectInput:
    id: strawberry.ID
    choices: list[BatchChoice]


@strawberry.input
class BatchUpdateInput:
    id: strawberry.ID
    name: str | None = None
    grouping: Grouping | None = None


@strawberry.input
class BatchRunInput:
    id: strawberry.ID
    plan_hash: str
    generate: bool = strawberry.field(
        default=False, description="Makes the pro formas at once, without looking at the proposals."
    )
    idempotency_key: strawberry.ID


@strawberry.input
class BatchGenerateInput:
    id: strawberry.ID
    idempotency_key: strawberry.ID


@strawberry.input
class BatchDropInput:
    id: strawberry.ID
    invoice_ids: list[strawberry.ID] = strawberry.field(description="Of batch invoices.")
    idempotency_key: strawberry.ID


@strawberry.input
class BatchEuroRateInput:
    currency: str
    rate: Decimal = strawberry.field(description="Euros for one unit: 0.92 for USD, not 1.087.")
    on: date
    source: str = strawberry.field(description="Who published it, e.g. BCE.")


@strawberry.input
class BatchFinaliseInput:
    id: strawberry.ID
    invoice_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Of batch invoices; all of the batch when left out."
    )
    issue_date: date | None = strawberry.field(default=None, description="Today when left out.")
    euro_rates: list[BatchEuroRateInput] | None = strawberry.field(
        default=None,
        description="For invoices in these currencies that must state their VAT in euros, and "
        "keep no rate of their own.",
    )
    idempotency_key: strawberry.ID


@strawberry.input
class BatchSendInput:
    id: strawberry.ID
    invoice_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Of batch invoices, mailed even again; when left out, all of the batch of "
        "which no mail waits or was sent as they are now.",
    )
    idempotency_key: strawberry.ID


@strawberry.input
class BatchDeleteInput:
    id: strawberry.ID
    idempotency_key: strawberry.ID


@strawberry.type
class BatchPayload:
    batch: Batch | None
    user_errors: list[UserError]
    replayed: bool


def batch_key(identifier: str) -> int:
    return key_of(identifier, "batch", field=("id",))


def bill_keys(identifiers: list[strawberry.ID] | None) -> list[int] | None:
    """The keys of batch invoices; each counts once. None of them is no part: FIELD_REQUIRED."""
    if identifiers is not None and not identifiers:
        raise Refusal(FIELD_REQUIRED(field=("invoice_ids",), name="invoiceIds"))
    return keys_of(identifiers, "batch_invoice", ("invoice_ids",))
