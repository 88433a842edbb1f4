"""Runs of recurring batches: as far as they go, once, and what is told of those that fail."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from domain.access import Role
from domain.batch.schedule import BatchSchedule
from domain.job import Progress
from jobs.kinds import Cancelled
from server.long_work import at_work
from tests.api.schedules.acts import (
    OF_CLIENT_30,
    act,
    batches,
    begun,
    codes,
    done,
    invoices,
    look,
    of_invoices,
    planned_by_hand,
    run,
    run_now,
    scheduled,
    sums,
    work,
)
from tests.api.schedules.broken import Happening, house_with
from tests.support.api import ApiClient
from tests.support.prepared import Calendar

NOTHING_TO_BILL = {"contractIds": ["contract_3"]}
"""A contract whose phases have earned nothing."""


def move(firm: ApiClient, percent: str) -> None:
    """Another progress of a phase of the client: another amount."""
    answer = firm.query(
        "mutation($percent: Decimal!) {"
        ' progressRecord(input: { phaseId: "phase_151", percent: $percent })'
        " { userErrors { code severity } } }",
        percent=percent,
    )["progressRecord"]
    assert [error for error in answer["userErrors"] if error["severity"] == "ERROR"] == []


def test_drafts_are_what_a_person_would_have_planned(firm: ApiClient, calendar: Calendar) -> None:
    """B24, B27: the totals of the plan to the cent, in every currency; nothing becomes final."""
    made = scheduled(firm, filter=None, grouping="PER_CLIENT")
    calendar.go_to("2026-12-01")
    by_hand = planned_by_hand(firm, "2026-11-30", grouping="PER_CLIENT")
    found = run(firm, made)
    batch = found["lastBatch"]
    assert (found["lastOutcome"], found["lastOn"]) == ("GENERATED", "2026-12-01")
    assert (found["nextOn"], found["version"]) == ("2027-01-01", 1)
    assert (batch["name"], batch["cutOff"]) == ("Honoraires novembre 2026", "2026-11-30")
    assert (batch["author"], batch["dueOn"]) == ("Honoraires {month} {year}", "2026-12-01")
    assert (batch["state"], batch["schedule"]) == ("GENERATED", {"id": made["id"]})
    job = found["lastJob"]
    assert (job["kind"], job["status"]) == ("BATCH_SCHEDULED", "SUCCEEDED")
    assert job["author"] == "Honoraires {month} {year}"
    bills = invoices(firm, batch)
    assert len(bills) == by_hand["totals"][0]["invoices"] + sum(
        one["invoices"] for one in by_hand["totals"][1:]
    )
    drawn = of_invoices(bills)
    assert {one["state"] for one in drawn} == {"DRAFT"}
    assert {one["number"] for one in drawn} == {None}
    assert sums(drawn) == sums(by_hand["totals"])
    assert planned_by_hand(firm, "2026-11-30")["totals"] == []


def test_a_plan_waits_for_somebody_who_looks(firm: ApiClient, calendar: Calendar) -> None:
    """Nothing is held: what a person selects and runs by hand is what is billed."""
    made = scheduled(firm, reach="PLAN", cutOffRule="DAY_OF_RUN", day=15)
    calendar.go_to("2026-12-15")
    found = run(firm, made)
    batch = found["lastBatch"]
    assert (found["lastOutcome"], found["lastJob"]["status"]) == ("PLANNED", "SUCCEEDED")
    assert (batch["state"], batch["cutOff"]) == ("SELECTING", "2026-12-15")
    assert batch["totals"] == planned_by_hand(firm, "2026-12-15", filter=OF_CLIENT_30)["totals"]
    answer = firm.query(
        "mutation($input: BatchRunInput!) { batchRun(input: $input) {"
        " batch { state } userErrors { code } } }",
        input={"id": batch["id"], "planHash": batch["planHash"], "idempotencyKey": "look"},
    )["batchRun"]
    assert answer == {"batch": {"state": "SAVED"}, "userErrors": []}


def test_month_after_month_each_period_is_billed_once(firm: ApiClient, calendar: Calendar) -> None:
    """B13, B27: three months, a retainer: what a run billed, no later one bills."""
    made = scheduled(firm, filter={"contractIds": ["contract_7"]})
    keys: list[str] = []
    for day in ("2026-12-01", "2027-01-01", "2027-02-01"):
        calendar.go_to(day)
        found = run(firm, made)
        assert found["lastOutcome"] == "GENERATED"
        bills = invoices(firm, found["lastBatch"])
        keys += [item["key"] for bill in bills for item in bill["items"]]
    assert len(keys) == len(set(keys))
    assert keys[-2:] == ["phase_34:2026-12-01", "phase_34:2027-01-01"]


def test_where_nothing_is_due_no_batch_is_left_and_it_is_told(
    firm: ApiClient, calendar: Calendar
) -> None:
    made = scheduled(firm, filter=NOTHING_TO_BILL)
    calendar.go_to("2026-12-01")
    found = run(firm, made)
    assert (found["lastOutcome"], found["lastBatch"]) == ("NOTHING_DUE", None)
    assert (found["lastFailure"], found["nextOn"]) == (None, "2027-01-01")
    assert found["lastJob"]["status"] == "SUCCEEDED"
    assert codes(found["lastJob"]) == ["NOTHING_WAS_DUE"]
    assert batches(firm) == []
    assert begun(firm) == 0
    said = look(firm.in_language("fr"), made)["lastJob"]["userErrors"][0]["message"]
    assert said.startswith("Rien ne pouvait être facturé jusqu’au 30/11/2026\u202f:")


def test_what_nobody_ran_is_caught_up_by_one_batch_of_the_latest_day(
    firm: ApiClient, calendar: Calendar
) -> None:
    """Four months without a server: not four batches, and all of it billed."""
    made = scheduled(firm, reach="PLAN")
    calendar.go_to("2027-03-20")
    assert (begun(firm), begun(firm)) == (1, 0)
    found = look(firm, made)
    assert (found["lastOn"], found["nextOn"]) == ("2027-03-01", "2027-04-01")
    assert [one["cutOff"] for one in batches(firm)] == ["2027-02-28"]


def test_what_moves_is_listed_anew_and_given_up_when_it_never_rests(
    firm: ApiClient, calendar: Calendar
) -> None:
    """STALE_PLAN is told, nothing is held, and the next run bills it all."""
    made = scheduled(firm, cutOffRule="DAY_OF_RUN")
    calendar.go_to("2026-12-01")
    percents = iter(range(80, 100))

    def progress() -> None:
        move(firm, str(next(percents)))

    assert begun(firm) == 1
    with house_with(firm, Happening(after=progress)) as restless:
        work(restless)
    found = look(firm, made)
    assert (found["lastOutcome"], found["lastBatch"]["state"]) == ("FAILED", "SELECTING")
    assert found["lastFailure"]["id"] == found["lastJob"]["id"]
    assert (found["lastFailure"]["status"], codes(found["lastFailure"])[0]) == (
        *("FAILED", "STALE_PLAN"),
    )
    assert found["nextOn"] == "2027-01-01"
    calendar.go_to("2027-01-01")
    # Nothing is held by what failed.
    by_hand = planned_by_hand(firm, "2027-01-01", filter=OF_CLIENT_30)
    found = run(firm, made)
    assert (found["lastOutcome"], found["lastFailure"]["status"]) == ("GENERATED", "FAILED")
    drawn = of_invoices(invoices(firm, found["lastBatch"]))
    assert sums(drawn) == sums(by_hand["totals"]) != {}


def test_an_invoice_that_cannot_be_made_keeps_no_other_back_and_is_told(
    firm: ApiClient, calendar: Calendar
) -> None:
    """B27: held, then a phase moves: its invoice fails alone, with the reason on the schedule."""
    made = scheduled(firm, cutOffRule="DAY_OF_RUN")
    calendar.go_to("2026-12-01")
    assert begun(firm) == 1

    def progress() -> None:
        if look(firm, made)["lastBatch"]["state"] == "GENERATING":
            move(firm, "61")

    with house_with(firm, Happening(after=progress)) as restless:
        work(restless)
    found = look(firm, made)
    assert found["lastOutcome"] == "PARTLY_GENERATED"
    assert found["lastBatch"]["state"] == "SAVED"
    assert found["lastJob"]["status"] == "SUCCEEDED_WITH_ERRORS"
    assert sorted(codes(found["lastFailure"])) == ["BILLS_FAILED", "ITEM_MOVED"]
    states = [bill["state"] for bill in invoices(firm, found["lastBatch"])]
    assert (states.count("FAILED"), states.count("GENERATED")) == (1, len(states) - 1)
    assert len(states) == 5


def test_a_role_that_may_no_more_is_told_and_the_firm_is_billed_by_another(
    firm: ApiClient, calendar: Calendar
) -> None:
    """It acts as who changed it last: one who may, and it goes on."""
    made = scheduled(firm)
    with firm.house.database.writing(firm.organisation_id) as session:
        session.execute(update(BatchSchedule).values(role=Role.READER))
    calendar.go_to("2026-12-01")
    found = run(firm, made)
    assert (found["lastOutcome"], codes(found["lastFailure"])) == ("FAILED", ["PERMISSION_DENIED"])
    # Half a list is none.
    assert (found["lastBatch"], batches(firm)) == (None, [])
    done(firm.with_role(Role.ACCOUNTANT), "Update", id=made["id"], hour=5)
    calendar.go_to("2027-01-01")
    found = run(firm, made)
    assert (found["lastOutcome"], found["author"]) == ("GENERATED", "accountant")


def test_a_run_that_is_cancelled_leaves_no_half_list(firm: ApiClient, calendar: Calendar) -> None:
    made = scheduled(firm)
    calendar.go_to("2026-12-01")
    assert begun(firm) == 1

    def cancelled(job_id: int, progress: Progress) -> None:
        raise Cancelled

    work(firm, cancelled)
    found = look(firm, made)
    assert (found["lastOutcome"], found["lastBatch"]) == ("FAILED", None)
    assert (found["lastFailure"]["status"], batches(firm)) == ("CANCELLED", [])
    assert found["nextOn"] == "2027-01-01"


def test_it_is_run_at_once_and_once(firm: ApiClient) -> None:
    """A key sent again is answered again; a second run waits for the first; no day moves."""
    made = scheduled(firm)
    key = str(uuid4())
    first = run_now(firm, made, key)
    assert codes(first) == []
    again = run_now(firm, made, key)
    assert (again["replayed"], again["batch"]["id"]) == (True, first["batch"]["id"])
    assert (first["batch"]["state"], first["batch"]["dueOn"]) == ("PLANNING", None)
    assert codes(run_now(firm, made)) == ["SCHEDULE_BUSY"]
    work(firm)
    found = look(firm, made)
    assert (found["lastOutcome"], found["nextOn"]) == ("GENERATED", made["nextOn"])
    assert found["lastBatch"]["cutOff"] == "2026-10-31"
    done(firm, "Update", id=made["id"], active=False)
    run_now(firm, made)
    work(firm)
    assert look(firm, made)["lastOutcome"] == "NOTHING_DUE"
    assert len(batches(firm)) == 1
    act(firm, "Archive", id=made["id"])
    assert codes(run_now(firm, made)) == ["RECORD_ARCHIVED"]


@pytest.mark.parametrize("verb", ["batchUpdate", "batchDelete"])
def test_nobody_meddles_with_a_batch_while_its_job_is_at_work(firm: ApiClient, verb: str) -> None:
    batch = run_now(firm, scheduled(firm))["batch"]
    asked: dict[str, Any] = {"id": batch["id"]}
    if verb == "batchDelete":
        asked["idempotencyKey"] = "meddle"
    kind = f"B{verb[1:]}Input"
    answer = firm.query(
        f"mutation($input: {kind}!) {{ {verb}(input: $input) {{ userErrors {{ code }} }} }}",
        input=asked,
    )[verb]
    assert codes(answer) == ["BATCH_BUSY"]


def test_a_server_fires_what_is_due_and_does_it(firm: ApiClient, calendar: Calendar) -> None:
    """The clock, the keeper and the engine of a process, together."""
    made = scheduled(firm, filter={"contractIds": ["contract_7"]})
    calendar.go_to("2026-12-01")
    with at_work(firm.house, every=0.05, look_every=0.05):
        found = look(firm, made)
        while found["lastOutcome"] in (None, "STARTED"):
            found = look(firm, made)
    assert found["lastOutcome"] == "GENERATED"
    assert [one["state"] for one in batches(firm)] == ["GENERATED"]
