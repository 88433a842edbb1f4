"""The programs of docs/programs.md, run as they stand against a server, and run again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from jobs.kinds import Cancelled
from tests.api.batches.acts import done, proposals, worked
from tests.api.batches.example import progressed, small_firm
from tests.jobs.servers import installed
from tests.support.api import open_api
from tests.support.prepared import Calendar
from tests.support.source import ROOT

GUIDE = ROOT / "docs" / "programs.md"
COMMANDS = {"python": [sys.executable], "sh": ["sh"]}
FINAL = """
{ batches { totalCount } invoices(filter: { states: [READY] }) { totalCount }
  rest: invoices(filter: { states: [DRAFT, SENT, FINAL] }) { totalCount } }
"""
PHASES = """
{ phases(filter: { text: "Phase" }, page: { first: 100 }) { nodes { id contract { id } } } }
"""


def program(language: str) -> str:
    guide = GUIDE.read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    return str(found)


def run(script: Path, language: str, **environment: str) -> str:
    """What the program of that language tells; run twice, it tells the same."""
    script.write_text(program(language), encoding="utf-8")
    told = [
        subprocess.run(
            [*COMMANDS[language], str(script)],
            env={**os.environ, **environment},
            check=True,
            timeout=240,
            capture_output=True,
            text=True,
        ).stdout
        for _ in range(2)
    ]
    assert told[0] == told[1]
    return told[0]


def refused(server: str, script: Path, language: str) -> str:
    """What the program that stops says of it."""
    script.write_text(program(language), encoding="utf-8")
    ended = subprocess.run(
        [*COMMANDS[language], str(script)],
        env={**os.environ, "JALON_URL": server, "JALON_KEY": "x", "MONTH": "2026-11"},
        check=False,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert ended.returncode != 0
    return ended.stdout + ended.stderr


@contextmanager
def answering(told: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """A server that answers by the first of `told` in a query; its address, and what it heard."""
    heard: list[str] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard.append(asked)
            body = next(answer for name, answer in told.items() if name in asked)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body, separators=(",", ":")).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", heard
        finally:
            server.shutdown()
            thread.join()


def a_batch(status: str, **more: Any) -> dict[str, Any]:
    job = {"jobId": "job_1", "id": "job_1", "kind": "BATCH_GENERATE", "status": status}
    return {
        "id": "batch_1",
        "planHash": "x",
        "totals": [],
        "invoiceCounts": {"proposed": 0},
        "job": {**job, "userErrors": []},
        **more,
    }


def acted(status: str, *names: str) -> dict[str, Any]:
    """The answers of acts after which the batch is such."""
    payload = {"batch": {"id": "batch_1"}, "userErrors": [], "replayed": False}
    whole = {**payload, "batch": a_batch(status)}
    return {f"{name}(input": {"data": {name: whole}} for name in names}


def numbers(told: str) -> list[str]:
    return re.findall(r"\b[A-Z]{3}\d\d-\d{5}\b", told)


def test_the_programs_bill_a_month_once_however_often_they_are_run(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Issue 5, item 9: plan, run and finalise; a second run replays, and tells the same.

    The Python program bills November, the one of curl December.
    """
    with open_api(sqlite_url, tmp_path, clock=Calendar()) as api:
        made = small_firm(api)
    installation = installed(sqlite_url, tmp_path)
    with installation.serving() as [(server, api)]:
        access = {"JALON_URL": server.address, "JALON_KEY": installation.token}
        told = run(tmp_path / "bill.py", "python", **access, MONTH="2026-11")
        # Their server has the clock of this machine: more may be due by now, to the same two.
        first = numbers(told)
        assert len(first) == len(set(first)) == 2
        assert api.query(FINAL) == state(batches=1, final=2)
        phases = api.query(PHASES)["phases"]["nodes"]
        (phase,) = [one["id"] for one in phases if one["contract"]["id"] == made["A"]]
        progressed(api, phase, "100")
        told = run(tmp_path / "bill.sh", "sh", **access, MONTH="2026-12")
        second = numbers(told)
        assert len({*first, *second}) == 2 + len(second) > 2
        assert api.query(FINAL) == state(batches=2, final=2 + len(second))


def state(*, batches: int, final: int) -> dict[str, dict[str, int]]:
    counts = {"batches": batches, "invoices": final, "rest": 0}
    return {name: {"totalCount": count} for name, count in counts.items()}


@pytest.mark.parametrize(("language", "count"), [("python", 2), ("sh", 3)])
def test_a_month_that_was_broken_off_is_billed_whole(
    language: str, count: int, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody cancels the job after the first invoice; the program, started again, goes on."""
    monkeypatch.setattr("resolvers.batching._generating.PORTION", 1)

    def cancel() -> None:
        raise Cancelled

    with open_api(sqlite_url, tmp_path, clock=Calendar()) as api:
        small_firm(api)
        given = {"name": "Facturation 2026-11"}
        if language == "python":
            given["grouping"] = "PER_CLIENT"
        batch = done(api, "batchPlan", idempotencyKey="2026-11 batchPlan", **given)
        batch = done(
            api,
            "batchRun",
            id=batch["id"],
            planHash=batch["planHash"],
            generate=True,
            idempotencyKey="2026-11 batchRun",
        )
        batch = worked(api, batch, told=cancel)
        assert batch["invoiceCounts"] == {
            "proposed": count - 1,
            "generated": 1,
            "failed": 0,
            "dropped": 0,
        }
    installation = installed(sqlite_url, tmp_path)
    with installation.serving() as [(server, api)]:
        access = {"JALON_URL": server.address, "JALON_KEY": installation.token}
        told = run(tmp_path / "bill", language, **access, MONTH="2026-11")
        assert len(numbers(told)) == count
        made = [one["invoice"]["number"] for one in proposals(api, batch["id"])]
        assert sorted(numbers(told)) == sorted(made)
        assert api.query(FINAL) == state(batches=1, final=count)


@pytest.mark.parametrize("language", COMMANDS)
def test_a_program_goes_no_further_than_what_was_done(language: str, tmp_path: Path) -> None:
    """A job that was cancelled, and an answer that is none, end it; nothing is made final."""
    broken = {"batch(id": {"data": {"batch": a_batch("CANCELLED")}}}
    told = {**acted("SUCCEEDED", "batchPlan"), **acted("CANCELLED", "batchRun"), **broken}
    if language == "sh":
        told |= acted("CANCELLED", "batchPlan")
    with answering(told) as (server, heard):
        assert "CANCELLED" in refused(server, tmp_path / "bill", language)
    assert not [one for one in heard if "batchFinalise" in one]
    gone = {"errors": [{"message": "it is on fire"}]}
    with answering({**acted("RUNNING", "batchPlan"), "batch(id": gone}) as (server, heard):
        assert "it is on fire" in refused(server, tmp_path / "bill", language)
    assert len(heard) == 2


@pytest.mark.parametrize("language", COMMANDS)
def test_a_program_tells_all_its_invoices_and_which_are_not_final(
    language: str, tmp_path: Path
) -> None:
    """More than a page of them; one that has no number ends the program with an error."""

    def page(number: str | None, **info: Any) -> dict[str, Any]:
        invoice = {"number": number, "gross": {"amount": "1.00"}}
        of = {"client": {"name": "X"}, "currency": "EUR", "userErrors": [], "invoice": invoice}
        return {"data": {"batchInvoices": {"nodes": [of], "pageInfo": info}}}

    last = page(None, hasNextPage=False, endCursor="c2")
    told = {
        "c1": last,
        "batchInvoices": page("PAR26-00001", hasNextPage=True, endCursor="c1"),
        **acted("SUCCEEDED", "batchPlan", "batchRun", "batchFinalise"),
        "batch(id": {"data": {"batch": a_batch("SUCCEEDED")}},
    }
    with answering(told) as (server, heard):
        said = refused(server, tmp_path / "bill", language)
    assert numbers(said) == ["PAR26-00001"]
    assert re.search("1 not final|Not all are final", said)
    assert sum("batchInvoices" in one for one in heard) == 2
