"""Planning the Collaborators sheet: the e-mail address is the person."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.access import Role
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.collaborators import CollaboratorPlanner
from domain.takeover.match import Index
from domain.takeover.model import RowOutcome
from tests.domain.examples import candidate, codes, firm, issues_of, known, outcomes

LOIC, ANNA = "l.orval@atelier.example", "a.kerleo@atelier.example"


def row(number: int = 2, /, *, record_id: int | None = None, **changed: Any) -> Candidate:
    columns = {"first_name": "Loïc", "last_name": "Orval-Dumas", "email": LOIC}
    return candidate(number, record_id=record_id, **columns | changed)


def person(key: int, email: str, **changed: Any) -> Any:
    columns = {
        "first_name": "Loïc",
        "last_name": "Orval-Dumas",
        "email": email,
        "role": Role.COLLABORATOR,
        "active": True,
    }
    return known(key, email, code=email, version=3, **columns | changed)


def planned(*rows: Candidate, people: Index | None = None) -> list[Planned]:
    return CollaboratorPlanner(firm(), people or Index()).plan(rows)


def test_a_new_person_is_an_active_collaborator() -> None:
    """O29–O31; DOMAIN §3.5 G, N."""
    (made,) = planned(row())
    assert (made.outcome, made.issues) == (RowOutcome.CREATE, [])
    assert (made.columns["role"], made.columns["active"]) == (Role.COLLABORATOR, True)
    assert made.columns["email"] == LOIC


def test_given_values_win_and_inactive_stays_inactive() -> None:
    (made,) = planned(
        row(role="ACCOUNTANT", active=False, billable_rate=Decimal("95.00"), entity="ATE")
    )
    assert (made.columns["role"], made.columns["active"]) == (Role.ACCOUNTANT, False)
    assert (made.columns["billable_rate"], made.columns["entity_id"]) == (Decimal("95.00"), 1)


@pytest.mark.parametrize(
    "named", [{"email": LOIC.upper()}, {"email": LOIC}, {"email": ANNA, "record_id": 8}]
)
def test_a_person_is_matched_by_reference_then_by_e_mail(named: dict[str, Any]) -> None:
    (made,) = planned(row(job_title="Architecte", **named), people=Index([person(8, LOIC)]))
    assert (made.outcome, made.target_id, made.target_version) == (RowOutcome.UPDATE, 8, 3)
    assert codes(made.issues) == ["WILL_UPDATE"]


def test_the_same_person_again_is_left_alone_and_empty_cells_erase_nothing() -> None:
    people = Index([person(8, LOIC, role=Role.ACCOUNTANT, active=False, phone="+33 1")])
    (made,) = planned(row(role=None, active=None, phone=None), people=people)
    assert (made.outcome, made.columns, made.issues) == (RowOutcome.UNCHANGED, {}, [])


def test_false_and_zero_are_values_and_no_empty_cells() -> None:
    people = Index([person(8, LOIC, billable_rate=Decimal(95))])
    (made,) = planned(row(active=False, billable_rate=Decimal(0)), people=people)
    assert [change.field for change in made.changes] == ["billable_rate", "active"]


def test_an_unknown_entity_is_refused() -> None:
    (made,) = planned(row(entity="Bordeaux"))
    assert (made.outcome, codes(made.issues)) == (RowOutcome.REFUSED, ["REFERENCE_UNKNOWN"])


def test_a_reference_that_is_not_ours_is_refused() -> None:
    (made,) = planned(row(record_id=99), people=Index([person(8, LOIC)]))
    assert codes(made.issues) == ["REFERENCE_ID_UNKNOWN"]


@pytest.mark.parametrize("column", ["email", "employee_code"])
def test_a_key_that_stands_higher_in_the_file_is_refused(column: str) -> None:
    first = row(2, employee_code="M014")
    second = row(3, **{"email": ANNA, "employee_code": "M015"} | {column: first.values[column]})
    rows = planned(first, second)
    assert issues_of(rows) == [[], ["DUPLICATE_KEY_IN_FILE"]]
    first.skipped = True
    assert outcomes(planned(first, second)) == ["CREATE", "CREATE"]


def test_an_employee_code_of_somebody_else_is_refused() -> None:
    people = Index([person(8, LOIC, employee_code="M014"), person(9, ANNA)])
    new, other, own = (
        planned(row(email=email, employee_code="M014"), people=people)[0]
        for email in ("n@atelier.example", ANNA, LOIC)
    )
    assert codes(new.issues) == codes(other.issues) == ["KEY_TAKEN"]
    assert new.outcome is other.outcome is RowOutcome.REFUSED
    assert own.outcome is RowOutcome.UNCHANGED


def test_a_known_person_cannot_take_the_e_mail_of_another() -> None:
    people = Index([person(8, LOIC), person(9, ANNA)])
    (made,) = planned(row(record_id=8, email=ANNA), people=people)
    assert (made.outcome, codes(made.issues)) == (RowOutcome.REFUSED, ["KEY_TAKEN"])
