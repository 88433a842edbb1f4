"""The terms of a fee project, by its method, and the periods that a phase keeps (DOMAIN §2.4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refusal
from domain.project.model import BillingMethod, Contract, Periodicity, Timing
from domain.project.terms import amount_of, cap_told, set_terms
from domain.takeover.billed import periods_stay, terms_told
from domain.takeover.match import Known

FIXED, HOURLY = BillingMethod.FIXED_FEE_PROGRESS, BillingMethod.TIME_AND_MATERIALS
RETAINER, PREPAID = BillingMethod.RETAINER, BillingMethod.PREPAID_HOURS
TERMS: dict[str, Any] = {
    "timing": Timing.ADVANCE,
    "rollover": True,
    "cap_minor": 290_000,
    "hourly_rate_minor": 7_250,
}
USED = {
    ("timing", RETAINER),
    ("rollover", PREPAID),
    ("cap_minor", HOURLY),
    ("hourly_rate_minor", HOURLY),
    ("hourly_rate_minor", PREPAID),
}
BEFORE = {
    "start_date": date(2026, 9, 15),
    "end_date": None,
    "periodicity": Periodicity.MONTH,
}
SEPTEMBER = (date(2026, 9, 15), date(2026, 9, 30))
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


def contract(method: BillingMethod, **terms: Any) -> Contract:
    return Contract(project_id=1, name="Base", name_key="base", billing_method=method, **terms)


def refused(of: Contract, *, has_periods: bool = False, **terms: Any) -> list[tuple[str, Any]]:
    try:
        set_terms(of, terms, has_periods=has_periods)
    except Refusal as refusal:
        return [(issue.code, issue.field[0]) for issue in refusal.issues]
    return []


@pytest.mark.parametrize("method", list(BillingMethod))
@pytest.mark.parametrize("name", sorted(TERMS))
def test_a_term_is_taken_where_the_method_has_use_for_it(method: BillingMethod, name: str) -> None:
    field = name.removesuffix("_minor")
    expected = [] if (name, method) in USED else [("FIELD_INVALID", field)]
    assert refused(contract(method), **{name: TERMS[name]}) == expected
    kept = contract(method, **{name: TERMS[name]})
    assert refused(kept) == expected, "a method that changed leaves no idle term behind"


@pytest.mark.parametrize(
    ("method", "name", "value"), [(RETAINER, "timing", Timing.ADVANCE), (PREPAID, "rollover", True)]
)
def test_terms_of_periods_are_frozen_once_one_is_billed(
    method: BillingMethod, name: str, value: Any
) -> None:
    made = contract(method)
    assert refused(made, has_periods=True, **{name: getattr(made, name)}) == []
    assert refused(made, has_periods=True, **{name: value}) == [("CONTRACT_TERM_FROZEN", name)]


def test_a_cap_below_what_is_billed_is_told() -> None:
    of = contract(HOURLY, cap_minor=290_000)
    assert cap_told(of, 290_000, "EUR") == []
    ((told),) = cap_told(of, 290_001, "EUR")
    assert (told.code, told.found, told.expected) == (
        "CAP_BELOW_BILLED",
        "2900.00 EUR",
        "2900.01 EUR",
    )


@pytest.mark.parametrize("value", ["-0.01", "0.001", "NaN", "1e13"])
def test_an_amount_of_the_terms_is_one_of_the_currency(value: str) -> None:
    with pytest.raises(Refusal) as refusal:
        amount_of(Decimal(value), field="cap", name="The cap", currency="EUR")
    assert [issue.code for issue in refusal.value.issues] == ["FIELD_INVALID"]
    assert amount_of(Decimal(2900), field="cap", name="The cap", currency="JPY") == 2_900


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ({}, []),
        ({"start_date": date(2026, 9, 15), "periodicity": Periodicity.MONTH}, []),
        ({"start_date": date(2026, 7, 1)}, []),
        ({"start_date": date(2026, 9, 16)}, ["start_date"]),
        ({"start_date": None}, ["start_date"]),
        ({"end_date": date(2026, 10, 30)}, ["end_date"]),
        ({"end_date": date(2026, 10, 31)}, []),
        ({"periodicity": Periodicity.QUARTER}, ["periodicity"]),
        ({"periodicity": None, "start_date": None}, ["periodicity", "start_date"]),
    ],
)
def test_a_billed_period_stays_one_of_its_phase(after: dict[str, Any], told: list[str]) -> None:
    found = periods_stay(BEFORE, after, [OCTOBER, SEPTEMBER])
    assert [(one.code, one.field[0]) for one in found] == [
        ("PHASE_PERIOD_BILLED", name) for name in told
    ]
    assert periods_stay(BEFORE, after, []) == []


def test_a_block_that_was_bought_once_stays_one_that_is_bought_once() -> None:
    before = {**BEFORE, "periodicity": None}
    assert periods_stay(before, {"start_date": date(2027, 1, 1)}, [SEPTEMBER]) == []
    (told,) = periods_stay(before, {"periodicity": Periodicity.MONTH}, [SEPTEMBER])
    assert told.field == ("periodicity",)


days = st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 12, 31))


@given(start=days, end=days, spans=st.lists(st.tuples(days, days).map(sorted), min_size=1))
def test_what_is_let_through_covers_every_billed_period(
    start: date, end: date, spans: list[list[date]]
) -> None:
    billed = [(first, last) for first, last in spans]
    before = {**BEFORE, "start_date": date(2026, 1, 1), "end_date": None}
    after = {"start_date": start, "end_date": end}
    is_covered = all(start <= first and last <= end for first, last in billed)
    assert (periods_stay(before, after, billed) == []) is is_covered


LATE = [("PERIODS_REPRICED", "1", "15/09/2026", "30/09/2026")]
LATE_AND_OPEN = [("PERIODS_REPRICED", "2", "15/09/2026", "30/11/2026")]


@pytest.mark.parametrize(
    ("method", "now", "given", "told"),
    [
        ("RETAINER", {}, {"fee_minor": 2}, LATE_AND_OPEN),
        ("RETAINER", {}, {"fee_minor": 1}, []),
        ("RETAINER", {}, {"hours": 2}, []),
        ("RETAINER", {}, {"fee_minor": 2, "end_date": date(2026, 10, 31)}, LATE),
        ("RETAINER", {"start_date": date(2026, 11, 22)}, {"fee_minor": 2}, []),
        ("RETAINER", {"start_date": None}, {"fee_minor": 2}, []),
        ("RETAINER", {"end_date": date(2026, 10, 31)}, {"fee_minor": 2}, LATE),
        ("PREPAID_HOURS", {}, {"hours": 2}, LATE_AND_OPEN),
        ("FIXED_FEE_PROGRESS", {}, {"fee_minor": 2}, []),
    ],
)
def test_what_has_begun_and_is_not_billed_is_told(
    method: str, now: dict[str, Any], given: dict[str, Any], told: list[tuple[str, ...]]
) -> None:
    """October is billed, September is late, November runs."""
    columns = {
        "fee_minor": 1,
        "hours": 1,
        "periodicity": Periodicity.MONTH,
        "start_date": date(2026, 9, 15),
        "end_date": None,
        "sold": [(date(2026, 10, 1), date(2026, 10, 31))],
        **now,
    }
    entry = Known(id=1, name="Phase", key="phase", columns=columns)
    found = terms_told(given, entry, BillingMethod(method), date(2026, 11, 21))
    assert [(one.code, *one.facts.values()) for one in found] == told
