"""What callers give to draw pro formas and to write their lines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import strawberry

from domain.invoice.create import Asked, Basis
from domain.invoice.lines import NewLine
from domain.invoice.model import LineKind
from resolvers.invoicing import _drawing as drawing
from schema.node import key_of, optional_key

strawberry.enum(
    Basis, name="InvoiceBasis", description="All that remains, or what progress has earned."
)


@strawberry.input(description="How much of a phase; none of the three: by the basis.")
class PhaseShareInput:
    phase_id: strawberry.ID
    quantity: Decimal | None = strawberry.field(
        default=None, description="Hours, or parts of the lump sum."
    )
    percent: Decimal | None = strawberry.field(default=None, description="Of the fee.")
    amount: Decimal | None = strawberry.field(default=None, description="Net.")


@strawberry.input(description="Client, then project, then account or product.")
class InvoiceCreateFromProjectInput:
    client_id: strawberry.ID = strawberry.field(description="The client of the project.")
    project_id: strawberry.ID
    basis: Basis = strawberry.field(
        default=Basis.REMAINING,
        description="Of fixed fees. REMAINING: total less what was invoiced. Of the others, what "
        "is due.",
    )
    phases: list[PhaseShareInput] | None = strawberry.field(
        default=None, description="All phases when left out."
    )
    ledger_account: str | None = strawberry.field(
        default=None, description="For lines whose phase has none."
    )
    product_sku: str | None = None
    as_of: date | None = strawberry.field(
        default=None,
        description="Time, progress and periods up to this day; today when left out.",
    )
    items: list[str] | None = strawberry.field(
        default=None, description="Keys of `billables`: these items, and nothing beside them."
    )
    idempotency_key: strawberry.ID


@strawberry.input
class InvoiceLineInput:
    kind: LineKind = strawberry.field(description="PROJECT needs a phaseId, PRODUCT a sku.")
    description: str
    detail: str | None = None
    quantity: Decimal | None = strawberry.field(
        default=None, description="At most four decimals; negative: a deduction."
    )
    unit: str | None = strawberry.field(
        default=None, description="UN/ECE Rec 20 (HUR, DAY, LS); left out: the product's, or C62."
    )
    unit_price: Decimal | None = strawberry.field(
        default=None, description="Net, not negative; left out: the product's."
    )
    tax_code: str | None = strawberry.field(default=None, description="The code, e.g. FR-20.")
    ledger_account: str | None = strawberry.field(
        default=None, description="Left out: the product's."
    )
    sku: str | None = None
    phase_id: strawberry.ID | None = strawberry.field(
        default=None, description="What it bills counts as billed of this phase."
    )
    discount: Decimal | None = strawberry.field(
        default=None, description="Percent off quantity × unit price, 0 to 100."
    )
    id: strawberry.ID | None = strawberry.field(
        default=None,
        description="A line of the invoice that stays: the time and the period it bills stay its "
        "own. Without it they can be billed again.",
    )


class AskedDraw(Protocol):
    """What a pro forma is drawn from, alone or among many."""

    client_id: Any
    project_id: Any
    basis: Basis
    phases: list[PhaseShareInput] | None
    ledger_account: str | None
    product_sku: str | None
    as_of: date | None
    items: list[str] | None


def draw_of(asked: AskedDraw) -> drawing.Draw:
    """What to draw, of what was asked."""
    shares = None
    if asked.phases is not None:
        shares = [
            Asked(
                phase_id=key_of(share.phase_id, "phase", field=("phases", index, "phase_id")),
                quantity=share.quantity,
                percent=share.percent,
                amount=share.amount,
                place=index,
            )
            for index, share in enumerate(asked.phases)
        ]
    return drawing.Draw(
        client_id=key_of(asked.client_id, "client", field=("client_id",)),
        project_id=key_of(asked.project_id, "project", field=("project_id",)),
        asked=shares,
        basis=asked.basis,
        ledger_account=asked.ledger_account,
        sku=asked.product_sku,
        as_of=asked.as_of,
        items=asked.items,
    )


def line_of(index: int, asked: InvoiceLineInput) -> NewLine:
    """A line as it was asked for, at its place."""
    return NewLine(
        kind=asked.kind,
        description=asked.description,
        detail=asked.detail,
        quantity=asked.quantity,
        unit=asked.unit,
        unit_price=asked.unit_price,
        tax_code=asked.tax_code,
        ledger_account=asked.ledger_account,
        sku=asked.sku,
        phase_id=optional_key(asked.phase_id, "phase", field=("lines", index, "phase_id")),
        discount=asked.discount,
        id=optional_key(asked.id, "invoice_line", field=("lines", index, "id")),
    )
