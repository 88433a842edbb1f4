"""DOMAIN §2.3–2.4: time and materials within its caps, fixed fees by progress, and the padlocks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.billing.assessment import Assessment
from domain.billing.books import Held, PhaseBooks, Worked
from domain.billing.item import BillableState
from domain.project.model import ContractStatus
from tests.domain.books import (
    FIXED,
    TIME,
    TODAY,
    assessed,
    blocked,
    due,
    hours,
    phase,
)
from tests.domain.examples import codes, euros


def hourly(*worked: Any, rate: str = "85.00", fee: str = "0", **more: Any) -> PhaseBooks:
    return phase(fee, worked=hours(*worked), hourly_rate_minor=euros(rate), **more)


def test_the_example_of_time_and_materials() -> None:
    """DOMAIN §2.4: 7.75 h × 85.00 = 658.75."""
    found = assessed(TIME, hourly("7.75"))
    assert due(found) == [("collaborator_1:85", "658.75")]
    assert found.state is BillableState.SELECTABLE


def test_the_example_of_the_cap() -> None:
    """DOMAIN §2.4: 43.75 h × 72.50 = 3,171.88 with a cap of 2,900.00; the excess stays visible."""
    one = hourly(*["8.75"] * 5, rate="72.50", fee="2,900.00")
    for found in (
        assessed(TIME, one),
        assessed(TIME, hourly(*["8.75"] * 5, rate="72.50"), cap_minor=euros("2,900.00")),
    ):
        assert due(found) == [("collaborator_1:72.5", "2,900.00")]
        assert found.unbilled == euros("271.88")
        assert found.state is BillableState.PARTIAL
        assert codes(blocker.issue for blocker in found.items[0].blockers) == ["CAP_REACHED"]
        assert found.items[0].entries == (1, 2, 3, 4)
    full = assessed(TIME, replace(one, figures=replace(one.figures, invoiced=euros("2,900.00"))))
    assert (full.total, full.state) == (0, BillableState.LOCKED)
    assert blocked(full.items)[0][1] == ["CAP_REACHED"]


def billed(one: PhaseBooks, found: Assessment) -> PhaseBooks:
    """The phase once what is ready is on an invoice."""
    gone = {key for item in found.ready for key in item.entries}
    ahead = dict(one.ahead)
    for item in found.ready:
        assert item.collaborator_id is not None
        assert item.rate is not None
        key = item.collaborator_id, item.rate
        ahead[key] = ahead.get(key, 0) + item.basis["ahead"]
    invoiced = one.figures.invoiced + sum(item.amount for item in found.ready)
    return replace(
        one,
        worked=[entry for entry in one.worked if entry.id not in gone],
        ahead=ahead,
        figures=replace(one.figures, invoiced=invoiced),
    )


def test_a_cap_that_is_raised_brings_the_rest_and_nothing_twice() -> None:
    """CAP_REACHED: the fix it names unlocks exactly what it held back."""
    one = hourly(*["8.75"] * 5, rate="72.50", fee="2,900.00")
    rest = billed(one, assessed(TIME, one))
    raised = replace(rest, figures=replace(rest.figures, fee=euros("9,000.00")))
    assert due(assessed(TIME, raised)) == [("collaborator_1:72.5", "271.88")]


@given(
    st.lists(st.tuples(st.integers(1, 2400), st.integers(0, 2)), max_size=12),
    st.lists(st.integers(1, 400_000), min_size=1, max_size=4),
    st.integers(100, 20_000),
)
def test_whatever_the_caps_all_time_is_billed_once_in_the_end(
    worked: list[tuple[int, int]], caps: list[int], rate: int
) -> None:
    entries = [
        one
        for place, (value, who) in enumerate(worked, start=1)
        for one in hours(f"{Decimal(value) / 100}", first=place, collaborator_id=who)
    ]
    one = phase("0", worked=entries, hourly_rate_minor=rate)
    for cap in [*sorted(caps), 10**9]:
        one = replace(one, figures=replace(one.figures, fee=cap))
        found = assessed(TIME, one)
        assert one.figures.invoiced + found.total <= cap
        one = billed(one, found)
    by_hand: dict[int, Decimal] = {}
    for value, who in worked:
        by_hand[who] = by_hand.get(who, Decimal(0)) + Decimal(value) / 100
    exact = sum(hours * rate for hours in by_hand.values())
    assert one.worked == []
    # Each line is rounded once.
    assert abs(one.figures.invoiced - exact) <= Decimal("0.5") * len(by_hand) * (len(caps) + 1)


def test_the_rate_is_that_of_the_phase_else_of_the_contract_else_of_the_collaborator() -> None:
    """RATE_MISSING where nobody has one."""
    own: list[Worked] = hours("2", own_rate=Decimal("60.5"))
    assert due(assessed(TIME, phase(worked=own))) == [("collaborator_1:60.5", "121.00")]
    by_contract = assessed(TIME, phase(worked=own), hourly_rate_minor=euros("70.00"))
    assert due(by_contract) == [("collaborator_1:70", "140.00")]
    assert due(assessed(TIME, hourly("2"), hourly_rate_minor=euros("70.00")))[0][1] == "170.00"
    nobody = assessed(TIME, phase(worked=hours("2")))
    assert blocked(nobody.items) == [("collaborator_1:?", ["RATE_MISSING"])]
    assert nobody.state is BillableState.LOCKED


def test_time_that_is_not_approved_stays_out_until_it_is() -> None:
    """TIME_NOT_APPROVED, TIME_WITHOUT_PHASE: PARTIAL beside what is ready."""
    both = [*hours("2"), *hours("3", approved=False, first=2)]
    found = assessed(TIME, phase(worked=both, hourly_rate_minor=euros("85.00")))
    assert (found.total, found.unbilled) == (euros("170.00"), euros("255.00"))
    assert found.state is BillableState.PARTIAL
    assert blocked(found.items) == [("collaborator_1:85:open", ["TIME_NOT_APPROVED"])]
    assert found.items[1].blockers[0].since is not None
    stray = assessed(TIME, hourly("2"), books={"stray": hours("1")})
    assert stray.state is BillableState.PARTIAL
    assert codes(one.issue for one in stray.blockers) == ["TIME_WITHOUT_PHASE"]


def test_the_example_of_progress() -> None:
    """DOMAIN §2.3, F5: 11,845.00 − 8,234.00 = 3,611.00."""
    sums = {
        "fee_adjustment": euros("552.00"),
        "history": euros("4,600.00"),
        "billed_adjustment": euros("-46.00"),
        "invoiced": euros("3,680.00"),
        "progress": Decimal("62.5"),
    }
    found = assessed(FIXED, phase("18,400.00", sums=sums))
    assert due(found) == [("phase_7", "3,611.00")]
    assert found.state is BillableState.SELECTABLE


def test_progress_that_is_not_recorded_is_waited_for() -> None:
    """PROGRESS_NOT_RECORDED, of a phase and of a contract whose earnings are all billed."""
    earned = phase("100.00", sums={"progress": Decimal(50)})
    unknown = replace(phase("100.00"), terms=replace(phase().terms, id=8))
    found = assessed(FIXED, earned, unknown)
    assert found.state is BillableState.PARTIAL
    assert blocked(found.items) == [("phase_8", ["PROGRESS_NOT_RECORDED"])]
    assert found.items[1].blockers[0].mutation == "progressRecord"
    all_billed = phase("100.00", sums={"progress": Decimal(50), "invoiced": euros("50.00")})
    waiting = assessed(FIXED, all_billed)
    assert (waiting.state, waiting.is_empty) == (BillableState.LOCKED, False)
    assert codes(one.issue for one in waiting.blockers) == ["PROGRESS_NOT_RECORDED"]
    assert assessed(FIXED, phase("100.00", sums={"invoiced": euros("100.00")})).is_empty


def test_what_stands_in_the_way_of_a_whole_contract() -> None:
    """ENTITY_REQUIRED, MENTION_MISSING, CONTRACT_NOT_ACTIVE; RESERVED_BY_PRO_FORMA only tells."""
    missing = ["the VAT number of the client", "the SIREN of the entity"]
    found = assessed(
        TIME,
        hourly("2"),
        status=ContractStatus.ENDED,
        books={"entities": "PAR, LYO", "missing": missing, "held": Held("PF-000007", TODAY)},
    )
    assert codes(one.issue for one in found.blockers) == [
        "CONTRACT_NOT_ACTIVE",
        "ENTITY_REQUIRED",
        "MENTION_MISSING",
        "MENTION_MISSING",
        "RESERVED_BY_PRO_FORMA",
    ]
    assert [one.mutation for one in found.blockers][-4:] == [
        "projectUpdate",
        "clientUpdate",
        "entityUpdate",
        "invoiceFinalise",
    ]
    assert (found.state, found.total) == (BillableState.LOCKED, euros("170.00"))
    held = assessed(TIME, hourly("2"), books={"held": Held("PF-000007", TODAY)})
    assert held.state is BillableState.SELECTABLE
    nothing_else = assessed(TIME, phase(), books={"held": Held("PF-000007", TODAY)})
    assert (nothing_else.state, nothing_else.is_empty) == (BillableState.LOCKED, False)
