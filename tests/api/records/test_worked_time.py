"""Worked time by hand: recorded, changed, approved, written off; what is billed stays as it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from domain.invoice.model import InvoiceLine
from domain.time_entry import TimeEntry
from persistence.session import ScopedSession
from tests.api.takeover.reviews import notes, reviewed, take, written
from tests.api.takeover.sheets import book, download, opened, saved
from tests.api.takeover.test_revert import revert
from tests.api.takeover.test_time_entries import ROW, entries
from tests.support.api import ApiClient
from tests.support.documents import DRAW
from tests.support.locks import wait_until_it_waits
from tests.support.takeover import project

FIELDS = """
  id version workedOn hours billable approved ticket description author source archivedAt
  collaborator { email } project { code } contract { name } phase { code }
  rate { amount currency } billedBy { proFormaNumber state } writtenOff writeOffReason
"""
MANY = f"""
mutation($input: TimeEntriesBulkRecordInput!) {{
  timeEntriesBulkRecord(input: $input) {{
    counts {{ created updated unchanged skipped rejected }}
    results {{
      index externalReference outcome node {{ {FIELDS} }} changes {{ field before after }}
      userErrors {{ code severity field found }}
    }}
    userErrors {{ code }} replayed
  }}
}}
"""
UPDATE = f"""
mutation($input: TimeEntryUpdateInput!) {{
  timeEntryUpdate(input: $input) {{ node {{ {FIELDS} }} userErrors {{ code field found }} }}
}}
"""
KEEP = "mutation($id: ID!) { %s(input: { id: $id }) { node { id } userErrors { code field } } }"
ACT = """
mutation($input: %sInput!) {
  %s(input: $input) {
    counts { updated unchanged skipped rejected }
    results { index outcome node { id approved writtenOff } userErrors { code field message } }
    userErrors { code } replayed
  }
}
"""
WORK = {
    "date": "2026-10-14",
    "email": "a.simek@atelier-rivage.example",
    "projectCode": "IND-2404",
    "contract": "Mission de base",
    "phaseCode": "DET",
    "hours": "7.5",
}


def record(api: ApiClient, *items: dict[str, Any], **choice: Any) -> dict[str, Any]:
    given = {"items": items, "idempotencyKey": str(uuid4()), **choice}
    answer: dict[str, Any] = api.query(MANY, input=given)["timeEntriesBulkRecord"]
    return answer


def recorded(api: ApiClient, **changed: Any) -> dict[str, Any]:
    """A new entry."""
    answer = record(api, {**WORK, **changed}, match="NOTHING")
    assert answer["counts"]["created"] == 1, answer
    node: dict[str, Any] = answer["results"][0]["node"]
    return node


def change(api: ApiClient, key: str, **fields: Any) -> dict[str, Any]:
    given = {"id": key, **fields}
    answer: dict[str, Any] = api.query(UPDATE, input=given)["timeEntryUpdate"]
    return answer


def act(api: ApiClient, name: str, *ids: str, **choice: Any) -> dict[str, Any]:
    given = {"ids": ids, "idempotencyKey": str(uuid4()), **choice}
    text = ACT % (f"{name[0].upper()}{name[1:]}", name)
    answer: dict[str, Any] = api.query(text, input=given)[name]
    return answer


def codes(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["userErrors"]]


def said(answer: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The outcome and the codes of each result."""
    return [(one["outcome"], codes(one)) for one in answer["results"]]


def line_of(api: ApiClient) -> tuple[int, str]:
    """A line of a new pro forma, and the number of that."""
    job = project(api, "IND-2404")
    who = api.query('{ projectByCode(code: "IND-2404") { client { id } } }')["projectByCode"]
    drawn = api.query(DRAW, client=who["client"]["id"], project=job["id"], key=str(uuid4()))
    number = drawn["invoiceCreateFromProject"]["invoice"]["proFormaNumber"]
    with api.house.database.reading(api.organisation_id) as session:
        line = session.scalars(select(InvoiceLine.id).order_by(InvoiceLine.id.desc())).first()
    assert line is not None
    return line, number


def put_on(session: ScopedSession, line: int, key: str) -> None:
    """Bills an entry at 8.500 TND an hour, as drawing does."""
    of = update(TimeEntry).where(TimeEntry.id == int(key.rpartition("_")[2]))
    session.execute(of.values(line_id=line, rate_minor=8500))


def bill(api: ApiClient, key: str) -> str:
    line, number = line_of(api)
    with api.house.database.writing(api.organisation_id) as session:
        put_on(session, line, key)
    return number


def test_time_is_recorded_once_and_looked_at(firm: ApiClient) -> None:
    """DOMAIN §2.1, API.md 3, 8: one answer an item, in order; a key answers again."""
    items = [
        {**WORK, "ticket": "T-1", "externalReference": "a"},
        {**WORK, "date": "2026-10-15", "contract": None, "approved": True, "billable": False},
        {**WORK, "hours": "24.5"},
        {**WORK, "projectCode": "NO-SUCH"},
    ]
    answer = record(firm, *items)
    rejected = [("REJECTED", ["HOURS_OUT_OF_RANGE"]), ("REJECTED", ["REFERENCE_UNKNOWN"])]
    assert said(answer) == [("SKIPPED", []), ("SKIPPED", []), *rejected]
    assert entries(firm) == []
    key = str(uuid4())
    kept = {"errorPolicy": "REJECT_FAILED_ROWS", "idempotencyKey": key}
    answer = record(firm, *items, **kept)
    assert said(answer) == [("CREATED", []), ("CREATED", []), *rejected]
    first, second = (one["node"] for one in answer["results"][:2])
    assert answer["results"][0]["externalReference"] == "a"
    assert (first["hours"], first["ticket"], first["author"], first["source"]) == (
        "7.5", "T-1", "tests", "api",
    )  # fmt: skip
    assert (second["contract"], second["approved"], second["billable"]) == (
        {"name": "Mission de base"}, True, False,
    )  # fmt: skip
    again = record(firm, *items, **kept)
    assert (again["replayed"], len(entries(firm))) == (True, 2)
    assert said(record(firm, *items[:2])) == [("UNCHANGED", [])] * 2
    once_more = record(firm, items[1], match="NOTHING", dryRun=True)
    assert (said(once_more), len(entries(firm))) == ([("CREATED", [])], 2)


@pytest.mark.parametrize("hours", ["0", "0.004", "-1", "7.505", "24.01", "NaN"])
def test_hours_are_more_than_none_and_at_most_a_day(browsed: ApiClient, hours: str) -> None:
    """DOMAIN §2.1: 0 < h ≤ 24, two decimals."""
    item = {**WORK, "hours": hours}
    given = {"items": [item], "dryRun": True, "idempotencyKey": str(uuid4())}
    sent = browsed.send(MANY, {"input": given}).json()
    if sent.get("errors") is None:
        ((outcome, why),) = said(sent["data"]["timeEntriesBulkRecord"])
        assert (outcome, len(why)) == ("REJECTED", 1), sent
    else:
        assert sent["errors"][0]["extensions"]["code"] != "INTERNAL_ERROR"


def test_a_day_of_more_than_its_hours_is_told(firm: ApiClient) -> None:
    """DOMAIN §2.1: by entries of one call, beside what is recorded, and by a file."""
    answer = record(firm, {**WORK, "hours": "20"}, {**WORK, "hours": "4"}, {**WORK, "hours": "1"})
    assert said(answer) == [("CREATED", []), ("CREATED", []), ("CREATED", ["HOURS_OVER_DAY"])]
    assert answer["results"][2]["userErrors"][0]["found"] == "25"
    _, rows = reviewed(firm, book("time_entries", {**ROW, "G": 2}), kind="time_entries")
    assert ("HOURS_OVER_DAY", "G") in notes(rows[2])
    last = answer["results"][2]["node"]["id"]
    assert codes(change(firm, last, hours="0.5")) == []
    assert codes(change(firm, last, hours="0.75")) == ["HOURS_OVER_DAY"]


def test_time_of_a_day_to_come_is_told(any_firm: ApiClient) -> None:
    """DATE_IN_FUTURE: with a year typed wrong no month would ever bill it; by a call, a change
    of the day, and a file. What else is changed later says nothing of the day."""
    answer = record(any_firm, {**WORK, "date": "2062-11-12"}, {**WORK, "date": "2026-11-21"})
    assert said(answer) == [("CREATED", ["DATE_IN_FUTURE"]), ("CREATED", [])]
    told = answer["results"][0]["userErrors"][0]
    assert told["found"] == "12/11/2062"
    key = answer["results"][1]["node"]["id"]
    assert codes(change(any_firm, key, date="2026-11-22")) == ["DATE_IN_FUTURE"]
    assert codes(change(any_firm, key, hours="1")) == []
    assert codes(change(any_firm, key, date="2026-11-20")) == []
    for day, expected in (("22/11/2026", True), ("21/11/2026", False)):
        _, rows = reviewed(any_firm, book("time_entries", {**ROW, "B": day}), kind="time_entries")
        assert (("DATE_IN_FUTURE", "B") in notes(rows[2])) is expected


def test_time_goes_to_another_project_and_leaves_what_it_was_on(firm: ApiClient) -> None:
    """DOMAIN §2.1: a contract of the project, a phase of the contract."""
    key = recorded(firm)["id"]
    moved = change(firm, key, projectCode="PAT-2501")
    assert codes(moved) == []
    assert (moved["node"]["contract"], moved["node"]["phase"]) == (None, None)
    assert codes(change(firm, key, phaseCode="NO-SUCH")) == ["REFERENCE_UNKNOWN"]
    placed = change(firm, key, phaseCode="PRO", description="Plans", ticket="T-2")["node"]
    assert (placed["contract"], placed["phase"]) == (
        {"name": "Mission de base"}, {"code": "PRO"},
    )  # fmt: skip
    freed = change(firm, key, phaseCode=None, description=None)["node"]
    assert (freed["phase"], freed["description"], freed["ticket"]) == (None, None, "T-2")
    assert freed["contract"] == {"name": "Mission de base"}
    assert change(firm, key, phaseCode="PRO")["node"]["phase"] == {"code": "PRO"}
    off = change(firm, key, contract=None)["node"]
    assert (off["contract"], off["phase"]) == (None, None)
    stale = change(firm, key, hours="1", expectedVersion=1)
    assert codes(stale) == ["STALE_OBJECT"]


def test_entries_are_approved_and_written_off_many_at_once(firm: ApiClient) -> None:
    """Issue 4: one that is refused stops all, unless the others are wanted all the same."""
    one, two, gone = (recorded(firm)["id"] for _ in range(3))
    assert codes(firm.query(KEEP % "timeEntryArchive", id=gone)["timeEntryArchive"]) == []
    asked = (one, gone, "time_entry_999999", "client_1", two)
    stopped = act(firm, "timeEntriesApprove", *asked)
    assert said(stopped) == [
        ("SKIPPED", []), ("REJECTED", ["RECORD_ARCHIVED"]), ("REJECTED", ["NOT_FOUND"]),
        ("REJECTED", ["ID_INVALID"]), ("SKIPPED", []),
    ]  # fmt: skip
    assert stopped["results"][1]["userErrors"][0]["field"] == ["ids", "1"]
    assert entries(firm, approved=True) == []
    dry = act(firm, "timeEntriesApprove", one, dryRun=True)
    assert (said(dry), entries(firm, approved=True)) == ([("UPDATED", [])], [])
    done = act(firm, "timeEntriesApprove", *asked, errorPolicy="REJECT_FAILED_ROWS")
    assert done["counts"] == {"updated": 2, "unchanged": 0, "skipped": 0, "rejected": 3}
    assert len(entries(firm, approved=True)) == 2
    assert said(act(firm, "timeEntriesApprove", two, two, approved=False)) == [
        ("UPDATED", []), ("UNCHANGED", []),
    ]  # fmt: skip
    assert codes(firm.query(KEEP % "timeEntryRestore", id=gone)["timeEntryRestore"]) == []
    assert len(entries(firm)) == 3


def test_what_is_written_off_keeps_its_reason_until_that_is_undone(firm: ApiClient) -> None:
    """Issue 4: time that is given up."""
    key = recorded(firm)["id"]
    assert said(act(firm, "timeEntriesWriteOff", key, reason=" ")) == [
        ("REJECTED", ["FIELD_REQUIRED"])
    ]
    for reason, outcome in (("Geste", "UPDATED"), ("Geste", "UNCHANGED")):
        assert said(act(firm, "timeEntriesWriteOff", key, reason=reason)) == [(outcome, [])]
    other = act(firm, "timeEntriesWriteOff", key, reason="Autre")
    assert said(other) == [("REJECTED", ["TIME_ENTRY_WRITTEN_OFF"])]
    assert [one["id"] for one in entries(firm, writtenOff=True)] == [key]
    assert said(act(firm, "timeEntriesWriteOffUndo", key)) == [("UPDATED", [])]
    assert entries(firm, writtenOff=True) == []


def test_what_is_billed_stays_as_it_is(firm: ApiClient) -> None:
    """DOMAIN §2.1: a billed entry is frozen, for each mutation, for a file and for undoing one."""
    imported, _ = reviewed(firm, book("time_entries", ROW), kind="time_entries")
    take(firm, "time_entries", ROW)
    (entry,) = entries(firm)
    number = bill(firm, entry["id"])
    told = ["TIME_ENTRY_BILLED"]
    answer = change(firm, entry["id"], hours="1")
    assert (codes(answer), answer["userErrors"][0]["found"]) == (told, number)
    assert codes(change(firm, entry["id"], description=None)) == told
    assert codes(change(firm, entry["id"], hours="7.5")) == []
    assert said(record(firm, {"id": entry["id"], "ticket": "T-3"})) == [("REJECTED", told)]
    assert codes(firm.query(KEEP % "timeEntryArchive", id=entry["id"])["timeEntryArchive"]) == told
    for name, choice in (
        ("timeEntriesApprove", {}),
        ("timeEntriesApprove", {"approved": False}),
        ("timeEntriesWriteOff", {"reason": "r"}),
    ):
        found = act(firm.in_language("fr"), name, entry["id"], **choice)
        assert said(found) == [("REJECTED", told)]
        assert number in found["results"][0]["userErrors"][0]["message"]
    workbook, sheet = opened(download(firm, "time_entries", prefilled=True))
    sheet.protection.disable()
    sheet["G2"] = 3
    _, rows = reviewed(firm, saved(workbook))
    assert {code for code, _ in notes(rows[2])} == set(told)
    assert len(entries(firm, billed=True)) == 1
    shown = change(firm, entry["id"])["node"]
    assert shown["billedBy"] == {"proFormaNumber": number, "state": "DRAFT"}
    assert shown["rate"] == {"amount": "8.500", "currency": "TND"}
    assert change(firm.as_manager(), entry["id"])["node"]["rate"] is not None
    assert imported["counts"]["create"] == 1


def test_an_import_whose_time_was_billed_is_not_undone(firm: ApiClient) -> None:
    """KEPT_INVOICED."""
    review, _ = reviewed(firm, book("time_entries", ROW, {**ROW, "B": "15/10/2026"}))
    written(firm, review)
    first = entries(firm)[-1]
    bill(firm, first["id"])
    done = revert(firm, review)
    assert {one["code"] for one in done["userErrors"]} == {"KEPT_INVOICED"}
    assert [one["id"] for one in entries(firm)] == [first["id"]]


def test_who_changes_time_waits_for_who_bills_it(postgres_firm: ApiClient) -> None:
    """DOMAIN §2.1: what is billed meanwhile is not changed (on PostgreSQL, row by row)."""
    keys = [recorded(postgres_firm)["id"] for _ in range(2)]
    line, _ = line_of(postgres_firm)
    for key, doing in (
        (keys[0], partial(change, postgres_firm, keys[0], hours="1")),
        (keys[1], partial(act, postgres_firm, "timeEntriesWriteOff", keys[1], reason="r")),
    ):
        with ThreadPoolExecutor() as pool:
            database = postgres_firm.house.database
            with database.writing(postgres_firm.organisation_id) as session:
                put_on(session, line, key)
                waiting = pool.submit(doing)
                wait_until_it_waits(postgres_firm, waiting)
            told = waiting.result()
        refused = codes(told) if "node" in told else said(told)[0][1]
        assert refused == ["TIME_ENTRY_BILLED"]
