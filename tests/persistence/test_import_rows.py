"""The rows of an import under review: kept, read back, skipped, brought up to a new plan."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import select

from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.issues import AMOUNT_NEGATIVE, WILL_UPDATE
from domain.takeover.model import ImportFile, ImportRow, RowColour, RowOutcome
from domain.takeover.review import line_of
from domain.takeover.wire import unpack
from persistence.session import Database
from persistence.takeover.rows import (
    candidates_of,
    keep_plan,
    keep_rows,
    mark_applied,
    mark_skipped,
    rows_of,
    the_import,
)
from tests.domain.examples import refused
from tests.persistence.firms import Firm, added, counted, found_firm

CANDIDATES = [
    Candidate(2, {"name": "Alpha", "fee": Decimal("12.50"), "as_of": date(2026, 10, 31)}),
    Candidate(3, {"name": None, "active": False}, record_id=7, references_changed=True),
    Candidate(5, {}, checked=(AMOUNT_NEGATIVE(field=("fee",), row=5, column="F", found="-1"),)),
]


def plans() -> list[Planned]:
    return [
        Planned(2, RowOutcome.CREATE),
        Planned(
            3,
            RowOutcome.UPDATE,
            changes=[Change("fee", Decimal("1.00"), Decimal("2.00"))],
            issues=[WILL_UPDATE(name="Beta", fields="fee", found="Beta")],
            target_id=7,
        ),
        Planned(5, RowOutcome.REFUSED, issues=list(CANDIDATES[2].checked)),
    ]


def kept(firm: Firm) -> int:
    """An import with the three rows above."""
    with firm.writing() as session:
        key = int(added(session, ImportFile(filename="f.xlsx", size=1, sha256="0" * 64)).id)
        keep_rows(session, key, CANDIDATES, plans(), [{"B": "Alpha"}, {}, {"F": "-1"}])
    return key


def colours(firm: Firm, key: int, wanted: Sequence[RowColour] | None = None) -> list[Any]:
    with firm.reading() as session:
        return [(row.number, row.colour) for row in rows_of(session, key, colours=wanted)]


def test_rows_come_back_as_they_were_checked(database: Database) -> None:
    firm = found_firm(database)
    key = kept(firm)
    with firm.reading() as session:
        assert [*candidates_of(session, key)] == CANDIDATES
        (first, second, third) = rows_of(session, key)
        assert (first.raw, first.outcome, first.target_id) == (
            {"B": "Alpha"},
            RowOutcome.CREATE,
            None,
        )
        (change,) = second.changes
        assert (change["field"], unpack(change["before"])) == ("fee", Decimal("1.00"))
        assert (second.target_id, second.issues[0]["code"]) == (7, "WILL_UPDATE")
        assert (third.colour, third.number) == (RowColour.RED, 5)


def test_rows_come_in_the_order_of_the_file_however_they_were_kept(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        key = int(added(session, ImportFile(filename="f.xlsx", size=1, sha256="0" * 64)).id)
        keep_rows(session, key, CANDIDATES[::-1], plans()[::-1], [{}, {}, {}])
    assert [number for number, _ in colours(firm, key)] == [2, 3, 5]
    with firm.reading() as session:
        assert [*candidates_of(session, key)] == CANDIDATES


def test_rows_are_read_by_colour_in_the_order_of_the_file(database: Database) -> None:
    firm = found_firm(database)
    key = kept(firm)
    every = [(2, RowColour.GREEN), (3, RowColour.YELLOW), (5, RowColour.RED)]
    assert colours(firm, key) == every
    assert colours(firm, key, [RowColour.RED, RowColour.GREEN]) == [every[0], every[2]]
    assert colours(firm, key + 1) == []


SKIPPED: list[tuple[dict[str, Any], set[int]]] = [
    ({"numbers": [2, 5, 99]}, {2, 5}),
    ({"colour": RowColour.RED}, {5}),
    ({}, {2, 3, 5}),
    ({"numbers": []}, set()),
    ({"numbers": [2, 3], "colour": RowColour.YELLOW}, {3}),
]


def test_rows_are_skipped_by_number_by_colour_or_all_and_taken_back(database: Database) -> None:
    """A23, A24."""
    firm = found_firm(database)
    key, other = kept(firm), kept(firm)
    for (asked, skipped), wanted in itertools.product(SKIPPED, (True, False)):
        with firm.writing() as session:
            assert mark_skipped(session, key, skipped=wanted, **asked) == skipped
        with firm.reading() as session:
            now = {one.row for one in candidates_of(session, key) if one.skipped}
            assert now == (skipped if wanted else set()), asked
            assert not any(one.skipped for one in candidates_of(session, other))


def test_a_new_plan_writes_only_the_rows_that_changed(database: Database) -> None:
    firm = found_firm(database)
    key = kept(firm)
    with firm.writing() as session:
        keep_plan(session, key, plans())
        assert not session.dirty
    again = plans()
    again[1].issues, again[1].outcome = [], RowOutcome.UNCHANGED
    with counted(database) as statements, firm.writing() as session:
        keep_plan(session, key, again)
    assert sum(one.startswith("UPDATE import_row") for one in statements) == 1
    assert colours(firm, key)[1] == (3, RowColour.GREEN)


def test_what_is_written_is_noted_on_each_row(database: Database) -> None:
    firm = found_firm(database)
    key = kept(firm)
    with firm.writing() as session:
        mark_applied(session, key, {2: 41, 3: 7})
        mark_applied(session, key, {})
    with firm.reading() as session:
        assert [row.target_id for row in rows_of(session, key)] == [41, 7, None]


def test_a_plan_made_of_rows_read_back_has_the_hash_of_the_first(database: Database) -> None:
    """API.md 7."""
    firm = found_firm(database)
    key = kept(firm)
    with firm.reading() as session:
        again = [
            Planned(one.row, RowOutcome.CREATE, columns=one.values)
            for one in candidates_of(session, key)
        ]
    first = [Planned(one.row, RowOutcome.CREATE, columns=one.values) for one in CANDIDATES]
    assert [*map(line_of, again)] == [*map(line_of, first)]


def test_an_import_of_the_neighbours_is_not_ours_to_review(database: Database) -> None:
    firm, other = found_firm(database), found_firm(database, "other")
    key = kept(other)
    with firm.writing() as session:
        for asked in (key, 10**9):
            assert refused(partial(the_import, session, asked, locked=True)) == ["NOT_FOUND"]
        assert rows_of(session, key) == []
        assert [*candidates_of(session, key)] == []
        assert mark_skipped(session, key, skipped=True) == set()
        mark_applied(session, key, {2: 99})
    with other.reading() as session:
        assert the_import(session, key).filename == "f.xlsx"
        rows = session.execute(select(ImportRow.skipped, ImportRow.target_id)).all()
        assert sorted(map(tuple, rows), key=str) == [(False, 7), (False, None), (False, None)]
