"""Figures F1–F6 of a phase, to the cent, and what holds of them whatever was billed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.ledger import PhaseFigures
from tests.domain.examples import euros

minors = st.integers(min_value=-(10**11), max_value=10**11)
progresses = st.none() | st.decimals(min_value=0, max_value=100, places=4)
figures = st.builds(
    PhaseFigures,
    fee=minors,
    currency=st.sampled_from(["EUR", "JPY", "TND"]),
    fee_adjustment=minors,
    history=minors,
    billed_adjustment=minors,
    invoiced=minors,
    written_off=minors,
    reserved=minors,
    progress=progresses,
    signed=st.booleans(),
    by_progress=st.booleans(),
    by_time=st.booleans(),
).map(
    # What is given up is given up of the fee: it has its sign.
    lambda one: one._replace(written_off=abs(one.written_off) * (-1 if one.adjusted_fee < 0 else 1))
)


def the_example() -> PhaseFigures:
    """DOMAIN §2.3: history 4,600.00, adjustment −46.00, invoices 3,680.00, no credit note."""
    return PhaseFigures(
        fee=euros("18,400.00"),
        currency="EUR",
        fee_adjustment=euros("552.00"),
        invoiced=euros("4,600.00") + euros("-46.00") + euros("3,680.00") - 0,
        progress=Decimal("62.5"),
    )


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("adjusted_fee", "18,952.00"),
        ("billed", "8,234.00"),
        ("remaining", "10,718.00"),
        ("earned", "11,845.00"),
        ("billable_now", "3,611.00"),
        ("over_billed", "0.00"),
    ],
    ids=["F1", "F2", "F3", "F4", "F5", "F6"],
)
def test_the_figures_of_the_example_are_right_to_the_cent(figure: str, expected: str) -> None:
    assert getattr(the_example(), figure) == euros(expected)


@pytest.mark.parametrize(
    "figure", ["adjusted_fee", "remaining", "earned", "billable_now", "over_billed"]
)
def test_a_negative_annex_is_the_mirror_of_a_positive_one(figure: str) -> None:
    example = the_example()
    mirrored = example._replace(
        fee=-example.fee,
        fee_adjustment=-example.fee_adjustment,
        invoiced=-example.billed,
    )
    assert getattr(mirrored, figure) == -getattr(example, figure)
    assert mirrored.billed_percent == example.billed_percent


def test_pro_formas_keep_their_amounts_from_being_billed_twice() -> None:
    held = the_example()._replace(reserved=euros("3,000.00"))
    assert held.billable_now == euros("611.00")
    assert held.free == euros("7,718.00")
    assert held._replace(reserved=euros("4,000.00")).billable_now == 0


def test_more_than_the_progress_billed_is_over_billed_and_nothing_is_billable() -> None:
    ahead = the_example()._replace(progress=Decimal(40))
    assert ahead.earned == euros("7,580.80")
    assert ahead.over_billed == euros("653.20")
    assert ahead.billable_now == 0


def test_nothing_is_billable_without_signature_or_without_progress() -> None:
    assert the_example()._replace(signed=False).billable_now == 0
    idle = PhaseFigures(fee=100, currency="EUR")
    assert (idle.earned, idle.billable_now, idle.remaining) == (0, 0, 100)


def test_billing_what_is_billable_at_each_step_gives_3333_3334_and_3333() -> None:
    """DOMAIN §2.3: 10,000.00 at 33.33 %, 66.67 %, 100 %."""
    phase = PhaseFigures(fee=euros("10,000.00"), currency="EUR")
    billed = []
    for percent in ("33.33", "66.67", "100"):
        phase = phase._replace(progress=Decimal(percent))
        billed.append(phase.billable_now)
        phase = phase._replace(invoiced=phase.billed + phase.billable_now)
    assert billed == [euros("3,333.00"), euros("3,334.00"), euros("3,333.00")]
    assert (phase.remaining, phase.billed_percent) == (0, Decimal(100))


def test_the_percentage_billed_has_four_decimals() -> None:
    third = PhaseFigures(fee=30_000, currency="EUR", invoiced=10_000)
    assert str(third.billed_percent) == "33.3333"
    assert third._replace(fee=0).billed_percent == 0


@given(figures, st.none() | st.decimals(0, 300, places=4))
@example(PhaseFigures(fee=100, currency="EUR"), Decimal(200))
@example(PhaseFigures(fee=-100, currency="EUR"), Decimal(200))
def test_billed_reserved_and_billable_never_exceed_the_adjusted_fee(
    found: PhaseFigures, progress: Decimal | None
) -> None:
    """Not even where somebody recorded more than the whole."""
    found = found._replace(progress=progress)
    taken = found.billed + found.reserved + found.billable_now
    if found.adjusted_fee < 0:
        assert found.billable_now <= 0
        assert taken >= found.adjusted_fee or found.billable_now == 0
    else:
        assert found.billable_now >= 0
        assert taken <= found.adjusted_fee or found.billable_now == 0


@given(figures)
def test_what_is_billable_was_earned_and_is_neither_billed_nor_reserved(
    found: PhaseFigures,
) -> None:
    due = found.earned - found.billed - found.reserved
    if not found.signed:
        assert found.billable_now == 0
    if found.billable_now:
        assert found.billable_now * due > 0
        assert abs(found.billable_now) <= abs(due)
        assert abs(found.billable_now) <= abs(found.free)
    elif found.signed and due * found.adjusted_fee > 0:
        # Nothing is billable although something is due: then the fee leaves no room.
        assert found.free * found.adjusted_fee <= 0


@given(figures)
def test_the_figures_add_up(found: PhaseFigures) -> None:
    assert found.adjusted_fee == found.fee + found.fee_adjustment
    assert found.remaining + found.billed + found.written_off == found.adjusted_fee
    assert found.free == found.remaining - found.reserved
    assert abs(found.earned) <= abs(found.adjusted_fee)
    assert found.over_billed in (0, found.billed - found.earned)
    assert found.over_billed * found.adjusted_fee >= 0


@given(st.integers(min_value=-(10**11), max_value=10**11), st.lists(progresses, max_size=8))
def test_progress_billed_up_to_the_end_bills_the_fee_and_no_cent_more(
    fee: int, steps: list[Decimal | None]
) -> None:
    phase = PhaseFigures(fee=fee, currency="EUR")
    for progress in [*steps, Decimal(100)]:
        phase = phase._replace(progress=progress)
        phase = phase._replace(invoiced=phase.billed + phase.billable_now)
    assert phase.billed == fee
    assert (phase.remaining, phase.over_billed, phase.billable_now) == (0, 0, 0)
