"""Time entries written from a sheet and read back into it, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from domain.collaborator import Collaborator
from domain.takeover.candidate import Candidate
from domain.takeover.model import RowOutcome
from domain.time_entry import TimeEntry
from persistence.session import Database
from persistence.takeover.known import planner_of
from persistence.takeover.prefill import prefilled
from persistence.time_entries import time_entries_where
from tests.domain.examples import codes
from tests.persistence.firms import Firm, a_contract, a_phase, added, found_firm, imported

KIND = "time_entries"
MONDAY, TUESDAY = date(2026, 10, 12), date(2026, 10, 13)


@pytest.fixture
def firm(database: Database) -> Firm:
    """A firm with Loïc, and a second contract that has an APS too."""
    found = found_firm(database)
    found.keep(Collaborator(first_name="Loïc", last_name="Orval", email="l@a.example"))
    with found.writing() as session:
        opc = added(session, a_contract(found.project_id, "Mission OPC")).id
        session.add(a_phase(opc, "APS"))
    return found


def row(**cells: Any) -> dict[str, Any]:
    return {
        "date": MONDAY,
        "email": "l@a.example",
        "project_code": "LOG-2403",
        "hours": Decimal("7.5"),
    } | cells


FULL = row(
    contract="Mission de base",
    phase_code="APS",
    billable=False,
    approved=True,
    ticket="T-1",
    description="Plans",
)


def entries(firm: Firm) -> list[TimeEntry]:
    with firm.reading() as session:
        found = list(session.scalars(select(TimeEntry).order_by(TimeEntry.id)))
        session.expunge_all()
        return found


def test_time_is_written_with_what_it_was_worked_on_and_where_it_came_from(firm: Firm) -> None:
    written = imported(firm, KIND, row(), FULL, row())
    bare, full, twin = entries(firm)
    assert written == {2: bare.id, 3: full.id, 4: twin.id}
    assert (bare.project_id, bare.contract_id, bare.phase_id) == (firm.project_id, None, None)
    assert (bare.hours, bare.worked_on) == (Decimal("7.5"), MONDAY)
    assert (bare.billable, bare.approved, bare.ticket) == (True, False, None)
    assert (full.contract_id, full.phase_id) == (firm.contract_id, firm.phase_id)
    assert (full.billable, full.approved) == (False, True)
    assert (full.ticket, full.description) == ("T-1", "Plans")
    assert (full.source, full.author, full.version) == ("import 1", "Loïc", 1)
    assert imported(firm, KIND, row(), row(), FULL) == {}


def test_a_prefilled_row_moves_its_entry(firm: Firm) -> None:
    """A22: what was of the former contract stays there."""
    key = imported(firm, KIND, FULL)[2]
    imported(firm, KIND, row(record_id=key, date=TUESDAY, contract="Mission OPC"))
    (moved,) = entries(firm)
    assert (moved.worked_on, moved.version) == (TUESDAY, 2)
    assert moved.contract_id not in (None, firm.contract_id)
    assert (moved.phase_id, moved.ticket, moved.approved) == (None, "T-1", True)


@pytest.mark.parametrize("sealed", [True, False], ids=["by mark", "by what they say"])
def test_prefilled_rows_come_the_last_day_first_and_change_nothing(
    firm: Firm, sealed: bool
) -> None:
    imported(firm, KIND, row(), FULL, row(date=TUESDAY), row())
    with firm.writing() as session:
        away = session.scalars(select(TimeEntry).order_by(TimeEntry.id.desc())).first()
        assert away is not None
        away.archived_at = datetime(2026, 11, 1, tzinfo=UTC)
    with firm.reading() as session:
        rows = list(prefilled(session, KIND))
        assert [cells["date"] for _, cells in rows] == [TUESDAY, MONDAY, MONDAY]
        assert {name: rows[1][1][name] for name in FULL} == FULL
        assert [key for key, _ in prefilled(session, KIND, only=[rows[2][0]])] == [rows[2][0]]
        candidates = [
            Candidate(number, cells, key if sealed else None)
            for number, (key, cells) in enumerate(rows, start=2)
        ]
        for plan, (key, _) in zip(planner_of(session, KIND).plan(candidates), rows, strict=True):
            assert (plan.outcome, plan.target_id) == (RowOutcome.UNCHANGED, key)
            assert codes(plan.issues) == []


def test_the_neighbours_time_is_not_ours(firm: Firm) -> None:
    imported(firm, KIND, FULL)
    other = found_firm(firm.database, "other")
    other.keep(Collaborator(first_name="Loïc", last_name="Orval", email="l@a.example"))
    with other.reading() as session:
        (plan,) = planner_of(session, KIND).plan([Candidate(2, FULL)])
        assert plan.outcome is RowOutcome.CREATE
        assert list(prefilled(session, KIND)) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, 3),
        ({"worked_from": TUESDAY}, 1),
        ({"worked_to": MONDAY}, 2),
        ({"worked_from": MONDAY, "worked_to": TUESDAY}, 3),
        ({"approved": True}, 1),
        ({"billable": True}, 2),
        ({"text": " plan "}, 1),
        ({"text": "t-"}, 1),
        ({"text": "-1"}, 0),
        ({"text": "100%"}, 0),
        ({"text": "  "}, 3),
        ({"archived": True}, 0),
        ({"archived": None}, 3),
    ],
)
def test_the_list_is_narrowed_by_each_of_its_conditions(
    firm: Firm, asked: dict[str, Any], found: int
) -> None:
    imported(firm, KIND, row(), FULL, row(date=TUESDAY))
    with firm.reading() as session:
        assert (
            len(session.scalars(select(TimeEntry).where(*time_entries_where(**asked))).all())
            == found
        )
