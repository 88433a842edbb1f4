"""Which fee a phase may be given once something was billed of it (DOMAIN §2.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as drawing
from hypothesis import strategies as st

from domain.ledger import PhaseFigures
from domain.project.model import BillingMethod, PhaseKind
from domain.takeover.candidate import Planned
from domain.takeover.model import RowOutcome
from tests.domain.examples import codes, euros
from tests.domain.test_plan_phases import aps, planned, row, there

FIXED, TIME = BillingMethod.FIXED_FEE_PROGRESS, BillingMethod.TIME_AND_MATERIALS
RETAINER, PREPAID = BillingMethod.RETAINER, BillingMethod.PREPAID_HOURS


def figures(fee: str, *, method: BillingMethod = FIXED, **sums: str) -> PhaseFigures:
    return PhaseFigures(
        fee=euros(fee),
        currency="EUR",
        by_progress=method is FIXED,
        by_time=method is TIME,
        **{name: euros(amount) for name, amount in sums.items()},
    )


def given(fee: str, of: PhaseFigures, method: BillingMethod = FIXED, **more: Any) -> Planned:
    """The row of an annex with these figures that asks for a fee."""
    phase = aps(figures=of, fee_minor=of.fee, kind=PhaseKind.ANNEX)
    asked = row(fee=Decimal(fee.replace(",", "")), line_type="ANNEX", **more)
    return planned(asked, contracts=there(phase, method=method))[0]


def is_low(fee: str, of: PhaseFigures, method: BillingMethod = FIXED) -> bool:
    return "FEE_BELOW_BILLED" in codes(given(fee, of, method).issues)


@pytest.mark.parametrize("method", [RETAINER, PREPAID])
def test_the_price_of_one_period_or_block_is_not_all_that_is_billed(method: BillingMethod) -> None:
    """DOMAIN §2.4: three of them were."""
    of = figures("100", method=method, history="100", invoiced="200", reserved="100")
    assert given("100", of, method).outcome is RowOutcome.UNCHANGED
    for fee in ("110", "90", "0"):
        assert codes(given(fee, of, method).issues)[-1:] == ["WILL_UPDATE"]
    renamed = given("100", of, method, phase_name="Autre nom")
    assert codes(renamed.issues) == ["WILL_UPDATE"]


def test_time_without_a_fee_comes_to_what_it_comes_to() -> None:
    """DOMAIN §2.4: of a fee that is something, it is the most."""
    free = figures("0", method=TIME, invoiced="600")
    assert given("0", free, TIME).outcome is RowOutcome.UNCHANGED
    assert (is_low("600", free, TIME), is_low("599.99", free, TIME)) == (False, True)
    capped = figures("1,000", method=TIME, invoiced="600")
    assert (is_low("600", capped, TIME), is_low("599.99", capped, TIME)) == (False, True)
    assert not is_low("0", capped, TIME), "nothing limits it any more"


def test_an_adjustment_of_the_fee_counts() -> None:
    """DOMAIN §2.3 F1: the fee is F + ΔF."""
    more = figures("1,000", fee_adjustment="552", invoiced="1,100", written_off="100")
    assert (is_low("648", more), is_low("647.99", more)) == (False, True)
    less = figures("1,000", fee_adjustment="-300", invoiced="600")
    assert (is_low("900", less), is_low("899.99", less)) == (False, True)
    (told,) = given("899.99", less).issues
    assert (told.found, told.expected) == ("899.99 EUR", "900.00 EUR")


@pytest.mark.parametrize(
    ("fee", "billed", "allowed", "refused"),
    [
        ("1,000", "1,200", ["1,000", "1,100", "1,200", "5,000"], ["999.99", "0", "-100"]),
        ("-500", "-700", ["-500", "-600", "-700", "-900"], ["-499.99", "0", "100"]),
        ("1,000", "-200", ["1,000", "1,100", "900", "0"], []),
        ("-500", "200", ["-500", "-100", "0", "300"], []),
        ("-500", "-500", ["-500", "-600"], ["-499", "0", "100"]),
    ],
)
def test_a_fee_that_was_too_low_may_rise_and_fall_no_further(
    fee: str, billed: str, allowed: list[str], refused: list[str]
) -> None:
    """DOMAIN §2.1 refuses that it is lowered; of what was credited it covers nothing anyway."""
    of = figures(fee, invoiced=billed)
    assert [is_low(one, of) for one in allowed] == [False] * len(allowed)
    assert [is_low(one, of) for one in refused] == [True] * len(refused)


AMOUNTS = st.integers(min_value=-100_000, max_value=100_000)
STATES = st.builds(
    lambda method, **sums: PhaseFigures(
        **sums, currency="EUR", by_progress=method is FIXED, by_time=method is TIME
    ),
    st.sampled_from(BillingMethod),
    fee=AMOUNTS,
    fee_adjustment=AMOUNTS,
    history=AMOUNTS,
    billed_adjustment=AMOUNTS,
    invoiced=AMOUNTS,
    written_off=AMOUNTS,
    reserved=AMOUNTS,
)


def method_of(of: PhaseFigures) -> BillingMethod:
    return FIXED if of.by_progress else TIME if of.by_time else RETAINER


@drawing(STATES)
def test_no_state_of_a_phase_makes_its_untouched_row_red(of: PhaseFigures) -> None:
    shown = f"{Decimal(of.fee).scaleb(-2):f}"
    assert given(shown, of, method_of(of)).outcome is RowOutcome.UNCHANGED
    renamed = given(shown, of, method_of(of), phase_name="Autre nom")
    assert renamed.outcome is RowOutcome.UPDATE


@drawing(STATES, AMOUNTS)
def test_whoever_may_give_a_fee_may_take_that_back_only_where_it_covers_as_much(
    of: PhaseFigures, fee: int
) -> None:
    """One of the two ways is always open; both, where neither covers less."""
    after = of._replace(fee=fee)
    there_and_back = [
        is_low(f"{Decimal(to.fee).scaleb(-2):f}", start, method_of(of))
        for start, to in ((of, after), (after, of))
    ]
    assert not all(there_and_back)
    assert any(there_and_back) == (of.uncovered != after.uncovered)
