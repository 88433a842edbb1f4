"""What is left of the hours that a client bought in advance, as whoever sells them reads it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from domain.access import Role
from tests.api.batches.example import COLLABORATOR, a_client, a_contract, worked_on
from tests.api.records.asking import act
from tests.support.api import ApiClient
from tests.support.prepared import Calendar

BLOCK = (
    "block { startsOn endsOn boughtHours carriedHours usedHours unapprovedHours leftHours"
    " beyondHours exhaustedOn level }"
)
PREPAID = {"fee": "1600", "hours": "20", "hourlyRate": "95"}
NOBODYS = {"startsOn": None, "endsOn": None, "carriedHours": "0", "exhaustedOn": None}


def sold(api: ApiClient, phase: dict[str, str], **terms: Any) -> str:
    """Hours of a client of their own; the identifier of their phase."""
    a_client(api, "CARNET")
    given = {**PREPAID, **phase}
    return a_contract(api, "CAR-1", "CARNET", given, billingMethod="PREPAID_HOURS", **terms)[1]


def block(api: ApiClient, phase: str) -> Any:
    """The same by the phase itself, in a list, and through its project."""
    one = api.query(f"query($id: ID!) {{ phase(id: $id) {{ {BLOCK} }} }}", id=phase)["phase"]
    filtered = 'phases(filter: { text: "PH1" }, page: { first: 100 })'
    listed = api.query(f"{{ {filtered} {{ nodes {{ id {BLOCK} }} }} }}")["phases"]["nodes"]
    assert {found["id"]: found["block"] for found in listed}.get(phase, one["block"]) == one[
        "block"
    ]
    deep = 'projectByCode(code: "CAR-1") { contracts { phases { id ' + BLOCK + " } } }"
    below = api.query(f"{{ {deep} }}")["projectByCode"]["contracts"]
    assert below == [{"phases": [{"id": phase, **one}]}]
    return one["block"]


@pytest.mark.parametrize(
    ("hours", "left", "level"),
    [
        ("15.99", "4.01", "ENOUGH"),
        ("16", "4", "LOW"),
        ("18.99", "1.01", "LOW"),
        ("19", "1", "ALMOST_USED"),
        ("20", "0", "USED_UP"),
    ],
)
def test_the_block_that_is_bought_once_is_told_until_it_is_used_up(
    firm: ApiClient, hours: str, left: str, level: str
) -> None:
    """20 h: low from 16, almost used from 19, used up by 20."""
    phase = sold(firm, {})
    first = f"{float(hours) - 10:.2f}"
    worked_on(firm, "CAR-1", ("2026-11-02", "10"), ("2026-11-03", first))
    assert block(firm, phase) == {
        **NOBODYS,
        "boughtHours": "20",
        "usedHours": hours,
        "unapprovedHours": "0",
        "leftHours": left,
        "beyondHours": "0",
        "exhaustedOn": "2026-11-03" if level == "USED_UP" else None,
        "level": level,
    }


def test_what_is_not_approved_or_not_billable_is_not_drawn(any_firm: ApiClient) -> None:
    phase = sold(any_firm, {})
    worked_on(any_firm, "CAR-1", ("2026-11-02", "12.5"), ("2026-11-20", "9"))
    worked_on(any_firm, "CAR-1", ("2026-11-05", "3"), ("2026-11-06", "0.5"), approved=False)
    found = block(any_firm, phase)
    assert (found["usedHours"], found["unapprovedHours"]) == ("21.5", "3.5")
    assert (found["leftHours"], found["beyondHours"]) == ("0", "1.5")
    assert (found["exhaustedOn"], found["level"]) == ("2026-11-20", "USED_UP")
    free = {
        "date": "2026-11-09",
        "email": COLLABORATOR,
        "projectCode": "CAR-1",
        "phaseCode": "PH1",
        "hours": "2",
        "approved": True,
        "billable": False,
    }
    any_firm.query(
        "mutation($input: TimeEntriesBulkRecordInput!) { timeEntriesBulkRecord(input: $input)"
        " { counts { created } } }",
        input={"items": [free], "idempotencyKey": str(uuid4())},
    )
    assert block(any_firm, phase) == found


@pytest.mark.parametrize("rollover", [True, False])
def test_the_block_is_that_of_today_with_what_passes_on(
    any_firm: ApiClient, calendar: Calendar, rollover: bool
) -> None:
    monthly = {"hours": "10", "periodicity": "MONTH", "startDate": "2026-10-15"}
    phase = sold(any_firm, {**monthly, "endDate": "2026-12-10"}, rollover=rollover)
    worked_on(any_firm, "CAR-1", ("2026-10-20", "7"), ("2026-11-02", "4"))
    november = block(any_firm, phase)
    carried = "3" if rollover else "0"
    assert (november["startsOn"], november["endsOn"]) == ("2026-11-01", "2026-11-30")
    assert (november["boughtHours"], november["carriedHours"]) == ("10", carried)
    assert (november["usedHours"], november["leftHours"]) == ("4", "9" if rollover else "6")
    calendar.now = calendar.now.replace(year=2027, month=2)
    december = block(any_firm, phase)
    assert (december["startsOn"], december["endsOn"]) == ("2026-12-01", "2026-12-10")
    assert december["leftHours"] == ("19" if rollover else "10")


def test_no_block_is_told_where_there_is_none(firm: ApiClient) -> None:
    """None has begun, it was put away, it is no block."""
    phase = sold(firm, {"periodicity": "MONTH", "startDate": "2026-12-01"})
    assert block(firm, phase) is None
    begun = firm.query(
        "mutation($input: PhaseUpdateInput!) { phaseUpdate(input: $input)"
        f" {{ node {{ {BLOCK} }} userErrors {{ code }} }} }}",
        input={"id": phase, "startDate": "2026-11-01"},
    )["phaseUpdate"]
    assert begun["node"]["block"]["leftHours"] == "20"
    assert block(firm, phase) == begun["node"]["block"]
    assert act(firm, "phaseArchive", id=phase)["userErrors"] == []
    archived = f"archived: true }}, page: {{ first: 100 }}) {{ nodes {{ id {BLOCK} }} }} }}"
    told = firm.query(f"{{ phases(filter: {{ {archived}")["phases"]["nodes"]
    assert {one["id"]: one["block"] for one in told}[phase] is None
    asked = f"{{ nodes {{ {BLOCK} contract {{ billingMethod }} }} }} }}"
    every = firm.query(f"{{ phases(page: {{ first: 100 }}) {asked}")["phases"]["nodes"]
    ways = {one["contract"]["billingMethod"] for one in every if one["block"] is not None}
    assert ways == {"PREPAID_HOURS"}


def test_a_block_bought_once_is_told_from_the_day_it_is_bought(
    firm: ApiClient, calendar: Calendar
) -> None:
    """As its item is due from that day."""
    phase = sold(firm, {"startDate": "2026-12-01"})
    worked_on(firm, "CAR-1", ("2026-11-20", "2"))
    assert block(firm, phase) is None
    calendar.now = calendar.now.replace(month=12, day=1)
    assert block(firm, phase)["leftHours"] == "18"


def test_who_sees_a_part_of_the_hours_is_told_no_block(any_firm: ApiClient) -> None:
    phase = sold(any_firm, {})
    worked_on(any_firm, "CAR-1", ("2026-11-02", "12.5"))
    query = f"query($id: ID!) {{ phase(id: $id) {{ {BLOCK} }} }}"
    whole = any_firm.query(query, id=phase)
    assert whole["phase"]["block"]["usedHours"] == "12.5"
    for role in (Role.PROJECT_MANAGER, Role.READER):
        caller = any_firm.with_role(role) if role is Role.READER else any_firm.as_manager("CAR-1")
        assert caller.query(query, id=phase) == whole
    theirs = any_firm.as_manager("CAR-1", role=Role.COLLABORATOR)
    assert theirs.query(query, id=phase) == {"phase": {"block": None}}
