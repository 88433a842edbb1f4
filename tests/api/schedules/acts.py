"""Schedules as the tests call them: made, changed, fired by a clock, their jobs done."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

from domain.job import Progress
from jobs.running import Runner
from jobs.scheduler import Scheduler
from persistence.jobs import waiting
from resolvers.batching._scheduling import fire
from server.long_work import kinds_of
from tests.support.api import ApiClient

Row = dict[str, Any]

OF_CLIENT_30 = {"clientIds": ["client_30"]}
"""Five contracts: fees by progress, a retainer, prepaid hours."""

BATCH = (
    "id name cutOff dueOn author state grouping planHash schedule { id }"
    " totals { currency invoices items net { amount } vat { amount } }"
    " invoiceCounts { proposed generated failed dropped }"
)
SCHEDULE = f"""
id name filter {{ types taxable clientIds contractIds text }} grouping cadence day isLastDay hour
startsOn cutOffRule reach active author nextOn nextAt lastOn lastAt lastOutcome version archivedAt
lastBatch {{ {BATCH} }}
lastJob {{ id kind status author userErrors {{ code message }} }}
lastFailure {{ id status userErrors {{ code message }} }}
"""
ERRORS = "userErrors { code severity message field found }"


def act(api: ApiClient, verb: str, **given: Any) -> Row:
    """What a mutation of schedules answered: Create, Update, Archive or Restore."""
    kind = f"BatchSchedule{verb}Input" if verb in ("Create", "Update") else "RecordInput"
    answer: Row = api.query(
        f"mutation($input: {kind}!) {{ batchSchedule{verb}(input: $input) {{"
        f" node {{ {SCHEDULE} }} {ERRORS} }} }}",
        input=given,
    )[f"batchSchedule{verb}"]
    return answer


def done(api: ApiClient, verb: str, **given: Any) -> Row:
    """The schedule after an act that nothing was refused of."""
    answer = act(api, verb, **given)
    assert answer["userErrors"] == [], answer
    found: Row = answer["node"]
    return found


def scheduled(api: ApiClient, **given: Any) -> Row:
    """A schedule of one client's work on the first of each month, unless told otherwise."""
    return done(
        api, "Create", **{"name": "Honoraires {month} {year}", "filter": OF_CLIENT_30, **given}
    )


def run_now(api: ApiClient, schedule: Row, key: str | None = None) -> Row:
    answer: Row = api.query(
        "mutation($input: BatchScheduleRunNowInput!) { batchScheduleRunNow(input: $input) {"
        f" batch {{ {BATCH} job {{ id status }} }} {ERRORS} replayed }} }}",
        input={"id": schedule["id"], "idempotencyKey": key or str(uuid4())},
    )["batchScheduleRunNow"]
    return answer


def look(api: ApiClient, schedule: Row) -> Row:
    """The schedule as it is now."""
    found: Row = api.query(
        f"query($id: ID!) {{ batchSchedule(id: $id) {{ {SCHEDULE} }} }}", id=schedule["id"]
    )["batchSchedule"]
    return found


def clock_of(api: ApiClient) -> Scheduler:
    """The clock of a process, which the test tells when to look."""
    return Scheduler(api.house.database, fire, api.house.clock)


def begun(api: ApiClient) -> int:
    """How many batches a look of the clock began."""
    return clock_of(api).round()


def unheard(job_id: int, progress: Progress) -> None:
    """Notes no progress."""


def work(api: ApiClient, note: Callable[[int, Progress], None] = unheard) -> None:
    """Does the jobs that wait, here and now."""
    runner = Runner(api.house.database, kinds_of(api.house), api.house.clock)
    with api.house.database.reading(None) as session:
        left = waiting(session)
    for job in left:
        runner.run(job.job_id, job.organisation_id, note)


def run(api: ApiClient, schedule: Row) -> Row:
    """The schedule after a look of the clock that began one batch, and its job."""
    assert begun(api) == 1
    work(api)
    return look(api, schedule)


def batches(api: ApiClient) -> list[Row]:
    """The batches of the firm, the newest first."""
    found = api.query(f"{{ batches(page: {{ first: 100 }}) {{ nodes {{ {BATCH} }} }} }}")
    return list(found["batches"]["nodes"])


def invoices(api: ApiClient, batch: Row) -> list[Row]:
    """What a batch made."""
    found = api.query(
        "query($id: ID!) { batchInvoices(batchId: $id, page: { first: 100 }) { nodes {"
        " state currency net { amount } vat { amount } userErrors { code } items { key }"
        " invoice { state number net { amount } vat { amount } lines { net { amount } } } } } }",
        id=batch["id"],
    )
    return list(found["batchInvoices"]["nodes"])


def sums(rows: list[Row]) -> dict[str, tuple[Decimal, Decimal]]:
    """Net and VAT by currency."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for row in rows:
        net, vat = found.get(row["currency"], (Decimal(0), Decimal(0)))
        own = Decimal(row["net"]["amount"]), Decimal(row["vat"]["amount"])
        found[row["currency"]] = (net + own[0], vat + own[1])
    return found


def of_invoices(rows: list[Row]) -> list[Row]:
    """The invoices that were made of proposals."""
    return [{**row["invoice"], "currency": row["currency"]} for row in rows if row["invoice"]]


def planned_by_hand(api: ApiClient, cut_off: str, **given: Any) -> Row:
    """What a person would see who plans the same batch; nothing is held."""
    asked = {"name": "by hand", "cutOff": cut_off, "idempotencyKey": str(uuid4()), **given}
    answer = api.query(
        "mutation($input: BatchPlanInput!) { batchPlan(input: $input) {"
        f" batch {{ {BATCH} }} {ERRORS} }} }}",
        input=asked,
    )["batchPlan"]
    assert answer["userErrors"] == []
    found: Row = answer["batch"]
    return found


def codes(answer: Row) -> list[str]:
    """The codes an answer gives."""
    return [error["code"] for error in answer["userErrors"]]
