"""Many invoices in one call: made final under one lock of their numbers, credited, deleted."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from domain.access import Permission
from domain.errors import Issue
from domain.invoice.finalise import require_pro_forma
from domain.invoice.model import Invoice as InvoiceRecord
from persistence.invoices import remove, the_record
from persistence.session import part_of
from resolvers import _finalising as finalising
from resolvers._bulk_acts import Done, is_stopped, one_by_one, write_bulk
from resolvers._crediting import credit_invoice
from resolvers._mutation import Acting
from resolvers.crediting import CreditLineInput, as_credit
from resolvers.invoicing import EuroRateInput, as_rate
from schema.context import Info
from schema.invoice import Invoice
from schema.node import key_of
from schema.payload import BulkCounts, BulkOutcome, ErrorPolicy
from schema.user_error import UserError


@strawberry.input
class FinaliseItem:
    id: strawberry.ID
    euro_rate: EuroRateInput | None = None
    external_reference: str | None = None


@strawberry.input
class InvoicesBulkFinaliseInput:
    items: list[FinaliseItem]
    issue_date: date | None = strawberry.field(
        default=None, description="Of all of them; today when left out."
    )
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class CreditItem:
    id: strawberry.ID
    lines: list[CreditLineInput] | None = None
    reason: str | None = None
    issue_date: date | None = None
    external_reference: str | None = None


@strawberry.input
class InvoicesBulkCreditInput:
    items: list[CreditItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class InvoiceItem:
    id: strawberry.ID
    external_reference: str | None = None


@strawberry.input
class InvoicesBulkDeleteInput:
    items: list[InvoiceItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.type
class InvoicesBulkResult:
    index: int
    external_reference: str | None
    outcome: BulkOutcome
    node: Invoice | None = strawberry.field(
        description="The invoice, or the credit note; null once deleted, and where nothing is kept."
    )
    user_errors: list[UserError]


@strawberry.type
class InvoicesBulkPayload:
    counts: BulkCounts
    results: list[InvoicesBulkResult]
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class BulkInvoicing:
    """Mutations of many invoices."""

    @strawberry.mutation(
        description="Makes pro formas final in the order given, under one lock of their numbers."
    )
    async def invoices_bulk_finalise(
        self, info: Info, input: InvoicesBulkFinaliseInput
    ) -> InvoicesBulkPayload:
        def act(acting: Acting) -> list[Done]:
            return _finalise(acting, input)

        found: Any = await write_bulk(
            info,
            Permission.FINALISE_INVOICES,
            input,
            act,
            mutation="invoicesBulkFinalise",
            shows_dry=True,
        )
        return found

    @strawberry.mutation(
        description="A credit note for each, numbered in the order given; its amounts can be "
        "billed again."
    )
    async def invoices_bulk_credit(
        self, info: Info, input: InvoicesBulkCreditInput
    ) -> InvoicesBulkPayload:
        def act(acting: Acting) -> list[Done]:
            def credit(item: CreditItem) -> tuple[int, tuple[Issue, ...]]:
                note, issues = credit_invoice(acting, as_credit(item))
                return note.id, tuple(issues)

            return one_by_one(acting, input.items, credit, asked=input, outcome=BulkOutcome.CREATED)

        found: Any = await write_bulk(
            info,
            Permission.FINALISE_INVOICES,
            input,
            act,
            mutation="invoicesBulkCredit",
            shows_dry=False,
        )
        return found

    @strawberry.mutation(description="Takes pro formas away; what they held can be billed again.")
    async def invoices_bulk_delete(
        self, info: Info, input: InvoicesBulkDeleteInput
    ) -> InvoicesBulkPayload:
        def act(acting: Acting) -> list[Done]:
            def delete(item: InvoiceItem) -> tuple[int, tuple[Issue, ...]]:
                key = key_of(item.id, "invoice", field=("id",))
                invoice = the_record(acting.session, InvoiceRecord, key, locked=True)
                require_pro_forma(invoice)
                remove(acting.session, invoice)
                return key, ()

            return one_by_one(acting, input.items, delete, asked=input, outcome=BulkOutcome.UPDATED)

        found: Any = await write_bulk(
            info,
            Permission.PREPARE_INVOICES,
            input,
            act,
            mutation="invoicesBulkDelete",
            shows_dry=True,
        )
        return found


def _finalise(acting: Acting, asked: InvoicesBulkFinaliseInput) -> list[Done]:
    """All are judged before any is numbered: a number is never taken for what is refused."""
    wanted = [
        finalising.ToFinalise(
            key_of(item.id, "invoice", field=("items", index, "id")), as_rate(item.euro_rate)
        )
        for index, item in enumerate(asked.items)
    ]
    judged = finalising.judge_final(acting, wanted, issue_date=asked.issue_date)
    # Whether the day suits a series is known under its lock alone: what was numbered goes back.
    with part_of(acting.session) as part:
        if not is_stopped(asked, [_done(one) for one in judged]):
            finalising.keep_final(acting, judged)
        done = [_done(one) for one in judged]
        part.is_kept = not (asked.dry_run or is_stopped(asked, done))
    if not part.is_kept:
        finalising.leave(acting, judged)
    return done


def _done(one: finalising.Judged) -> Done:
    outcome = BulkOutcome.REJECTED if one.is_refused else BulkOutcome.UPDATED
    key = one.asked.invoice_id if one.found is not None else None
    return Done(outcome, key, list(one.issues))
