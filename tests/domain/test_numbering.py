"""Numbers of invoices: how they are written, and that they follow the calendar."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refusal
from domain.invoice.model import NumberCounter
from domain.invoice.numbering import (
    legal_number,
    pro_forma_number,
    require_recent,
    take_next,
)
from domain.organisation import fiscal_year
from tests.domain.examples import refused

TODAY = date(2026, 11, 21)


def counter(last: int = 0, day: date | None = None) -> NumberCounter:
    return NumberCounter(entity_id=1, series="PAR", year=2026, last=last, last_issue_date=day)


def test_a_pro_forma_begins_with_pf() -> None:
    """F06."""
    assert pro_forma_number(123) == "PF-000123"


def test_a_legal_number_is_series_year_and_five_digits() -> None:
    """F23, DOMAIN §2.2."""
    assert legal_number(series="PAR", year=2026, count=42) == "PAR26-00042"
    assert legal_number(series="PAV", year=2026, count=7) == "PAV26-00007"
    assert legal_number(series="A", year=2009, count=99_999) == "A09-99999"


@given(
    st.text("ABCXYZ", min_size=1, max_size=3),
    st.integers(2000, 2099),
    st.integers(1, 99_999),
)
def test_a_legal_number_fits_every_accounting_software(series: str, year: int, count: int) -> None:
    """DOMAIN §2.2: at most 11 characters of A–Z, 0–9 and the dash."""
    number = legal_number(series=series, year=year, count=count)
    assert len(number) <= 11
    assert re.fullmatch(r"[A-Z0-9-]+", number)


@given(st.lists(st.tuples(st.integers(2000, 2099), st.integers(1, 99_999)), unique=True))
def test_two_counts_or_two_years_never_make_one_number(taken: list[tuple[int, int]]) -> None:
    numbers = {legal_number(series="PAR", year=year, count=count) for year, count in taken}
    assert len(numbers) == len(taken)


@pytest.mark.parametrize(
    ("start", "day", "year"),
    [
        ("01-01", "2026-01-01", 2026),
        ("01-01", "2026-12-31", 2026),
        ("07-01", "2026-03-01", 2025),
        ("07-01", "2026-06-30", 2025),
        ("07-01", "2026-07-01", 2026),
        ("07-01", "2027-06-30", 2026),
        ("10-15", "2026-10-14", 2025),
        ("10-15", "2026-10-15", 2026),
    ],
)
def test_a_fiscal_year_is_named_by_the_year_it_starts_in(start: str, day: str, year: int) -> None:
    assert fiscal_year(start=start, day=date.fromisoformat(day)) == year


def test_the_next_number_follows_the_last_and_keeps_its_date() -> None:
    kept = counter(41, date(2026, 11, 20))
    assert take_next(kept, issue_date=TODAY, today=TODAY) == 42
    assert (kept.last, kept.last_issue_date) == (42, TODAY)
    assert take_next(kept, issue_date=TODAY, today=TODAY) == 43


def test_an_issue_date_never_goes_back_behind_the_previous_number() -> None:
    kept = counter(41, TODAY)
    yesterday = TODAY - timedelta(days=1)
    found = refused(lambda: take_next(kept, issue_date=yesterday, today=TODAY))
    assert found == ["ISSUE_DATE_TOO_EARLY"]
    assert (kept.last, kept.last_issue_date) == (41, TODAY)


def test_an_issue_date_never_lies_in_the_future() -> None:
    kept = counter()
    tomorrow = TODAY + timedelta(days=1)
    found = refused(lambda: take_next(kept, issue_date=tomorrow, today=TODAY))
    assert found == ["ISSUE_DATE_IN_FUTURE"]
    assert (kept.last, kept.last_issue_date) == (0, None)


def test_an_invoice_is_dated_back_a_year_at_most() -> None:
    """Two digits of the year would make a number of a century ago one of today."""
    for days in (0, 1, 366):
        require_recent(TODAY - timedelta(days=days), today=TODAY)
    for days in (367, 36_525):
        old = TODAY - timedelta(days=days)
        assert refused(partial(require_recent, old, today=TODAY)) == ["ISSUE_DATE_TOO_OLD"]


@given(st.lists(st.integers(-10, 10), max_size=30))
def test_whatever_dates_are_tried_the_numbers_given_are_gapless_and_chronological(
    days: list[int],
) -> None:
    kept = counter()
    given_out: list[tuple[int, date]] = []
    for day in days:
        issue_date = TODAY + timedelta(days=day)
        try:
            number = take_next(kept, issue_date=issue_date, today=TODAY)
        except Refusal:
            continue
        given_out.append((number, issue_date))
    assert [number for number, _ in given_out] == list(range(1, len(given_out) + 1))
    dates = [day for _, day in given_out]
    assert dates == sorted(dates)
    assert all(day <= TODAY for day in dates)
