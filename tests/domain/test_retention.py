"""Ten years from the end of the fiscal year (Code de commerce L123-22, LPF L102 B, DOMAIN §4.1)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounting import fiscal_year_end
from domain.retention import TERMS, claimable_until, kept_until, years_after

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
STARTS = st.dates(date(2025, 1, 1), date(2025, 12, 31)).map(lambda day: f"{day:%m-%d}")


@pytest.mark.parametrize(
    ("day", "start", "last"),
    [
        (date(2026, 3, 1), "01-01", date(2036, 12, 31)),
        (date(2026, 6, 30), "07-01", date(2036, 6, 30)),
        (date(2026, 7, 1), "07-01", date(2037, 6, 30)),
        (date(2024, 2, 29), "03-01", date(2034, 2, 28)),
        (date(2026, 3, 1), "03-01", date(2037, 2, 28)),
        (date(2025, 12, 31), "01-01", date(2035, 12, 31)),
    ],
)
def test_a_document_is_kept_ten_years_from_the_end_of_its_year(
    day: date, start: str, last: date
) -> None:
    assert kept_until(day, fiscal_year_start=start) == last


@given(DAYS, STARTS)
def test_never_less_than_ten_years_and_never_more_than_eleven(day: date, start: str) -> None:
    """The last day is the end of a fiscal year too, the same for the whole year of the document."""
    last = kept_until(day, fiscal_year_start=start)
    assert years_after(day, 10) <= last < years_after(day, 11)
    assert f"{last + timedelta(days=1):%m-%d}" == start
    end = fiscal_year_end(start=start, day=day)
    assert kept_until(end, fiscal_year_start=start) == last
    assert kept_until(end + timedelta(days=1), fiscal_year_start=start) > last


@given(DAYS)
def test_a_claim_is_open_for_five_years(day: date) -> None:
    last = claimable_until(day)
    assert last.year == day.year + 5
    assert TERMS["invoice_mail"].days >= (last - day).days
