"""Long work as callers meet it: listed by what it is about, cancelled by who may ask for it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from domain.access import PERMISSIONS, ApiKey, Role
from domain.job import NEEDED, SUBJECTS, JobKind, JobStatus, MadeFile
from persistence.jobs import add_files, ask_for, end
from tests.support.api import ApiClient

CANCEL = """
mutation($id: ID!) { jobCancel(id: $id) { job { id } userErrors { code } } }
"""
JOBS = """
query($subject: ID, $kind: JobKind) {
  jobs(subjectId: $subject, kind: $kind) {
    nodes { id resultFiles { filename size download { url } } }
  }
}
"""


def a_job(api: ApiClient, kind: JobKind, subject_id: int) -> str:
    with api.house.database.writing(api.organisation_id) as session:
        job = ask_for(session, kind=kind, subject_id=subject_id, values={}, author="tests")
        return f"job_{job.id}"


def listed(api: ApiClient, **asked: Any) -> list[str]:
    return [one["id"] for one in api.query(JOBS, **asked)["jobs"]["nodes"]]


def test_every_kind_says_what_it_needs_and_what_it_is_about() -> None:
    assert NEEDED.keys() == SUBJECTS.keys() == set(JobKind)


@pytest.mark.parametrize("kind", list(JobKind))
def test_who_may_ask_for_a_job_may_cancel_it(firm: ApiClient, kind: JobKind) -> None:
    job = a_job(firm, kind, 12)
    for role in (Role.ADMINISTRATOR, Role.ACCOUNTANT, Role.READER):
        answer = firm.with_role(role).query(CANCEL, id=job)["jobCancel"]
        may = NEEDED[kind] in PERMISSIONS[role]
        assert [error["code"] for error in answer["userErrors"]] == (
            [] if may else ["PERMISSION_DENIED"]
        )
        assert (answer["job"] is not None) is may


def test_who_reaches_a_part_of_the_firm_meets_their_own_jobs_alone(any_firm: ApiClient) -> None:
    """DOMAIN §4: a job of somebody else is not there, nor is what it made."""
    stranger = a_job(any_firm, JobKind.INVOICES_PRINT, 0)
    manager = any_firm.as_manager()
    answer = manager.query(CANCEL, id=stranger)["jobCancel"]
    assert [error["code"] for error in answer["userErrors"]] == ["NOT_FOUND"]
    assert listed(manager) == []
    drawn = "mutation($ids: [ID!]!) { invoicesPrint("
    drawn += 'input: { ids: $ids, form: ZIP, idempotencyKey: "p" }) '
    drawn += "{ job { id } userErrors { code } } }"
    invoice = any_firm.query("{ invoices(filter: { states: null }) { nodes { id } } }")
    assert invoice["invoices"]["nodes"] == []
    assert manager.query(drawn, ids=["invoice_1"])["invoicesPrint"]["job"] is None
    with any_firm.house.database.reading(any_firm.organisation_id) as session:
        keys = session.scalars(select(ApiKey.id).where(ApiKey.role == Role.PROJECT_MANAGER))
        actor = {"id": f"api_key_{keys.one()}"}
    with any_firm.house.database.writing(any_firm.organisation_id) as session:
        job = ask_for(
            session,
            kind=JobKind.INVOICES_PRINT,
            subject_id=0,
            values={"actor": actor},
            author="tests",
        )
        own = f"job_{job.id}"
    assert listed(manager) == [own]
    assert manager.query(CANCEL, id=own)["jobCancel"]["userErrors"] == []


def test_jobs_are_found_by_what_they_are_about(any_firm: ApiClient) -> None:
    confirm = a_job(any_firm, JobKind.IMPORT_CONFIRM, 12)
    revert = a_job(any_firm, JobKind.IMPORT_REVERT, 12)
    papers = a_job(any_firm, JobKind.INVOICES_PRINT, 12)
    a_job(any_firm, JobKind.INVOICES_PRINT, 13)
    assert listed(any_firm, subject="import_file_12") == [revert, confirm]
    assert listed(any_firm, subject="import_file_12", kind="IMPORT_REVERT") == [revert]
    assert listed(any_firm, subject="batch_12") == [papers]
    assert listed(any_firm.of_another_firm(), subject="import_file_12") == []
    for wrong in ("client_12", "import_file_x", "12", ""):
        [error] = any_firm.errors(JOBS, subject=wrong)
        assert error["extensions"]["code"] == "ID_INVALID"


def test_the_files_of_a_job_are_in_their_order_and_nobody_elses(any_firm: ApiClient) -> None:
    """API.md 9, 14: each under an address of its own."""
    job = a_job(any_firm, JobKind.INVOICES_PRINT, 0)
    files = []
    for name in ("b.csv", "a.csv"):
        any_firm.house.files.put(f"1/jobs/{name}", name.encode())
        files.append(MadeFile(f"1/jobs/{name}", name, "text/csv", "0" * 64, len(name)))
    with any_firm.house.database.writing(any_firm.organisation_id) as session:
        add_files(session, int(job.removeprefix("job_")), files)
        end(
            session,
            int(job.removeprefix("job_")),
            status=JobStatus.SUCCEEDED,
            at=any_firm.house.clock(),
        )
    [found] = any_firm.query(JOBS)["jobs"]["nodes"][:1]
    assert [file["filename"] for file in found["resultFiles"]] == ["b.csv", "a.csv"]
    for file in found["resultFiles"]:
        assert any_firm.get(file["download"]["url"]) == file["filename"].encode()
    assert listed(any_firm.of_another_firm()) == []
