"""Pages while a batch is planned, run and made in the same server: of that firm, and of another.

    .venv/bin/python benchmarks/page_beside_batch.py [--contracts N] [--database postgresql]

One server with one worker. Somebody of each firm opens a page of 50 invoices (1,500 values) every
quarter of a second, and somebody of the other firm writes a client every half. First nobody does
more (idle); then the firm plans a batch of all its contracts, runs it and has its pro formas made,
by the API; then idle again. Goal R9: the 95th percentile of the pages meanwhile is at most 1.5
times that of idle, and 5 ms; no writer is told that the database is busy, nobody meets an error.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
from _shared.databases import database
from _shared.firm import Firm, add_clients, add_invoices, add_projects, found_firm, opened
from _shared.measuring import report, show
from _shared.product import serve_product
from _shared.reads import DOCUMENTS
from _shared.serving import Asker, Server, asking, started

from tests.support.databases import owner
from tests.support.due_firm import add_due

EVERY, WRITES_EVERY = 0.25, 0.5
INVOICES = 2_000
_STANDING = "id state planHash job { status userErrors { code message } }"
_BATCH = f"batch {{ {_STANDING} }} userErrors {{ code message severity }}"
_PLAN = f"mutation($input: BatchPlanInput!) {{ act: batchPlan(input: $input) {{ {_BATCH} }} }}"
_RUN = f"mutation($input: BatchRunInput!) {{ act: batchRun(input: $input) {{ {_BATCH} }} }}"
_STATE = f"query($id: ID!) {{ batch(id: $id) {{ {_STANDING} }} }}"
_WRITE = (
    "mutation($input: ClientCreateInput!) "
    "{ act: clientCreate(input: $input) { node { id } userErrors { code message severity } } }"
)


def request(token: str, query: str, variables: dict[str, Any]) -> bytes:
    body = orjson.dumps({"query": query, "variables": variables})
    head = (
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def answered(ask: Asker, token: str, query: str, variables: dict[str, Any]) -> Any:
    """The data of an answer; ValueError for an error, of the call or of the user."""
    answer = orjson.loads(ask(request(token, query, variables)))
    if "errors" in answer:
        raise ValueError(answer["errors"][0])
    told = (answer["data"].get("act") or {}).get("userErrors", ())
    if refused := [one for one in told if one["severity"] == "ERROR"]:
        raise ValueError(refused[0])
    return answer["data"]


@dataclass
class Office:
    """Somebody who does the same again and again, at a pace; what it took, in milliseconds."""

    act: Callable[[Asker, int], None]
    every: float
    answers: list[tuple[float, float]] = field(default_factory=list)
    """When each was asked, and how long it took."""
    errors: list[str] = field(default_factory=list)

    def work(self, server: Server, is_over: threading.Event) -> None:
        with asking(server.port) as ask:
            number = 0
            due = time.perf_counter()
            while not is_over.is_set():
                begun = time.perf_counter()
                try:
                    self.act(ask, number)
                except (ValueError, OSError) as error:
                    self.errors.append(str(error)[:300])
                self.answers.append((begun, 1000 * (time.perf_counter() - begun)))
                number += 1
                # Who was kept waiting does not ask all the oftener for it.
                due = max(due + self.every, time.perf_counter())
                is_over.wait(due - time.perf_counter())

    def between(self, spans: list[tuple[float, float]]) -> list[float]:
        return sorted(
            took for at, took in self.answers if any(start <= at < end for start, end in spans)
        )


def percentile(answers: list[float], share: float) -> float:
    return answers[min(len(answers) - 1, int(share * len(answers)))]


def page_of(firm: Firm) -> Callable[[Asker, int], None]:
    def act(ask: Asker, number: int) -> None:
        answered(ask, firm.token, DOCUMENTS["page"], {"after": None})

    return act


def write_of(firm: Firm) -> Callable[[Asker, int], None]:
    def act(ask: Asker, number: int) -> None:
        given = {
            "code": f"W-{number}",
            "name": f"Atelier {number}",
            "clientType": "COMPANY",
            "country": "FR",
            "currency": "EUR",
            "vatNumber": "NA",
            "billingAddress": f"{number} rue du Port, 75013 Paris",
            "contactName": f"Contact {number}",
            "contactEmail": f"contact{number}@client.example",
        }
        answered(ask, firm.token, _WRITE, {"input": given})

    return act


def bill(server: Server, firm: Firm) -> Iterator[str]:
    """Plans, runs and makes a batch of all that is due; what begins, each time."""
    with asking(server.port) as ask:
        yield "plan"
        planned = {"name": "Bench", "grouping": "PER_CONTRACT", "idempotencyKey": "plan"}
        batch = answered(ask, firm.token, _PLAN, {"input": planned})["act"]["batch"]
        batch = _settled(ask, firm, batch)
        yield "run"
        run = {"id": batch["id"], "planHash": batch["planHash"], "idempotencyKey": "run"}
        batch = answered(ask, firm.token, _RUN, {"input": {**run, "generate": True}})["act"][
            "batch"
        ]
        yield "make"
        batch = _settled(ask, firm, batch)
        if batch["state"] != "GENERATED" or batch["job"]["status"] != "SUCCEEDED":
            raise SystemExit(f"the batch ended as {batch}")


def _settled(ask: Asker, firm: Firm, batch: Any) -> Any:
    while batch["job"] and batch["job"]["status"] in ("QUEUED", "RUNNING"):
        time.sleep(0.2)
        batch = answered(ask, firm.token, _STATE, {"id": batch["id"]})["batch"]
    return batch


def fill(firms: tuple[Firm, Firm], folder: Path, contracts: int) -> None:
    """Both firms have invoices; the first has something due of each of its contracts."""
    for firm in firms:
        with opened(firm, folder) as house:
            day = house.today(firm.caller.time_zone)
            with house.database.writing(firm.caller.organisation_id) as session:
                clients = add_clients(session, 200)
                add_invoices(session, INVOICES, clients, add_projects(session, 400, clients))
                if firm is firms[0]:
                    add_due(session, contracts, day=day, mixed=True)
            with owner(house.database).connect() as connection:
                connection.exec_driver_sql("ANALYZE")
                connection.commit()


def run(chosen: argparse.Namespace, folder: Path, url: str) -> None:
    firms = found_firm(url), found_firm(url, "other")
    fill(firms, folder, chosen.contracts)
    offices = {
        "the same firm's page": Office(page_of(firms[0]), EVERY),
        "another firm's page": Office(page_of(firms[1]), EVERY),
        "another firm's write": Office(write_of(firms[1]), WRITES_EVERY),
    }
    is_over = threading.Event()
    with started([__file__, "--url", url, "--folder", str(folder)]) as server:
        threads = [
            threading.Thread(target=one.work, args=(server, is_over)) for one in offices.values()
        ]
        for thread in threads:
            thread.start()
        try:
            # The first requests compile what the others reuse.
            time.sleep(1)
            marks = [time.perf_counter()]
            time.sleep(chosen.seconds)
            for _ in bill(server, firms[0]):
                marks.append(time.perf_counter())
            marks.append(time.perf_counter())
            time.sleep(1)
            after = time.perf_counter()
            time.sleep(chosen.seconds)
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
        idle = [(marks[0], marks[1]), (after, time.perf_counter())]
    tell(chosen, offices, idle, marks[1:])


def tell(
    chosen: argparse.Namespace,
    offices: dict[str, Office],
    idle: list[tuple[float, float]],
    marks: list[float],
) -> None:
    rows = []
    size = f"{chosen.contracts:,} contracts"
    errors = [error for one in offices.values() for error in one.errors]
    for name, office in offices.items():
        quiet, busy = office.between(idle), office.between([(marks[0], marks[-1])])
        allowed = 1.5 * percentile(quiet, 0.95) + 5
        beside = percentile(busy, 0.95)
        parts = [office.between([(start, end)]) for start, end in pairwise(marks)]
        rows.append(
            [
                name,
                f"{percentile(quiet, 0.5):.0f} / {percentile(quiet, 0.95):.0f}",
                f"{percentile(busy, 0.5):.0f} / {beside:.0f} / {busy[-1]:.0f}",
                *(f"{percentile(part, 0.95):.0f}" if part else "–" for part in parts),
                f"{beside / allowed:.2f}",
                str(len(office.errors)),
            ]
        )
        if name.endswith("page"):
            what = f"{name} beside a batch: p95 by (1.5 × idle + 5 ms)"
            report("R9", what, beside / allowed, at_most=1, size=size)
    report("R9", "errors meanwhile", len(errors), at_most=0, unit="", size=size)
    took = [end - start for start, end in pairwise(marks)]
    print(
        f"{size}, {chosen.database}, load {os.getloadavg()[0]:.1f}; plan, run, make took ", end=""
    )
    print(", ".join(f"{one:.1f}" for one in took), "s; milliseconds")
    titles = ["", "idle p50 / p95", "batch p50 / p95 / max", "p95 plan", "run", "make"]
    show([*titles, "by goal", "errors"], rows)
    for error in errors[:5]:
        print(error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--contracts", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=15, help="of idle, before and after")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    for hidden in ("--url", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--listening", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.listening is not None:
        # A run of ten thousand is one request; how long it may take is not the question here.
        serve_product(chosen.url, chosen.listening, folder=chosen.folder, request_seconds=600)
        return
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        run(chosen, folder, stack.enter_context(database(chosen.database, folder)))


if __name__ == "__main__":
    main()
