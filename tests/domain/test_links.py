"""Linked phases that lead back to where they began: refused, and each phase of them named."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.project.model import PhaseKind
from domain.takeover.links import REFERENCE_CIRCULAR
from domain.takeover.model import RowOutcome
from tests.domain.examples import codes, issues_of
from tests.domain.test_plan_phases import annex, aps, planned, row, there


def linked(number: int, code: str, to: str | None, **changed: Any) -> Any:
    cells = {"phase_code": code, "phase_name": f"Annexe {code}", "linked_phase": to}
    return annex(number, **{name: value for name, value in cells.items() if value}, **changed)


def circle(plan: Any) -> str:
    (told,) = [issue for issue in plan.issues if issue.kind is REFERENCE_CIRCULAR]
    assert (codes([told]), told.field) == (["REFERENCE_CIRCULAR"], ("linked_phase",))
    return str(told.facts["circle"])


def test_new_annexes_in_a_circle_are_each_told_the_whole_of_it() -> None:
    """Wherever they stand in the file; who only hangs on the circle is told what is missing."""
    rows = planned(
        linked(2, "AX01", "AX03"),
        linked(3, "AX02", "AX01"),
        linked(4, "AX03", "AX02"),
        linked(5, "AX04", "AX01"),
        linked(6, "AX05", "APS"),
        contracts=there(aps()),
    )
    assert [circle(plan) for plan in rows[:3]] == [
        "AX01 → AX03 → AX02 → AX01",
        "AX02 → AX01 → AX03 → AX02",
        "AX03 → AX02 → AX01 → AX03",
    ]
    assert issues_of(rows[3:]) == [["REFERENCE_UNKNOWN"], []]


@pytest.mark.parametrize("is_there", [True, False])
def test_an_annex_linked_to_itself_is_refused(is_there: bool) -> None:
    own = aps(31, "AX01", "Annexe AX01", kind=PhaseKind.ANNEX)
    (plan,) = planned(linked(2, "AX01", "ax01"), contracts=there(*([own] if is_there else [])))
    assert circle(plan) == "AX01 → AX01"
    assert plan.outcome is RowOutcome.REFUSED


def test_a_circle_through_phases_that_are_there_is_found() -> None:
    """AX01 is linked to AX02 already; no row of the file speaks of it."""
    one = aps(31, "AX01", "Annexe AX01", kind=PhaseKind.ANNEX, linked_phase_id=32)
    two = aps(32, "AX02", "Annexe AX02", kind=PhaseKind.ANNEX)
    rows = planned(linked(2, "AX02", "AX03"), linked(3, "AX03", "AX01"), contracts=there(one, two))
    assert circle(rows[0]) == "AX02 → AX03 → AX01 → AX02"
    assert [plan.outcome for plan in rows] == [RowOutcome.REFUSED] * 2


def test_a_circle_that_the_same_file_opens_again_is_none() -> None:
    """AX01 → AX02 becomes AX02 → AX01 once AX01 hangs on APS."""
    one = aps(31, "AX01", "Annexe AX01", kind=PhaseKind.ANNEX, linked_phase_id=32)
    two = aps(32, "AX02", "Annexe AX02", kind=PhaseKind.ANNEX)
    rows = planned(
        linked(2, "AX01", "APS"), linked(3, "AX02", "AX01"), contracts=there(aps(), one, two)
    )
    assert issues_of(rows) == [["WILL_UPDATE"], ["WILL_UPDATE"]]


def test_a_circle_is_not_written_when_the_row_that_opens_it_is_refused() -> None:
    one = aps(31, "AX01", "Annexe AX01", kind=PhaseKind.ANNEX, linked_phase_id=32)
    two = aps(32, "AX02", "Annexe AX02", kind=PhaseKind.ANNEX)
    rows = planned(
        linked(2, "AX01", "APS", vat_rate=Decimal(99)),
        linked(3, "AX02", "AX01"),
        contracts=there(aps(), one, two),
    )
    assert circle(rows[1]) == "AX02 → AX01 → AX02"


def test_a_circle_through_a_code_that_was_made_is_found() -> None:
    """The first row has no code and is given AX01; the second refers to it."""
    bill = aps(31, "BILL", "Annexe BILL", kind=PhaseKind.ANNEX)
    rows = planned(
        row(2, phase_code=None, phase_name="Sans code", line_type="ANNEX", linked_phase="BILL"),
        linked(3, "BILL", "AX01"),
        contracts=there(bill),
    )
    assert issues_of(rows[:1]) == [[]]
    assert circle(rows[1]) == "BILL → AX01 → BILL"


def test_an_endless_chain_is_refused_before_it_takes_the_square_of_its_length() -> None:
    rows = planned(
        row(2, phase_code="P0", phase_name="P0"),
        *(linked(number + 2, f"P{number}", f"P{number - 1}") for number in range(1, 300)),
    )
    assert issues_of(rows[:100]) == [[]] * 100
    assert circle(rows[101]) == ("P101 → P100 → P99 → P98 → P97 → P96 → P95 → P94 → P93 → … → P1")
