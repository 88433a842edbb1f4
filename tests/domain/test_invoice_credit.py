"""What may be credited of an invoice, and its VAT to the last cent (DOMAIN §2.6)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Refusal
from domain.invoice.credit import (
    AskedCredit,
    Credit,
    Credited,
    credit,
    require_creditable,
    taxes_as_issued,
)
from domain.invoice.model import Invoice, InvoiceKind, InvoiceLine, InvoiceState, LineKind
from domain.invoice.totals import Tax, Totals, total
from domain.money import from_minor, to_minor
from domain.tax import VatCategory

STANDARD = Tax(Decimal(20), VatCategory.STANDARD)
REDUCED = Tax(Decimal("5.5"), VatCategory.STANDARD)
TAXES = {1: STANDARD, 2: REDUCED}


def invoice(*nets: int, tax: tuple[int, ...] = ()) -> tuple[Invoice, list[InvoiceLine]]:
    """A final invoice of lines with these nets in cents; all at 20 % unless told."""
    codes = tax or (1,) * len(nets)
    lines = []
    for place, (net, code) in enumerate(zip(nets, codes, strict=True), 1):
        line = InvoiceLine(
            invoice_id=1,
            position=place,
            kind=LineKind.ACCOUNT,
            description=f"Ligne {place}",
            currency="EUR",
            quantity=Decimal(-1 if net < 0 else 1),
            unit_price=abs(from_minor(net, "EUR")),
            net_minor=net,
            tax_code_id=code,
        )
        line.id = place
        lines.append(line)
    totals = total(
        [(line.net_minor, TAXES[line.tax_code_id or 0]) for line in lines], currency="EUR"
    )
    made = Invoice(
        pro_forma_number="PF-000001",
        client_id=1,
        entity_id=1,
        currency="EUR",
        state=InvoiceState.READY,
        number="PAR26-00001",
        vat_groups=groups(totals),
    )
    return made, lines


def groups(totals: Totals) -> list[dict[str, Any]]:
    return [
        {
            "rate": f"{group.tax.rate:f}",
            "category": group.tax.category.value,
            "reason_code": None,
            "mention": None,
            "base_minor": group.base,
            "vat_minor": group.vat,
        }
        for group in totals.groups
    ]


def after(before: Credited, made: Credit) -> Credited:
    """What was credited once `made` is."""
    nets, taken = dict(before.nets), dict(before.groups)
    for line in made.lines:
        nets[line.credits_line_id or 0] = nets.get(line.credits_line_id or 0, 0) + line.net_minor
    for group in made.totals.groups:
        base, vat = taken.get(group.tax, (0, 0))
        taken[group.tax] = base + group.base, vat + group.vat
    return Credited(nets, groups=taken)


def test_the_credit_that_empties_an_invoice_takes_the_vat_that_remains() -> None:
    """DOMAIN §2.6: 100.01 at 20 % credited by 33.34, 33.34, 33.33 gives 6.67, 6.67, 6.66."""
    of, lines = invoice(10001)
    before, vats = Credited(), []
    for amount in ("33.34", "33.34", "33.33"):
        asked = [AskedCredit(1, amount=Decimal(amount))]
        made = credit(of, lines, taxes=TAXES, asked=asked, before=before)
        vats.append(made.totals.vat)
        before = after(before, made)
    assert vats == [667, 667, 666]


def test_a_whole_credit_bears_the_very_lines_and_vat_of_the_invoice() -> None:
    of, lines = invoice(1234567, 89015, -1000, tax=(1, 2, 1))
    made = credit(of, lines, taxes=TAXES, asked=None, before=Credited())
    assert [line.net_minor for line in made.lines] == [1234567, 89015, -1000]
    assert groups(made.totals) == of.vat_groups
    assert [(line.quantity, line.unit_price) for line in made.lines] == [
        (line.quantity, line.unit_price) for line in lines
    ]


@pytest.mark.parametrize(
    ("asked", "code", "where"),
    [
        ([AskedCredit(9)], "CREDIT_LINE_UNKNOWN", ("lines", 0, "line_id")),
        ([AskedCredit(1, amount=Decimal("100.01"))], "CREDIT_ABOVE_REST", ("lines", 0, "amount")),
        ([AskedCredit(1, quantity=Decimal(2))], "CREDIT_ABOVE_REST", ("lines", 0, "quantity")),
        ([AskedCredit(1, amount=Decimal(-1))], "CREDIT_ABOVE_REST", ("lines", 0, "amount")),
        ([AskedCredit(1, amount=Decimal("1.001"))], "FIELD_INVALID", ("lines", 0, "amount")),
        ([AskedCredit(1)], "CREDIT_ABOVE_INVOICE", ("lines",)),
        ([AskedCredit(1, amount=Decimal(0))], "CREDIT_NOT_POSITIVE", ("lines",)),
        ([AskedCredit(2)], "CREDIT_ABOVE_INVOICE", ("lines",)),
        (
            [AskedCredit(1, quantity=Decimal(1), amount=Decimal(5))],
            "FIELD_INVALID",
            ("lines", 0, "amount"),
        ),
        ([], "NOTHING_TO_CREDIT", ("id",)),
    ],
)
def test_what_cannot_be_credited_is_named(
    asked: list[AskedCredit], code: str, where: tuple[str | int, ...]
) -> None:
    of, lines = invoice(10000, -500)
    with pytest.raises(Refusal) as refused:
        credit(of, lines, taxes=TAXES, asked=asked, before=Credited())
    assert [(one.code, one.field) for one in refused.value.issues] == [(code, where)]


def test_twice_the_same_line_in_one_credit_is_judged_together() -> None:
    of, lines = invoice(10000)
    twice = [AskedCredit(1, amount=Decimal(60)), AskedCredit(1, amount=Decimal(60))]
    with pytest.raises(Refusal) as refused:
        credit(of, lines, taxes=TAXES, asked=twice, before=Credited())
    assert refused.value.issues[0].code == "CREDIT_ABOVE_REST"


def test_an_amount_on_a_line_that_has_nothing_left_is_refused_not_passed_over() -> None:
    of, lines = invoice(10000, 100)
    asked = [AskedCredit(1), AskedCredit(1, amount=Decimal(5)), AskedCredit(2)]
    with pytest.raises(Refusal, match="CREDIT_ABOVE_REST"):
        credit(of, lines, taxes=TAXES, asked=asked, before=Credited())


def test_a_deduction_bounds_what_stands_beside_it() -> None:
    """100 less 30: no credit note of 100, which nothing could ever make good."""
    of, lines = invoice(10000, -3000)
    asked = [AskedCredit(1, amount=Decimal(70))]
    made = credit(of, lines, taxes=TAXES, asked=asked, before=Credited())
    assert (made.totals.net, made.totals.vat) == (7000, 1400)
    whole = credit(of, lines, taxes=TAXES, asked=None, before=Credited())
    assert whole.totals.gross == 8400


@pytest.mark.parametrize("price", ["33.335", "33.333333"])
def test_the_last_of_a_quantity_takes_the_cent_that_is_left(price: str) -> None:
    of, lines = invoice(to_minor(3 * Decimal(price), "EUR"))
    lines[0].quantity, lines[0].unit_price = Decimal(3), Decimal(price)
    before = Credited()
    for number in range(3):
        asked = [AskedCredit(1, quantity=Decimal(1))]
        made = credit(of, lines, taxes=TAXES, asked=asked, before=before)
        before = replace(after(before, made), quantities={1: Decimal(number + 1)})
    assert before.nets == {1: lines[0].net_minor}


def test_a_mention_that_was_changed_since_is_the_invoices_own() -> None:
    """The group, its VAT and its words are those that were frozen."""
    of, _ = invoice(10000)
    of.vat_groups[0]["mention"] = "Exonération, art. 261"
    now = {1: Tax(Decimal(20), VatCategory.STANDARD, None, "Autre mention")}
    assert taxes_as_issued(of, now)[1].mention == "Exonération, art. 261"


def test_pro_formas_and_credit_notes_are_not_credited() -> None:
    of, _ = invoice(100)
    of.state = InvoiceState.DRAFT
    with pytest.raises(Refusal, match="CREDIT_NEEDS_FINAL"):
        require_creditable(of)
    of.state, of.kind = InvoiceState.READY, InvoiceKind.CREDIT_NOTE
    with pytest.raises(Refusal, match="CREDIT_OF_CREDIT"):
        require_creditable(of)


@settings(max_examples=150)
@given(
    nets=st.lists(st.integers(1, 10**7), min_size=1, max_size=5),
    parts=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 100)), max_size=12),
)
def test_credits_in_any_parts_come_to_the_invoice_to_the_cent(
    nets: list[int], parts: list[tuple[int, int]]
) -> None:
    """Σ credits = the invoice, net, VAT and gross; on the way VAT is never above what is left."""
    of, lines = invoice(*nets, tax=tuple(1 + place % 2 for place in range(len(nets))))
    whole = {
        one.tax: one.vat
        for one in total(
            [(line.net_minor, TAXES[line.tax_code_id or 0]) for line in lines], currency="EUR"
        ).groups
    }
    before = Credited()
    for place, percent in parts:
        line = lines[place % len(lines)]
        rest = line.net_minor - before.nets.get(line.id, 0)
        amount = rest * percent // 100
        if amount:
            asked = [AskedCredit(line.id, amount=from_minor(amount, "EUR"))]
            made = credit(of, lines, taxes=TAXES, asked=asked, before=before)
            before = after(before, made)
            assert all(0 <= vat <= whole[tax] for tax, (_, vat) in before.groups.items())
    if any(line.net_minor != before.nets.get(line.id, 0) for line in lines):
        before = after(before, credit(of, lines, taxes=TAXES, asked=None, before=before))
    assert before.nets == {line.id: line.net_minor for line in lines}
    assert {tax: vat for tax, (_, vat) in before.groups.items()} == whole


def test_a_line_with_a_discount_is_credited_at_what_it_came_to() -> None:
    """Two at 100.00 less 10 %: one of them is 90.00, an amount is what it is."""
    made, (line,) = invoice(18_000)
    line.quantity, line.unit_price, line.discount = Decimal(2), Decimal(100), Decimal(10)
    for asked, net, discount in (
        (AskedCredit(1, quantity=Decimal(1)), 9_000, Decimal(10)),
        (AskedCredit(1, amount=Decimal(100)), 10_000, None),
        (AskedCredit(1), 18_000, Decimal(10)),
    ):
        found = credit(made, [line], taxes=TAXES, asked=[asked], before=Credited()).lines[0]
        assert (found.net_minor, found.discount) == (net, discount)
