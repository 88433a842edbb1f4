"""One batch a schedule and day, each line once: two clocks at once, and ends at every point."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from domain.batch.model import Batch
from jobs.scheduler import Scheduler
from persistence.session import ScopedSession
from resolvers.batching._scheduling import fire
from tests.api.schedules.acts import (
    batches,
    begun,
    clock_of,
    invoices,
    look,
    of_invoices,
    planned_by_hand,
    scheduled,
    sums,
    work,
)
from tests.api.schedules.broken import Happening, Killed, house_with
from tests.support.api import ApiClient
from tests.support.prepared import Calendar

OF_CLIENT = {"clientIds": ["client_30"]}


def test_two_clocks_at_once_begin_one_batch(any_firm: ApiClient, calendar: Calendar) -> None:
    """On PostgreSQL who comes second passes the locked schedule by, or finds its day moved."""
    schedules = [scheduled(any_firm, reach="PLAN") for _ in range(3)]
    calendar.go_to("2026-12-01")
    together = Barrier(4)

    def look_at_once() -> int:
        together.wait(8)
        return clock_of(any_firm).round()

    with ThreadPoolExecutor(4) as pool:
        counts = [done.result() for done in [pool.submit(look_at_once) for _ in range(4)]]
    assert sum(counts) == 3
    made = sorted((one["schedule"]["id"], one["dueOn"]) for one in batches(any_firm))
    assert made == sorted((one["id"], "2026-12-01") for one in schedules)


def test_who_holds_the_schedule_is_passed_by_and_keeps_it(
    postgres_firm: ApiClient, calendar: Calendar
) -> None:
    """The first has begun its batch and not committed yet: the second waits for nothing."""
    made = scheduled(postgres_firm, reach="PLAN")
    calendar.go_to("2026-12-01")
    database = postgres_firm.house.database
    with database.writing(postgres_firm.organisation_id) as session:
        assert fire(session, 1, calendar()) is not None
        assert begun(postgres_firm) == 0
    assert begun(postgres_firm) == 0
    assert [one["schedule"]["id"] for one in batches(postgres_firm)] == [made["id"]]


def test_the_database_itself_keeps_a_second_batch_of_the_day_out(
    firm: ApiClient, calendar: Calendar
) -> None:
    scheduled(firm, reach="PLAN")
    calendar.go_to("2026-12-01")
    assert begun(firm) == 1
    day = date(2026, 12, 1)
    with firm.house.database.writing(firm.organisation_id) as session:
        session.add(Batch(name="x", cut_off=day, schedule_id=1, due_on=day))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_clock_that_ends_while_it_fires_begins_one_batch(
    firm: ApiClient, calendar: Calendar, moment: str
) -> None:
    """Before the commit nothing is there, and the next clock begins; after it all of it is."""
    made = scheduled(firm, reach="PLAN")
    calendar.go_to("2026-12-01")

    def kill() -> None:
        raise Killed

    with house_with(firm, Happening(**{moment: kill})) as dying, pytest.raises(Killed):
        begun(dying)
    assert begun(firm) == (1 if moment == "before" else 0)
    work(firm)
    found = look(firm, made)
    assert (found["lastOutcome"], found["nextOn"]) == ("PLANNED", "2027-01-01")
    assert len(batches(firm)) == 1


def killing(after: int) -> Callable[[], None]:
    """Ends the process at the transaction after so many."""
    left = after

    def count() -> None:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1

    return count


@pytest.mark.parametrize(
    ("database", "moment", "allowed"),
    [
        # Begun, cleared, listed, held, made, ended: each is rolled back at least once.
        ("firm", "before", (0, 1, 2, 3, 1, 2, 1, 2)),
        ("postgres_firm", "after", (0, 1, 2, 1, 1)),
    ],
)
def test_a_run_that_is_killed_at_each_transaction_bills_each_line_once(
    request: pytest.FixtureRequest,
    calendar: Calendar,
    database: str,
    moment: str,
    allowed: tuple[int, ...],
) -> None:
    """B27, kill -9: begun again from each point, one batch comes of it, as it was planned.

    `allowed`: how many transactions each process does before it ends, at or after its next one.
    """
    any_firm: ApiClient = request.getfixturevalue(database)
    made = scheduled(any_firm, grouping="PER_CLIENT")
    calendar.go_to("2026-12-01")
    by_hand = planned_by_hand(any_firm, "2026-11-30", filter=OF_CLIENT, grouping="PER_CLIENT")
    assert begun(any_firm) == 1
    for count in allowed:
        assert look(any_firm, made)["lastOutcome"] == "STARTED"
        happening = Happening(**{moment: killing(count)})
        with house_with(any_firm, happening) as dying, pytest.raises(Killed):
            work(dying)
    work(any_firm)
    found = look(any_firm, made)
    assert (found["lastOutcome"], found["lastJob"]["status"]) == ("GENERATED", "SUCCEEDED")
    made_by_it = [one for one in batches(any_firm) if one["schedule"]]
    assert [one["id"] for one in made_by_it] == [found["lastBatch"]["id"]]
    bills = invoices(any_firm, found["lastBatch"])
    keys = [item["key"] for bill in bills for item in bill["items"]]
    assert len(keys) == len(set(keys)) == sum(one["items"] for one in by_hand["totals"])
    assert sums(of_invoices(bills)) == sums(by_hand["totals"])
    all_of_them = any_firm.query("{ invoices { totalCount } }")["invoices"]["totalCount"]
    assert all_of_them == len(bills) == sum(one["invoices"] for one in by_hand["totals"])
    assert planned_by_hand(any_firm, "2026-11-30", filter=OF_CLIENT)["totals"] == []


def test_a_schedule_that_cannot_be_begun_keeps_no_other_back(
    firm: ApiClient, calendar: Calendar
) -> None:
    """A bug in one of them: the others are begun, and it is tried again at the next look."""
    schedules = [scheduled(firm, reach="PLAN") for _ in range(3)]
    calendar.go_to("2026-12-01")
    is_broken = True
    heard: list[int] = []

    def fire_or_break(session: ScopedSession, schedule_id: int, now: datetime) -> int | None:
        job_id = fire(session, schedule_id, now)
        if schedule_id == 2 and is_broken:
            raise ZeroDivisionError
        return job_id

    clock = Scheduler(firm.house.database, fire_or_break, calendar, tell=heard.append)
    assert clock.round() == 2
    is_broken = False
    assert clock.round() == 1
    assert len(heard) == 3
    assert sorted(one["schedule"]["id"] for one in batches(firm)) == [
        one["id"] for one in schedules
    ]
