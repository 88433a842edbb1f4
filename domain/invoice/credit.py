"""Crediting a legal invoice, whole or in part: what may be credited, its VAT to the last cent.

DOMAIN §2.6: a credit note names the invoice it corrects (CGI art. 289 I-5), bears positive amounts
and the rates of that invoice; the one that empties it takes the VAT that remains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from domain.errors import FIELD_INVALID, PathPart, Refusal, call_error
from domain.given import LARGEST_AMOUNT, number
from domain.invoice.create import MOST_QUANTITY
from domain.invoice.model import LEGAL, Invoice, InvoiceKind, InvoiceLine, LineKind
from domain.invoice.totals import Tax, Totals, VatGroup, line_net
from domain.money import amount_text, decimals_of, from_minor, share, to_minor
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
CREDIT_ABOVE_INVOICE = call_error(
    "CREDIT_ABOVE_INVOICE",
    "At {rate} % these lines come to {found}, and {number} has {expected} left to credit.",
    "Credit the deductions beside them too, or less of them.",
)
CREDIT_ABOVE_PROJECT = call_error(
    "CREDIT_ABOVE_PROJECT",
    "At {rate} % these lines come to {found} on {project}, and {number} has {expected} of it left "
    "to credit: the deposit of a project pays this project alone.",
    "Credit the project's own deductions beside its lines, or less of them.",
)
CREDIT_NOT_POSITIVE = call_error(
    "CREDIT_NOT_POSITIVE", "The lines to credit of {number} come to nothing, or to less."
)


_MOST_CENTS = 2
"""What the roundings of a line's parts may leave of it, in minor units."""


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
    quantities: Mapping[int, Decimal] = field(default_factory=dict)
    """By line, of the credits that were told by quantity."""
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
    projects: Mapping[int, str] | None = None,
) -> Credit:
    """The credit of what is `asked` of the lines, or of all that is left of them.

    `taxes` are those of the lines, by identifier of the tax code, as the invoice states them.
    `projects` are told where there are several: the code of the project of each line, by its
    identifier, of a deduction that of its deposit.
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
        # All that is left of a line may be nothing; an amount that is told never goes by unsaid.
        if rest != 0 or one.amount or one.quantity:
            left = (line.quantity or Decimal(0)) - before.quantities.get(line.id, Decimal(0))
            made.append(_line(invoice, line, one, rest, left, position=len(made) + 1))
            taken[line.id] = taken.get(line.id, 0) + made[-1].net_minor
    if not made:
        raise Refusal(NOTHING_TO_CREDIT(field=("id",), number=invoice.number))
    _require_by_project(invoice, list(priced.values()), made, taxes, before, projects or {})
    totals = _totals(invoice, made, taxes, before)
    # What deposits pay in full comes to nothing, and is credited whole all the same.
    is_nothing = totals.net == totals.gross == 0 and asked is None
    if not is_nothing and (totals.net <= 0 or totals.gross <= 0):
        raise Refusal(CREDIT_NOT_POSITIVE(field=("lines",), number=invoice.number))
    return Credit(tuple(made), totals)


def _at(asked: AskedCredit, name: str) -> tuple[PathPart, ...]:
    return "lines", asked.place, name


def _line(
    invoice: Invoice,
    line: InvoiceLine,
    asked: AskedCredit,
    rest: int,
    left: Decimal,
    *,
    position: int,
) -> InvoiceLine:
    """The line that credits `asked` of a line with `rest` (minor units) and `left` (quantity)."""
    net, quantity, unit_price, unit = _share_of(line, asked, rest, left)
    if not min(0, rest) <= net <= max(0, rest):
        name = "quantity" if asked.amount is None else "amount"
        raise Refusal(
            CREDIT_ABOVE_REST(
                field=_at(asked, name),
                position=line.position,
                number=invoice.number,
                found=amount_text(net, line.currency),
                expected=amount_text(rest, line.currency),
            )
        )
    return InvoiceLine(
        invoice_id=0,
        position=position,
        kind=line.kind,
        description=line.description,
        currency=line.currency,
        # How far the line brought the billing: true of the whole line alone.
        detail=line.detail if net == line.net_minor else None,
        quantity=quantity,
        unit=unit,
        unit_price=unit_price,
        net_minor=net,
        tax_code_id=line.tax_code_id,
        ledger_account=line.ledger_account,
        sku=line.sku,
        phase_id=line.phase_id,
        credits_line_id=line.id,
        # A lump of an amount is what is left after the discount.
        discount=line.discount if unit_price == line.unit_price and unit == line.unit else None,
        deducts_id=line.deducts_id,
        period_start=line.period_start,
        period_end=line.period_end,
    )


def _share_of(
    line: InvoiceLine, asked: AskedCredit, rest: int, left: Decimal
) -> tuple[int, Decimal, Decimal, str | None]:
    """Net, quantity, price and unit. What is no whole quantity is one lump of the amount."""
    currency, price = line.currency, line.unit_price or Decimal(0)
    if asked.quantity is not None and asked.amount is not None:
        reason = "it goes with no quantity"
        raise Refusal(FIELD_INVALID(field=_at(asked, "amount"), name="The amount", reason=reason))
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
        net = line_net(
            quantity=quantity, unit_price=price, currency=currency, discount=line.discount
        )
        # The last of the quantity takes the cent that roundings have left, or lent.
        is_last = quantity == left and abs(net - rest) <= _MOST_CENTS
        return (rest if is_last else net), quantity, price, line.unit
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
    invoice: Invoice, made: Sequence[InvoiceLine], taxes: Mapping[int, Tax], before: Credited
) -> Totals:
    bases: dict[Tax, int] = {}
    for line in made:
        tax = taxes[line.tax_code_id or 0]
        bases[tax] = bases.get(tax, 0) + line.net_minor
    groups = []
    for group in groups_of(invoice):
        if group.tax in bases:
            base, vat = before.groups.get(group.tax, (0, 0))
            left = VatGroup(group.tax, group.base - base, group.vat - vat)
            _require_within(invoice, left, bases[group.tax])
            given = _vat(left, bases[group.tax], invoice.currency)
            groups.append(VatGroup(group.tax, bases[group.tax], given))
    net = sum(line.net_minor for line in made)
    if net != sum(group.base for group in groups):
        raise AssertionError(f"the taxes of {invoice.number} are not those of its lines")
    return Totals(net, tuple(groups))


def _require_by_project(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    made: Sequence[InvoiceLine],
    taxes: Mapping[int, Tax],
    before: Credited,
    projects: Mapping[int, str],
) -> None:
    """CREDIT_ABOVE_PROJECT: what is left of a project never comes to less than its deductions."""

    def group(line: InvoiceLine, key: int) -> tuple[str, Tax] | None:
        return (projects[key], taxes[line.tax_code_id or 0]) if key in projects else None

    left: dict[tuple[str, Tax] | None, int] = {}
    for line in lines:
        rest = line.net_minor - before.nets.get(line.id, 0)
        left[group(line, line.id)] = left.get(group(line, line.id), 0) + rest
    taken: dict[tuple[str, Tax] | None, int] = {}
    for line in made:
        key = group(line, line.credits_line_id or 0)
        taken[key] = taken.get(key, 0) + line.net_minor
    judged = {group(line, line.id) for line in lines if line.deducts_id is not None}
    for key, base in taken.items():
        if key is None or key not in judged:
            continue
        if not min(0, left[key]) <= base <= max(0, left[key]):
            raise Refusal(
                CREDIT_ABOVE_PROJECT(
                    field=("lines",),
                    rate=f"{key[1].rate.normalize():f}",
                    project=key[0],
                    number=invoice.number,
                    found=amount_text(base, invoice.currency),
                    expected=amount_text(left[key], invoice.currency),
                )
            )


def _require_within(invoice: Invoice, left: VatGroup, base: int) -> None:
    """Where a deduction stands beside, its lines are within what is left and their sum is not."""
    if not min(0, left.base) <= base <= max(0, left.base):
        raise Refusal(
            CREDIT_ABOVE_INVOICE(
                field=("lines",),
                rate=f"{left.tax.rate.normalize():f}",
                number=invoice.number,
                found=amount_text(base, invoice.currency),
                expected=amount_text(left.base, invoice.currency),
            )
        )


def _vat(left: VatGroup, base: int, currency: str) -> int:
    """The VAT of `base`: rounded, never beyond what is left; what empties the group takes all."""
    if base == left.base:
        return left.vat
    vat = share(base, left.tax.rate, currency)
    return max(min(vat, max(0, left.vat)), min(0, left.vat))


def taxes_as_issued(invoice: Invoice, codes: Mapping[int, Tax]) -> dict[int, Tax]:
    """The taxes of lines, by their code, in the words of the invoice: a mention may be another now.

    Rate, category and reason of a code stay once an invoice names it (TAX_CODE_FROZEN).
    """
    issued = [group.tax for group in groups_of(invoice)]
    found = {}
    for key, tax in codes.items():
        alike = [one for one in issued if replace(one, mention=tax.mention) == tax]
        found[key] = next((one for one in alike if one == tax), alike[0] if alike else tax)
    return found


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
