"""DOMAIN §2.4: retainers by calendar periods, and hours bought in advance."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing.books import Claimed, PhaseBooks, claimed_by
from domain.billing.item import BillableState, Item
from domain.invoice.claim import ClaimKind
from domain.project.model import Periodicity, ProjectStatus, Timing
from domain.project.periods import Period, periods, without
from tests.domain.books import (
    PREPAID,
    RETAINER,
    TODAY,
    assessed,
    blocked,
    day,
    days_of,
    due,
    hours,
    monthly,
    phase,
)
from tests.domain.examples import codes, euros

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
periodicities = st.sampled_from(list(Periodicity))


def claim(item: Item, *, covered: int = 0) -> Claimed:
    """The claim of a line that bills the item as it is."""
    assert item.claim is not None
    made = item.claim
    basis = {**item.basis, "covered": covered} if covered else item.basis
    period = {"kind": made.kind, "starts_on": made.starts_on, "ends_on": made.ends_on}
    return claimed_by(basis, net=item.amount, credited=0, **period)


def test_the_example_of_the_retainer() -> None:
    """DOMAIN §2.4: September 800.00 + October 1,500.00 = 2,300.00 due, November open."""
    found = assessed(RETAINER, monthly("1,500.00"))
    assert due(found) == [("2026-09-15", "800.00"), ("2026-10-01", "1,500.00")]
    assert found.total == euros("2,300.00")
    assert blocked(found.items) == [("2026-11-01", ["OPEN_PERIOD"])]
    assert found.state is BillableState.PARTIAL
    (blocker,) = found.items[-1].blockers
    assert (blocker.since, blocker.until) == (day("01/11"), day("30/11"))
    # Waiting until the day it names unlocks it.
    later = assessed(RETAINER, monthly("1,500.00"), on=day("30/11"))
    assert due(later)[-1] == ("2026-11-01", "1,500.00")
    assert codes(blocker.issue for blocker in found.items[-1].blockers) == ["OPEN_PERIOD"]


def test_in_advance_a_period_is_due_when_it_begins() -> None:
    found = assessed(RETAINER, monthly("1,500.00"), timing=Timing.ADVANCE)
    assert due(found)[-1] == ("2026-11-01", "1,500.00")
    assert found.items[-1].blockers[0].until == day("01/12")


def test_the_last_period_is_prorated_and_nothing_follows() -> None:
    found = assessed(RETAINER, monthly("1,500.00", end_date=day("10/10")))
    assert due(found) == [("2026-09-15", "800.00"), ("2026-10-01", "483.87")]
    assert found.state is BillableState.SELECTABLE


@pytest.mark.parametrize(
    ("periodicity", "expected"),
    [
        (Periodicity.QUARTER, [("2026-05-20", "692.31"), ("2026-07-01", "1,500.00")]),
        (Periodicity.YEAR, []),
    ],
)
def test_quarters_and_years_are_those_of_the_calendar(
    periodicity: Periodicity, expected: list[tuple[str, str]]
) -> None:
    """42 days of the 91 of the second quarter."""
    one = monthly("1,500.00", "20/05", periodicity=periodicity)
    assert due(assessed(RETAINER, one)) == expected


def test_what_was_taken_over_counts_for_the_earliest_periods() -> None:
    """H + ΔB of 1,000.00: September, and 200.00 of October; nothing twice, nothing lost."""
    sums = {"history": euros("1,100.00"), "billed_adjustment": euros("-100.00")}
    found = assessed(RETAINER, monthly("1,500.00", sums=sums))
    assert due(found) == [("2026-10-01", "1,300.00")]
    assert found.items[0].basis["covered"] == euros("200.00")
    # The line of October bills 1,300.00 of it: the 200.00 stay with that period.
    sums["invoiced"] = euros("1,300.00")
    billed = monthly(
        "1,500.00", sums=sums, claimed=[claim(found.items[0], covered=euros("200.00"))]
    )
    assert due(assessed(RETAINER, billed)) == []
    assert due(assessed(RETAINER, billed, on=day("30/11"))) == [("2026-11-01", "1,500.00")]


def test_a_project_that_is_not_signed_owes_nothing_and_signing_it_unlocks() -> None:
    """DOMAIN §2.3: B = 0; PROJECT_NOT_SIGNED, CONTRACT_NOT_ACTIVE."""
    found = assessed(
        RETAINER, monthly("1,500.00"), project_status=ProjectStatus.COMMERCIAL, status="DRAFT"
    )
    assert (found.total, found.state) == (0, BillableState.LOCKED)
    assert codes(one.issue for one in found.blockers) == [
        "CONTRACT_NOT_ACTIVE",
        "INVOICE_PROJECT_NOT_SIGNED",
    ]
    without_start = assessed(RETAINER, phase("1,500.00"))
    assert blocked(without_start.items) == [("?", ["START_MISSING"])]


def test_a_start_that_is_moved_bills_the_other_days_only() -> None:
    claimed = [claim(assessed(RETAINER, monthly("1,500.00")).items[0])]
    moved = monthly("1,500.00", "01/09", claimed=claimed, sums={"invoiced": euros("800.00")})
    assert due(assessed(RETAINER, moved, on=day("30/09"))) == [("2026-09-01", "700.00")]


@given(days, periodicities, st.none() | st.integers(0, 900), st.integers(0, 1500))
def test_periods_have_no_overlap_and_no_hole(
    start: date, periodicity: Periodicity, length: int | None, ahead: int
) -> None:
    end = None if length is None else start + timedelta(days=length)
    until = start + timedelta(days=ahead)
    found = list(periods(start=start, end=end, periodicity=periodicity, until=until))
    covered = [one for period in found for one in days_of(period.start, period.end)]
    assert covered == days_of(start, found[-1].end)
    assert found[-1].end == end or found[-1].start > until
    assert all(1 <= period.days <= period.whole for period in found)
    whole = found[1:-1]
    assert all(period.days == period.whole for period in whole)


@given(days, st.lists(st.tuples(st.integers(-40, 400), st.integers(0, 90)), max_size=5))
def test_days_that_are_billed_are_out_and_all_others_stay(
    start: date, gone: list[tuple[int, int]]
) -> None:
    taken = [
        (start + timedelta(days=first), start + timedelta(days=first + length))
        for first, length in gone
    ]
    found = list(
        periods(
            start=start, end=None, periodicity=Periodicity.MONTH, until=start + timedelta(days=300)
        )
    )
    every = {one for period in found for one in days_of(period.start, period.end)}
    billed = {one for first, last in taken for one in days_of(first, last)}
    left = [one for period in without(found, taken) for one in days_of(period.start, period.end)]
    assert sorted(every - billed) == left


@given(st.integers(1, 10**8), st.integers(2000, 2090))
def test_the_periods_of_a_year_come_to_twelve_fees(fee: int, year: int) -> None:
    first, last = date(year, 1, 1), date(year, 12, 31)
    found = periods(start=first, end=last, periodicity=Periodicity.MONTH, until=last)
    assert sum(period.share_of(fee, "EUR") for period in found) == 12 * fee
    assert Period(first, last, (last - first).days + 1).share_of(fee, "EUR") == fee


@given(days, st.integers(1, 10**7), st.lists(st.integers(0, 500), min_size=1, max_size=6))
def test_billed_at_any_days_the_sum_is_that_of_billing_once(
    start: date, fee: int, cuts: list[int]
) -> None:
    def one(**more: Any) -> Any:
        return phase("0", start_date=start, periodicity=Periodicity.MONTH, **more)

    claimed: list[Claimed] = []
    end = start + timedelta(days=max(cuts))
    for cut in sorted(cuts):
        books = one(claimed=claimed, sums={"invoiced": sum(one.net for one in claimed)})
        books = books._replace(figures=books.figures._replace(fee=fee))
        found = assessed(RETAINER, books, on=start + timedelta(days=cut))
        claimed += [claim(item) for item in found.ready]
    once = one()
    once = once._replace(figures=once.figures._replace(fee=fee))
    assert sum(one.net for one in claimed) == assessed(RETAINER, once, on=end).total


def block(*worked: tuple[str, str] | str, **more: Any) -> Any:
    sold = {"hours": Decimal(20), "hourly_rate_minor": euros("95.00"), "worked": hours(*worked)}
    return phase("1,600.00", **sold | more)


def test_the_example_of_the_block() -> None:
    """DOMAIN §2.4: 20 h × 80.00 = 1,600.00; 21.5 h used → 1.5 × 95.00 = 142.50."""
    found = assessed(PREPAID, block("12", "9.5"))
    assert due(found) == [("block", "1,600.00"), ("overage", "142.50")]
    assert codes(blocker.issue for blocker in found.items[1].blockers) == ["BLOCK_EXHAUSTED"]
    assert due(assessed(PREPAID, block("12"))) == [("block", "1,600.00")]
    later = assessed(PREPAID, block("12", start_date=day("01/12")))
    assert blocked(later.items) == [("block", ["OPEN_PERIOD"])]


def test_hours_beyond_a_block_that_are_billed_are_not_billed_again() -> None:
    first = assessed(PREPAID, block("12", "9.5"))
    claimed = [claim(item) for item in first.ready]
    sums = {"invoiced": euros("1,742.50")}
    assert assessed(PREPAID, block("12", "9.5", claimed=claimed, sums=sums)).is_empty
    more = assessed(PREPAID, block("12", "9.5", "2", claimed=claimed, sums=sums))
    assert due(more) == [("overage", "190.00")]
    assert more.items[0].claim is not None
    assert first.items[1].claim is not None
    assert more.items[0].claim.starts_on > first.items[1].claim.ends_on


@pytest.mark.parametrize("size", ["10", "30"])
def test_a_block_that_is_billed_keeps_the_hours_it_was_sold_with(size: str) -> None:
    """With fewer hours nothing that was bought is beyond it; with more, none come for nothing."""
    first = assessed(PREPAID, block("12"))
    claimed = [claim(item) for item in first.ready]
    sums = {"invoiced": euros("1,600.00")}
    other = {"claimed": claimed, "sums": sums, "hours": Decimal(size)}
    assert due(assessed(PREPAID, block("12", **other))) == []
    assert due(assessed(PREPAID, block("12", "9.5", **other))) == [("overage", "142.50")]


def test_a_block_taken_over_is_not_sold_again() -> None:
    """H covers the block first, then hours beyond it."""
    sums = {"history": euros("1,650.00")}
    assert due(assessed(PREPAID, block("12", "9.5", sums=sums))) == [("overage", "92.50")]


def monthly_block(**more: Any) -> Any:
    worked = hours(("05/09", "12.5"), ("20/10", "9"))
    sold = {"hours": Decimal(10), "hourly_rate_minor": euros("95.00"), "worked": worked}
    return monthly("800.00", "01/09", **sold | more)


def test_the_example_of_the_block_of_ten_hours_a_month() -> None:
    """DOMAIN §2.4: September 12.5 h → overage 2.5 h; October 9 h → 1 h lost."""
    found = assessed(PREPAID, monthly_block())
    assert due(found) == [
        ("block:2026-09-01", "800.00"),
        ("overage:2026-09-01", "237.50"),
        ("block:2026-10-01", "800.00"),
        ("block:2026-11-01", "800.00"),
    ]
    # October left one hour: with rollover November has eleven, without ten.
    worked = hours(("05/09", "12.5"), ("20/10", "9"), ("03/11", "11"))
    lost = assessed(PREPAID, monthly_block(worked=worked), on=day("30/11"))
    kept = assessed(PREPAID, monthly_block(worked=worked), on=day("30/11"), rollover=True)
    assert ("overage:2026-11-01", "95.00") in due(lost)
    assert "overage:2026-11-01" not in dict(due(kept))
    open_one = assessed(PREPAID, monthly_block(worked=worked))
    assert ("overage:2026-11-01", ["BLOCK_EXHAUSTED", "OPEN_PERIOD"]) in blocked(open_one.items)


def test_hours_approved_late_come_with_the_next_period() -> None:
    first = assessed(PREPAID, monthly_block(), on=day("30/09"))
    claimed = [claim(item) for item in first.ready]
    sums = {"invoiced": sum(one.net for one in claimed)}
    worked = hours(("05/09", "12.5"), ("06/09", "1"), ("20/10", "9"))
    later = monthly_block(worked=worked, claimed=claimed, sums=sums)
    found = assessed(PREPAID, later, on=day("31/10"))
    assert due(found) == [("block:2026-10-01", "800.00"), ("overage:2026-10-01", "95.00")]
    ended = later._replace(terms=later.terms._replace(end_date=day("30/09")))
    assert due(assessed(PREPAID, ended)) == [("overage:2026-09-01", "950.00")]


def test_time_that_is_not_approved_or_has_no_rate_waits() -> None:
    """TIME_NOT_APPROVED, RATE_MISSING."""
    waiting = block("21", worked=hours("21", approved=False))
    assert blocked(assessed(PREPAID, waiting).items) == [("open", ["TIME_NOT_APPROVED"])]
    unpriced = block("21", hourly_rate_minor=None)
    found = blocked(assessed(PREPAID, unpriced).items)
    assert found == [("overage", ["BLOCK_EXHAUSTED", "RATE_MISSING"])]
    assert due(assessed(PREPAID, unpriced, hourly_rate_minor=euros("95.00")))[-1] == (
        "overage",
        "95.00",
    )
    assert TODAY.year == 2026


@pytest.mark.parametrize("rollover", [False, True])
def test_blocks_that_are_billed_keep_the_hours_they_were_sold_with(rollover: bool) -> None:
    """Another size is that of the blocks to come: no hour of an earlier month is billed for it."""
    first = assessed(PREPAID, monthly_block(), on=day("31/10"), rollover=rollover)
    claimed = [claim(item) for item in first.ready]
    sums = {"invoiced": sum(one.net for one in claimed)}
    for size in ("5", "20"):
        later = monthly_block(hours=Decimal(size), claimed=claimed, sums=sums)
        found = assessed(PREPAID, later, on=day("30/11"), rollover=rollover)
        assert due(found) == [("block:2026-11-01", "800.00")]
    worked = hours(("05/09", "12.5"), ("20/10", "9"), ("03/11", "7"))
    smaller = monthly_block(hours=Decimal(5), claimed=claimed, sums=sums, worked=worked)
    found = assessed(PREPAID, smaller, on=day("30/11"), rollover=rollover)
    beyond = "95.00" if rollover else "190.00"
    assert due(found)[-1] == ("overage:2026-11-01", beyond)


FROM = [
    (day("20/09"), 10_000),
    (day("01/11"), 30_000),
]
"""100.00 more from the middle of September on, 300.00 more from November on."""


def raised(fee: str = "1500.00", changes: Any = FROM, **more: Any) -> PhaseBooks:
    """A phase whose fee is adjusted from days on."""
    sums = {"fee_adjustment": sum(amount for _, amount in changes), **more.pop("sums", {})}
    return monthly(fee, sums=sums, **more)._replace(fee_changes=changes)


def test_a_period_has_the_fee_of_its_first_day() -> None:
    """The part of September that begins on the 15th knows nothing of the 20th."""
    assert due(assessed(RETAINER, raised(), on=day("30/11"))) == [
        ("2026-09-15", "800.00"),
        ("2026-10-01", "1,600.00"),
        ("2026-11-01", "1,900.00"),
    ]
    prices = [item.basis["fee"] for item in assessed(RETAINER, raised(), on=day("30/11")).items]
    assert prices == [150_000, 160_000, 190_000, 190_000]


@given(st.lists(st.tuples(days, st.integers(0, 90_000)), max_size=6), days, periodicities)
def test_no_adjustment_reaches_a_period_that_began_before_it(
    changes: list[tuple[date, int]], start: date, periodicity: Periodicity
) -> None:
    one = raised(changes=changes, periodicity=periodicity)
    one = one._replace(terms=one.terms._replace(start_date=start))
    found = assessed(RETAINER, one, on=start + timedelta(days=800)).items
    assert found
    for item in found:
        assert item.period is not None
        in_force = sum(amount for since, amount in changes if since <= item.period.start)
        assert item.basis["fee"] == 150_000 + in_force
        assert item.amount + item.unbilled == item.period.share_of(150_000 + in_force, "EUR")


def test_an_adjustment_of_before_the_first_day_is_in_the_fee() -> None:
    early = raised(changes=[(day("01/01"), -30_000), (day("15/09"), 1_000)])
    assert due(assessed(RETAINER, early))[0] == ("2026-09-15", "645.33")


def test_a_fee_that_ends_on_a_day_leaves_what_was_due_before() -> None:
    """It comes to nothing in all: October is due, November is none."""
    ended = raised(start="01/10", changes=[(day("01/11"), -150_000)])
    assert due(assessed(RETAINER, ended, on=day("31/12"))) == [("2026-10-01", "1,500.00")]
    unknown = ended._replace(terms=ended.terms._replace(start_date=None))
    assert blocked(assessed(RETAINER, unknown).items) == [("?", ["START_MISSING"])]


def test_days_that_nobody_billed_of_a_period_have_the_fee_of_the_first_of_them() -> None:
    """The start was moved back after September was billed from the 15th on."""
    taken = Claimed(ClaimKind.RETAINER, day("15/09"), day("30/09"), 80_000)
    moved = raised(start="01/09", claimed=[taken], changes=[(day("10/09"), 10_000)])
    found = due(assessed(RETAINER, moved._replace(figures=moved.figures._replace(invoiced=80_000))))
    assert found == [("2026-09-01", "700.00"), ("2026-10-01", "1,600.00")]


def test_a_block_of_each_period_has_the_price_of_its_first_day_and_one_alone_all() -> None:
    monthly_block = raised("800.00", start="01/09", hours=Decimal(10))
    assert due(assessed(PREPAID, monthly_block)) == [
        ("block:2026-09-01", "800.00"),
        ("block:2026-10-01", "900.00"),
        ("block:2026-11-01", "1,200.00"),
    ]
    once = monthly_block._replace(terms=monthly_block.terms._replace(periodicity=None))
    assert due(assessed(PREPAID, once)) == [("block", "1,200.00")]
