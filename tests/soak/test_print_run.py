"""A run that prints many final invoices is killed half way: the rest is printed, nothing twice.

`make soak` prints a thousand (PAPERS=100: fewer). The plain suite leaves such a job at each of its
words (tests/api/invoices/test_print_jobs.py).
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx2
import pytest
from sqlalchemy import select

from domain.invoice.model import Invoice, IssuedDocument
from persistence.session import Database
from tests.jobs.servers import Installation, Server, installed
from tests.soak.sittings import LONGEST, Sitting, sitting_at
from tests.soak.test_memory_stays import Look
from tests.support.due_firm import add_due

PAPERS = int(os.environ.get("PAPERS") or 1000)

GROWTH = 16.0
"""MiB that a server may have more after the second half of the run than at its beginning."""

PRINT = """
mutation($input: BatchPrintInput!) {
  batchPrint(input: $input) { job { id } userErrors { code } }
}
"""
JOB = """
query($id: ID!) {
  job(id: $id) {
    status progress { done total } userErrors { code } resultFiles { download { url } }
  }
}
"""

Issued = dict[str, tuple[str, str]]
"""Where the paper of each number is kept, and its SHA-256."""


def issued(database: Database, organisation_id: int) -> Issued:
    """The papers that are printed so far."""
    document = IssuedDocument
    statement = select(Invoice.number, document.file_key, document.sha256)
    statement = statement.join(Invoice, Invoice.id == document.invoice_id)
    with database.reading(organisation_id) as session:
        rows = session.execute(statement.where(document.file_key.is_not(None))).all()
    return {str(number): (str(key), str(sha256)) for number, key, sha256 in rows}


def final_batch(sitting: Sitting) -> tuple[str, set[str]]:
    """A batch of an invoice a contract, all final, and their numbers."""
    planned = sitting.call(
        "batchPlan", name="November", grouping="PER_CONTRACT", idempotencyKey="plan"
    )["batch"]
    run = {"id": planned["id"], "planHash": planned["planHash"], "generate": True}
    assert sitting.call("batchRun", **run, idempotencyKey="run")["userErrors"] == []
    assert sitting.wait(planned["id"])["state"] == "GENERATED"
    sitting.carry_through("batchFinalise", planned["id"], key="finalise")
    numbers = {one["invoice"]["number"] for one in sitting.invoices(planned["id"])}
    return planned["id"], numbers


def reached(sitting: Sitting, job: str, done: int) -> dict[str, Any]:
    """The job once so many papers are printed, or all is over."""
    patience = time.monotonic() + LONGEST
    while time.monotonic() < patience:
        found: dict[str, Any] = sitting.query(JOB, id=job)["job"]
        if found["status"] not in ("QUEUED", "RUNNING"):
            return found
        if found["progress"] and found["progress"]["done"] >= done:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{job} does not come to {done}")


def killed_half_way(url: str, folder: Path) -> None:
    place = installed(url, folder)
    database = Database(url)
    try:
        with database.writing(place.organisation_id) as session:
            add_due(session, PAPERS, day=datetime.now(UTC).date(), mixed=False)
        with sitting_at(place, 1) as sitting:
            batch, numbers = final_batch(sitting)
            given = {"id": batch, "form": "ZIP", "idempotencyKey": "print"}
            answer = sitting.query(PRINT, input=given)["batchPrint"]
            assert answer["userErrors"] == []
            job = answer["job"]["id"]
            half = reached(sitting, job, PAPERS // 2)
            assert half["status"] == "RUNNING", half
            sitting.servers[0].kill()
            before = issued(database, place.organisation_id)
            assert len(numbers) // 2 <= len(before) < len(numbers)
            sitting.servers[0] = place.begun()
            sitting.servers[0].wait_until_ready()
            reached(sitting, job, len(before) + 10)
            memory = [Look.of(sitting.servers[0].process.pid).memory]
            found = reached(sitting, job, PAPERS + 1)
            memory.append(Look.of(sitting.servers[0].process.pid).memory)
            assert (found["status"], found["userErrors"]) == ("SUCCEEDED", [])
            after = issued(database, place.organisation_id)
            assert set(after) == numbers
            assert {number: after[number] for number in before} == before
            require_those(place, sitting.servers[0], found, after)
    finally:
        database.close()
    sys.stderr.write(f"{ {'papers': len(after), 'before the kill': len(before), 'MiB': memory} }\n")
    assert memory[1] - memory[0] <= GROWTH, memory


def require_those(place: Installation, server: Server, job: dict[str, Any], papers: Issued) -> None:
    """The file of the job has the papers as issued; no other paper was ever kept."""
    [file] = job["resultFiles"]
    path = re.sub(r"^https?://[^/]+", "", file["download"]["url"])
    content = httpx2.get(f"{server.address}{path}", timeout=60).content
    with ZipFile(BytesIO(content)) as archive:
        found = {
            name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()
        }
    assert found == {f"{number}.pdf": sha256 for number, (_, sha256) in papers.items()}
    kept = place.folder.joinpath("files", str(place.organisation_id), "invoices").rglob("*.pdf")
    assert {path.name for path in kept} == {key.rpartition("/")[2] for key, _ in papers.values()}


@pytest.mark.soak
def test_a_killed_run_prints_the_rest_on_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    """B29, P3."""
    killed_half_way(sqlite_url, tmp_path)


@pytest.mark.soak
def test_a_killed_run_prints_the_rest_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    """B29, P3."""
    killed_half_way(postgres_url, tmp_path)
