"""Plans that are kept: as they were made, as long as nothing they were made of has moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.issues import AMOUNT_NEGATIVE, WILL_UPDATE
from domain.takeover.model import RowOutcome
from domain.takeover.moved import VALUES_MOVED
from domain.takeover.review import Tally
from persistence.files import Files
from persistence.session import Database
from persistence.takeover.plans import PlanKeeper, kept_plan
from persistence.takeover.spool import PlanSpool, Spool, spooled_candidates
from persistence.takeover.world import World, is_unmoved, observed
from tests.persistence.firms import Firm, a_client, found_firm, imported, planned, progress, raw
from tests.persistence.test_apply import CHANGES, a_row

DAY = date(2026, 11, 22)
SHA256 = "f" * 64
WORLD = World(7, "a" * 64, "rules", {"client"})

values = st.none() | st.text(max_size=4) | st.decimals(allow_nan=False, allow_infinity=False)
rows = st.lists(
    st.builds(
        Planned,
        row=st.integers(2, 9),
        outcome=st.sampled_from(list(RowOutcome)),
        columns=st.dictionaries(st.sampled_from("abc"), values | st.dates() | st.booleans()),
        changes=st.lists(st.builds(Change, st.sampled_from("ab"), values, values), max_size=2),
        issues=st.lists(
            st.sampled_from(
                [
                    WILL_UPDATE(name="Alpha", fields="fee", found="Alpha"),
                    AMOUNT_NEGATIVE(field=("fee",), row=2, column="F", found="-1"),
                ]
            ),
            max_size=2,
        ),
        target_id=st.none() | st.integers(1, 2**40),
        target_version=st.none() | st.integers(1, 9),
        skipped=st.booleans(),
        parts=st.dictionaries(st.sampled_from("xy"), st.none() | st.text(max_size=3)),
    ),
    max_size=9,
)


@given(rows)
def test_a_spool_gives_what_it_was_given_however_often(plan: list[Planned]) -> None:
    small = PlanSpool(iter(plan))
    candidates = [
        Candidate(row, one.columns, one.target_id, checked=tuple(one.issues), skipped=one.skipped)
        for row, one in enumerate(plan, start=2)
    ]
    spooled = spooled_candidates(candidates)
    in_file = Spool(plan, lambda one: one, lambda one: one, size=2)
    for _ in range(2):
        assert [*small] == plan
        assert [*spooled] == candidates
        assert len(small) == len(spooled) == len(in_file) == len(plan)
        # Through the file, a kind of issue comes back as another object that is equal.
        assert [replace(one, issues=[]) for one in in_file] == [
            replace(one, issues=[]) for one in plan
        ]


def test_what_only_all_rows_tell_is_added_once_in_memory_and_from_the_file() -> None:
    plan = PlanSpool(Planned(row, RowOutcome.UNCHANGED) for row in range(2, 7_002))
    said = VALUES_MOVED(field=("fee",), found="1", expected="2", other_row=3)
    plan.say({2: [said], 7_001: [said]})
    for _ in range(2):
        assert [one.row for one in plan if one.issues == [said]] == [2, 7_001]


def kept(files: Files, kind: str, plan: list[Planned]) -> str:
    """Keeps a plan; its hash, which is its key as well."""
    tally = Tally(SHA256, kind)
    with PlanKeeper(kind) as keeper:
        for row in plan:
            keeper.add(row, tally.add(row))
        keeper.keep(files, tally.hash, WORLD)
    return tally.hash


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files.at(tmp_path.joinpath("files").as_uri())


def test_a_kept_plan_writes_what_it_was_made_to_write(database: Database, files: Files) -> None:
    """Of every kind, new and changed; what is compared is what writing goes by."""
    firm = found_firm(database)
    for kind in ("clients", "projects", "phases", "collaborators", "progress"):
        for row in (a_row(kind), a_row(kind, **CHANGES.get(kind, {}))):
            with firm.reading() as session:
                plan = planned(session, kind, row)
            seen = kept(files, kind, plan)
            again = kept_plan(files, seen, sha256=SHA256, kind=kind, seen=seen)
            assert again is not None
            with again:
                assert again.world == WORLD
                assert [told(one) for one in again] == [told(one) for one in plan]
            imported(firm, kind, row)


def told(row: Planned) -> Any:
    parts = {
        name: list(part) if isinstance(part, tuple) else part for name, part in row.parts.items()
    }
    return replace(row, issues=[], parts=parts)


def test_a_plan_that_is_not_what_was_seen_is_none(tmp_path: Path, files: Files) -> None:
    """Altered, cut off, of another review, or gone: it is made again then."""
    plan = [Planned(2, RowOutcome.CREATE, {"name": "Alpha", "fee": Decimal("1.50"), "on": DAY})]
    seen = kept(files, "clients", plan)
    asked: dict[str, Any] = {"sha256": SHA256, "kind": "clients", "seen": seen}
    found = kept_plan(files, seen, **asked)
    assert found is not None
    with found:
        assert [*found] == plan
    assert kept_plan(files, seen, **asked | {"kind": "projects"}) is None
    assert kept_plan(files, seen, **asked | {"seen": "0" * 64}) is None
    assert kept_plan(files, "gone", **asked) is None
    other = kept(files, "clients", [replace(plan[0], columns={"name": "Beta"})])
    files.put(seen, files.get(other))
    assert kept_plan(files, seen, **asked) is None
    for content in (b"", b"no archive", files.get(other)[:-9]):
        files.put(seen, content)
        assert kept_plan(files, seen, **asked) is None


def moved(database: Database, firm: Firm, kind: str, act: Callable[[], Any]) -> bool:
    """Whether a plan of `kind` made before `act` is to be made again after it."""
    with firm.reading() as session, observed(session, DAY) as world:
        planned(session, kind, a_row(kind))
    act()
    with firm.writing() as session:
        return not is_unmoved(session, world, DAY)


def test_a_world_is_moved_by_what_the_plan_read_and_by_nothing_else(database: Database) -> None:
    firm, other = found_firm(database), found_firm(database, "other")

    def add(record: Any) -> None:
        with firm.writing() as session:
            session.add(record)

    def elsewhere() -> None:
        with other.writing() as session:
            session.add(a_client("K1", "Tulle"))

    assert not moved(database, firm, "clients", lambda: None)
    assert not moved(database, firm, "clients", elsewhere)
    assert not moved(database, firm, "clients", lambda: add(progress(firm.phase_id, "10")))
    assert moved(database, firm, "clients", lambda: add(a_client("K2", "Ussel")))
    assert moved(database, firm, "projects", lambda: add(a_client("K3", "Égletons")))
    assert moved(database, firm, "progress", lambda: add(progress(firm.phase_id, "20")))
    # What was billed is read of the ledger, which follows from much.
    assert moved(database, firm, "phases", lambda: add(progress(firm.phase_id, "30")))


def test_what_is_written_past_the_product_moves_the_world(database: Database) -> None:
    firm = found_firm(database)

    def by_hand() -> None:
        from tests.support.databases import owner

        with owner(database).begin() as connection:
            connection.exec_driver_sql("UPDATE client SET name = 'Autre'")

    assert moved(database, firm, "clients", by_hand)
    assert raw(database, "SELECT DISTINCT name FROM client") == [("Autre",)]


def test_what_the_same_transaction_wrote_and_another_day_move_it_too(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        with observed(session, DAY) as world:
            planned(session, "clients", a_row("clients"))
        assert is_unmoved(session, world, DAY)
        assert not is_unmoved(session, world, date(2026, 11, 23))
        session.add(a_client("K4", "Bugeat"))
        assert not is_unmoved(session, world, DAY)
