"""Schedules of recurring batches: made, changed, paused, put away, and when each is due next."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.schedules.acts import (
    OF_CLIENT_30,
    act,
    begun,
    codes,
    done,
    look,
    run,
    scheduled,
)
from tests.support.api import ApiClient
from tests.support.prepared import Calendar

EVERYTHING = {
    "name": "Trimestre {quarter} {year}",
    "filter": {"types": ["RETAINER"], "taxable": True, "text": "lot"},
    "grouping": "PER_CLIENT",
    "cadence": "QUARTERLY",
    "day": 31,
    "hour": 7,
    "startsOn": "2026-02-01",
    "cutOffRule": "DAY_OF_RUN",
    "reach": "PLAN",
    "active": True,
}


def test_a_schedule_is_kept_as_it_was_given_and_tells_when_it_runs(firm: ApiClient) -> None:
    """Issue 5, 9: every third month from February on, on the last day, at seven in Paris."""
    made = scheduled(firm, **EVERYTHING)
    told = {name: made[name] for name in EVERYTHING if name != "filter"}
    assert told == {name: value for name, value in EVERYTHING.items() if name != "filter"}
    assert made["filter"] == {
        "types": ["RETAINER"],
        "taxable": True,
        "clientIds": None,
        "contractIds": None,
        "text": "lot",
    }
    assert (made["author"], made["version"], made["isLastDay"]) == ("tests", 1, True)
    assert (made["nextOn"], made["nextAt"]) == ("2026-11-30", "2026-11-30T06:00:00+00:00")
    assert (made["lastOutcome"], made["lastBatch"], made["lastJob"]) == (None, None, None)
    asked = "query($id: ID!) { batchSchedule(id: $id) { nextRuns(first: 4) some: nextRuns } }"
    found = firm.query(asked, id=made["id"])["batchSchedule"]
    assert found["nextRuns"] == [
        *("2026-11-30T06:00:00+00:00", "2027-02-28T06:00:00+00:00"),
        # Summer time: seven in Paris is five in Greenwich.
        *("2027-05-31T05:00:00+00:00", "2027-08-31T05:00:00+00:00"),
    ]
    assert len(found["some"]) == 12


def test_what_is_left_out_is_the_first_of_the_month_drafts_only(firm: ApiClient) -> None:
    made = done(firm, "Create", name="Honoraires")
    assert (made["cadence"], made["day"], made["hour"]) == ("MONTHLY", 1, 6)
    assert (made["reach"], made["cutOffRule"]) == ("DRAFTS", "END_OF_PREVIOUS_MONTH")
    assert (made["startsOn"], made["nextOn"], made["active"]) == ("2026-11-21", "2026-12-01", True)
    assert set(made["filter"].values()) == {None}


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"name": " "}, "FIELD_REQUIRED", ["name"]),
        ({"name": "x" * 101}, "FIELD_INVALID", ["name"]),
        ({"name": "Honoraires {mois}"}, "FIELD_INVALID", ["name"]),
        ({"day": 0}, "FIELD_INVALID", ["day"]),
        ({"day": 32}, "FIELD_INVALID", ["day"]),
        ({"cadence": "WEEKLY", "day": 8}, "FIELD_INVALID", ["day"]),
        ({"hour": 24}, "FIELD_INVALID", ["hour"]),
        ({"startsOn": "1889-01-01"}, "FIELD_INVALID", ["startsOn"]),
        ({"filter": {"clientIds": ["client_1", "client_999"]}}, "NOT_FOUND",
         ["filter", "clientIds", 1]),
        ({"filter": {"entityIds": ["client_1"]}}, "ID_INVALID", ["filter", "entityIds", 0]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    browsed: ApiClient, given: dict[str, Any], code: str, field: list[Any]
) -> None:
    answer = act(browsed, "Create", **{"name": "Honoraires", **given})
    assert answer["node"] is None
    (error,) = answer["userErrors"]
    assert (error["code"], error["field"]) == (code, [str(part) for part in field])
    spoken = act(browsed.in_language("fr"), "Create", **{"name": "Honoraires", **given})
    assert spoken["userErrors"][0]["message"] != error["message"]


def test_who_changes_it_is_who_it_acts_as_and_nothing_is_lost(
    firm: ApiClient, calendar: Calendar
) -> None:
    """API.md 10: an older version is refused; what does not touch the rhythm moves no day."""
    made = scheduled(firm, startsOn="2026-09-01")
    calendar.go_to("2026-12-01")
    # It is due already, and only nobody has looked: a new name must not make it forget that.
    changed = done(firm, "Update", id=made["id"], expectedVersion=1, name="Mois de {month}")
    assert (changed["nextOn"], changed["version"]) == ("2026-12-01", 2)
    assert changed["filter"]["clientIds"] == OF_CLIENT_30["clientIds"]
    stale = act(firm, "Update", id=made["id"], expectedVersion=1, day=5)
    assert codes(stale) == ["STALE_OBJECT"]
    assert done(firm, "Update", id=made["id"], name="Mois de {month}")["version"] == 2
    assert codes(act(firm, "Update", id=made["id"], cadence="WEEKLY", day=9)) == ["FIELD_INVALID"]
    moved = done(firm, "Update", id=made["id"], day=5, filter=None)
    assert (moved["nextOn"], moved["version"]) == ("2026-12-05", 3)
    assert set(moved["filter"].values()) == {None}


def test_a_cadence_takes_no_day_that_it_does_not_have(firm: ApiClient) -> None:
    made = scheduled(firm, day=15)
    assert codes(act(firm, "Update", id=made["id"], cadence="WEEKLY")) == ["FIELD_INVALID"]
    weekly = done(firm, "Update", id=made["id"], cadence="WEEKLY", day=1)
    assert weekly["nextOn"] == "2026-11-23"


def test_what_is_paused_or_archived_never_fires_and_catches_nothing_up(
    firm: ApiClient, calendar: Calendar
) -> None:
    paused, archived = scheduled(firm), scheduled(firm)
    assert done(firm, "Update", id=paused["id"], active=False)["nextOn"] is None
    for _ in range(2):
        away = done(firm, "Archive", id=archived["id"])
        assert (away["nextOn"], away["version"]) == (None, 2)
    calendar.go_to("2027-03-15")
    assert begun(firm) == 0
    assert codes(act(firm, "Update", id=archived["id"], day=2)) == ["RECORD_ARCHIVED"]
    assert done(firm, "Update", id=paused["id"], active=True)["nextOn"] == "2027-04-01"
    assert done(firm, "Restore", id=archived["id"])["nextOn"] == "2027-04-01"
    assert begun(firm) == 0
    asked = "{ all: batchSchedules(filter: { archived: null }) { totalCount } %s }"
    live = 'batchSchedules(filter: { active: true, text: "HONO" }) { totalCount }'
    found = firm.query(asked % live)
    assert (found["all"]["totalCount"], found["batchSchedules"]["totalCount"]) == (2, 2)


def test_a_day_that_had_its_batch_is_not_due_again_whatever_its_hour_becomes(
    firm: ApiClient, calendar: Calendar
) -> None:
    made = scheduled(firm, reach="PLAN")
    calendar.go_to("2026-12-01")
    assert run(firm, made)["lastOn"] == "2026-12-01"
    later = done(firm, "Update", id=made["id"], hour=20)
    assert later["nextOn"] == "2027-01-01"
    done(firm, "Archive", id=made["id"])
    assert done(firm, "Restore", id=made["id"])["nextOn"] == "2027-01-01"


def test_its_hour_is_that_of_the_firm_wherever_that_moves(
    firm: ApiClient, calendar: Calendar
) -> None:
    """Six o'clock in Tokyo is the evening before in Greenwich."""
    made = scheduled(firm, reach="PLAN")
    calendar.now = calendar.now.replace(day=30, hour=21, minute=30)
    assert begun(firm) == 0
    firm.query(
        'mutation { organisationUpdate(input: { timeZone: "Asia/Tokyo" }) { userErrors { code } } }'
    )
    assert look(firm, made)["nextAt"] == "2026-11-30T21:00:00+00:00"
    assert begun(firm) == 1
    assert look(firm, made)["lastOn"] == "2026-12-01"


def test_a_schedule_of_another_firm_is_not_there(firm: ApiClient) -> None:
    made = scheduled(firm)
    stranger = firm.of_another_firm()
    asked = (
        "query($id: ID!) { batchSchedule(id: $id) { id } node(id: $id) { id }"
        " batchSchedules(filter: { archived: null }) { totalCount } }"
    )
    assert stranger.query(asked, id=made["id"]) == {
        "batchSchedule": None,
        "node": None,
        "batchSchedules": {"totalCount": 0},
    }
    # What is named in a filter must be the firm's own, or it would never be billed.
    answer = act(stranger, "Create", name="x", filter={"projectIds": ["project_1"]})
    assert codes(answer) == ["NOT_FOUND"]
