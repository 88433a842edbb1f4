"""Planning the Time entries sheet: whose hours, on what, and are they recorded already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.takeover.candidate import Candidate, Planned
from domain.takeover.match import Index, Known
from domain.takeover.model import RowColour, RowOutcome
from domain.takeover.time_entries import FACTS, Entry, TimeEntryPlanner
from domain.takeover.work import KnownWork
from tests.domain.examples import candidate, codes, in_words, issues_of, known, outcomes

MONDAY = date(2026, 10, 12)
AWAY = datetime(2026, 11, 1, tzinfo=UTC)


def work(away: Mapping[str, datetime] | None = None) -> KnownWork:
    """Loïc and two people of one name; LOG-1 with two contracts that both have a phase APS."""
    away = away or {}
    people = [
        known(1, "l.orval@a.example", code="l.orval@a.example", archived_at=away.get("person")),
        known(2, "a.simek@a.example", code="a.simek@a.example"),
        known(3, "b.simek@a.example", code="b.simek@a.example"),
    ]
    base = known(31, "Mission de base", archived_at=away.get("contract"))
    option = known(32, "Mission OPC")
    phases = [
        known(41, "Avant-projet sommaire", code="APS", contract_id=31),
        known(42, "Chantier", code="DET", contract_id=31, archived_at=away.get("phase")),
        known(43, "Pilotage", code="APS", contract_id=32),
    ]
    jobs = [
        known(21, "Réhabilitation", code="LOG-1", archived_at=away.get("project")),
        known(22, "Tour", code="TER-2"),
    ]
    return KnownWork(
        people=Index(people),
        named={"loic orval": [people[0]], "anne simek": people[1:]},
        projects=Index(jobs),
        contracts={21: Index([base, option]), 22: Index([known(33, "Mission de base")])},
        phases={21: phases, 22: [known(44, "Projet", code="PRO", contract_id=33)]},
    )


def row(number: int = 2, /, record_id: int | None = None, **cells: Any) -> Candidate:
    """Loïc, 7.5 hours on APS of the base contract, on a Monday."""
    values: dict[str, Any] = {
        "date": MONDAY,
        "email": "l.orval@a.example",
        "project_code": "LOG-1",
        "contract": "Mission de base",
        "phase_code": "APS",
        "hours": Decimal("7.5"),
    }
    values |= cells
    told = {name: value for name, value in values.items() if value is not None}
    return candidate(number, record_id=record_id, **told)


def entry(key: int, **changed: Any) -> Entry:
    """What `row` becomes."""
    columns: dict[str, Any] = {
        "version": 3,
        "collaborator_id": 1,
        "project_id": 21,
        "contract_id": 31,
        "phase_id": 41,
        "worked_on": MONDAY,
        "hours": Decimal("7.50"),
        "ticket": None,
        "description": None,
        "billable": True,
        "approved": False,
    }
    return Entry(id=key, **columns | changed)


def planned(
    *rows: Candidate,
    recorded: list[Entry] | None = None,
    away: Mapping[str, datetime] | None = None,
) -> list[Planned]:
    return TimeEntryPlanner(work(away), recorded or []).plan(rows)


def test_time_is_billable_and_not_approved_unless_it_is_said() -> None:
    """DOMAIN §3.5 H, I."""
    plain, told = planned(row(), row(3, billable=False, approved=True, ticket="T-1"))
    assert (plain.outcome, plain.colour) == (RowOutcome.CREATE, RowColour.GREEN)
    assert tuple(plain.columns[name] for name in FACTS) == entry(0).facts
    assert (told.columns["billable"], told.columns["approved"]) == (False, True)


@pytest.mark.parametrize("email", ["L.ORVAL@a.example", "Loïc Orval", "loic  orval"])
def test_a_person_is_named_by_e_mail_or_by_full_name(email: str) -> None:
    (found,) = planned(row(email=email))
    assert (found.columns["collaborator_id"], found.issues) == (1, [])


@pytest.mark.parametrize(
    ("cells", "expected", "column"),
    [
        ({"email": "l.orvel@a.example"}, "REFERENCE_UNKNOWN", "email"),
        ({"email": "Anne Simek"}, "REFERENCE_AMBIGUOUS", "email"),
        ({"project_code": "LOG-9"}, "REFERENCE_UNKNOWN", "project_code"),
        ({"contract": "Mission"}, "REFERENCE_UNKNOWN", "contract"),
        ({"phase_code": "PRO"}, "REFERENCE_UNKNOWN", "phase_code"),
        ({"contract": None}, "REFERENCE_AMBIGUOUS", "phase_code"),
        ({"contract": "Mission OPC", "phase_code": "DET"}, "REFERENCE_UNKNOWN", "phase_code"),
        ({"project_code": "TER-2"}, "REFERENCE_UNKNOWN", "phase_code"),
    ],
)
def test_what_a_row_names_must_be_there(cells: dict[str, Any], expected: str, column: str) -> None:
    """DOMAIN §3.5 C–F: the contract is of the project, the phase of the contract."""
    (found,) = planned(row(**cells))
    assert found.outcome is RowOutcome.REFUSED
    assert codes(found.issues) == [expected]
    assert found.issues[0].field == (column,)


def test_an_unknown_person_is_told_with_the_nearest_ones() -> None:
    (found,) = planned(row(email="l.orvel@a.example"))
    assert "l.orval@a.example" in in_words(found.issues[0])


@pytest.mark.parametrize(
    ("cells", "contract", "phase"),
    [
        ({"contract": None, "phase_code": "det"}, 31, 42),
        ({"contract": None, "phase_code": "Chantier"}, 31, 42),
        ({"contract": "MISSION OPC", "phase_code": "aps"}, 32, 43),
        ({"contract": "Mission OPC", "phase_code": None}, 32, None),
        ({"contract": None, "phase_code": None}, None, None),
        ({"project_code": "log-1"}, 31, 41),
    ],
)
def test_codes_and_names_are_compared_without_case_and_a_phase_tells_its_contract(
    cells: dict[str, Any], contract: int | None, phase: int | None
) -> None:
    (found,) = planned(row(**cells))
    assert (found.columns["contract_id"], found.columns["phase_id"]) == (contract, phase)
    assert found.issues == []


def test_equal_rows_are_both_kept_and_the_second_upload_writes_nothing() -> None:
    rows = [row(2), row(3), row(4, hours=Decimal(2))]
    assert outcomes(planned(*rows)) == ["CREATE"] * 3
    recorded = [entry(1), entry(2), entry(3, hours=Decimal(2))]
    again = planned(*rows, recorded=recorded)
    assert outcomes(again) == ["UNCHANGED"] * 3
    assert [one.target_id for one in again] == [1, 2, 3]
    assert issues_of(again) == [[], [], []]
    assert outcomes(planned(*rows, row(5), recorded=recorded))[-1] == "CREATE"


def test_entries_approved_since_are_still_what_a_file_says_that_says_nothing_of_it() -> None:
    approved = [entry(1, approved=True, billable=False)]
    assert outcomes(planned(row(), recorded=approved)) == ["UNCHANGED"]
    (told,) = planned(row(approved=False), recorded=approved)
    assert (told.outcome, codes(told.issues)) == (RowOutcome.CREATE, ["POSSIBLE_DUPLICATE"])
    assert told.issues[0].field == ("approved",)


def test_a_ticket_told_twice_by_one_person_of_one_day_may_be_a_duplicate() -> None:
    """DOMAIN §3.7 POSSIBLE_DUPLICATE."""
    first = row(2, ticket="T-1", description="Plans")
    rows = [
        first,
        row(3, ticket="t-1", description="Permis"),
        row(4, ticket="T-1", email="a.simek@a.example"),
        row(5, ticket="T-1", date=date(2026, 10, 13)),
        row(6, ticket="T-1", hours=Decimal(1)),
        row(7, ticket="T-2"),
    ]
    found = issues_of(planned(*rows))
    assert found == [[], ["POSSIBLE_DUPLICATE"], [], [], [], []]
    recorded = [entry(1, ticket="T-1", description="Plans")]
    assert issues_of(planned(row(ticket="T-1"), recorded=recorded)) == [["POSSIBLE_DUPLICATE"]]


def test_a_skipped_or_refused_row_stands_for_nothing() -> None:
    skipped = row(2)
    skipped.skipped = True
    found = planned(skipped, row(3, hours=Decimal("7.5")), recorded=[entry(1)])
    assert [one.target_id for one in found] == [1, 1]
    assert outcomes(planned(row(2, email="?"), row(3), recorded=[entry(1)])) == [
        "REFUSED",
        "UNCHANGED",
    ]


def test_a_prefilled_row_changes_its_entry_and_an_empty_cell_erases_nothing() -> None:
    """DOMAIN §3.2; A22."""
    before = entry(7, ticket="T-1", description="Plans", approved=True)
    (found,) = planned(row(2, 7, hours=Decimal(8), phase_code="DET"), recorded=[before])
    assert (found.outcome, found.target_id, found.target_version) == (RowOutcome.UPDATE, 7, 3)
    assert found.columns == {"hours": Decimal(8), "phase_id": 42}
    told = {change.field: (change.before, change.after) for change in found.changes}
    assert told == {"hours": (Decimal("7.50"), Decimal(8)), "phase_code": ("APS", "DET")}
    assert codes(found.issues) == ["WILL_UPDATE"]
    assert "12/10/2026" in in_words(found.issues[0])


def test_a_prefilled_row_left_as_it_is_changes_nothing() -> None:
    (found,) = planned(row(2, 7, billable=True, approved=False), recorded=[entry(7)])
    assert (found.outcome, found.target_id, found.issues) == (RowOutcome.UNCHANGED, 7, [])


def test_every_change_is_told_by_the_columns_of_the_sheet() -> None:
    moved = row(
        2,
        7,
        date=date(2026, 10, 13),
        email="a.simek@a.example",
        project_code="TER-2",
        phase_code="PRO",
    )
    (found,) = planned(moved, recorded=[entry(7)])
    assert {change.field: change.after for change in found.changes} == {
        "date": date(2026, 10, 13),
        "email": "a.simek@a.example",
        "project_code": "TER-2",
        "contract": "Mission de base",
        "phase_code": "PRO",
    }


@pytest.mark.parametrize(
    ("cells", "left"),
    [
        ({"project_code": "TER-2", "contract": None, "phase_code": None}, {"contract", "phase"}),
        ({"contract": "Mission OPC", "phase_code": None}, {"phase"}),
        ({"contract": None, "phase_code": None}, set()),
    ],
)
def test_an_entry_that_moves_leaves_the_contract_and_the_phase_of_where_it_was(
    cells: dict[str, Any], left: set[str]
) -> None:
    (found,) = planned(row(2, 7, **cells), recorded=[entry(7)])
    emptied = {name for name, value in found.columns.items() if value is None}
    assert emptied == {f"{noun}_id" for noun in left}
    told = {change.field for change in found.changes if change.after is None}
    assert told == {"contract" if noun == "contract" else "phase_code" for noun in left}


def test_a_mark_of_an_entry_that_is_gone_is_refused() -> None:
    """O33."""
    assert issues_of(planned(row(2, 99))) == [["REFERENCE_ID_UNKNOWN"]]


def test_a_new_row_equal_to_a_prefilled_one_is_another_entry() -> None:
    """Wherever it stands: the mark says which entry a row is."""
    sealed = row(3, 7)
    assert outcomes(planned(row(2), sealed, recorded=[entry(7)])) == ["CREATE", "UNCHANGED"]
    assert outcomes(planned(sealed, row(4), recorded=[entry(7)])) == ["UNCHANGED", "CREATE"]


def test_a_prefilled_row_copied_and_changed_is_refused() -> None:
    rows = [row(2, 7), row(3, 7, hours=Decimal(2))]
    found = planned(*rows, recorded=[entry(7)])
    assert issues_of(found) == [[], ["DUPLICATE_KEY_IN_FILE"]]


@pytest.mark.parametrize("noun", ["person", "project", "contract"])
def test_nothing_new_is_recorded_on_what_is_archived(noun: str) -> None:
    away = {noun: AWAY}
    assert issues_of(planned(row(), away=away)) == [["RECORD_ARCHIVED"]]
    assert issues_of(planned(row(), recorded=[entry(1)], away=away)) == [[]]
    sealed = row(2, 1, hours=Decimal(1))
    assert issues_of(planned(sealed, recorded=[entry(1)], away=away)) == [["WILL_UPDATE"]]
    elsewhere = entry(1, collaborator_id=2, project_id=22, contract_id=33, phase_id=44)
    (found,) = planned(row(2, 1), recorded=[elsewhere], away=away)
    assert codes(found.issues) == ["RECORD_ARCHIVED"]


def test_an_archived_phase_takes_no_new_time() -> None:
    assert issues_of(planned(row(phase_code="DET"), away={"phase": AWAY})) == [["RECORD_ARCHIVED"]]


def test_time_on_a_project_that_is_not_signed_is_no_matter() -> None:
    """A prospect is worked on before it signs."""
    (found,) = planned(row(project_code="TER-2", phase_code="PRO"))
    assert (found.colour, found.issues) == (RowColour.GREEN, [])


cells = st.fixed_dictionaries(
    {
        "date": st.sampled_from([MONDAY, date(2026, 10, 13)]),
        "email": st.sampled_from(["l.orval@a.example", "a.simek@a.example"]),
        "phase_code": st.sampled_from(["APS", "DET", None]),
        "hours": st.sampled_from([Decimal(1), Decimal("7.5"), Decimal("7.50")]),
        "billable": st.sampled_from([True, False, None]),
        "approved": st.sampled_from([True, False, None]),
        "ticket": st.sampled_from(["T-1", "t-1", None]),
    }
)


def recorded_of(rows: list[Planned], known_before: list[Entry]) -> list[Entry]:
    """What is recorded once the rows are written."""
    made = [one.columns for one in rows if one.outcome is RowOutcome.CREATE]
    first = len(known_before) + 1
    return known_before + [
        entry(key, **{name: columns[name] for name in FACTS})
        for key, columns in enumerate(made, start=first)
    ]


@settings(max_examples=150)
@given(st.lists(cells, max_size=8), st.randoms(use_true_random=False))
def test_any_rows_uploaded_twice_leave_the_same_entries(
    sheet: list[dict[str, Any]], chance: Any
) -> None:
    rows = [row(number, **one) for number, one in enumerate(sheet, start=2)]
    first = planned(*rows)
    assert outcomes(first) == ["CREATE"] * len(rows)
    recorded = recorded_of(first, [])
    shuffled = [row(number, **one) for number, one in enumerate(chance.sample(sheet, len(sheet)))]
    again = planned(*shuffled, recorded=recorded)
    assert outcomes(again) == ["UNCHANGED"] * len(rows)
    assert sorted(one.target_id or 0 for one in again) == [one.id for one in recorded]
    assert recorded_of(again, recorded) == recorded


def test_a_known_phase_without_a_name_key_is_found_by_its_name() -> None:
    bare = Known(50, "Études", code="ETU", columns={"contract_id": 33})
    there = work()
    there.phases[22] = [bare]
    (found,) = TimeEntryPlanner(there, []).plan([row(project_code="TER-2", phase_code="etudes")])
    assert found.columns["phase_id"] == 50


def test_what_finds_likely_contracts_is_kept_of_one_project_alone() -> None:
    """A file of hours may name ten thousand projects, each with a contract that is not there."""
    there = work()
    for project in there.projects.by_id.values():
        assert there.contract("Mision de bas", project)[0] is None
    kept = [index for index in there.contracts.values() if index._names is not None]
    assert kept == [there.contracts[22]]
    _, (issue,) = there.contract("Mision de base", there.projects.by_id[21])
    assert str(issue.expected).startswith("Mission de base")
