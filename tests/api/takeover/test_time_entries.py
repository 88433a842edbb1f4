"""Worked time comes in by Excel, is looked up, corrected in its template, and never doubled."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.api.takeover.reviews import notes, refusal_codes, reviewed, take, written
from tests.api.takeover.sheets import Cells, book, download, opened, saved
from tests.api.takeover.test_revert import contents, revert
from tests.support.api import ApiClient
from tests.support.takeover import CLEAN, FURTHER, send, take_in

TIME = (CLEAN / FURTHER["time_entries"]).read_bytes()
LIST = """
query($filter: TimeEntryFilter, $order: TimeEntryOrder! = LATEST_DAY_FIRST, $after: String) {
  timeEntries(filter: $filter, order: $order, page: { first: 100, after: $after }) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes {
      id workedOn hours billable approved ticket description author source version
      collaborator { id email } project { id code } contract { id name } phase { id code }
    }
  }
}
"""
NODE = (
    "query($id: ID!) { node(id: $id) { id ... on TimeEntry { hours } } timeEntry(id: $id) { id } }"
)
ROW: Cells = {
    "B": "14/10/2026",
    "C": "A.SIMEK@atelier-rivage.example",
    "D": "ind-2404",
    "E": "Mission de base",
    "F": "det",
    "G": "7h30",
    "J": "T-9001",
    "K": "Visa",
}


def entries(
    api: ApiClient, *, order: str = "LATEST_DAY_FIRST", **filter: str | bool
) -> list[dict[str, Any]]:
    """All entries that meet the filter, read page by page."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = api.query(LIST, filter=filter, order=order, after=after)["timeEntries"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(found) == page["totalCount"]
            return found
        after = page["pageInfo"]["endCursor"]


def test_the_clean_sheet_is_taken_in_without_a_warning_and_only_once(
    any_firm: ApiClient,
) -> None:
    """DOMAIN §3.5: the second upload writes nothing."""
    review, _ = reviewed(any_firm, TIME)
    assert (review["kind"], review["counts"]["green"], review["counts"]["create"]) == (
        "time_entries",
        1000,
        1000,
    )
    written(any_firm, review, warnings=False)
    again, rows = reviewed(any_firm, TIME)
    assert {row["outcome"] for row in rows.values()} == {"UNCHANGED"}
    assert (again["counts"]["green"], again["counts"]["create"]) == (1000, 0)
    written(any_firm, again)
    assert len(entries(any_firm)) == 1000


def test_time_is_stored_as_the_row_says_by_letter(any_firm: ApiClient) -> None:
    take(any_firm, "time_entries", ROW, {**ROW, "H": "Non", "I": "Oui", "F": None, "E": None})
    second, first = entries(any_firm, order="NEWEST_FIRST")
    assert (first["workedOn"], first["hours"]) == ("2026-10-14", "7.5")
    assert (first["billable"], first["approved"]) == (True, False)
    assert (first["ticket"], first["description"]) == ("T-9001", "Visa")
    assert first["collaborator"]["email"] == "a.simek@atelier-rivage.example"
    assert (first["project"]["code"], first["phase"]["code"]) == ("IND-2404", "DET")
    assert first["contract"]["name"] == "Mission de base"
    assert first["source"].startswith("import ")
    assert first["author"] == "tests"
    assert (second["contract"], second["phase"]) == (None, None)
    assert (second["billable"], second["approved"]) == (False, True)
    node = any_firm.query(NODE, id=first["id"])
    assert node["node"] == {"id": first["id"], "hours": "7.5"}
    assert node["timeEntry"] == {"id": first["id"]}


@pytest.mark.parametrize(
    ("cells", "code", "letter"),
    [
        ({"B": None}, "MANDATORY_MISSING", "B"),
        ({"B": "31/02/2026"}, "DATE_INVALID", "B"),
        ({"C": "personne@atelier-rivage.example"}, "REFERENCE_UNKNOWN", "C"),
        ({"D": "XXX-0000"}, "REFERENCE_UNKNOWN", "D"),
        ({"E": "Autre mission"}, "REFERENCE_UNKNOWN", "E"),
        ({"F": "ZZZ"}, "REFERENCE_UNKNOWN", "F"),
        ({"G": 0}, "HOURS_OUT_OF_RANGE", "G"),
        ({"G": 24.01}, "HOURS_OUT_OF_RANGE", "G"),
        ({"G": "0,004"}, "HOURS_OUT_OF_RANGE", "G"),
        ({"G": "sept"}, "NUMBER_INVALID", "G"),
        ({"H": "peut-être"}, "BOOLEAN_INVALID", "H"),
        ({"I": "à voir"}, "BOOLEAN_INVALID", "I"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_by_its_letter(
    firm: ApiClient, cells: Cells, code: str, letter: str
) -> None:
    """DOMAIN §3.5, §3.7."""
    _, rows = reviewed(firm, book("time_entries", {**ROW, **cells}), kind="time_entries")
    assert rows[2]["outcome"] == "REFUSED"
    assert notes(rows[2]) == {(code, letter)}


def test_a_ticket_told_twice_is_a_warning(firm: ApiClient) -> None:
    row = {**ROW, "G": 4}
    rows = (row, {**row, "K": "Autre"}, {**row, "G": 1}, {**row, "J": None}, {**row, "J": None})
    told = take(firm, "time_entries", *rows)
    assert [notes(row) for row in told.values()] == [
        set(),
        {("POSSIBLE_DUPLICATE", "J")},
        set(),
        set(),
        set(),
    ]
    assert len(entries(firm)) == 5


def test_hours_corrected_in_the_file_are_warned_of_before_they_are_billed_twice(
    any_firm: ApiClient,
) -> None:
    """A22: by the ticket; without one, by who, when, on what, and what was done."""
    other = {**ROW, "J": None}
    take(any_firm, "time_entries", ROW, other)
    for before, cells in ((ROW, {"G": 4, "K": "Autre"}), (other, {"G": 4})):
        left = other if before is ROW else ROW
        _, rows = reviewed(any_firm, book("time_entries", {**before, **cells}, left))
        assert [row["outcome"] for row in rows.values()] == ["CREATE", "UNCHANGED"]
        assert [notes(row) for row in rows.values()] == [{("POSSIBLE_DUPLICATE", "G")}, set()]
    further = ({**ROW, "G": 1}, {**other, "G": 1}, {**other, "B": "15/10/2026"})
    _, rows = reviewed(any_firm, book("time_entries", ROW, other, *further))
    assert [notes(row) for row in rows.values()] == [set()] * 5


def test_the_prefilled_template_corrects_entries_and_takes_new_ones(any_firm: ApiClient) -> None:
    """A22, O33: a row with its mark is its entry; one without is a new one, even an equal one."""
    take(any_firm, "time_entries", ROW, {**ROW, "B": "15/10/2026"})
    workbook, sheet = opened(download(any_firm, "time_entries", prefilled=True))
    assert [sheet[f"B{row}"].value.date() for row in (2, 3)] == [
        date(2026, 10, 15),
        date(2026, 10, 14),
    ]
    assert sheet["A2"].protection.locked
    assert not sheet["G2"].protection.locked
    review, rows = reviewed(any_firm, saved(workbook))
    assert {row["outcome"] for row in rows.values()} == {"UNCHANGED"}
    sheet["G2"], sheet["I2"], sheet["K2"] = 4, "Oui", None
    for letter in "BCDEFGJK":
        sheet[f"{letter}4"] = sheet[f"{letter}3"].value
    review, rows = reviewed(any_firm, saved(workbook))
    assert [row["outcome"] for row in rows.values()] == ["UPDATE", "UNCHANGED", "CREATE"]
    assert notes(rows[2]) == {("WILL_UPDATE", None)}
    assert notes(rows[4]) == {("POSSIBLE_DUPLICATE", "J")}
    written(any_firm, review)
    latest, *others = entries(any_firm)
    assert (latest["hours"], latest["approved"], latest["description"]) == ("4", True, "Visa")
    assert (latest["version"], len(others)) == (2, 2)


def test_the_list_is_filtered_by_who_where_when_and_how(firm: ApiClient) -> None:
    take_in(firm, "time_entries")
    everything = entries(firm)
    days = [one["workedOn"] for one in everything]
    assert days == sorted(days, reverse=True)
    one = next(entry for entry in everything if entry["ticket"] and entry["phase"])
    for name, value, same in (
        ("projectId", one["project"]["id"], lambda other: other["project"] == one["project"]),
        ("phaseId", one["phase"]["id"], lambda other: other["phase"] == one["phase"]),
        ("contractId", one["contract"]["id"], lambda other: other["contract"] == one["contract"]),
        (
            "collaboratorId",
            one["collaborator"]["id"],
            lambda other: other["collaborator"] == one["collaborator"],
        ),
        ("billable", False, lambda other: other["billable"] is False),
        ("approved", True, lambda other: other["approved"] is True),
        ("workedFrom", "2026-10-15", lambda other: other["workedOn"] >= "2026-10-15"),
        ("workedTo", "2026-10-15", lambda other: other["workedOn"] <= "2026-10-15"),
        ("text", one["ticket"].lower(), lambda other: other["ticket"] == one["ticket"]),
    ):
        found = entries(firm, order="LATEST_DAY_FIRST", **{name: value})
        assert found == [other for other in everything if same(other)], name
        assert found, name
    wrong = firm.errors(LIST, filter={"projectId": one["phase"]["id"]})
    assert wrong[0]["extensions"]["code"] == "ID_INVALID"


def test_time_waits_for_projects_and_people(empty: ApiClient) -> None:
    """DOMAIN §3.1, O08."""
    review = send(empty, TIME)
    assert refusal_codes(review) == ["IMPORT_ORDER"]
    assert review["userErrors"][0]["expected"] == "Clients"
    take_in(empty, "clients", "projects")
    review = send(empty, TIME)
    assert refusal_codes(review) == ["IMPORT_ORDER"]
    assert review["userErrors"][0]["expected"] == "Collaborators"
    take_in(empty, "collaborators")
    assert send(empty, TIME)["state"] == "REVIEW"


def test_another_firm_sees_none_of_it(firm: ApiClient) -> None:
    take(firm, "time_entries", ROW)
    (one,) = entries(firm)
    stranger = firm.of_another_firm()
    assert entries(stranger) == []
    assert stranger.query(NODE, id=one["id"]) == {"node": None, "timeEntry": None}


def test_taken_back_nothing_is_left_of_it(firm: ApiClient) -> None:
    """API.md 6."""
    take(firm, "time_entries", ROW)
    there = contents(firm)
    workbook, sheet = opened(download(firm, "time_entries", prefilled=True))
    sheet["G2"] = 4
    for letter, value in {**ROW, "J": None}.items():
        sheet[f"{letter}3"] = value
    review, told = reviewed(firm, saved(workbook))
    assert [row["outcome"] for row in told.values()] == ["UPDATE", "CREATE"]
    written(firm, review)
    assert contents(firm) != there
    assert revert(firm, review)["userErrors"] == []
    assert contents(firm) == there


@pytest.mark.parametrize(
    "order",
    ["LATEST_DAY_FIRST", "EARLIEST_DAY_FIRST", "NEWEST_FIRST", "OLDEST_FIRST", "BY_UPDATE"],
)
def test_the_pages_of_each_order_hold_every_entry_once(firm: ApiClient, order: str) -> None:
    """API.md 11: many entries are of one day, and of one upload."""
    take_in(firm, "time_entries")
    found = entries(firm, order=order)
    assert len({one["id"] for one in found}) == len(found) == 1000
    days = [one["workedOn"] for one in found]
    if order == "EARLIEST_DAY_FIRST":
        assert days == sorted(days)


def test_time_that_was_put_away_is_warned_of_before_it_is_billed(any_firm: ApiClient) -> None:
    """A22, DOMAIN §2.4: the sheet of a month is sent again, once its wrong hours were archived."""
    take(any_firm, "time_entries", ROW)
    (made,) = entries(any_firm)
    archive = "mutation($id: ID!) { timeEntryArchive(input: { id: $id }) { userErrors { code } } }"
    assert any_firm.query(archive, id=made["id"])["timeEntryArchive"]["userErrors"] == []
    _, rows = reviewed(any_firm, book("time_entries", ROW, {**ROW, "G": 1}))
    assert ("ARCHIVED_BEFORE", "G") in notes(rows[2])
    assert ("ARCHIVED_BEFORE", "G") not in notes(rows[3])
    _, rows = reviewed(any_firm, book("time_entries", {**ROW, "I": "Non"}))
    assert ("ARCHIVED_BEFORE", "G") in notes(rows[2])
