"""Another hourly rate reprices the hours that it reaches, and no others (DOMAIN §2.4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.billing.books import ContractBooks, PhaseBooks
from domain.billing.repriced import NewRates, Whose, repriced
from domain.project.repriced import TIME_REPRICED
from tests.domain.books import PREPAID, TIME, TODAY, hours, monthly, phase, terms

ADA = {"own_rate": Decimal("80")}
BOB = {"own_rate": Decimal("70.125"), "collaborator_id": 2, "first": 5}


def told(
    whose: Whose, rates: dict[int, Any], *phases: PhaseBooks, sees: bool = True, **agreed: Any
) -> dict[int, tuple[str, str]]:
    """By key: the hours that are repriced in all, and their prices."""
    method = agreed.pop("method", TIME)
    books = ContractBooks(terms(method, **agreed), phases)
    found = repriced([books], NewRates(whose, rates), TODAY)
    issues = {key: one.told("hourly_rate", sees_rates=sees) for key, one in found.items()}
    assert all(one.kind is TIME_REPRICED for one in issues.values())
    return {key: (one.facts["hours"], one.facts["prices"]) for key, one in issues.items()}


def of_phase(rate: int | None, *worked: Any, **more: Any) -> PhaseBooks:
    return phase(worked=[one for some in worked for one in some], hourly_rate_minor=rate, **more)


def test_hours_of_a_phase_take_its_new_rate_approved_or_not() -> None:
    one = of_phase(8500, hours("7.75"), hours("2", approved=False, first=2))
    assert told(Whose.PHASE, {7: 9500}, one) == {7: ("9.75", "9.75 h: 85.00 → 95.00 EUR")}
    assert told(Whose.PHASE, {7: 8500}, one) == {}
    assert told(Whose.PHASE, {8: 9500}, one) == {}
    assert told(Whose.PHASE, {7: None}, one) == {7: ("9.75", "9.75 h: 85.00 → – EUR")}
    assert told(Whose.PHASE, {7: None}, one, hourly_rate_minor=8500) == {}


def test_a_rate_of_the_phase_stands_above_that_of_the_contract_and_of_people() -> None:
    one = of_phase(8500, hours("4", **ADA))
    assert told(Whose.CONTRACT, {6: 9000}, one, hourly_rate_minor=7000) == {}
    assert told(Whose.PERSON, {1: Decimal(90)}, one) == {}
    free = of_phase(None, hours("4", **ADA))
    assert told(Whose.CONTRACT, {6: 9000}, free, hourly_rate_minor=7000) == {
        6: ("4", "4 h: 70.00 → 90.00 EUR")
    }
    assert told(Whose.PERSON, {1: Decimal(90)}, free, hourly_rate_minor=7000) == {}
    assert told(Whose.PERSON, {1: Decimal(90)}, free) == {1: ("4", "4 h: 80.00 → 90.00 EUR")}
    assert told(Whose.PERSON, {2: Decimal(90)}, free) == {}


def test_prices_of_people_are_told_to_who_may_see_them_alone() -> None:
    both = of_phase(None, hours("1", **ADA), hours("2", **BOB))
    whole = "2 h: 70.125 → 95.00 EUR, 1 h: 80.00 → 95.00 EUR"
    assert told(Whose.PHASE, {7: 9500}, both) == {7: ("3", whole)}
    assert told(Whose.PHASE, {7: 9500}, both, sees=False) == {7: ("3", "")}
    assert told(Whose.PHASE, {7: 8000}, both) == {7: ("2", "2 h: 70.125 → 80.00 EUR")}
    assert told(Whose.PERSON, {1: None, 2: Decimal(0)}, both, sees=False) == {
        1: ("1", ""),
        2: ("2", ""),
    }


def test_hours_that_had_no_price_get_one_in_silence() -> None:
    """RATE_MISSING asks for it."""
    assert told(Whose.PHASE, {7: 9500}, of_phase(None, hours("4"))) == {}
    assert told(Whose.PERSON, {1: Decimal(90)}, of_phase(None, hours("4"))) == {}


def test_many_prices_are_told_by_the_most_hours() -> None:
    worked = [
        hours(str(n), collaborator_id=n, own_rate=Decimal(50 + n), first=n) for n in range(1, 6)
    ]
    told_of = told(Whose.CONTRACT, {6: 9000}, of_phase(None, *worked))
    assert told_of == {
        6: ("15", "5 h: 55.00 → 90.00 EUR, 4 h: 54.00 → 90.00 EUR, 3 h: 53.00 → 90.00 EUR …")
    }


@pytest.mark.parametrize(
    ("worked", "expected"),
    [
        (("20",), {}),
        (("20", "1.5"), {7: ("1.5", "1.5 h: 95.00 → 99.00 EUR")}),
    ],
)
def test_of_prepaid_hours_those_beyond_the_block_are_repriced(
    worked: tuple[str, ...], expected: dict[int, tuple[str, str]]
) -> None:
    one = of_phase(9500, hours(*worked, **ADA), hours=Decimal(20))
    assert told(Whose.PHASE, {7: 9900}, one, method=PREPAID) == expected
    assert told(Whose.PERSON, {1: Decimal(99)}, one, method=PREPAID) == {}
    by_contract = of_phase(None, hours(*worked), hours=Decimal(20))
    of_contract = told(
        Whose.CONTRACT, {6: 9900}, by_contract, method=PREPAID, hourly_rate_minor=9500
    )
    assert [*of_contract.values()] == [*expected.values()]


def test_hours_beyond_a_block_of_no_known_period_are_none() -> None:
    one = monthly("100", worked=hours("9"), hours=Decimal(5), hourly_rate_minor=9500)
    assert told(Whose.PHASE, {7: 9900}, one, method=PREPAID)[7][0] == "4"
    unknown = one._replace(terms=one.terms._replace(start_date=None))
    assert told(Whose.PHASE, {7: 9900}, unknown, method=PREPAID) == {}
