"""What a line of a pro forma may say: words, quantity and price as they are asked for (F15–F18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.catalogue import Product
from domain.errors import FIELD_INVALID, FIELD_REQUIRED, INPUT_TOO_LARGE, PathPart, Refusal
from domain.given import LARGEST_AMOUNT, number, text
from domain.invoice.basis import by_hand
from domain.invoice.create import MOST_QUANTITY
from domain.invoice.model import InvoiceLine, LineKind
from domain.invoice.totals import line_net
from domain.money import from_minor
from domain.takeover.issues import AMOUNT_CURRENCY_MISMATCH

MOST_LINES = 500
"""Of one invoice: more is a list to attach, and no paper to read."""

LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line as it is asked for; what is left out may be completed later."""

    kind: LineKind
    description: str
    detail: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    tax_code: str | None = None
    ledger_account: str | None = None
    sku: str | None = None
    phase_id: int | None = None
    discount: Decimal | None = None
    """Percent off quantity × unit price."""
    id: int | None = None
    """The line of the invoice that this one is: what it bills stays its own."""


def require_few(asked: Sequence[object]) -> None:
    """Refuses with INPUT_TOO_LARGE more lines than an invoice can have."""
    if len(asked) > MOST_LINES:
        raise Refusal(INPUT_TOO_LARGE(field=("lines",), count=len(asked), limit=MOST_LINES))


def from_product(asked: NewLine, product: Product, *, currency: str, place: int) -> NewLine:
    """The line with what it leaves out taken from the product it is of (F16).

    A price in another currency is no price here: AMOUNT_CURRENCY_MISMATCH unless one is given.
    """
    if asked.unit_price is None and product.currency != currency:
        field = ("lines", place, "sku")
        raise Refusal(
            AMOUNT_CURRENCY_MISMATCH(field=field, found=product.currency, expected=currency)
        )
    return replace(
        asked,
        sku=product.sku,
        unit=asked.unit or product.unit,
        unit_price=product.unit_price if asked.unit_price is None else asked.unit_price,
        ledger_account=asked.ledger_account or product.ledger_account,
    )


def make_line(asked: NewLine, *, invoice_id: int, place: int, currency: str) -> InvoiceLine:
    """The line at `place` (from 0) of an invoice; FIELD_INVALID says what cannot stand on it."""

    def at(name: str) -> tuple[PathPart, ...]:
        return "lines", place, name

    def told(value: str | None, name: str, said: str, longest: int) -> str | None:
        return text(value, field=at(name), name=said, longest=longest)

    if asked.kind is LineKind.PROJECT and asked.phase_id is None:
        raise Refusal(FIELD_REQUIRED(field=at("phase_id"), name="phaseId"))
    if asked.kind is LineKind.PRODUCT and not asked.sku:
        raise Refusal(FIELD_REQUIRED(field=at("sku"), name="sku"))
    line = InvoiceLine(
        invoice_id=invoice_id,
        position=place + 1,
        kind=asked.kind,
        description=told(asked.description, "description", "The description", LONGEST_TEXT) or "",
        currency=currency,
        detail=told(asked.detail, "detail", "The detail", LONGEST_TEXT),
    )
    if asked.kind is LineKind.TEXT:
        return line
    line.unit = told(asked.unit, "unit", "The unit", 8) or "C62"
    line.ledger_account = told(asked.ledger_account, "ledger_account", "The ledger account", 64)
    line.sku = told(asked.sku, "sku", "The product", 64)
    line.phase_id = asked.phase_id
    _price(line, asked, place)
    line.basis = by_hand()
    return line


def _price(line: InvoiceLine, asked: NewLine, place: int) -> None:
    """Quantity × price. A deduction has a negative quantity, never a negative price (BR-27)."""
    line.quantity = number(
        asked.quantity,
        field=("lines", place, "quantity"),
        name="The quantity",
        decimals=4,
        least=-MOST_QUANTITY,
        most=MOST_QUANTITY,
    )
    line.unit_price = number(
        asked.unit_price,
        field=("lines", place, "unit_price"),
        name="The unit price",
        decimals=6,
        least=0,
    )
    line.discount = number(
        asked.discount,
        field=("lines", place, "discount"),
        name="The discount",
        decimals=4,
        least=0,
        most=100,
    )
    quantity, price = line.quantity or Decimal(0), line.unit_price or Decimal(0)
    line.net_minor = line_net(
        quantity=quantity, unit_price=price, currency=line.currency, discount=line.discount
    )
    number(
        from_minor(line.net_minor, line.currency),
        field=("lines", place, "quantity"),
        name="The amount",
        decimals=6,
        least=-LARGEST_AMOUNT,
    )


_GIVEN = (
    *("kind", "description", "detail", "quantity", "unit", "unit_price", "net_minor", "currency"),
    *("tax_code_id", "ledger_account", "sku", "phase_id", "discount", "position"),
)
"""The columns of a line that its new words and numbers replace."""


def rewrite(kept: InvoiceLine, made: InvoiceLine) -> None:
    """Gives a line that stays the words and numbers of `made`; what it bills stays its own.

    With another amount, or price, its amount is from now on one that was given by hand.
    """
    numbers = ("quantity", "unit_price", "discount", "net_minor")
    is_same = all(_number(kept, name) == _number(made, name) for name in numbers)
    for name in _GIVEN:
        setattr(kept, name, getattr(made, name))
    if made.kind is LineKind.TEXT:
        kept.basis = None
    elif not is_same:
        kept.basis = by_hand(kept.basis)


def _number(line: InvoiceLine, name: str) -> Decimal:
    return Decimal(getattr(line, name) or 0)


def require_each_line_once(asked: Sequence[NewLine]) -> None:
    """Refuses with FIELD_INVALID a line that is named twice."""
    seen: set[int] = set()
    for place, one in enumerate(asked):
        if one.id in seen:
            field = ("lines", place, "id")
            raise Refusal(FIELD_INVALID(field=field, name="The line", reason="it is given twice"))
        if one.id is not None:
            seen.add(one.id)
