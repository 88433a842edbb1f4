"""A long import is a job: applied once and whole or not at all, followed, cancelled, resumed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from domain.access import Role
from domain.job import MOST_ATTEMPTS, Errand, Job, JobStatus, Tell
from jobs.keeper import Keeper
from jobs.kinds import Kind
from persistence.jobs import the_job
from resolvers.taking_over._confirming import give_confirm_up
from tests.jobs.processes import CANCEL, CLIENTS, Gate, clients, ended, followed, process, sent
from tests.jobs.servers import long_file
from tests.support.api import ApiClient
from tests.support.documents import IMPORT_SKIP
from tests.support.takeover import confirm, send
from tests.support.workbooks import all_together

REVERT = """
mutation($id: ID!, $key: ID!) {
  importRevert(input: { importId: $id, idempotencyKey: $key }) {
    importFile { state } counts { removed kept } userErrors { code }
  }
}
"""

Process = Callable[..., AbstractContextManager[ApiClient]]


@pytest.fixture
def begin(database_url: str, tmp_path: Path) -> Process:
    """A server process on the database of this test; several may follow each other."""
    return partial(process, database_url, tmp_path)


@pytest.fixture
def begin_on_sqlite(sqlite_url: str, tmp_path: Path) -> Process:
    """The same where it does not matter on which database."""
    return partial(process, sqlite_url, tmp_path)


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["code"] for error in answer["userErrors"]]


def asked(api: ApiClient, key: str = "monday") -> dict[str, Any]:
    """A review whose confirmation was left to a job."""
    review = sent(api)
    answer = confirm(api, review, key=key)
    assert (codes(answer), answer["importFile"]["state"]) == ([], "APPLYING")
    return review


def revert(api: ApiClient, review: dict[str, Any], key: str) -> dict[str, Any]:
    answer: dict[str, Any] = api.query(REVERT, id=review["id"], key=key)["importRevert"]
    return answer


def cancel(api: ApiClient, review: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = api.query(CANCEL, id=followed(api, review)["job"]["id"])["jobCancel"]
    return answer


def test_a_long_import_is_applied_by_a_job_that_tells_how_far_it_is(begin: Process) -> None:
    """A25: the caller has an answer at once; reading goes on, nobody sees half of it."""
    gate = Gate()
    with begin(gate=gate) as api:
        review = asked(api)
        assert gate.reached.wait(8)
        found = followed(api, review)
        assert (found["state"], found["job"]["status"], clients(api)) == ("APPLYING", "RUNNING", 0)
        told = {"phase": "PLANNING", "done": 0, "total": CLIENTS, "ratePerSecond": 0.0}
        assert found["job"]["progress"] == told
        gate.is_open.set()
        found = ended(api, review)
        job = found["job"]
        assert (found["state"], job["status"], job["userErrors"]) == ("APPLIED", "SUCCEEDED", [])
        assert (job["kind"], job["author"], job["cancellable"]) == (
            "IMPORT_CONFIRM",
            "tests",
            False,
        )
        assert (job["progress"]["phase"], job["progress"]["done"]) == ("KEEPING", CLIENTS)
        assert clients(api) == CLIENTS
        listed = api.query("{ jobs(kind: IMPORT_CONFIRM) { totalCount nodes { id status } } }")
        nodes = [{"id": job["id"], "status": "SUCCEEDED"}]
        assert listed["jobs"] == {"totalCount": 1, "nodes": nodes}
        assert api.query("query($id: ID!) { node(id: $id) { id } }", id=job["id"])["node"]
        assert codes(cancel(api, review)) == ["JOB_FINISHED"]
        replay = confirm(api, review, key="monday")
        assert (replay["replayed"], replay["importFile"]["state"]) == (True, "APPLIED")


def test_an_import_that_is_being_applied_is_left_alone(begin_on_sqlite: Process) -> None:
    """A23, A25: it can neither be skipped in, confirmed, given up nor undone."""
    with begin_on_sqlite(awake=False) as api:
        review = asked(api)
        state = ["IMPORT_NOT_IN_REVIEW"]
        assert codes(confirm(api, review)) == state
        assert codes(api.query(IMPORT_SKIP, id=review["id"], rows=[2])["importRowsSkip"]) == state
        give_up = "mutation($id: ID!) { importCancel(importId: $id) { userErrors { code } } }"
        assert codes(api.query(give_up, id=review["id"])["importCancel"]) == state
        assert codes(revert(api, review, "r")) == ["IMPORT_NOT_APPLIED"]


def test_what_can_be_refused_at_once_is_and_no_job_is_made(begin_on_sqlite: Process) -> None:
    """A21, A25."""
    with begin_on_sqlite(awake=False) as api:
        review = sent(api)
        assert codes(confirm(api, {**review, "reviewHash": "x"})) == ["STALE_REVIEW"]
        assert codes(confirm(api.with_role(Role.READER), review)) == ["PERMISSION_DENIED"]
        assert followed(api, review) == {"state": "REVIEW", "appliedAt": None, "job": None}


def test_a_job_that_the_engine_never_heard_of_is_found_and_done(begin_on_sqlite: Process) -> None:
    """The process that asked ended before it could tell the engine."""
    with begin_on_sqlite(awake=False) as api:
        review = asked(api)
    with begin_on_sqlite() as api:
        assert ended(api, review)["state"] == "APPLIED"
        assert clients(api) == CLIENTS


def test_what_moved_until_the_job_is_done_brings_the_import_back(begin_on_sqlite: Process) -> None:
    """API.md 7: nothing is written, and the job says why."""
    create = """
    mutation($name: String!) {
      clientCreate(
        input: { name: $name, billingAddress: "1 rue A", currency: "EUR", vatNumber: "NA" }
      ) {
        node { code }
      }
    }
    """
    with begin_on_sqlite(awake=False) as api:
        review = asked(api)
        rows = api.query(
            "query($id: ID!) { importRows(importId: $id) { nodes { cells { column text } } } }",
            id=review["id"],
        )["importRows"]["nodes"]
        name = next(cell["text"] for cell in rows[0]["cells"] if cell["column"] == "B")
        assert api.query(create, name=name)["clientCreate"]["node"] is not None
    with begin_on_sqlite() as api:
        found = ended(api, review)
        assert (found["state"], found["job"]["status"]) == ("REVIEW", "FAILED")
        assert codes(found["job"]) == ["STALE_REVIEW"]
        assert clients(api) == 1


def test_a_job_is_cancelled_before_it_is_begun(begin: Process) -> None:
    """Also where nobody does jobs yet: who begins to finds it cancelled."""
    with begin(awake=False) as api:
        review = asked(api)
        assert codes(cancel(api, review)) == []
        keeper = api.house.jobs
        assert isinstance(keeper, Keeper)
        keeper.open()
        found = ended(api, review)
        keeper.close()
        assert (found["state"], found["job"]["status"]) == ("REVIEW", "CANCELLED")
        assert (found["job"]["startedAt"], clients(api)) == (None, 0)


def test_a_job_that_waits_for_another_is_cancelled_at_once(
    postgres_url: str, tmp_path: Path
) -> None:
    gate = Gate()
    with process(postgres_url, tmp_path, gate=gate) as api:
        first = asked(api)
        assert gate.reached.wait(8)
        second = asked(api, key="tuesday")
        assert codes(cancel(api, second)) == []
        assert ended(api, second)["job"]["status"] == "CANCELLED"
        gate.is_open.set()
        assert ended(api, first)["job"]["status"] == "SUCCEEDED"


def test_a_running_job_is_cancelled_and_can_be_asked_for_again(begin: Process) -> None:
    """Nothing of it is written, and the import is under review as before."""
    gate = Gate()
    with begin(gate=gate) as api:
        review = asked(api)
        assert gate.reached.wait(8)
        answer = cancel(api, review)
        assert (codes(answer), answer["job"]["status"]) == ([], "RUNNING")
        gate.is_open.set()
        found = ended(api, review)
        assert (found["state"], found["job"]["status"]) == ("REVIEW", "CANCELLED")
        assert (found["job"]["userErrors"], clients(api)) == ([], 0)
        assert codes(confirm(api, review, key="tuesday")) == []
        assert ended(api, review)["state"] == "APPLIED"
        assert clients(api) == CLIENTS


def test_a_job_of_a_server_that_is_stopped_is_done_by_the_next_one(begin: Process) -> None:
    gate = Gate()
    with begin(gate=gate) as api:
        review = asked(api)
        assert gate.reached.wait(8)
        opening = Timer(0.3, gate.is_open.set)
        opening.start()
    opening.join()
    with begin() as api:
        found = ended(api, review)
        assert (found["state"], found["job"]["status"]) == ("APPLIED", "SUCCEEDED")
        assert clients(api) == CLIENTS
        with api.house.database.reading(api.organisation_id) as session:
            assert the_job(session, 1).attempts == 2


def test_a_long_import_is_undone_by_a_job(begin: Process) -> None:
    """Given up, it stays as it was; done, what somebody changed since stays and is told."""
    gate = Gate()
    gate.is_open.set()
    with begin(gate=gate) as api:
        review = asked(api)
        assert ended(api, review)["state"] == "APPLIED"
        gate.is_open.clear()
        gate.reached.clear()
        answer = revert(api, review, "first")
        assert (codes(answer), answer["counts"]) == ([], None)
        assert answer["importFile"]["state"] == "REVERTING"
        assert gate.reached.wait(8)
        assert codes(cancel(api, review)) == []
        gate.is_open.set()
        found = ended(api, review)
        assert (found["state"], found["job"]["status"]) == ("APPLIED", "CANCELLED")
        assert clients(api) == CLIENTS
        change = (
            'mutation { clientUpdate(input: { id: "client_1", name: "Autre" }) { node { id } } }'
        )
        assert api.query(change)["clientUpdate"]["node"] is not None
        assert codes(revert(api, review, "second")) == []
        found = ended(api, review)
        kind, status = found["job"]["kind"], found["job"]["status"]
        assert (kind, status) == ("IMPORT_REVERT", "SUCCEEDED_WITH_ERRORS")
        assert (found["state"], codes(found["job"])) == ("APPLIED_PARTIALLY", ["KEPT_CHANGED"])
        assert clients(api) == 1


def test_a_workbook_of_several_sheets_is_one_job(begin_on_sqlite: Process) -> None:
    """Its sheets are written together, or come back under review together."""
    states = "query($id: ID!) { importFile(id: $id) { state sheets { state } } }"
    gate = Gate()
    with begin_on_sqlite(gate=gate) as api:
        review = send(api, all_together(["clients", "projects"]))

        def shown() -> set[str]:
            found = api.query(states, id=review["id"])["importFile"]
            return {found["state"], *(sheet["state"] for sheet in found["sheets"])}

        assert codes(confirm(api, review)) == []
        assert gate.reached.wait(8)
        assert shown() == {"APPLYING"}
        assert codes(cancel(api, review)) == []
        gate.is_open.set()
        assert ended(api, review)["job"]["status"] == "CANCELLED"
        assert (shown(), clients(api)) == ({"REVIEW"}, 0)
        assert codes(confirm(api, review)) == []
        assert ended(api, review)["job"]["status"] == "SUCCEEDED"
        assert (shown(), clients(api)) == ({"APPLIED"}, CLIENTS)


def test_a_bug_in_a_job_is_told_by_its_reference(begin_on_sqlite: Process) -> None:
    """JOB_BROKE, and the import is under review as before."""

    def carry_out(errand: Errand, tell: Tell) -> None:
        raise RuntimeError

    with begin_on_sqlite(kind=Kind(carry_out, give_confirm_up)) as api:
        review = asked(api)
        found = ended(api.in_language("fr"), review)
        assert (found["state"], found["job"]["status"]) == ("REVIEW", "FAILED")
        assert codes(found["job"]) == ["JOB_BROKE"]
        assert "Rien n’a été écrit" in found["job"]["userErrors"][0]["message"]


def test_a_job_that_ends_every_process_is_given_up(begin_on_sqlite: Process) -> None:
    with begin_on_sqlite(awake=False) as api:
        review = asked(api)
        with api.house.database.writing(api.organisation_id) as session:
            job: Job = the_job(session, 1)
            job.status, job.attempts = JobStatus.RUNNING, MOST_ATTEMPTS
    with begin_on_sqlite() as api:
        found = ended(api, review)
        assert (found["state"], codes(found["job"])) == ("REVIEW", ["JOB_GIVEN_UP"])


def test_another_firm_sees_no_job_and_cancels_none(begin_on_sqlite: Process) -> None:
    with begin_on_sqlite(awake=False) as api:
        review = asked(api)
        other = api.of_another_firm()
        job = followed(api, review)["job"]["id"]
        look = "query($id: ID!) { job(id: $id) { id } node(id: $id) { id } jobs { totalCount } }"
        assert other.query(look, id=job) == {"job": None, "node": None, "jobs": {"totalCount": 0}}
        assert codes(other.query(CANCEL, id=job)["jobCancel"]) == ["NOT_FOUND"]
        reader = api.with_role(Role.READER)
        assert reader.query(look, id=job)["job"] == {"id": job}
        assert codes(reader.query(CANCEL, id=job)["jobCancel"]) == ["PERMISSION_DENIED"]


def test_who_writes_meanwhile_is_told_to_come_again_and_who_reads_goes_on(begin: Process) -> None:
    """BUSY: on SQLite whatever is written, on PostgreSQL what the job holds."""
    gate = Gate()
    give_up = "mutation($id: ID!) { importCancel(importId: $id) { userErrors { code fix } } }"
    with begin(gate=gate, patience=0.2) as api:
        review = asked(api)
        assert gate.reached.wait(8)
        answer = api.query(give_up, id=review["id"])["importCancel"]
        again = "Nothing was written. Try again in a moment."
        assert answer["userErrors"] == [{"code": "BUSY", "fix": again}]
        assert clients(api) == 0
        gate.is_open.set()
        assert ended(api, review)["state"] == "APPLIED"


def test_red_and_yellow_rows_stand_in_the_way_of_a_job_as_of_an_act(
    begin_on_sqlite: Process,
) -> None:
    """A21, A22: what is skipped, left out or accepted does not."""
    content = long_file("A", rows=20).decode().splitlines()
    content[1] = content[1].replace("EUR", "")
    content[2] = content[2].replace("c1@client.example", "")
    with begin_on_sqlite() as api:
        review = send(api, "\n".join(content).encode(), filename="clients.csv")
        assert (review["counts"]["red"], review["counts"]["yellow"] > 0) == (1, True)
        assert codes(confirm(api, review)) == ["IMPORT_BLOCKED"]
        assert codes(confirm(api, review, red=True)) == ["WARNINGS_NOT_ACCEPTED"]
        assert codes(confirm(api, review, red=True, warnings=True)) == []
        found = ended(api, review)
        partly = ("APPLIED_PARTIALLY", "SUCCEEDED_WITH_ERRORS")
        assert (found["state"], found["job"]["status"], clients(api)) == (*partly, 19)
