"""Dates (DOMAIN §3.3): read in every honest shape, never guessed."""

from __future__ import annotations

from datetime import date

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from templates_xlsx.kinds import Day
from templates_xlsx.raw import Cell
from templates_xlsx.sheet import Setting
from tests.templates_xlsx.kinds.readings import day, number, outcome, time, truth

few = settings(max_examples=100, deadline=None)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (day(2025, 1, 15), (2025, 1, 15)),
        (day(2025, 1, 15, 13, 30), (2025, 1, 15)),
        ("15/01/2025", (2025, 1, 15)),
        ("1/7/2026", (2026, 7, 1)),
        ("15.01.2025", (2025, 1, 15)),
        ("15-01-2025", (2025, 1, 15)),
        ("15/01/2025 00:00", (2025, 1, 15)),
        ("15/01/2025 08:30:00", (2025, 1, 15)),
        ("15/01/2025 à 8h30", (2025, 1, 15)),
        ("2025-01-15", (2025, 1, 15)),
        ("2025-01-15T10:00:00Z", (2025, 1, 15)),
        ("2025/01/15", (2025, 1, 15)),
        ("3 mars 2025", (2025, 3, 3)),
        ("1er avril 2025", (2025, 4, 1)),
        ("15 janv. 2025", (2025, 1, 15)),
        ("lundi 3 mars 2025", (2025, 3, 3)),
        ("Lun. 3 mars 2025", (2025, 3, 3)),
        ("15 août 2025", (2025, 8, 15)),
        ("15 AOUT 2025", (2025, 8, 15)),
        ("25 déc. 2025", (2025, 12, 25)),
        ("3 March 2025", (2025, 3, 3)),
        ("15-janv-2025", (2025, 1, 15)),
        ("01/01/1990", (1990, 1, 1)),
        ("31/12/2100", (2100, 12, 31)),
    ],
)
def test_a_date_is_read_in_every_shape(cell: Cell | str, value: tuple[int, int, int]) -> None:
    assert outcome(Day(), cell) == (date(*value), [])


@pytest.mark.parametrize(
    "cell",
    [
        "31/02/2025",
        "01/13/2021",
        "30/02/2026",
        "32/01/2025",
        "00/01/2025",
        "15/01-2025",
        "demain",
        "mars 2025",
        "3 brumaire 2025",
        "2025",
        "20250115",
        number(19999),
        number(80001),
        truth(True),
        time("0.5"),
    ],
)
def test_what_is_no_date_is_refused(cell: Cell | str) -> None:
    assert outcome(Day(), cell) == (None, ["DATE_INVALID"])


@pytest.mark.parametrize("cell", ["31/12/1989", "01/01/2101", "1850-01-01", day(1970, 1, 1)])
def test_a_date_beyond_reason_is_out_of_range(cell: Cell | str) -> None:
    assert outcome(Day(), cell) == (None, ["DATE_OUT_OF_RANGE"])


@pytest.mark.parametrize(
    ("raw", "year"), [("31/10/26", 2026), ("31.10.99", 2099), ("31 octobre 26", 2026)]
)
def test_a_year_of_two_digits_is_of_this_century_with_a_warning(raw: str, year: int) -> None:
    assert outcome(Day(), raw) == (date(year, 10, 31), ["DATE_AMBIGUOUS"])


@pytest.mark.parametrize("cell", [number(46326), "46326", number("46326.75")])
def test_a_bare_number_is_a_spreadsheet_date_with_a_warning(cell: Cell | str) -> None:
    assert outcome(Day(), cell) == (date(2026, 10, 31), ["DATE_SERIAL"])


@pytest.mark.parametrize("cell", [number(44864), "44864"])
def test_a_bare_number_is_counted_as_its_workbook_counts(cell: Cell | str) -> None:
    setting = Setting(days_from_1904=True)
    assert outcome(Day(), cell, setting) == (date(2026, 10, 31), ["DATE_SERIAL"])


@few
@given(days, st.sampled_from(["short", "medium", "long", "full"]))
def test_a_date_formatted_in_french_reads_back(value: date, form: str) -> None:
    pattern = "dd/MM/yyyy" if form == "short" else form
    assert outcome(Day(), format_date(value, pattern, locale="fr")) == (value, [])


@few
@given(days)
def test_an_iso_date_reads_back(value: date) -> None:
    assert outcome(Day(), value.isoformat()) == (value, [])
    assert outcome(Day(), day(value.year, value.month, value.day)) == (value, [])
