"""Amounts are exact, and rounded once: half away from zero."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import (
    CURRENCIES,
    Money,
    decimals_of,
    from_minor,
    rounded,
    share,
    to_minor,
    total,
)

minors = st.integers(min_value=-(10**15), max_value=10**15)
currencies = st.sampled_from(sorted(CURRENCIES))
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=6)
percents = st.decimals(min_value=0, max_value=100, places=4)


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        ("0.5", 0, "1"),
        ("-0.5", 0, "-1"),
        ("1.5", 0, "2"),
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("1.005", 2, "1.01"),
        ("-1.005", 2, "-1.01"),
        ("2.675", 2, "2.68"),
        ("1.0049999", 2, "1.00"),
        ("1234.5675", 3, "1234.568"),
        ("12", 2, "12.00"),
    ],
)
def test_a_half_is_rounded_away_from_zero(value: str, decimals: int, expected: str) -> None:
    found = rounded(Decimal(value), decimals)
    assert str(found) == expected


@given(amounts, st.integers(min_value=0, max_value=4))
def test_rounding_moves_by_half_a_unit_at_most_and_is_the_same_on_both_sides_of_zero(
    value: Decimal, decimals: int
) -> None:
    found = rounded(value, decimals)
    assert abs(found - value) <= Decimal("0.5").scaleb(-decimals)
    assert found.as_tuple().exponent == -decimals
    assert rounded(-value, decimals) == -found
    assert rounded(found, decimals) == found
    if abs(found - value) == Decimal("0.5").scaleb(-decimals):
        assert abs(found) > abs(value)


@given(minors, currencies)
def test_an_amount_survives_the_way_to_minor_units_and_back(minor: int, currency: str) -> None:
    amount = from_minor(minor, currency)
    assert amount.as_tuple().exponent == -decimals_of(currency)
    assert to_minor(amount, currency) == minor


def test_every_currency_rounds_to_its_own_decimals() -> None:
    for currency in CURRENCIES:
        unit = Decimal(1).scaleb(-decimals_of(currency))
        halves = (unit, unit / 2, -unit / 2, unit * Decimal("0.49"))
        assert [to_minor(amount, currency) for amount in halves] == [1, 1, -1, 0], currency


def test_the_decimals_are_those_of_iso_4217() -> None:
    assert [decimals_of(code) for code in ("EUR", "JPY", "TND", "CHF", "XPF", "KWD")] == [
        *(2, 0, 3),
        *(2, 0, 3),
    ]
    # Currencies that are gone have no amounts.
    for gone in ("FRF", "HRK", "BGN", "eur", ""):
        with pytest.raises(KeyError):
            decimals_of(gone)


def test_a_fee_billed_by_thirds_comes_out_whole() -> None:
    """DOMAIN §2.3: 10,000.00 billed at 33.33 %, 66.67 %, 100 %."""
    cumulated = [
        share(1_000_000, Decimal(percent), "EUR") for percent in ("0", "33.33", "66.67", "100")
    ]
    steps = [after - before for before, after in pairwise(cumulated)]
    assert steps == [333_300, 333_400, 333_300]


@given(minors, st.lists(percents, max_size=12), currencies)
def test_a_share_never_drifts_however_many_steps_lead_to_it(
    part: int, steps: list[Decimal], currency: str
) -> None:
    way = [Decimal(0), *sorted(steps), Decimal(100)]
    cumulated = [share(part, percent, currency) for percent in way]
    billed = [after - before for before, after in pairwise(cumulated)]
    assert sum(billed) == part
    assert all(amount * part >= 0 for amount in billed)
    for percent, found in zip(way, cumulated, strict=True):
        assert abs(found - part * percent / 100) <= Decimal("0.5")
        assert share(-part, percent, currency) == -found


@given(minors, minors, currencies)
def test_money_adds_up_in_its_minor_units(one: int, other: int, currency: str) -> None:
    first, second = Money(one, currency), Money(other, currency)
    assert (first + second).minor == one + other
    assert (first - second).minor == one - other
    assert (-first).minor == -one
    assert total([first, second], currency) == first + second
    assert Money.of(first.amount, currency) == first


def test_two_currencies_do_not_add_up() -> None:
    for act in (Money.__add__, Money.__sub__):
        with pytest.raises(ValueError, match="EUR and CHF do not add up"):
            act(Money(1, "EUR"), Money(1, "CHF"))
    with pytest.raises(ValueError, match="do not add up"):
        total([Money(1, "CHF")], "EUR")


def test_money_is_written_with_the_decimals_of_its_currency() -> None:
    assert str(Money.of("12.345", "EUR")) == "12.35 EUR"
    assert str(Money.of(1200, "JPY")) == "1200 JPY"
    assert str(total([], "TND")) == "0.000 TND"


@given(minors, st.decimals(min_value=-1000, max_value=1000, places=4), currencies)
def test_a_share_is_that_of_the_exact_amount(part: int, percent: Decimal, currency: str) -> None:
    """DOMAIN §2.3, §2.6: amount × percent ÷ 100, and only then rounded."""
    exact = from_minor(part, currency) * percent / 100
    assert share(part, percent, currency) == to_minor(exact, currency)
