"""Lines as people ask for them: words, quantity and price, and what a product fills in."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.catalogue import Product
from domain.errors import Refusal
from domain.invoice.lines import MOST_LINES, NewLine, from_product, make_line, require_few
from domain.invoice.model import InvoiceLine, LineKind
from domain.invoice.terms import TERMS, change_terms
from domain.invoice.totals import line_net
from tests.domain.examples import euros, invoice, refused


def asked(kind: LineKind = LineKind.ACCOUNT, **changed: Any) -> NewLine:
    cells: dict[str, Any] = {
        "description": "Relevé",
        "quantity": Decimal("7.75"),
        "unit_price": Decimal("85.00"),
    }
    return NewLine(kind, **cells | changed)


def made(one: NewLine, currency: str = "EUR") -> InvoiceLine:
    return make_line(one, invoice_id=11, place=2, currency=currency)


def test_a_line_is_quantity_times_price_at_its_place() -> None:
    """F17, DOMAIN §2.4."""
    line = made(asked(ledger_account="706100", unit="HUR", phase_id=7, sku="HON"))
    assert (line.invoice_id, line.position, line.net_minor) == (11, 3, euros("658.75"))
    assert (line.unit, line.ledger_account, line.sku, line.phase_id) == ("HUR", "706100", "HON", 7)
    assert made(asked(unit=None)).unit == "C62"


def test_a_line_may_wait_for_its_quantity_and_price() -> None:
    """F15: complete the missing data."""
    line = made(asked(quantity=None))
    assert (line.quantity, line.unit_price, line.net_minor) == (None, Decimal("85.00"), 0)
    assert made(asked(unit_price=None)).net_minor == 0


def test_a_text_line_has_words_and_nothing_else() -> None:
    """F18."""
    line = made(asked(LineKind.TEXT, ledger_account="706100", sku="HON", phase_id=7))
    assert line.description == "Relevé"
    assert (line.quantity, line.unit_price, line.unit, line.net_minor) == (None, None, None, 0)
    assert (line.ledger_account, line.sku, line.phase_id) == (None, None, None)
    assert made(asked(LineKind.TEXT, description="")).description == ""


def test_a_deduction_has_a_negative_quantity_and_no_negative_price() -> None:
    """DOMAIN §4.5."""
    assert made(asked(quantity=Decimal(-1))).net_minor == euros("-85.00")
    for price in ("-85.00", "-0.000001"):
        assert refused(partial(made, asked(unit_price=Decimal(price)))) == ["FIELD_INVALID"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("quantity", Decimal("NaN")),
        ("quantity", Decimal("Infinity")),
        ("quantity", Decimal("1E+10")),
        ("quantity", Decimal("0.00001")),
        ("unit_price", Decimal("0.0000001")),
        ("unit_price", Decimal("1E+13")),
        ("description", "a" * 2001),
        ("detail", "a" * 2001),
        ("unit", "a" * 9),
        ("ledger_account", "7" * 65),
        ("sku", "S" * 65),
    ],
)
def test_what_cannot_stand_on_a_line_is_refused_by_its_place(name: str, value: Any) -> None:
    with pytest.raises(Refusal) as caught:
        made(asked(**{str(name): value}))
    (issue,) = caught.value.issues
    assert (issue.code, issue.field) == ("FIELD_INVALID", ("lines", 2, name))


def test_an_amount_beyond_everything_is_refused_though_its_parts_are_not() -> None:
    big = asked(quantity=Decimal(10) ** 9, unit_price=Decimal(10) ** 6)
    assert refused(lambda: made(big)) == ["FIELD_INVALID"]


@given(
    st.decimals(-(10**9), 10**9, places=4),
    st.decimals(0, 10**12, places=6),
    st.sampled_from(["EUR", "JPY", "TND"]),
)
def test_a_line_is_exact_or_refused(quantity: Decimal, price: Decimal, currency: str) -> None:
    act = partial(made, asked(quantity=quantity, unit_price=price), currency)
    if abs(quantity * price) > 10**12 + 1:
        assert refused(act) == ["FIELD_INVALID"]
        return
    assume(abs(quantity * price) < 10**12 - 1)
    line = act()
    assert (line.quantity, line.unit_price) == (quantity, price)
    assert line.net_minor == line_net(quantity=quantity, unit_price=price, currency=currency)
    assert abs(line.net_minor) < 2**63


def test_an_invoice_has_five_hundred_lines_at_most() -> None:
    require_few([asked()] * MOST_LINES)
    assert refused(lambda: require_few([asked()] * (MOST_LINES + 1))) == ["INPUT_TOO_LARGE"]


def product(**changed: Any) -> Product:
    cells: dict[str, Any] = {
        "sku": "HON",
        "name": "Honoraires",
        "unit": "HUR",
        "unit_price": Decimal(90),
        "ledger_account": "706000",
    }
    return Product(**cells | changed)


def test_a_product_fills_in_what_a_line_leaves_out() -> None:
    """F16."""
    bare = NewLine(LineKind.PRODUCT, "Conseil", quantity=Decimal(2), sku="hon")
    line = made(from_product(bare, product(), currency="EUR", place=2))
    assert (line.sku, line.unit, line.unit_price) == ("HON", "HUR", Decimal(90))
    assert (line.ledger_account, line.net_minor) == ("706000", euros("180.00"))
    own = asked(LineKind.PRODUCT, unit="DAY", unit_price=Decimal(0), ledger_account="708500")
    kept = from_product(own, product(), currency="EUR", place=2)
    assert (kept.unit, kept.unit_price, kept.ledger_account) == ("DAY", Decimal(0), "708500")


def test_a_price_in_another_currency_is_no_price_here() -> None:
    act = partial(from_product, product=product(currency="CHF"), currency="EUR", place=2)
    assert refused(partial(act, NewLine(LineKind.PRODUCT, "C"))) == ["AMOUNT_CURRENCY_MISMATCH"]
    priced = NewLine(LineKind.PRODUCT, "C", unit_price=Decimal(80))
    assert act(priced).unit_price == 80


# Terms


def test_only_the_terms_given_are_changed_and_null_empties() -> None:
    made = invoice(commitment_no="ENG-1", footer_message="Merci", payment_days=30)
    change_terms(made, {"commitment_no": None, "payment_days": 45, "language": "en"})
    assert (made.commitment_no, made.payment_days, made.language) == (None, 45, "en")
    assert made.footer_message == "Merci"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("payment_days", -1),
        ("payment_days", 366),
        ("language", "de"),
        ("footer_message", "a" * 2001),
    ],
)
def test_a_term_that_cannot_stand_is_refused_by_its_name(name: str, value: object) -> None:
    made = invoice()
    with pytest.raises(Refusal) as caught:
        change_terms(made, {name: value})
    (issue,) = caught.value.issues
    assert (issue.code, issue.field) == ("FIELD_INVALID", (name,))


def test_every_term_is_a_column_of_the_invoice() -> None:
    made = invoice()
    assert all(hasattr(made, name) for name in TERMS)
