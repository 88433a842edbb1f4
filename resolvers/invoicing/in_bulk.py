"""Many invoices in one call: created, made final under one lock, sent, credited, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import strawberry

from domain.access import Permission
from domain.errors import FIELD_INVALID, Issue, Refusal
from domain.invoice.finalise import require_pro_forma
from domain.invoice.model import Invoice as InvoiceRecord
from domain.invoice.model import InvoiceState
from domain.takeover.candidate import Change
from persistence.invoice import invoices
from persistence.invoice.invoices import remove
from persistence.invoice.projects import projects_of, projects_of_phases
from persistence.records import the_record
from persistence.session import part_of
from resolvers._bulk_acts import Done, is_stopped, one_by_one, write_bulk
from resolvers._mutation import Acting
from resolvers.delivering._mailing import queue_mail
from resolvers.delivering.mailing import as_sending
from resolvers.invoicing import _finalising as finalising
from resolvers.invoicing._by_hand import rewrite_lines
from resolvers.invoicing._crediting import credit_invoice
from resolvers.invoicing._depositing import to_be_deducted
from resolvers.invoicing._drawing import draw_blank, draw_from_project
from resolvers.invoicing._in_bulk_inputs import (
    CreateItem,
    CreditItem,
    InvoiceItem,
    InvoicesBulkCreateInput,
    InvoicesBulkCreditInput,
    InvoicesBulkDeleteInput,
    InvoicesBulkFinaliseInput,
    InvoicesBulkSendInput,
    SendItem,
)
from resolvers.invoicing._inputs import (
    draw_of,
    line_of,
)
from resolvers.invoicing.crediting import as_credit
from resolvers.invoicing.one_by_one import as_rate
from schema.context import Info
from schema.import_file import FieldChange
from schema.invoice import Invoice
from schema.node import key_of, optional_key
from schema.payload import BulkCounts, BulkOutcome
from schema.user_error import UserError


@strawberry.type
class InvoicesBulkResult:
    index: int
    external_reference: str | None
    outcome: BulkOutcome
    node: Invoice | None = strawberry.field(
        description="The invoice, or the credit note; null once deleted, and where nothing is kept."
    )
    changes: list[FieldChange] = strawberry.field(
        description="Of one made final: its state and its number. Empty of the other acts."
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

    @strawberry.mutation(description="Pro formas, each with its lines or not at all.")
    async def invoices_bulk_create(
        self, info: Info, input: InvoicesBulkCreateInput
    ) -> InvoicesBulkPayload:
        def act(acting: Acting) -> list[Done]:
            _lock_projects(acting, input.items)
            return one_by_one(
                acting,
                input.items,
                partial(_create, acting),
                asked=input,
                outcome=BulkOutcome.CREATED,
            )

        found: Any = await write_bulk(
            info,
            Permission.PREPARE_INVOICES,
            input,
            act,
            mutation="invoicesBulkCreate",
            shows_dry=False,
        )
        return found

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
            _lock_invoices(acting, input.items)

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

    @strawberry.mutation(
        description="A mail for each, with its PDF, sent after the commit (invoiceSend)."
    )
    async def invoices_bulk_send(
        self, info: Info, input: InvoicesBulkSendInput
    ) -> InvoicesBulkPayload:
        def act(acting: Acting) -> list[Done]:
            seen: set[int] = set()

            def send(item: SendItem) -> tuple[int, tuple[Issue, ...]]:
                asked = as_sending(item)
                if asked.invoice_id in seen:
                    reason = "it is given twice"
                    raise Refusal(FIELD_INVALID(field=("id",), name="The invoice", reason=reason))
                seen.add(asked.invoice_id)
                return queue_mail(acting, asked).invoice_id, ()

            _lock_invoices(acting, input.items)
            return one_by_one(acting, input.items, send, asked=input, outcome=BulkOutcome.UPDATED)

        found: Any = await write_bulk(
            info,
            Permission.PREPARE_INVOICES,
            input,
            act,
            mutation="invoicesBulkSend",
            shows_dry=True,
        )
        return found

    @strawberry.mutation(description="Takes pro formas away; what they held can be billed again.")
    async def invoices_bulk_delete(
        self, info: Info, input: InvoicesBulkDeleteInput
    ) -> InvoicesBulkPayload:
        def act(acting: Acting) -> list[Done]:
            _lock_invoices(acting, input.items)

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


def _lock_invoices(acting: Acting, items: Sequence[Any]) -> None:
    """All in one order, then their projects: two bulks never wait for each other crosswise.

    Whoever comes to a counter of numbers has his projects by then.
    """
    keys = (_key_or_none(item.id, "invoice") for item in items)
    found = invoices.invoices_locked(acting.session, {key for key in keys if key is not None})
    covered = projects_of(acting.session, found)
    invoices.lock_projects(acting.session, {key for some in covered.values() for key in some})


def _lock_projects(acting: Acting, items: Sequence[CreateItem]) -> None:
    """Those that are drawn from, and those of the phases on lines: before any number is taken."""
    lines = (line for item in items for line in item.lines or ())
    phases = (_key_or_none(line.phase_id, "phase") for line in lines)
    keys = (_key_or_none(item.project_id, "project") for item in items)
    billed = projects_of_phases(acting.session, (key for key in phases if key is not None))
    wanted = {key for key in keys if key is not None}.union(billed.values())
    invoices.lock_projects(acting.session, wanted)


def _key_or_none(identifier: str | None, noun: str) -> int | None:
    """The key; what is no identifier is refused with its item, later."""
    try:
        return optional_key(identifier, noun, field=("id",))
    except Refusal:
        return None


def _create(acting: Acting, item: CreateItem) -> tuple[int, Sequence[Issue]]:
    if item.project_id is not None:
        if item.lines is not None:
            reason = "a pro forma from a project draws its own"
            raise Refusal(FIELD_INVALID(field=("lines",), name="lines", reason=reason))
        invoice, issues = draw_from_project(acting, draw_of(item))
        return invoice.id, (*issues, *to_be_deducted(acting, invoice.project_id or 0))
    invoice = draw_blank(
        acting,
        client_id=key_of(item.client_id, "client", field=("client_id",)),
        entity_id=optional_key(item.entity_id, "entity", field=("entity_id",)),
    )
    if item.lines is None:
        return invoice.id, ()
    lines = [line_of(i, one) for i, one in enumerate(item.lines)]
    return invoice.id, rewrite_lines(acting, invoice, lines)


def _finalise(acting: Acting, asked: InvoicesBulkFinaliseInput) -> list[Done]:
    """All are judged before any is numbered: a number is never taken for what is refused."""
    wanted: list[finalising.ToFinalise] = []
    places: dict[int, list[Issue]] = {}
    for index, item in enumerate(asked.items):
        try:
            key = key_of(item.id, "invoice", field=("id",))
        except Refusal as refusal:
            places[index] = list(refusal.issues)
        else:
            wanted.append(finalising.ToFinalise(key, as_rate(item.euro_rate)))

    def done(*, is_kept: bool = False) -> list[Done]:
        found = iter(judged)
        return [
            Done(BulkOutcome.REJECTED, issues=places[index])
            if index in places
            else _done(next(found), is_kept=is_kept)
            for index in range(len(asked.items))
        ]

    # Whether the day suits a series is known under its lock alone: what was numbered goes back, and
    # so does what judging counts up, which the beginning of a part would write.
    with part_of(acting.session) as part:
        judged = finalising.judge_final(acting, wanted, issue_date=asked.issue_date)
        if not is_stopped(asked, done()):
            finalising.keep_final(acting, judged)
        part.is_kept = not (asked.dry_run or is_stopped(asked, done()))
    if not part.is_kept:
        finalising.leave(acting, judged)
    return done(is_kept=part.is_kept)


def _done(one: finalising.Judged, *, is_kept: bool) -> Done:
    """What became of one; what was not kept has no number, which only the series can tell."""
    key = one.asked.invoice_id if one.found is not None else None
    if one.is_refused:
        return Done(BulkOutcome.REJECTED, key, list(one.issues))
    changes = [Change("state", one.state, InvoiceState.READY)]
    if is_kept:
        changes.append(Change("number", None, one.number))
    return Done(BulkOutcome.UPDATED, key, list(one.issues), changes)
