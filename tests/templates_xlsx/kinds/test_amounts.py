"""Money, numbers, whole numbers and hours (DOMAIN §3.3)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates_xlsx.kinds import Hours, Money, Number, Signed, Whole
from templates_xlsx.kinds.numbers import parse_number
from templates_xlsx.raw import Cell
from tests.templates_xlsx.kinds.readings import FRENCH, day, number, outcome, percent, time, truth

few = settings(max_examples=120, deadline=None)
cents = st.integers(0, 10**13 - 1).map(lambda n: Decimal(n).scaleb(-2))
NNBSP, NBSP = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("12 500,00 €", "12500"),
        (f"12{NNBSP}500,00{NBSP}€", "12500"),
        ("12500.5", "12500.5"),
        ("12500,5", "12500.5"),
        ("12,500.00", "12500"),
        ("12.500,00", "12500"),
        ("12'500.50", "12500.5"),
        ("12’500.50", "12500.5"),
        ("1.234.567", "1234567"),
        ("1,234,567.89", "1234567.89"),
        ("12 500,-", "12500"),
        ("CHF 12'500.–", "12500"),
        ("4 500 HT", "4500"),
        ("4 500 H.T.", "4500"),
        ("4 500 € HT", "4500"),
        ("1.25E+04", "12500"),
        ("€ 3 200", "3200"),
        ("3 200 EUR", "3200"),
        ("3 200 euros", "3200"),
        ("+120,50 €", "120.5"),
        ("1 234,567", "1234.567"),
        ("0,125", "0.125"),
        ("12345,678", "12345.678"),
        (",5", "0.5"),
        ("12 5 00", "12500"),
        ("007", "7"),
    ],
)
def test_an_amount_is_read_in_every_shape(raw: str, value: str) -> None:
    """O27."""
    assert outcome(Money(), raw) == (Decimal(value), [])


@pytest.mark.parametrize(
    "raw", ["(1 250,00)", "1 250,00-", "−1250", "- 1 250", "-1.250,00 €", "€ -1250", "(1 250) €"]
)
def test_a_negative_amount_is_read_in_every_shape(raw: str) -> None:
    assert outcome(Signed(), raw) == (Decimal(-1250), [])
    assert outcome(Money(), raw) == (None, ["AMOUNT_NEGATIVE"])


@pytest.mark.parametrize(
    "raw",
    [
        "k€",
        "12 k€",
        "12k",
        "à définir",
        "vingt",
        "1,2,3",
        "12,34,567",
        "--5",
        "-5-",
        "(5",
        "5)",
        "12 EUR USD",
        "3 500 zzz",
        "45 %",
        "31/10/2026",
        "2026-10-31",
        "#N/A",
        "1 250,00,",
        "9" * 60,
    ],
)
def test_what_is_no_amount_is_refused(raw: str) -> None:
    assert outcome(Money(), raw) == (None, ["NUMBER_INVALID"])


@pytest.mark.parametrize("cell", [truth(True), day(2026, 10, 31), percent("0.2"), time("0.5")])
def test_cells_of_another_type_are_no_amounts(cell: Cell) -> None:
    assert outcome(Money(), cell) == (None, ["NUMBER_INVALID"])


@pytest.mark.parametrize("raw", ["4 500 TTC", "4 500,00 € TTC", "4500 T.T.C."])
def test_an_amount_with_tax_is_refused_where_the_net_one_is_expected(raw: str) -> None:
    assert outcome(Money(), raw) == (None, ["AMOUNT_TTC"])
    assert outcome(Money(is_gross=True), raw) == (Decimal(4500), [])


@pytest.mark.parametrize("raw", ["1.234", "1,234", "12,500", "999.999 €"])
def test_one_separator_and_three_digits_are_thousands_with_a_warning(raw: str) -> None:
    written = raw.rstrip(" €").replace(",", "").replace(".", "")
    assert outcome(Money(), raw) == (Decimal(written), ["NUMBER_AMBIGUOUS"])


def test_a_number_cell_is_never_ambiguous() -> None:
    assert outcome(Money(), number("1.234")) == (Decimal("1.234"), [])


def test_the_noise_of_binary_fractions_is_not_an_amount() -> None:
    assert outcome(Money(), number("12500.499999999999")) == (Decimal("12500.5"), [])


def test_zero_is_told_where_it_is_worth_telling() -> None:
    assert outcome(Money(), number(0)) == (Decimal(0), [])
    assert outcome(Signed(warns_of_zero=True), "0,00") == (Decimal(0), ["AMOUNT_ZERO"])


def test_an_amount_beyond_reason_is_out_of_range() -> None:
    assert outcome(Money(), "1E+15") == (None, ["NUMBER_OUT_OF_RANGE"])
    assert outcome(Signed(), number("-1E+300")) == (None, ["NUMBER_OUT_OF_RANGE"])


def _french(amount: Decimal, space: str) -> str:
    whole, _, part = f"{amount:,.2f}".partition(".")
    return whole.replace(",", space) + "," + part


@few
@given(
    cents, st.sampled_from([" ", NBSP, NNBSP, "'", "."]), st.sampled_from(["", " €", NBSP + "EUR"])
)
def test_a_french_amount_reads_back(amount: Decimal, space: str, sign: str) -> None:
    """O27: format in French, parse, equal."""
    if amount < 10**12:
        assert outcome(Money(), _french(amount, space) + sign) == (amount, [])


@few
@given(cents)
def test_an_english_amount_reads_back(amount: Decimal) -> None:
    if amount < 10**12:
        assert outcome(Money(), f"{amount:,.2f}") == (amount, [])


@few
@given(cents, st.sampled_from(["-{}", "({})", "{}-", "−{}"]))
def test_a_negative_amount_reads_back(amount: Decimal, shape: str) -> None:
    if 0 < amount < 10**12:
        assert outcome(Signed(), shape.format(_french(amount, " "))) == (-amount, [])


@few
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(raw: str) -> None:
    value, said = outcome(Signed(), raw)
    assert (
        value is not None
        or said
        or not raw.strip()
        or set(raw) <= set("-?—– ")
        or not raw.isprintable()
    )
    parse_number(raw)


@pytest.mark.parametrize(
    ("cell", "value", "said"),
    [
        ("1640", Decimal(1640), []),
        ("1 640,5 m²", Decimal("1640.5"), []),
        ("1.640", Decimal(1640), ["NUMBER_AMBIGUOUS"]),
        ("-3", None, ["NUMBER_OUT_OF_RANGE"]),
        ("grand", None, ["NUMBER_INVALID"]),
        ("12 €", None, ["NUMBER_INVALID"]),
        ("0,123456", Decimal("0.1235"), []),
    ],
)
def test_a_quantity_is_zero_or_more(cell: str, value: Decimal | None, said: list[str]) -> None:
    assert outcome(Number(), cell) == (value, said)


@pytest.mark.parametrize(
    ("cell", "value", "said"),
    [
        ("30", 30, []),
        (number("30.0"), 30, []),
        ("0", 0, []),
        ("90", 90, []),
        ("91", None, ["NUMBER_OUT_OF_RANGE"]),
        ("-1", None, ["NUMBER_OUT_OF_RANGE"]),
        ("30,5", None, ["NUMBER_INVALID"]),
        ("trente", None, ["NUMBER_INVALID"]),
    ],
)
def test_a_whole_number_stays_within_its_limits(
    cell: Cell | str, value: int | None, said: list[str]
) -> None:
    read, codes = outcome(Whole(0, 90), cell)
    assert (read, codes) == (value, said)
    assert read is None or type(read) is int


@pytest.mark.parametrize(
    ("cell", "value", "said"),
    [
        ("7,5", "7.5", []),
        ("7.5", "7.5", []),
        ("7h30", "7.5", []),
        ("7:30", "7.5", []),
        ("7:30:00", "7.5", []),
        ("7 h", "7", []),
        ("7 h 30 min", "7.5", []),
        ("7 heures", "7", []),
        ("35,00", "35", []),
        ("1,234", "1.23", []),
        ("0h20", "0.33", []),
        (time("0.3125"), "7.5", []),
        (number("6.75"), "6.75", []),
        ("61", None, ["HOURS_OUT_OF_RANGE"]),
        ("-2", None, ["HOURS_OUT_OF_RANGE"]),
        ("-2:00", None, ["HOURS_OUT_OF_RANGE"]),
        ("sept", None, ["NUMBER_INVALID"]),
        ("7:75", None, ["NUMBER_INVALID"]),
        ("7 30", None, ["NUMBER_INVALID"]),
        ("7'30", None, ["NUMBER_INVALID"]),
        ("7' 30", None, ["NUMBER_INVALID"]),
        ("3 0", None, ["NUMBER_INVALID"]),
        ("7 , 5", "7.5", []),
        (truth(True), None, ["NUMBER_INVALID"]),
    ],
)
def test_hours_are_read_as_numbers_and_as_clocks(
    cell: Cell | str, value: str | None, said: list[str]
) -> None:
    assert outcome(Hours(60), cell) == (None if value is None else Decimal(value), said)


def test_hours_may_have_to_be_more_than_zero() -> None:
    assert outcome(Hours(24), "0") == (Decimal(0), [])
    assert outcome(Hours(), "1 250,5 h") == (Decimal("1250.5"), [])
    assert outcome(Hours(), "12'500") == (Decimal(12500), [])
    assert outcome(Hours(24, is_more=True), "0") == (None, ["HOURS_OUT_OF_RANGE"])
    assert outcome(Hours(24, is_more=True), "25") == (None, ["HOURS_OUT_OF_RANGE"])


@pytest.mark.parametrize("cell", ["0,004", number("0.0049"), time("0.0002")])
def test_hours_that_would_round_to_none_are_refused(cell: Cell | str) -> None:
    for kind in (Hours(24, is_more=True), Hours(60)):
        assert outcome(kind, cell) == (None, ["HOURS_OUT_OF_RANGE"])
    assert outcome(Hours(24, is_more=True), "0,005") == (Decimal("0.01"), [])


def test_what_is_expected_is_said_beside_what_is_wrong() -> None:
    note = Money().read(Cell("à définir"), FRENCH).notes[0]
    assert (note.found, note.expected) == ("à définir", "12500.00")
