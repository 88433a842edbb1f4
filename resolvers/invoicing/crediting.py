"""Crediting a final invoice, whole or by line: what is credited can be billed again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import strawberry

from domain.access import Permission
from domain.invoice.credit import AskedCredit
from persistence.reading import Wanted, load_one
from resolvers._mutation import Acting, Once, Payload, write
from resolvers.invoicing._crediting import CreditWanted, credit_invoice
from schema.context import Info
from schema.invoice import INVOICE, Invoice
from schema.node import key_of
from schema.user_error import UserError, errors_again, kept_errors, user_errors
from schema.view import wanted


@strawberry.input(description="How much of a line; neither: all that is left of it.")
class CreditLineInput:
    line_id: strawberry.ID
    quantity: Decimal | None = None
    amount: Decimal | None = strawberry.field(default=None, description="Net.")


@strawberry.input
class InvoiceCreditInput:
    id: strawberry.ID
    lines: list[CreditLineInput] | None = strawberry.field(
        default=None, description="Left out: all that is left of the invoice."
    )
    reason: str | None = strawberry.field(default=None, description="Kept with the credit note.")
    issue_date: date | None = strawberry.field(default=None, description="Today when left out.")
    idempotency_key: strawberry.ID


@strawberry.type
class InvoiceCreditPayload:
    credit_note: Invoice | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class Crediting:
    """The mutation that takes a final invoice back."""

    @strawberry.mutation(
        description="A credit note for a final invoice, numbered and final at once; its amounts "
        "can be billed again."
    )
    async def invoice_credit(self, info: Info, input: InvoiceCreditInput) -> InvoiceCreditPayload:
        fields = wanted(info, "credit_note")

        def act(acting: Acting) -> Payload:
            note, issues = credit_invoice(acting, as_credit(input))
            return _shown(acting, note.id, fields) | {
                "user_errors": user_errors(issues, acting.caller.locale)
            }

        once = Once(
            key=input.idempotency_key,
            mutation="invoiceCredit",
            asked=input,
            keep=lambda payload: {
                "key": payload["credit_note"]["key"],
                "user_errors": kept_errors(payload["user_errors"]),
            },
            restore=lambda acting, kept: (
                _shown(acting, kept["key"], fields)
                | {"user_errors": errors_again(kept.get("user_errors", ()))}
            ),
        )
        return await write(
            info,
            Permission.FINALISE_INVOICES,
            act,
            nothing={"credit_note": None, "replayed": False},
            once=once,
            durable=True,
        )


def _shown(acting: Acting, key: int, fields: Wanted) -> Payload:
    acting.session.flush()
    found: Any = load_one(acting.session, INVOICE, {**fields, "id": {}}, key)
    return {"credit_note": found}


class AskedToCredit(Protocol):
    """What a credit is asked for with, alone or among many."""

    id: Any
    lines: Any
    reason: str | None
    issue_date: date | None


def as_credit(asked: AskedToCredit) -> CreditWanted:
    """A credit as it was asked for, its identifiers read."""
    lines = None
    if asked.lines is not None:
        lines = [
            AskedCredit(
                line_id=key_of(one.line_id, "invoice_line", field=("lines", place, "line_id")),
                quantity=one.quantity,
                amount=one.amount,
                place=place,
            )
            for place, one in enumerate(asked.lines)
        ]
    return CreditWanted(
        invoice_id=key_of(asked.id, "invoice", field=("id",)),
        lines=lines,
        reason=asked.reason,
        issue_date=asked.issue_date,
    )
