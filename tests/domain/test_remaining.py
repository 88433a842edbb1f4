"""What a line may take of a phase, and what it may not once others have taken theirs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refusal
from domain.invoice.create import Asked, require_each_once
from domain.invoice.remaining import (
    Billable,
    reached,
    require_all_within,
    require_still_within,
    require_within_remaining,
)
from domain.ledger import PhaseFigures
from domain.project.model import BillingMethod
from tests.domain.examples import contract, euros, line, phase, refused

FIXED, RETAINER = BillingMethod.FIXED_FEE_PROGRESS, BillingMethod.RETAINER


def billable(fee: int, method: BillingMethod = FIXED, **sums: Any) -> Billable:
    figures = PhaseFigures(fee=fee, currency="EUR", **sums)
    return Billable(phase(fee_minor=fee), contract(method), figures)


def within(net: int, one: Billable) -> None:
    require_within_remaining(net, one, field=("phases",))


@pytest.mark.parametrize(
    ("net", "fee", "code"),
    [
        (100, 100, None),
        (101, 100, "AMOUNT_ABOVE_REMAINING"),
        (-1, 100, "AMOUNT_AGAINST_FEE"),
        (-100, -100, None),
        (-101, -100, "AMOUNT_ABOVE_REMAINING"),
        (1, -100, "AMOUNT_AGAINST_FEE"),
        (0, 100, None),
        (0, -100, None),
        (1, 0, "AMOUNT_ABOVE_REMAINING"),
    ],
)
def test_a_line_stays_between_nothing_and_what_remains(
    net: int, fee: int, code: str | None
) -> None:
    """DOMAIN §2.3; a negative annex is its mirror."""
    act = partial(within, net, billable(fee))
    if code is None:
        act()
    else:
        assert refused(act) == [code]


def test_a_retainer_goes_on_a_year_at_a_time_and_no_further_back_than_nothing() -> None:
    """DOMAIN §2.4: its fee is that of one period, so what was billed is no limit."""
    within(1200, billable(100, RETAINER, invoiced=10**9))
    too_much = refused(lambda: within(1201, billable(100, RETAINER)))
    assert too_much == ["AMOUNT_ABOVE_REMAINING"]
    assert refused(lambda: within(-1, billable(100, RETAINER))) == ["AMOUNT_AGAINST_FEE"]


def test_time_is_limited_by_the_fee_where_there_is_one_and_by_the_cap_of_the_contract() -> None:
    """DOMAIN §2.4: B = min(Σ, cap − AB − P); several lines share both."""
    hourly = BillingMethod.TIME_AND_MATERIALS
    within(10**9, billable(0, hourly))
    assert refused(lambda: within(101, billable(100, hourly))) == ["AMOUNT_ABOVE_REMAINING"]
    capped = replace(billable(0, hourly), cap_left=150)
    assert refused(lambda: within(151, capped)) == ["AMOUNT_ABOVE_REMAINING"]
    both = [line(1, phase_id=7, net_minor=100), line(2, phase_id=7, net_minor=50)]
    require_all_within([(one, ("lines",)) for one in both], {7: capped})
    require_still_within(both, [replace(capped, cap_left=0)])
    lowered = replace(capped, cap_left=-1)
    assert refused(lambda: require_still_within(both, [lowered])) == ["AMOUNT_ABOVE_REMAINING"]
    periods = [line(1, phase_id=7, net_minor=10**9, basis={"rule": "PERIOD"})]
    require_still_within(periods, [billable(100, RETAINER)])


def test_what_a_line_brings_the_billing_to_counts_other_pro_formas_too() -> None:
    figures = PhaseFigures(fee=20_000, currency="EUR", fee_adjustment=10_000, invoiced=5_000)
    assert reached(10_000, figures) == Decimal(50)
    held = PhaseFigures(fee=30_000, currency="EUR", invoiced=5_000, reserved=5_000)
    assert str(reached(10_000, held)) == "66.6667"
    assert reached(10, PhaseFigures(fee=0, currency="EUR")) is None


def test_a_pro_forma_drawn_within_the_fee_is_refused_once_the_fee_was_lowered() -> None:
    """The lines are counted as reserved; without them they must still find room."""
    lines = [line(1, phase_id=7, net_minor=6_000), line(2, phase_id=7, net_minor=4_000)]
    others = [line(3, phase_id=8, net_minor=10**9), line(4, phase_id=None, net_minor=5)]
    fits = billable(10_000, reserved=10_000)
    require_still_within([*lines, *others], [fits])
    lowered = billable(9_999, reserved=10_000)
    assert refused(lambda: require_still_within(lines, [lowered])) == ["AMOUNT_ABOVE_REMAINING"]
    require_still_within(others, [lowered])
    elsewhere = billable(10_000, reserved=10_001)
    assert refused(lambda: require_still_within(lines, [elsewhere])) == ["AMOUNT_ABOVE_REMAINING"]


def test_a_phase_named_twice_in_one_call_is_refused() -> None:
    require_each_once([Asked(7), Asked(8)])
    twice = [Asked(7, place=0), Asked(8, place=1), Asked(7, percent=Decimal(5), place=2)]
    with pytest.raises(Refusal) as caught:
        require_each_once(twice)
    (issue,) = caught.value.issues
    assert (issue.code, issue.field) == ("FIELD_INVALID", ("phases", 2, "phase_id"))


minors = st.integers(-(10**9), 10**9)


@given(minors, minors, st.lists(st.integers(-(10**6), 10**6), max_size=8))
def test_however_many_lines_are_taken_one_after_the_other_the_fee_is_never_passed(
    fee: int, billed: int, asked: list[int]
) -> None:
    taken = 0
    for net in asked:
        one = billable(fee, invoiced=billed, reserved=taken)
        try:
            within(net, one)
        except Refusal:
            continue
        taken += net
    total = billed + taken
    if taken:
        assert total >= fee if fee < 0 else total <= fee
        assert taken * fee >= 0


def test_what_is_asked_for_is_euros_and_not_cents() -> None:
    with pytest.raises(Refusal) as caught:
        within(euros("100.01"), billable(euros("100.00")))
    (issue,) = caught.value.issues
    assert (issue.found, issue.expected) == ("100.01 EUR", "100.00 EUR")
