"""Invoicing: draw a pro forma, change it, make it final, see and print it, hand it over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from domain.access import Permission
from domain.errors import Issue, Refusal, Severity
from domain.invoice.euro import EuroRate, give_rate
from domain.invoice.finalise import require_pro_forma
from domain.invoice.model import Invoice as InvoiceRecord
from domain.invoice.model import InvoiceState
from domain.invoice.terms import TERMS, change_terms
from persistence.invoice.invoices import remove
from persistence.reading import Wanted, load_one
from persistence.records import the_record
from resolvers._judging import stale
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._shares import to_read
from resolvers.delivering import _printing as printing
from resolvers.invoicing import _drawing as drawing
from resolvers.invoicing import _finalising as finalising
from resolvers.invoicing._by_hand import rewrite_lines
from resolvers.invoicing._depositing import to_be_deducted
from resolvers.invoicing._inputs import (
    InvoiceCreateFromProjectInput,
    InvoiceLineInput,
    draw_of,
    line_of,
)
from resolvers.invoicing._retelling import tell_in_language
from schema.context import Info
from schema.download import PDF, DownloadLink, KeptFile, link_to
from schema.invoice import INVOICE, Invoice
from schema.needs import admit
from schema.node import key_of, optional_key
from schema.payload import REPLAYED
from schema.user_error import UserError, errors_again, kept_errors, user_errors
from schema.view import wanted


@strawberry.input
class InvoiceCreateInput:
    client_id: strawberry.ID
    entity_id: strawberry.ID | None = strawberry.field(
        default=None, description="May be left out by a firm of one entity."
    )
    idempotency_key: strawberry.ID


@strawberry.input(
    description="What one unit of the invoice's currency is worth in euros, where VAT is owed in "
    "euros: not later than the issue date, nor more than 31 days before it or the supply."
)
class EuroRateInput:
    rate: Decimal = strawberry.field(description="Euros for one unit: 0.92 for USD, not 1.087.")
    on: date
    source: str = strawberry.field(description="Who published it, e.g. BCE.")


@strawberry.input(description="What is left out stays; `lines` replaces all lines.")
class InvoiceUpdateInput:
    id: strawberry.ID
    expected_version: int | None = None
    due_date: strawberry.Maybe[date | None] = strawberry.field(
        description="Null: the issue date and paymentDays."
    )
    supply_date: strawberry.Maybe[date | None] = strawberry.field(
        description="When it was delivered."
    )
    payment_days: strawberry.Maybe[int | None] = strawberry.field(description="0 to 365.")
    commitment_no: strawberry.Maybe[str | None] = strawberry.field(
        description="The buyer's purchase order."
    )
    footer_message: strawberry.Maybe[str | None]
    language: strawberry.Maybe[str | None] = strawberry.field(description="fr or en.")
    euro_rate: strawberry.Maybe[EuroRateInput | None]
    lines: list[InvoiceLineInput] | None = None
    idempotency_key: strawberry.ID | None = None


@strawberry.input
class InvoiceFinaliseInput:
    id: strawberry.ID
    issue_date: date | None = strawberry.field(
        default=None, description="Today when left out; never before the previous number's."
    )
    euro_rate: EuroRateInput | None = strawberry.field(
        default=None, description="In the place of the one that the pro forma has."
    )
    idempotency_key: strawberry.ID


@strawberry.type
class InvoicePayload:
    invoice: Invoice | None
    user_errors: list[UserError]
    replayed: bool = strawberry.field(description=REPLAYED)


@strawberry.type
class InvoiceOncePayload:
    invoice: Invoice | None
    user_errors: list[UserError]
    replayed: bool = strawberry.field(description=REPLAYED)


@strawberry.type
class InvoiceDeletePayload:
    deleted_id: strawberry.ID | None
    user_errors: list[UserError]
    replayed: bool = strawberry.field(description=REPLAYED)


@strawberry.type
class InvoicePdfPayload:
    download: DownloadLink | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class Invoicing:
    """Mutations of invoicing."""

    @strawberry.mutation(
        description="A pro forma from a project: quantity = total less already invoiced."
    )
    async def invoice_create_from_project(
        self, info: Info, input: InvoiceCreateFromProjectInput
    ) -> InvoiceOncePayload:
        fields = wanted(info, "invoice")

        def act(acting: Acting) -> Payload:
            invoice, issues = drawing.draw_from_project(acting, draw_of(input))
            issues = (*issues, *to_be_deducted(acting, invoice.project_id or 0))
            return _shown(acting, invoice.id, fields, issues)

        once = _once("invoiceCreateFromProject", input, input.idempotency_key, fields)
        return await write(info, Permission.PREPARE_INVOICES, act, nothing=_NOTHING_ONCE, once=once)

    @strawberry.mutation(description="A blank pro forma of a client.")
    async def invoice_create(self, info: Info, input: InvoiceCreateInput) -> InvoiceOncePayload:
        fields = wanted(info, "invoice")

        def act(acting: Acting) -> Payload:
            invoice = drawing.draw_blank(
                acting,
                client_id=key_of(input.client_id, "client", field=("client_id",)),
                entity_id=optional_key(input.entity_id, "entity", field=("entity_id",)),
            )
            return _shown(acting, invoice.id, fields)

        once = _once("invoiceCreate", input, input.idempotency_key, fields)
        return await write(info, Permission.PREPARE_INVOICES, act, nothing=_NOTHING_ONCE, once=once)

    @strawberry.mutation(description="Changes a pro forma; a final invoice refuses.")
    async def invoice_update(self, info: Info, input: InvoiceUpdateInput) -> InvoicePayload:
        fields = wanted(info, "invoice")

        def act(acting: Acting) -> Payload:
            key = key_of(input.id, "invoice", field=("id",))
            invoice = the_record(acting.session, InvoiceRecord, key, locked=True)
            require_pro_forma(invoice)
            moved = stale(invoice, input.expected_version, noun="invoice", key=input.id)
            if moved is not None:
                return _shown(acting, key, fields, [moved])
            return _shown(acting, key, fields, _change(acting, invoice, input))

        once = _once("invoiceUpdate", input, input.idempotency_key, fields)
        return await write(info, Permission.PREPARE_INVOICES, act, nothing=_NOTHING_ONCE, once=once)

    @strawberry.mutation(description="Notes that the pro forma went to the client.")
    async def invoice_mark_sent(self, info: Info, id: strawberry.ID) -> InvoicePayload:
        fields = wanted(info, "invoice")

        def act(acting: Acting) -> Payload:
            key = key_of(id, "invoice", field=("id",))
            invoice = the_record(acting.session, InvoiceRecord, key, locked=True)
            require_pro_forma(invoice)
            invoice.state = InvoiceState.SENT
            return _shown(acting, key, fields)

        return await write(info, Permission.PREPARE_INVOICES, act, nothing={"invoice": None})

    @strawberry.mutation(
        description="Takes a pro forma away; a final invoice refuses. Sent again with its "
        "idempotencyKey it answers the same, and not NOT_FOUND."
    )
    async def invoice_delete(
        self, info: Info, id: strawberry.ID, idempotency_key: strawberry.ID | None = None
    ) -> InvoiceDeletePayload:
        def act(acting: Acting) -> Payload:
            key = key_of(id, "invoice", field=("id",))
            invoice = the_record(acting.session, InvoiceRecord, key, locked=True)
            require_pro_forma(invoice)
            remove(acting.session, invoice)
            return {"deleted_id": id}

        once = Once(
            key=idempotency_key,
            mutation="invoiceDelete",
            asked=id,
            keep=lambda payload: {"deleted_id": payload["deleted_id"]},
            restore=lambda _, before: before,
        )
        nothing = {"deleted_id": None}
        return await write(info, Permission.PREPARE_INVOICES, act, nothing=nothing, once=once)

    @strawberry.mutation(
        description="Produire facture finale: legal number, frozen, ready for the accounts. "
        "DEPOSIT_TO_DEDUCT warns of final deposits of its projects of which it deducts nothing."
    )
    async def invoice_finalise(self, info: Info, input: InvoiceFinaliseInput) -> InvoiceOncePayload:
        fields = wanted(info, "invoice")

        def act(acting: Acting) -> Payload:
            key = key_of(input.id, "invoice", field=("id",))
            rate = as_rate(input.euro_rate)
            issues = finalising.make_final(
                acting, invoice_id=key, issue_date=input.issue_date, euro_rate=rate
            )
            said = user_errors(issues, acting.caller.locale)
            return _shown(acting, key, fields) | {"user_errors": said}

        once = _once("invoiceFinalise", input, input.idempotency_key, fields)
        return await write(
            info,
            Permission.FINALISE_INVOICES,
            act,
            nothing=_NOTHING_ONCE,
            once=once,
            durable=True,
        )

    @strawberry.mutation(
        description="Visualiser, Imprimer: the PDF of a pro forma or an invoice. GLYPH_MISSING "
        "warns of what a pro forma cannot show."
    )
    async def invoice_pdf(self, info: Info, id: strawberry.ID) -> InvoicePdfPayload:
        context = info.context

        def make() -> tuple[KeptFile, list[Issue]]:
            key = key_of(id, "invoice", field=("id",))
            # Only read: a paper must not wait for the turn of the writers.
            with context.house.database.reading(context.caller.standing()) as session:
                acting = Acting(session, context.caller, context.house)
                prepared = printing.prepare_paper(acting, key)
            paper = printing.print_paper(context.house, context.caller, prepared)
            made = KeptFile(paper.key, paper.filename, PDF, paper.size)
            return made, prepared.warnings()

        try:
            admit(info.field_name, context.caller.role, context.caller.reach)
            kept, issues = await to_read(context.caller, make)
        except Refusal as refusal:
            said: Any = user_errors(refusal.issues, context.caller.locale)
            return InvoicePdfPayload(user_errors=said)
        warned: Any = user_errors(issues, context.caller.locale)
        link = link_to(context.house, context.caller.organisation_id, kept)
        return InvoicePdfPayload(download=link, user_errors=warned)


_NOTHING_ONCE: Payload = {"invoice": None, "replayed": False}


def _shown(acting: Acting, key: int, fields: Wanted, issues: Sequence[Issue] = ()) -> Payload:
    acting.session.flush()
    return {
        "invoice": load_one(acting.session, INVOICE, {**fields, "id": {}}, key),
        "user_errors": user_errors(issues, acting.caller.locale),
    }


def _once(mutation: str, asked: Any, key: str | None, fields: Wanted) -> Once:
    def keep(payload: Payload) -> Payload | None:
        said = payload["user_errors"]
        # A change of what had moved on was not made, and answers what there is instead.
        if any(one["severity"] is Severity.ERROR for one in said):
            return None
        return {"key": payload["invoice"]["key"], "user_errors": kept_errors(said)}

    return Once(
        key=key,
        mutation=mutation,
        asked=asked,
        keep=keep,
        restore=lambda acting, kept: {
            **_shown(acting, kept["key"], fields),
            "user_errors": errors_again(kept["user_errors"]),
        },
    )


def _change(acting: Acting, invoice: InvoiceRecord, asked: InvoiceUpdateInput) -> Sequence[Issue]:
    given = {name: maybe.value for name in TERMS if (maybe := getattr(asked, name)) is not None}
    before = invoice.language
    change_terms(invoice, given)
    invoice.state = InvoiceState.DRAFT
    issues: Sequence[Issue] = ()
    if asked.lines is not None:
        lines = [line_of(i, one) for i, one in enumerate(asked.lines)]
        keeps = "commitment_no" in given
        issues = rewrite_lines(acting, invoice, lines, keeps_commitment=keeps)
    if asked.euro_rate is not None:
        # After the lines: the first phase of a blank one brings the currency of its project.
        give_rate(invoice, as_rate(asked.euro_rate.value), today=acting.today)
    if invoice.language != before:
        tell_in_language(acting, invoice, before=before, given=given)
    return issues


def as_rate(asked: EuroRateInput | None) -> EuroRate | None:
    """The euro rate that was given, if one was."""
    return None if asked is None else EuroRate(asked.rate, asked.on, asked.source)
