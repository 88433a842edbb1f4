"""Payments: recorded, set against invoices, taken off again, cancelled; looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from enum import Enum
from typing import Any

import strawberry

from domain.access import Permission
from domain.errors import Issue, Refusal
from domain.payment import Payment as PaymentRecord
from domain.payment import PaymentMethod
from persistence.invoice.payments import payments_where
from persistence.pages import Sort
from persistence.reading import Wanted, load_by_ids, load_one
from persistence.session import part_of
from resolvers._bulk import kept, restored
from resolvers._judging import placed
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._reading import PageInput, read_one, read_page
from resolvers.collecting import _paying as paying
from resolvers.collecting._inputs import (
    AllocationInput,
    PaymentAllocateInput,
    PaymentCancelInput,
    PaymentItem,
    PaymentRecordInput,
    PaymentsBulkRecordInput,
    PaymentUnallocateInput,
)
from schema.connection import Connection
from schema.context import Info
from schema.import_file import FieldChange
from schema.node import key_of, optional_key
from schema.payload import BulkCounts, BulkOutcome, ErrorPolicy, bulk_counts, require_size
from schema.payment import PAYMENT, Payment
from schema.user_error import UserError, errors_again, kept_errors, user_errors
from schema.view import wanted


@strawberry.type
class PaymentPayload:
    payment: Payment | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class PaymentsBulkResult:
    index: int
    external_reference: str | None
    outcome: BulkOutcome
    node: Payment | None
    changes: list[FieldChange] = strawberry.field(description="Empty: each is a new payment.")
    user_errors: list[UserError]


@strawberry.type
class PaymentsBulkRecordPayload:
    counts: BulkCounts
    results: list[PaymentsBulkResult]
    user_errors: list[UserError]
    replayed: bool


@strawberry.enum(description="Orders of a list of payments.")
class PaymentOrder(Enum):
    LATEST_FIRST = Sort("received_on", falling=True)
    EARLIEST_FIRST = Sort("received_on")
    NEWEST_FIRST = Sort("id", falling=True)
    OLDEST_FIRST = Sort("id")


@strawberry.input
class PaymentFilter:
    text: str | None = strawberry.field(default=None, description="In the reference.")
    client_id: strawberry.ID | None = None
    entity_id: strawberry.ID | None = None
    invoice_id: strawberry.ID | None = None
    method: PaymentMethod | None = None
    received_from: date | None = None
    received_to: date | None = None
    cancelled: bool | None = strawberry.field(default=None, description="Null shows both.")


@strawberry.type
class PayingQueries:
    """Queries that look payments up."""

    @strawberry.field(description="Payments, the last received first.")
    async def payments(
        self,
        info: Info,
        filter: PaymentFilter | None = None,
        order: PaymentOrder = PaymentOrder.LATEST_FIRST,
        page: PageInput | None = None,
    ) -> Connection[Payment]:
        given = filter or PaymentFilter()
        where = payments_where(
            client_id=optional_key(given.client_id, "client", field=("filter", "clientId")),
            entity_id=optional_key(given.entity_id, "entity", field=("filter", "entityId")),
            invoice_id=optional_key(given.invoice_id, "invoice", field=("filter", "invoiceId")),
            method=given.method,
            received_from=given.received_from,
            received_to=given.received_to,
            text=given.text,
            cancelled=given.cancelled,
        )
        asked = (page or PageInput()).asked()
        return await read_page(info, PAYMENT, asked=asked, sort=order.value, where=where)

    @strawberry.field
    async def payment(self, info: Info, id: strawberry.ID) -> Payment | None:
        return await read_one(info, PAYMENT, id=key_of(id, "payment", field=("id",)))


@strawberry.type
class Paying:
    """Mutations of payments."""

    @strawberry.mutation(description="Money received; what is left over stays unallocated.")
    async def payment_record(self, info: Info, input: PaymentRecordInput) -> PaymentPayload:
        def act(acting: Acting) -> tuple[PaymentRecord, Sequence[Issue]]:
            return paying.record(acting, _asked(input))

        return await _once(info, "paymentRecord", input, act)

    @strawberry.mutation(description="Many in one transaction, answered in their order.")
    async def payments_bulk_record(
        self, info: Info, input: PaymentsBulkRecordInput
    ) -> PaymentsBulkRecordPayload:
        fields = wanted(info, "results", "node")
        once = Once(
            key=input.idempotency_key,
            mutation="paymentsBulkRecord",
            asked=input,
            keep=lambda payload: kept(payload, dry_run=input.dry_run),
            restore=lambda acting, before: restored(acting, PAYMENT, before, fields),
        )
        return await write(
            info,
            Permission.RECORD_PAYMENTS,
            lambda acting: _record_all(acting, input, fields),
            nothing={"counts": bulk_counts([]), "results": [], "replayed": False},
            once=once,
        )

    @strawberry.mutation(description="Sets what is left of a payment against invoices.")
    async def payment_allocate(self, info: Info, input: PaymentAllocateInput) -> PaymentPayload:
        def act(acting: Acting) -> tuple[PaymentRecord, Sequence[Issue]]:
            key = key_of(input.id, "payment", field=("id",))
            shares = _shares(input.allocations)
            return paying.allocate(acting, key, shares, automatic=input.auto_allocate), ()

        return await _once(info, "paymentAllocate", input, act)

    @strawberry.mutation(description="Takes a payment off an invoice again.")
    async def payment_unallocate(self, info: Info, input: PaymentUnallocateInput) -> PaymentPayload:
        def act(acting: Acting) -> tuple[PaymentRecord, Sequence[Issue]]:
            key = key_of(input.id, "payment", field=("id",))
            invoice = key_of(input.invoice_id, "invoice", field=("invoice_id",))
            return paying.unallocate(acting, key, invoice, input.amount, input.reason), ()

        return await _once(info, "paymentUnallocate", input, act)

    @strawberry.mutation(
        description="A payment that never was: it pays nothing any more, from today on."
    )
    async def payment_cancel(self, info: Info, input: PaymentCancelInput) -> PaymentPayload:
        def act(acting: Acting) -> tuple[PaymentRecord, Sequence[Issue]]:
            key = key_of(input.id, "payment", field=("id",))
            return paying.cancel(acting, key, input.reason), ()

        return await _once(info, "paymentCancel", input, act)


async def _once(
    info: Info,
    mutation: str,
    asked: Any,
    act: Callable[[Acting], tuple[PaymentRecord, Sequence[Issue]]],
) -> Any:
    """The payload of an act on one payment, which happens once."""
    fields = wanted(info, "payment")

    def done(acting: Acting) -> Payload:
        payment, issues = act(acting)
        return _shown(acting, payment.id, fields) | {
            "user_errors": user_errors(issues, acting.caller.locale)
        }

    once = Once(
        key=asked.idempotency_key,
        mutation=mutation,
        asked=asked,
        keep=lambda payload: {
            "key": payload["payment"]["key"],
            "user_errors": kept_errors(payload["user_errors"]),
        },
        restore=lambda acting, before: (
            _shown(acting, before["key"], fields)
            | {"user_errors": errors_again(before["user_errors"])}
        ),
    )
    nothing = {"payment": None, "replayed": False}
    return await write(info, Permission.RECORD_PAYMENTS, done, nothing=nothing, once=once)


def _shown(acting: Acting, key: int, fields: Wanted) -> Payload:
    return {"payment": load_one(acting.session, PAYMENT, {**fields, "id": {}}, key)}


def _asked(item: PaymentItem) -> paying.PaymentWanted:
    return paying.PaymentWanted(
        client_id=key_of(item.client_id, "client", field=("client_id",)),
        received_on=item.received_on,
        amount=item.amount,
        method=item.method,
        entity_id=optional_key(item.entity_id, "entity", field=("entity_id",)),
        currency=item.currency,
        reference=item.reference,
        comment=item.comment,
        shares=_shares(item.allocations),
        automatic=item.auto_allocate,
    )


def _shares(asked: Sequence[AllocationInput] | None) -> list[paying.Share]:
    return [
        paying.Share(
            invoice_id=key_of(
                one.invoice_id, "invoice", field=("allocations", place, "invoice_id")
            ),
            amount=one.amount,
            field=("allocations", place),
        )
        for place, one in enumerate(asked or ())
    ]


def _record_all(acting: Acting, asked: PaymentsBulkRecordInput, fields: Wanted) -> Payload:
    """Each payment sees what those before it paid; nothing stays of a trial, or of a red bulk."""
    require_size(asked.items)
    with part_of(acting.session) as whole:
        told = _recorded(acting, asked.items)
        refused = any(key is None for key, _ in told)
        stopped = refused and asked.error_policy is ErrorPolicy.REJECT_EVERYTHING
        whole.is_kept = not (stopped or asked.dry_run)
    keys = [key for key, _ in told if key is not None and whole.is_kept]
    nodes = load_by_ids(acting.session, PAYMENT, fields, keys)
    results = []
    for index, (item, (key, issues)) in enumerate(zip(asked.items, told, strict=True)):
        outcome = BulkOutcome.CREATED if key is not None else BulkOutcome.REJECTED
        if stopped and key is not None:
            outcome = BulkOutcome.SKIPPED
        said = [placed(issue, "items", index) for issue in issues]
        results.append(
            {
                "index": index,
                "external_reference": item.external_reference,
                "outcome": outcome,
                "node": nodes.get(key or 0),
                "changes": [],
                "user_errors": user_errors(said, acting.caller.locale),
            }
        )
    return {"counts": bulk_counts(results), "results": results}


def _recorded(
    acting: Acting, items: Sequence[PaymentItem]
) -> list[tuple[int | None, Sequence[Issue]]]:
    """For each item the payment it made, or None, and what is said of it."""
    asked: list[paying.PaymentWanted | Refusal] = []
    for item in items:
        try:
            asked.append(_asked(item))
        except Refusal as refusal:
            asked.append(refusal)
    paying.lock_ahead(acting, [one for one in asked if isinstance(one, paying.PaymentWanted)])
    told: list[tuple[int | None, Sequence[Issue]]] = []
    for one in asked:
        if isinstance(one, Refusal):
            told.append((None, one.issues))
            continue
        try:
            with part_of(acting.session):
                payment, issues = paying.record(acting, one)
            told.append((payment.id, issues))
        except Refusal as refusal:
            told.append((None, refusal.issues))
    return told
