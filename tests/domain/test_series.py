"""Series and fiscal years: whatever is accepted, no number comes twice and none goes back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.invoice.numbering import legal_number
from domain.invoice.series import SeriesKind, SeriesUse, judge_fiscal_year, judge_series
from domain.organisation import fiscal_year
from domain.organisation_rules import is_first_day, is_series
from tests.domain.examples import codes

INVOICES, CREDITS = SeriesKind.INVOICES, SeriesKind.CREDIT_NOTES

SERIES = st.sampled_from(["A", "B", "AB", "PAR", "PAV"])
STARTS = st.dates(date(2025, 1, 1), date(2025, 12, 31)).map(lambda day: day.strftime("%m-%d"))
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


def a_use(series: str, kind: SeriesKind, entity_id: int, *, used: bool) -> SeriesUse:
    year = 2026 if used else None
    return SeriesUse(series, kind, entity_id, f"E{entity_id}", year=year, last_date=None)


USES = st.lists(
    st.builds(
        a_use, SERIES, st.sampled_from(list(SeriesKind)), st.integers(1, 3), used=st.booleans()
    ),
    max_size=6,
)


@settings(max_examples=150)
@given(uses=USES, invoices=SERIES, credits=SERIES, entity=st.integers(1, 3))
def test_an_accepted_series_is_nobody_elses_and_was_used_for_nothing_else(
    uses: list[SeriesUse], invoices: str, credits: str, entity: int
) -> None:
    chosen = {INVOICES: invoices, CREDITS: credits}
    if judge_series(chosen, uses, entity_id=entity, entity_code="E"):
        return
    assert invoices != credits
    for kind, series in chosen.items():
        same = [use for use in uses if use.series == series]
        assert all(use.entity_id == entity for use in same)
        assert all(use.kind is kind for use in same if use.year is not None)


@settings(max_examples=150)
@given(uses=USES, entity=st.integers(1, 3))
def test_what_an_entity_has_in_peace_it_may_keep(uses: list[SeriesUse], entity: int) -> None:
    own = [a_use("OWN", INVOICES, entity, used=True), a_use("CRE", CREDITS, entity, used=False)]
    chosen = {INVOICES: "OWN", CREDITS: "CRE"}
    assert judge_series(chosen, [*uses, *own], entity_id=entity, entity_code="E") == []


def test_a_taken_series_is_told_with_its_owner() -> None:
    """SERIES_TAKEN at the field it was given in."""
    uses = [a_use("PAR", INVOICES, 1, used=False)]
    (issue,) = judge_series({INVOICES: "NEW", CREDITS: "PAR"}, uses, entity_id=2, entity_code="E2")
    assert (issue.code, issue.field) == ("SERIES_TAKEN", ("credit_note_series",))
    assert issue.facts == {"series": "PAR", "owner": "E1"}


@settings(max_examples=200)
@given(before=STARTS, after=STARTS, last=DAYS, later=st.integers(0, 800))
def test_after_an_accepted_fiscal_year_numbers_never_go_back(
    before: str, after: str, last: date, later: int
) -> None:
    """DOMAIN 2.2: the counter goes on in its range or in a later one, on any day there may be."""
    year = fiscal_year(start=before, day=last)
    use = SeriesUse("PAR", INVOICES, 1, "E1", year=year, last_date=last, last_count=7)
    if judge_fiscal_year(after, ["PAR"], [use], entity_id=1):
        assert fiscal_year(start=after, day=last) < year
        return
    following = fiscal_year(start=after, day=last + timedelta(days=later))
    assert following >= year
    assert legal_number(series="PAR", year=following, count=8) > legal_number(
        series="PAR", year=year, count=7
    )


@given(start=STARTS, last=DAYS)
def test_the_same_fiscal_year_is_always_accepted(start: str, last: date) -> None:
    year = fiscal_year(start=start, day=last)
    use = SeriesUse("PAR", INVOICES, 1, "E1", year=year, last_date=last, last_count=1)
    assert judge_fiscal_year(start, ["PAR"], [use], entity_id=1) == []


def test_a_range_that_would_come_back_is_told_with_its_numbers() -> None:
    """FISCAL_YEAR_GOES_BACK names the last number and what could follow it."""
    use = SeriesUse("PAR", INVOICES, 1, "E1", year=2026, last_date=date(2026, 3, 1), last_count=9)
    (issue,) = judge_fiscal_year("07-01", ["PAR"], [use], entity_id=1)
    assert codes([issue]) == ["FISCAL_YEAR_GOES_BACK"]
    assert issue.facts == {"start": "07-01", "last": "PAR26-00009"}
    assert issue.found == "PAR25"
    for chosen, entity_id in ((["NEW"], 1), (["PAR"], 2)):
        assert judge_fiscal_year("07-01", chosen, [use], entity_id=entity_id) == []


@given(text=st.text(max_size=6))
def test_a_fiscal_year_starts_on_a_day_that_every_year_has(text: str) -> None:
    if is_first_day(text):
        for year in (2023, 2024):
            assert date.fromisoformat(f"{year}-{text}")
        assert fiscal_year(start=text, day=date(2026, 12, 31)) == 2026


@pytest.mark.parametrize("text", ["01-01", "02-28", "07-01", "12-31"])
def test_a_first_day_is_a_month_and_a_day(text: str) -> None:
    assert is_first_day(text)


@pytest.mark.parametrize("text", ["02-29", "13-01", "00-10", "1-1", "07-01 ", "٠٧-٠١", ""])
def test_another_text_is_no_first_day(text: str) -> None:
    assert not is_first_day(text)


@given(text=st.text(max_size=5))
def test_a_series_makes_a_number_of_the_permitted_characters(text: str) -> None:
    """DOMAIN 2.2: 11 characters at most, of A–Z 0–9 -; never one that a pro forma could bear."""
    if is_series(text):
        number = legal_number(series=text, year=2026, count=99_999)
        assert len(number) <= 11
        assert set(number) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
        assert not number.startswith("PF26")


def test_PF_is_no_series_and_its_neighbours_are() -> None:
    assert [is_series(text) for text in ("PF", "P", "PFA", "F", "pf", "")] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
