"""A server in an office's day keeps its memory, its files and its threads.

`make soak` lets the office work for thirty minutes on each database (MINUTES=8: shorter). What is
measured is what the process has for itself (RssAnon): of a file mapped from SQLite the system
takes back what it needs.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.project.model import Phase, Project
from persistence.session import Database
from server.documents import KEPT_TOKENS, LEAST_TOKENS
from tests.jobs.servers import Installation, installed
from tests.soak.offices import Office, joined
from tests.support.due_firm import add_due

MINUTES = float(os.environ.get("MINUTES") or 30)
CONTRACTS = 150
WARMING = 0.3
"""Of the time: caches fill to their bounds, pools reach their size."""

GROWTH = 24.0
"""MiB that the fitted line may rise over the time after that, and a twentieth of what there is."""

FILES, THREADS = 24, 16
"""That a server may hold more at rest than when it had just begun: its pools, and their files."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a process has at a moment: MiB of its own, open files, threads."""

    at: float
    memory: float
    files: int
    threads: int

    @classmethod
    def of(cls, process: int) -> Look:
        place = Path(f"/proc/{process}")
        status = place.joinpath("status").read_text()
        memory = int(status.partition("RssAnon:")[2].split()[0]) / 1024
        files = len(list(place.joinpath("fd").iterdir()))
        return cls(time.monotonic(), memory, files, int(status.partition("Threads:")[2].split()[0]))


def lows(looks: list[Look], count: int = 40) -> list[Look]:
    """The least memory of each of `count` stretches: between two tasks, not in the midst of one."""
    size = max(1, len(looks) // count)
    return [
        min(looks[start : start + size], key=lambda one: one.memory)
        for start in range(0, len(looks), size)
    ]


def filled(place: Installation) -> tuple[list[str], list[str]]:
    """Something due of each of many contracts; phases to record progress of, and projects."""
    database = Database(place.url)
    try:
        with database.writing(place.organisation_id) as session:
            add_due(session, CONTRACTS, day=datetime.now(UTC).date(), mixed=False)
        with database.reading(place.organisation_id) as session:
            # What is billed again and again stays as it was planned: others are recorded.
            phases = session.scalars(select(Phase.id).where(Phase.currency == "CHF")).all()
            projects = session.scalars(select(Project.id)).all()
    finally:
        database.close()
    return [f"phase_{key}" for key in phases], [f"project_{key}" for key in projects]


def a_day(url: str, folder: Path, *, seconds: float) -> dict[str, object]:
    """Lets an office work at a server; what it did, and what became of the server."""
    place = installed(url, folder)
    joined(place)
    phases, projects = filled(place)
    server = place.begun()
    try:
        server.wait_until_ready()
        office = Office(place, server.address, phases, projects)
        office.first_papers()
        begun = Look.of(server.process.pid)
        # The largest room takes an office long to fill, on a busy machine longer than it warms up.
        office.first_questions(KEPT_TOKENS // LEAST_TOKENS)
        people = office.open()
        looks = []
        until = time.monotonic() + seconds
        while time.monotonic() < until and server.process.poll() is None:
            time.sleep(1)
            looks.append(Look.of(server.process.pid))
        office.over.set()
        for one in people:
            one.join()
        # Threads that nobody needs any more end after ten seconds.
        time.sleep(15)
        rest = Look.of(server.process.pid)
    finally:
        server.kill()
    after = lows([one for one in looks if one.at >= until - (1 - WARMING) * seconds])
    span = after[-1].at - after[0].at
    line = statistics.linear_regression(
        [one.at - after[0].at for one in after], [one.memory for one in after]
    )
    told: dict[str, object] = {
        "done": dict(office.done),
        "begun MiB": round(begun.memory),
        "after warming MiB": round(line.intercept),
        "rises by MiB": round(line.slope * span, 1),
        "MiB an hour": round(line.slope * 3600, 1),
        "most MiB": round(max(one.memory for one in looks)),
        "at rest MiB": round(rest.memory),
        "files": (begun.files, max(one.files for one in looks), rest.files),
        "threads": (begun.threads, max(one.threads for one in looks), rest.threads),
    }
    sys.stderr.write(f"{told}\n")
    assert office.errors == [], (len(office.errors), office.errors[:5])
    assert all(office.done[one] for one in ("read", "recorded", "uploaded", "printed", "billed"))
    assert line.slope * span <= GROWTH + line.intercept / 20, told
    assert rest.files <= begun.files + FILES, told
    assert rest.threads <= begun.threads + THREADS, told
    return told


@pytest.mark.soak
def test_memory_stays_on_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    """Steady for thirty minutes of mixed load; nothing leaks, nobody meets an error."""
    a_day(sqlite_url, tmp_path, seconds=60 * MINUTES)


@pytest.mark.soak
def test_memory_stays_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    """The same, with a pool of connections that are processes elsewhere."""
    a_day(postgres_url, tmp_path, seconds=60 * MINUTES)
