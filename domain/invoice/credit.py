"""Crediting a legal invoice, whole or in part: what may be credited, its VAT to the last cent.

DOMAIN §2.6: a credit note names the invoice it corrects (CGI art. 289 I-5), bears positive amounts
and the rates of that invoice; the one that empties it takes the VAT that remains.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.errors import PathPart, Refusal, call_error
from domain.given import LARGEST_AMOUNT, number
from domain.invoice.create import MOST_QUANTITY
from domain.invoice.model import LEGAL, Invoice, InvoiceKind, InvoiceLine, LineKind
from domain.invoice.totals import Tax, Totals, VatGroup, line_net
from domain.money import decimals_of, from_minor, share, to_minor
from domain.tax import VatCategory

CREDIT_NEEDS_FINAL = call_error(
    "CREDIT_NEEDS_FINAL",
    "{number} is a pro forma: only a final invoice is credited.",
    "Change it or delete it.",
)
CREDIT_OF_CREDIT = call_error(
    "CREDIT_OF_CREDIT",
    "{number} is a credit note: it is not credited itself.",
    "Draw a new invoice instead.",
)
CREDIT_LINE_UNKNOWN = call_error("CREDIT_LINE_UNKNOWN", "{number} has no line {line} to credit.")
CREDIT_ABOVE_REST = call_error(
    "CREDIT_ABOVE_REST",
    "Line {position} of {number} has {expected} left to credit; {found} is more.",
)
NOTHING_TO_CREDIT = call_error("NOTHING_TO_CREDIT", "Nothing of {number} is left to credit.")
CREDIT_NOT_POSITIVE = call_error(
    "CREDIT_NOT_POSITIVE", "The lines to credit of {number} come to nothing, or to less."
)


@dataclass(frozen=True, slots=True)
class AskedCredit:
    """How much of a line: a quantity, a net amount, or all that is left of it (neither)."""

    line_id: int
    quantity: Decimal | None = None
    amount: Decimal | None = None
    place: int = 0


@dataclass(frozen=True, slots=True)
class Credited:
    """What earlier credit notes took: nets by line, bases and VAT by group."""

    nets: Mapping[int, int] = field(default_factory=dict)
    groups: Mapping[Tax, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Credit:
    """The lines of a credit note and what they come to."""

    lines: tuple[InvoiceLine, ...]
    totals: Totals


def require_creditable(invoice: Invoice) -> None:
    """Refuses what is no final invoice."""
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        raise Refusal(CREDIT_OF_CREDIT(field=("id",), number=invoice.number))
    if invoice.state not in LEGAL:
        raise Refusal(CREDIT_NEEDS_FINAL(field=("id",), number=invoice.pro_forma_number))


def credit(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    *,
    taxes: Mapping[int, Tax],
    asked: Sequence[AskedCredit] | None,
    before: Credited,
) -> Credit:
    """The credit of what is `asked` of the lines, or of all that is left of them.

    `taxes` are those of the lines, by identifier of the tax code, as the invoice states them.
    """
    priced = {line.id: line for line in lines if line.kind is not LineKind.TEXT}
    wanted = [AskedCredit(key) for key in priced] if asked is None else asked
    made: list[InvoiceLine] = []
    taken = dict(before.nets)
    for one in wanted:
        line = priced.get(one.line_id)
        if line is None:
            raise Refusal(
                CREDIT_LINE_UNKNOWN(
                    field=_at(one, "line_id"), number=invoice.number, line=one.line_id
                )
            )
        rest = line.net_minor - taken.get(line.id, 0)
        if rest != 0:
            made.append(_line(invoice, line, one, rest, position=len(made) + 1))
            taken[line.id] = taken.get(line.id, 0) + made[-1].net_minor
    if not made:
        raise Refusal(NOTHING_TO_CREDIT(field=("id",), number=invoice.number))
    totals = _totals(invoice, lines, made, taxes, before)
    if totals.net <= 0 or totals.gross <= 0:
        raise Refusal(CREDIT_NOT_POSITIVE(field=("lines",), number=invoice.number))
    return Credit(tuple(made), totals)


def _at(asked: AskedCredit, name: str) -> tuple[PathPart, ...]:
    return "lines", asked.place, name


def _line(
    invoice: Invoice, line: InvoiceLine, asked: AskedCredit, rest: int, *, position: int
) -> InvoiceLine:
    """The line that credits `asked` of a line of which `rest` is left, in minor units."""
    net, quantity, unit_price, unit = _share_of(line, asked, rest)
    if not min(0, rest) <= net <= max(0, rest):
        name = "quantity" if asked.amount is None else "amount"
        raise Refusal(
            CREDIT_ABOVE_REST(
                field=_at(asked, name),
                position=line.position,
                number=invoice.number,
                found=f"{from_minor(net, line.currency):f}",
                expected=f"{from_minor(rest, line.currency):f}",
            )
        )
    return InvoiceLine(
        invoice_id=0,
        position=position,
        kind=line.kind,
        description=line.description,
        currency=line.currency,
        detail=line.detail,
        quantity=quantity,
        unit=unit,
        unit_price=unit_price,
        net_minor=net,
        tax_code_id=line.tax_code_id,
        ledger_account=line.ledger_account,
        sku=line.sku,
        phase_id=line.phase_id,
        credits_line_id=line.id,
    )


def _share_of(
    line: InvoiceLine, asked: AskedCredit, rest: int
) -> tuple[int, Decimal, Decimal, str | None]:
    """Net, quantity, price and unit. What is no whole quantity is one lump of the amount."""
    currency, price = line.currency, line.unit_price or Decimal(0)
    if asked.quantity is not None:
        quantity = number(
            asked.quantity,
            field=_at(asked, "quantity"),
            name="The quantity",
            decimals=4,
            least=-MOST_QUANTITY,
            most=MOST_QUANTITY,
        )
        quantity = quantity or Decimal(0)
        return (
            line_net(quantity=quantity, unit_price=price, currency=currency),
            quantity,
            price,
            line.unit,
        )
    if asked.amount is None and rest == line.net_minor:
        return rest, line.quantity or Decimal(0), price, line.unit
    net = rest
    if asked.amount is not None:
        amount = number(
            asked.amount,
            field=_at(asked, "amount"),
            name="The amount",
            decimals=decimals_of(currency),
            least=-LARGEST_AMOUNT,
        )
        net = to_minor(amount or Decimal(0), currency)
    # A price is never negative (BR-27): the sign stands at the quantity.
    sign = Decimal(-1 if net < 0 else 1)
    return net, sign, abs(from_minor(net, currency)), "LS"


def _totals(
    invoice: Invoice,
    lines: Iterable[InvoiceLine],
    made: Sequence[InvoiceLine],
    taxes: Mapping[int, Tax],
    before: Credited,
) -> Totals:
    bases: dict[Tax, int] = {}
    for line in made:
        tax = taxes[line.tax_code_id or 0]
        bases[tax] = bases.get(tax, 0) + line.net_minor
    groups = []
    for group in groups_of(invoice):
        if group.tax in bases:
            base, vat = before.groups.get(group.tax, (0, 0))
            of = [line for line in lines if taxes.get(line.tax_code_id or 0) == group.tax]
            is_mixed = len({line.net_minor > 0 for line in of if line.net_minor}) > 1
            left = VatGroup(group.tax, group.base - base, group.vat - vat)
            given = _vat(left, bases[group.tax], invoice.currency, is_mixed=is_mixed)
            groups.append(VatGroup(group.tax, bases[group.tax], given))
    return Totals(sum(line.net_minor for line in made), tuple(groups))


def _vat(left: VatGroup, base: int, currency: str, *, is_mixed: bool) -> int:
    """The VAT of `base`: rounded, never beyond what is left; what empties the group takes all.

    Where a deduction stands beside, a part may be more than the whole: nothing bounds it then.
    """
    if base == left.base:
        return left.vat
    vat = share(base, left.tax.rate, currency)
    return vat if is_mixed else max(min(vat, max(0, left.vat)), min(0, left.vat))


def groups_of(invoice: Invoice) -> list[VatGroup]:
    """The VAT of an invoice by group, as it was frozen."""
    return [
        VatGroup(tax_of(group), group["base_minor"], group["vat_minor"])
        for group in invoice.vat_groups
    ]


def tax_of(group: Mapping[str, Any]) -> Tax:
    """The tax of a group that was frozen."""
    return Tax(
        Decimal(group["rate"]),
        VatCategory(group["category"]),
        group["reason_code"],
        group["mention"],
    )
