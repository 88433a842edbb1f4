"""Percentages and VAT rates (DOMAIN §3.3)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates_xlsx.kinds import Percent, Rate
from templates_xlsx.raw import Cell
from tests.templates_xlsx.kinds.readings import number, outcome, percent, truth

few = settings(max_examples=100, deadline=None)


@pytest.mark.parametrize(
    ("cell", "value", "said"),
    [
        ("45", "45", []),
        ("45%", "45", []),
        ("45 %", "45", []),
        ("12,5", "12.5", []),
        ("66,67 %", "66.67", []),
        ("1,234", "1.234", []),
        (percent("0.45"), "45", []),
        (percent("0.28999999999999998"), "29", []),
        (number(100), "100", []),
        (number(0), "0", []),
        ("0,5 %", "0.5", []),
        ("0,35", "35", ["PERCENT_AS_FRACTION"]),
        (number("0.35"), "35", ["PERCENT_AS_FRACTION"]),
        ("1", "1", ["PERCENT_AMBIGUOUS"]),
        ("1%", "1", []),
        (percent("0.01"), "1", []),
        (percent("1"), "100", []),
        ("33,33333", "33.3333", []),
        ("120", None, ["PERCENT_OUT_OF_RANGE"]),
        ("150%", None, ["PERCENT_OUT_OF_RANGE"]),
        ("-5", None, ["PERCENT_OUT_OF_RANGE"]),
        (percent("45"), None, ["PERCENT_OUT_OF_RANGE"]),
        ("terminé", None, ["NUMBER_INVALID"]),
        ("4 5", None, ["NUMBER_INVALID"]),
        ("45 €", None, ["NUMBER_INVALID"]),
        (truth(True), None, ["NUMBER_INVALID"]),
    ],
)
def test_a_percentage_is_read_in_every_shape(
    cell: Cell | str, value: str | None, said: list[str]
) -> None:
    """O03."""
    assert outcome(Percent(), cell) == (None if value is None else Decimal(value), said)


@pytest.mark.parametrize(
    ("cell", "value", "said"),
    [
        ("20", "20", []),
        ("20%", "20", []),
        ("20 %", "20", []),
        ("5,5", "5.5", []),
        (percent("0.2"), "20", []),
        ("0,20", "20", ["PERCENT_AS_FRACTION"]),
        (number("0.055"), "5.5", ["PERCENT_AS_FRACTION"]),
        ("0,9", "0.9", []),
        ("0,9 %", "0.9", []),
        (number(0), "0", []),
        ("0,35", "0.35", []),
        ("19", "19", []),
        ("vingt", None, ["NUMBER_INVALID"]),
    ],
)
def test_a_rate_is_read_as_a_percentage_that_may_be_below_one(
    cell: Cell | str, value: str | None, said: list[str]
) -> None:
    """O20: 0.9 is a Corsican rate, never 90 %."""
    assert outcome(Rate(), cell) == (None if value is None else Decimal(value), said)


@few
@given(
    st.integers(0, 1_000_000).map(lambda n: Decimal(n).scaleb(-4)),
    st.sampled_from(["%", " %", "\u00a0%"]),
)
def test_a_french_percentage_reads_back(value: Decimal, sign: str) -> None:
    assert outcome(Percent(), f"{value:f}".replace(".", ",") + sign) == (value, [])


@few
@given(st.integers(0, 10_000).map(lambda n: Decimal(n).scaleb(-4)))
def test_a_cell_shown_as_percent_is_hundredths(fraction: Decimal) -> None:
    assert outcome(Percent(), percent(str(fraction))) == (fraction * 100, [])
