"""Deposits and their deduction, replacing an invoice, crediting one of the former system."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from domain.access import Permission
from domain.invoice.deposit_room import DepositWanted
from domain.invoice.euro import EuroRate
from domain.invoice.past_credit import AskedPast
from persistence.reading import load_one
from resolvers._mutation import Acting, Once, Payload, write
from resolvers.invoicing import _depositing as depositing
from resolvers.invoicing import _past_crediting as past_crediting
from resolvers.invoicing import _replacing as replacing
from resolvers.invoicing.one_by_one import EuroRateInput
from schema.context import Info
from schema.invoice import INVOICE, Invoice
from schema.node import key_of
from schema.user_error import UserError, errors_again, kept_errors, user_errors
from schema.view import wanted


@strawberry.input(description="Either a percentage of the fees or a net amount.")
class DepositInvoiceCreateInput:
    project_id: strawberry.ID
    percent: Decimal | None = None
    amount: Decimal | None = strawberry.field(default=None, description="Net.")
    ledger_account: str | None = strawberry.field(
        default=None, description="419100 when left out, where there is one."
    )
    idempotency_key: strawberry.ID


@strawberry.input
class InvoiceDeductDepositInput:
    id: strawberry.ID
    deposit_id: strawberry.ID
    amount: Decimal | None = strawberry.field(
        default=None, description="Net; all that is left, as far as the invoice goes, without it."
    )
    idempotency_key: strawberry.ID


@strawberry.input
class InvoiceUndeductDepositInput:
    id: strawberry.ID
    deposit_id: strawberry.ID
    idempotency_key: strawberry.ID


@strawberry.input
class InvoiceReplaceInput:
    id: strawberry.ID
    reason: str
    issue_date: date | None = strawberry.field(
        default=None, description="Of the credit note; today when left out."
    )
    idempotency_key: strawberry.ID


@strawberry.input(description="How much of a line that was taken over.")
class PastCreditLineInput:
    history_id: strawberry.ID
    amount: Decimal | None = strawberry.field(
        default=None, description="Net; all that is left of the line when left out."
    )
    tax_code: str | None = strawberry.field(
        default=None, description="By the rate of the past invoice when left out."
    )


@strawberry.input
class PastInvoiceCreditInput:
    project_id: strawberry.ID
    invoice_no: str = strawberry.field(description="In the former system.")
    lines: list[PastCreditLineInput] | None = strawberry.field(
        default=None, description="Left out: all that is left of the invoice."
    )
    reason: str
    issue_date: date | None = strawberry.field(default=None, description="Today when left out.")
    euro_rate: EuroRateInput | None = None
    idempotency_key: strawberry.ID


@strawberry.type
class DepositPayload:
    invoice: Invoice | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class InvoiceReplacePayload:
    invoice: Invoice | None = strawberry.field(description="The pro forma that takes its place.")
    credit_note: Invoice | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class PastInvoiceCreditPayload:
    credit_note: Invoice | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class Replacing:
    """Mutations of deposits, and of invoices that give way to others."""

    @strawberry.mutation(
        description="Facture d'acompte: a pro forma of type 386, a line for each VAT rate."
    )
    async def deposit_invoice_create(
        self, info: Info, input: DepositInvoiceCreateInput
    ) -> DepositPayload:
        def act(acting: Acting) -> Payload:
            project = key_of(input.project_id, "project", field=("project_id",))
            asked = DepositWanted(project, input.percent, input.amount, input.ledger_account)
            return {"invoice": depositing.draw_deposit(acting, asked).id}

        return await once_with_invoices(info, "depositInvoiceCreate", input, act)

    @strawberry.mutation(description="Takes a final deposit off a pro forma, by VAT rate.")
    async def invoice_deduct_deposit(
        self, info: Info, input: InvoiceDeductDepositInput
    ) -> DepositPayload:
        def act(acting: Acting) -> Payload:
            invoice = key_of(input.id, "invoice", field=("id",))
            deposit = key_of(input.deposit_id, "invoice", field=("deposit_id",))
            made = depositing.deduct(
                acting, invoice_id=invoice, deposit_id=deposit, amount=input.amount
            )
            return {"invoice": made.id}

        return await once_with_invoices(info, "invoiceDeductDeposit", input, act)

    @strawberry.mutation(description="The deduction of a deposit is taken off a pro forma again.")
    async def invoice_undeduct_deposit(
        self, info: Info, input: InvoiceUndeductDepositInput
    ) -> DepositPayload:
        def act(acting: Acting) -> Payload:
            invoice = key_of(input.id, "invoice", field=("id",))
            deposit = key_of(input.deposit_id, "invoice", field=("deposit_id",))
            made = depositing.undeduct(acting, invoice_id=invoice, deposit_id=deposit)
            return {"invoice": made.id}

        return await once_with_invoices(info, "invoiceUndeductDeposit", input, act)

    @strawberry.mutation(
        description="A credit note of a final invoice and a pro forma with its lines, at once."
    )
    async def invoice_replace(
        self, info: Info, input: InvoiceReplaceInput
    ) -> InvoiceReplacePayload:
        def act(acting: Acting) -> Payload:
            key = key_of(input.id, "invoice", field=("id",))
            made, note, issues = replacing.replace_invoice(
                acting, key, reason=input.reason, issue_date=input.issue_date
            )
            said = user_errors(issues, acting.caller.locale)
            return {"invoice": made.id, "credit_note": note.id, "user_errors": said}

        return await once_with_invoices(
            info, "invoiceReplace", input, act, "invoice", "credit_note", legal=True
        )

    @strawberry.mutation(
        description="A credit note of our own for an invoice of the former system: its amounts "
        "can be billed again, and no number of our invoices is used."
    )
    async def past_invoice_credit(
        self, info: Info, input: PastInvoiceCreditInput
    ) -> PastInvoiceCreditPayload:
        def act(acting: Acting) -> Payload:
            note, issues = past_crediting.credit_past_invoice(acting, _past(input))
            said = user_errors(issues, acting.caller.locale)
            return {"credit_note": note.id, "user_errors": said}

        return await once_with_invoices(
            info, "pastInvoiceCredit", input, act, "credit_note", legal=True
        )


async def once_with_invoices(
    info: Info,
    mutation: str,
    asked: Any,
    act: Callable[[Acting], Payload],
    *names: str,
    legal: bool = False,
) -> Any:
    """The payload of an act that happens once and answers with invoices by their names."""
    told = names or ("invoice",)
    fields = {name: {**wanted(info, name), "id": {}} for name in told}

    def shown(acting: Acting, keys: Payload) -> Payload:
        acting.session.flush()
        return {name: load_one(acting.session, INVOICE, fields[name], keys[name]) for name in told}

    def done(acting: Acting) -> Payload:
        made = act(acting)
        return shown(acting, made) | {"user_errors": made.get("user_errors", [])}

    once = Once(
        key=asked.idempotency_key,
        mutation=mutation,
        asked=asked,
        keep=lambda payload: {
            **{name: payload[name]["key"] for name in told},
            "user_errors": kept_errors(payload["user_errors"]),
        },
        restore=lambda acting, kept: (
            shown(acting, kept) | {"user_errors": errors_again(kept["user_errors"])}
        ),
    )
    needed = Permission.FINALISE_INVOICES if legal else Permission.PREPARE_INVOICES
    nothing = {**dict.fromkeys(told), "replayed": False}
    return await write(info, needed, done, nothing=nothing, once=once, durable=legal)


def _past(asked: PastInvoiceCreditInput) -> past_crediting.PastCreditWanted:
    lines = None
    if asked.lines is not None:
        lines = [
            AskedPast(
                key_of(one.history_id, "billing_history", field=("lines", place, "history_id")),
                one.amount,
                one.tax_code,
                place,
            )
            for place, one in enumerate(asked.lines)
        ]
    given = asked.euro_rate
    return past_crediting.PastCreditWanted(
        project_id=key_of(asked.project_id, "project", field=("project_id",)),
        invoice_no=asked.invoice_no,
        lines=lines,
        reason=asked.reason,
        issue_date=asked.issue_date,
        euro_rate=None if given is None else EuroRate(given.rate, given.on, given.source),
    )
