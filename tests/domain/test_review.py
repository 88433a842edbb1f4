"""The review: its hash, its counts, and what confirming asks for (A21–A25)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import IssueKind
from domain.takeover.candidate import Change, Planned
from domain.takeover.issues import AMOUNT_NEGATIVE, AMOUNT_ZERO, WILL_UPDATE
from domain.takeover.model import ImportState, RowColour, RowOutcome
from domain.takeover.review import Tally, require_clear, require_reviewable
from tests.domain.examples import refused


def told(number: int, outcome: RowOutcome, *kinds: IssueKind, skipped: bool = False) -> Planned:
    issues = [kind(found="1", name="Alpha", fields="name") for kind in kinds]
    return Planned(number, outcome, issues=issues, skipped=skipped)


def green(number: int = 2) -> Planned:
    return told(number, RowOutcome.CREATE)


def yellow(number: int = 3, *, skipped: bool = False) -> Planned:
    return told(number, RowOutcome.UPDATE, WILL_UPDATE, skipped=skipped)


def red(number: int = 4, *, skipped: bool = False) -> Planned:
    return told(number, RowOutcome.REFUSED, AMOUNT_NEGATIVE, skipped=skipped)


def cleared(*rows: Planned, warnings: bool = False, skip_red: bool = False) -> None:
    require_clear(rows, accept_warnings=warnings, skip_red=skip_red)


def test_green_rows_are_confirmed_without_a_question() -> None:
    """A25."""
    cleared(green(), told(3, RowOutcome.UNCHANGED))
    cleared()


def test_a_red_row_stands_in_the_way_until_it_is_skipped() -> None:
    """A21, A23: one by one, or all with one flag."""
    assert refused(lambda: cleared(green(), red())) == ["IMPORT_BLOCKED"]
    assert refused(lambda: cleared(red(), warnings=True)) == ["IMPORT_BLOCKED"]
    cleared(green(), red(skipped=True))
    cleared(green(), red(), skip_red=True)
    assert refused(lambda: cleared(red(4, skipped=True), red(5))) == ["IMPORT_BLOCKED"]


def test_a_yellow_row_is_imported_once_it_is_accepted_or_left_out_when_skipped() -> None:
    """A22, A24."""
    assert refused(lambda: cleared(yellow())) == ["WARNINGS_NOT_ACCEPTED"]
    cleared(yellow(), warnings=True)
    cleared(yellow(skipped=True))
    noted = told(5, RowOutcome.UNCHANGED, AMOUNT_ZERO)
    assert refused(lambda: cleared(noted)) == ["WARNINGS_NOT_ACCEPTED"]


def test_skipping_the_red_rows_does_not_accept_the_yellow_ones() -> None:
    assert refused(lambda: cleared(red(), yellow(), skip_red=True)) == ["WARNINGS_NOT_ACCEPTED"]
    cleared(red(), yellow(), skip_red=True, warnings=True)


def test_only_rows_that_are_neither_skipped_nor_refused_nor_unchanged_write() -> None:
    """A23, A24."""
    rows = [green(), yellow(), red(), yellow(skipped=True), told(5, RowOutcome.UNCHANGED)]
    assert [row.writes for row in rows] == [True, True, False, False, False]


def test_a_refused_row_is_red_whatever_is_said_of_it() -> None:
    assert told(2, RowOutcome.REFUSED, AMOUNT_ZERO).colour is RowColour.RED
    assert told(2, RowOutcome.REFUSED).colour is RowColour.RED


def test_an_import_is_decided_on_once_and_under_review_only() -> None:
    require_reviewable(ImportState.REVIEW)
    for state in set(ImportState) - {ImportState.REVIEW}:
        assert refused(partial(require_reviewable, state)) == ["IMPORT_NOT_IN_REVIEW"]


def test_rows_are_counted_by_colour_and_by_what_becomes_of_them() -> None:
    rows = [green(), yellow(), yellow(4, skipped=True), red(5), red(6, skipped=True)]
    tally = Tally("f" * 64, "clients")
    assert tally.counts == {"rows": 0}
    for row in rows:
        tally.add(row)
    assert tally.counts == {
        "rows": 5,
        "green": 1,
        "yellow": 2,
        "red": 2,
        "create": 1,
        "update": 1,
        "refused": 1,
        "skipped": 2,
    }


# The hash


def review_hash(sha256: str, kind: str, planned: Iterable[Planned]) -> str:
    tally = Tally(sha256, kind)
    for row in planned:
        tally.add(row)
    return tally.hash


def the_row() -> Planned:
    return Planned(
        2,
        RowOutcome.UPDATE,
        columns={"name": "Alpha", "fee_minor": 100, "vat_rate": Decimal("20.00")},
        changes=[Change("name", "Beta", "Alpha")],
        issues=[WILL_UPDATE(name="Beta", fields="name")],
        target_id=7,
        target_version=3,
        parts={"contact": {"email": "a@b.example"}},
    )


CHANGED: dict[str, Planned] = {
    "row": replace(the_row(), row=3),
    "outcome": replace(the_row(), outcome=RowOutcome.CREATE),
    "skipped": replace(the_row(), skipped=True),
    "target": replace(the_row(), target_id=8),
    "version": replace(the_row(), target_version=4),
    "column": replace(the_row(), columns={**the_row().columns, "fee_minor": 101}),
    "column more": replace(the_row(), columns={**the_row().columns, "city": "Brive"}),
    "issue": replace(the_row(), issues=[AMOUNT_ZERO()]),
    "no issue": replace(the_row(), issues=[]),
    "value before": replace(the_row(), changes=[Change("name", "Gamma", "Alpha")]),
    "value beside": replace(the_row(), parts={"contact": {"email": "c@b.example"}}),
}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED.keys())
def test_the_hash_changes_with_everything_that_was_shown(changed: Planned) -> None:
    """API.md 7: what was previewed is what is written."""
    assert review_hash("f" * 64, "clients", [changed]) != review_hash(
        "f" * 64, "clients", [the_row()]
    )


def test_the_hash_changes_with_the_file_its_kind_and_its_number_of_rows() -> None:
    row = the_row()
    hashes = {
        review_hash("a" * 64, "clients", [row]),
        review_hash("b" * 64, "clients", [row]),
        review_hash("a" * 64, "projects", [row]),
        review_hash("a" * 64, "clients", []),
        review_hash("a" * 64, "clients", [row, replace(row, row=3)]),
        review_hash("a" * 64, "clients", [replace(row, row=3), row]),
    }
    assert len(hashes) == 6


def test_the_hash_stays_when_nothing_told_has_changed() -> None:
    row = the_row()
    turned = replace(the_row(), columns=dict(reversed(row.columns.items())))
    reworded = replace(the_row(), issues=[WILL_UPDATE(name="B", fields="n", found="x")])
    expected = review_hash("f" * 64, "clients", [row])
    assert review_hash("f" * 64, "clients", [turned]) == expected
    assert review_hash("f" * 64, "clients", iter([reworded])) == expected


outcomes = st.sampled_from(list(RowOutcome))
rows = st.lists(
    st.builds(
        Planned,
        row=st.integers(2, 5),
        outcome=outcomes,
        columns=st.dictionaries(st.sampled_from("ab"), st.integers(0, 1), max_size=2),
        target_id=st.none() | st.integers(1, 2),
        skipped=st.booleans(),
    ),
    max_size=3,
)


@given(rows, rows)
def test_two_plans_have_one_hash_only_when_they_are_the_same(
    one: list[Planned], other: list[Planned]
) -> None:
    same = one == other
    assert (review_hash("f", "clients", one) == review_hash("f", "clients", other)) is same
