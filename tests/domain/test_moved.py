"""Cells moved apart from their rows: found where a record or the order tells, silent elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Issue
from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.model import RowOutcome
from domain.takeover.moved import VALUES_MOVED, VALUES_SORTED, MovedCells, values_sorted
from tests.domain.examples import codes

FEES = [Decimal(amount) for amount in (18400, 9200, 31000, 12750, 7600, 22100, 5400, 15000)]


def told(before: Sequence[Any], after: Sequence[Any], name: str = "fee") -> dict[int, Issue]:
    """What is said of sealed rows 2, 3 … whose records held `before` and that bring `after`."""
    rows, cells = [], MovedCells()
    for number, (old, new) in enumerate(zip(before, after, strict=True), start=2):
        rows.append(Candidate(number, {name: new}, record_id=number))
        changes = [Change(name, old, new)] if old != new else []
        outcome = RowOutcome.UPDATE if changes else RowOutcome.UNCHANGED
        cells.note(rows[-1], Planned(number, outcome, changes=changes))
    found = {row: issue for row, (issue,) in cells.told(rows).items()}
    assert set(codes(found.values())) <= {"VALUES_MOVED"}
    return found


@settings(max_examples=60)
@given(st.permutations(FEES))
def test_a_column_put_in_another_order_is_found_on_every_row_that_moved(order: Any) -> None:
    """O33: sorted alone; two rows that only exchange their values may be a correction."""
    moved = {row for row, (a, b) in enumerate(zip(FEES, order, strict=True), 2) if a != b}
    found = told(FEES, order)
    assert set(found) in (moved, set())
    if len(moved) in (3, 6, 7, 8):
        assert set(found) == moved


def test_a_moved_value_is_named_with_the_row_it_came_from() -> None:
    found = told(FEES[:3], [FEES[2], FEES[0], FEES[1]])
    assert {row: issue.facts["other_row"] for row, issue in found.items()} == {
        2: "4",
        3: "2",
        4: "3",
    }
    assert (found[2].found, found[2].expected) == ("31000", "18400")
    assert found[2].kind is VALUES_MOVED


def test_a_column_shifted_by_a_row_is_found() -> None:
    """A cell was deleted and those below came up: all but the row whose value stands twice now."""
    assert set(told(FEES, [*FEES[1:], FEES[-1]])) == {2, 3, 4, 5, 6, 7}
    assert set(told(FEES, [FEES[0], *FEES[:-1]])) == {4, 5, 6, 7, 8, 9}


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        (FEES, [FEES[1], FEES[0], *FEES[2:]], "fee"),
        (FEES, [fee * 2 for fee in FEES], "fee"),
        ([Decimal(n) for n in range(80, 120, 5)], [Decimal(n) for n in range(85, 125, 5)], "rate"),
        (
            [Decimal(n) for n in range(8)],
            [Decimal(n) for n in (3, 1, 2, 0, 5, 6, 7, 4)],
            "position",
        ),
        (FEES, [FEES[0]] * 8, "fee"),
        (["a", "b", "c", "a", "b", "c"], ["b", "c", "a", "b", "c", "a"], "manager_email"),
        (
            [date(2026, month, 1) for month in range(1, 9)],
            [date(2026, month, 1) for month in range(2, 10)],
            "start_date",
        ),
        (FEES, [fee + number for number, fee in enumerate(FEES)], "fee"),
    ],
    ids=["exchange", "double", "rise", "order", "fill down", "people", "delay", "retyped"],
)
def test_what_people_do_on_purpose_raises_no_alarm(
    before: list[Any], after: list[Any], name: str
) -> None:
    assert told(before, after, name) == {}


def sorted_told(*projects: Sequence[int]) -> set[str]:
    rows = [
        (f"P-{number}", Decimal(value))
        for number, values in enumerate(projects)
        for value in values
    ]
    found = values_sorted("progress", [(row, *one) for row, one in enumerate(rows, start=2)])
    assert set(found) in (set(), set(range(2, len(rows) + 2)))
    return {code for issues in found.values() for code in codes(issues)}


def test_values_in_order_over_several_projects_are_told_as_sorted() -> None:
    """O33: the sheet begins empty; nothing else can tell, and each row is to be looked at."""
    rising = [(0, 5, 10), (10, 20, 30), (30, 40, 60), (60, 80, 100)]
    falling = [tuple(reversed(values)) for values in reversed(rising)]
    assert sorted_told(*rising) == sorted_told(*falling) == {VALUES_SORTED.code}


@pytest.mark.parametrize(
    "projects",
    [
        [(100, 100, 80, 0)] * 5,
        [(100,) * 6, (100,) * 6, (100, 80, 20, 0), (0,) * 6],
        [(100, 90, 80, 70, 60, 50, 40, 30, 20, 10, 5, 0)],
        [(0, 10), (20, 30), (40, 50), (60, 70)],
        [(50, 50, 50)] * 6,
    ],
    ids=["each begins anew", "one under way", "one project", "few rows", "all alike"],
)
def test_honest_progress_raises_no_alarm(projects: list[tuple[int, ...]]) -> None:
    assert sorted_told(*projects) == set()
