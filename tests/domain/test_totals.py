"""What an invoice comes to: one rounding a line, one VAT a rate, as DOMAIN §2.6 computes it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.invoice.totals import Tax, line_net, total
from domain.money import share, to_minor
from domain.tax import VatCategory
from tests.domain.examples import euros

STANDARD = VatCategory.STANDARD
taxes = st.builds(
    Tax,
    rate=st.sampled_from([Decimal(rate) for rate in ("20", "10", "5.5", "2.1", "0")]),
    category=st.sampled_from([STANDARD, VatCategory.EXEMPT]),
    reason_code=st.sampled_from([None, "VATEX-EU-AE"]),
)
lines = st.lists(st.tuples(st.integers(-(10**9), 10**9), st.none() | taxes), max_size=20)
currencies = st.sampled_from(["EUR", "JPY", "TND"])


def at(rate: str) -> Tax:
    return Tax(Decimal(rate), STANDARD)


@pytest.mark.parametrize(
    ("quantity", "price", "currency", "net"),
    [
        ("7.75", "85.00", "EUR", 65_875),
        ("43.75", "72.50", "EUR", 317_188),
        ("-1", "72.505", "EUR", -7_251),
        ("0.3333", "10000", "EUR", 333_300),
        ("3", "0.333333", "EUR", 100),
        ("1.5", "333", "JPY", 500),
        ("2", "0.6175", "TND", 1_235),
    ],
)
def test_a_line_is_rounded_once(quantity: str, price: str, currency: str, net: int) -> None:
    """DOMAIN §2.4: 7.75 h × 85.00 = 658.75; 43.75 h × 72.50 = 3,171.88."""
    found = line_net(quantity=Decimal(quantity), unit_price=Decimal(price), currency=currency)
    assert found == net


def test_vat_is_computed_on_the_sum_and_not_line_by_line() -> None:
    found = total([(3_333, at("20")), (3_333, at("20")), (3_334, at("20"))], currency="EUR")
    assert (found.net, found.vat, found.gross) == (10_000, 2_000, 12_000)
    by_line = sum(share(net, Decimal(20), "EUR") for net in (3_333, 3_333, 3_334))
    assert by_line == 2_001


def test_each_rate_has_its_own_sum_by_falling_rate() -> None:
    found = total(
        [
            (euros("456.78"), at("5.5")),
            (euros("12,345.67"), at("20")),
            (euros("890.15"), at("10")),
        ],
        currency="EUR",
    )
    assert [(group.tax.rate, group.base, group.vat) for group in found.groups] == [
        (20, euros("12,345.67"), euros("2,469.13")),
        (10, euros("890.15"), euros("89.02")),
        (Decimal("5.5"), euros("456.78"), euros("25.12")),
    ]
    assert found.net == euros("13,692.60")
    assert found.vat == euros("2,583.27")
    assert found.gross == euros("16,275.87")


@pytest.mark.parametrize(
    ("net", "rate", "currency", "vat"),
    [
        (to_minor(Decimal("1234.567"), "TND"), "19", "TND", 234_568),
        (123_457, "10", "JPY", 12_346),
        (-10_005, "10", "EUR", -1_001),
    ],
    ids=["three decimals", "no decimals", "a credit"],
)
def test_vat_is_rounded_to_the_decimals_of_the_currency(
    net: int, rate: str, currency: str, vat: int
) -> None:
    assert total([(net, at(rate))], currency=currency).vat == vat


def test_one_rate_with_two_reasons_is_two_groups() -> None:
    free = [
        Tax(Decimal(0), VatCategory.REVERSE_CHARGE, "VATEX-EU-AE", "Autoliquidation"),
        Tax(Decimal(0), VatCategory.EXEMPT, "VATEX-FR-FRANCHISE", "TVA non applicable"),
    ]
    found = total([(100, free[0]), (200, free[1]), (300, free[0])], currency="EUR")
    assert {(group.tax.reason_code, group.base, group.vat) for group in found.groups} == {
        ("VATEX-EU-AE", 400, 0),
        ("VATEX-FR-FRANCHISE", 200, 0),
    }


def test_an_invoice_without_lines_comes_to_nothing() -> None:
    found = total([], currency="EUR")
    assert (found.net, found.vat, found.gross, found.groups) == (0, 0, 0, ())


@given(lines, currencies)
def test_the_groups_hold_the_net_of_every_taxed_line(
    given_lines: list[tuple[int, Tax | None]], currency: str
) -> None:
    found = total(given_lines, currency=currency)
    assert found.net == sum(net for net, _ in given_lines)
    assert sum(group.base for group in found.groups) == sum(net for net, tax in given_lines if tax)
    assert found.gross == found.net + found.vat
    assert len({group.tax for group in found.groups}) == len(found.groups)
    for group in found.groups:
        assert abs(group.vat - group.base * group.tax.rate / 100) <= Decimal("0.5")
    rates = [group.tax.rate for group in found.groups]
    assert rates == sorted(rates, reverse=True)


@given(lines, st.randoms(use_true_random=False), currencies)
def test_the_order_of_the_lines_changes_nothing(
    given_lines: list[tuple[int, Tax | None]], random: object, currency: str
) -> None:
    shuffled = list(given_lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert total(shuffled, currency=currency) == total(given_lines, currency=currency)
