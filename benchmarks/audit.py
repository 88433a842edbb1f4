"""What the audit costs: the same writes with its triggers and its seal, and without them.

    .venv/bin/python benchmarks/audit.py [--rows N] [--acts N] [--rounds R] [--postgres [URL]]

In each round, in one process and one database: a bulk of N rows in one transaction, one UPDATE of N
rows, acts of one changed record each in its own transaction, and an import of half as many clients,
planned and applied as its confirmation does. Bytes are those that the table of changes grew by, its
indexes included. Several sizes tell how it grows. SQLite; PostgreSQL with `--postgres`.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from _shared import fiction
from _shared.firm import Firm, add_clients, add_phases, add_projects, found_firm
from _shared.growth import show_growth
from _shared.measuring import Stages, ratios, report
from page_of_invoices import database as new_database
from sqlalchemy import event, text, update

from domain.client import Client
from domain.project.progress import ProgressUpdate
from domain.standing import Standing
from domain.takeover.candidate import Candidate
from persistence.audit import acts as audit_acts
from persistence.audit.triggers import take_down
from persistence.session import Database, ScopedSession, insert_all
from persistence.takeover.apply import apply
from persistence.takeover.known import planner_of

AT = date(2026, 10, 31)


def bulk(database: Database, at: Standing, phases: list[int], rows: int) -> None:
    with database.writing(at) as session:
        insert_all(
            session,
            ProgressUpdate,
            [
                {"phase_id": phases[n % len(phases)], "percent": Decimal(n % 100), "as_of": AT}
                for n in range(rows)
            ],
        )


def sweep(database: Database, at: Standing) -> None:
    with database.writing(at) as session:
        session.execute(update(Client).values(comment="swept"))


def acts(database: Database, at: Standing, clients: list[int], count: int) -> None:
    for turn in range(count):
        with database.writing(at) as session:
            client = session.get_one(Client, clients[turn % len(clients)])
            client.comment = f"turn {turn}"


def confirm(database: Database, at: Standing, first: int, rows: int) -> None:
    candidates = [
        Candidate(row=n - first + 2, values=fiction.client(n)) for n in range(first, first + rows)
    ]
    with database.writing(at) as session:
        planned = planner_of(session, "clients").plan(candidates)
        apply(session, "clients", planned, source="import 1", author="bench")


def size(database: Database) -> tuple[int, int]:
    """Changes, and the bytes that they and their indexes take."""
    with database.engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM audit_change")).scalar_one()
        if database.is_sqlite:
            found = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%audit_change%'"
        else:
            found = "SELECT pg_total_relation_size('audit_change')"
        try:
            return count, int(connection.execute(text(found)).scalar_one() or 0)
        except Exception:
            return count, 0


def one_round(url: str, rows: int, count: int) -> Stages:
    firm: Firm = found_firm(url)
    database, stages = Database(url), Stages()
    at = Standing(firm.caller.organisation_id, act="bench")
    with database.writing(at) as session:
        clients = add_clients(session, rows)
        phases = add_phases(session, 400, add_projects(session, 100, clients))
    for first, name in ((100_000, "with"), (200_000, "without")):
        if name == "without":
            without(database)
        scenes: dict[str, Callable[[], Any]] = {
            "bulk": lambda: bulk(database, at, phases, rows),
            "sweep": lambda: sweep(database, at),
            "acts": lambda: acts(database, at, clients, count),
            "import": lambda first=first: confirm(database, at, first, rows // 2),
        }
        for scene, act in scenes.items():
            before = size(database)
            stages.measure(f"{scene} {name}", act)
            after = size(database)
            if (made := after[0] - before[0]) and scene != "acts":
                print(f"  {scene}: {made} changes, {(after[1] - before[1]) / made:.0f} bytes each")
    database.close()
    return stages


def without(database: Database) -> None:
    with database.engine.begin() as connection:
        take_down(connection)
    event.remove(ScopedSession, "before_commit", audit_acts._seal)


def race(chosen: argparse.Namespace, rows: int) -> dict[str, list[float]]:
    """Seconds by scene and side; rounds, each in a database of its own."""
    found: dict[str, list[float]] = {}
    for _ in range(chosen.rounds):
        with (
            tempfile.TemporaryDirectory() as folder,
            new_database(chosen.postgres, Path(folder)) as url,
        ):
            for name, (cpu, wall, _) in one_round(url, rows, chosen.acts).figures.items():
                # The server of PostgreSQL works in processes of its own.
                found.setdefault(name, []).append(cpu if chosen.postgres is None else wall)
            audit_acts.watch(ScopedSession)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000])
    parser.add_argument("--acts", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--postgres", nargs="?", const="", metavar="URL")
    chosen = parser.parse_args()
    grown: dict[str, list[tuple[int, float]]] = {}
    for rows in chosen.rows:
        found = race(chosen, rows)
        for scene in ("bulk", "sweep", "acts", "import"):
            having, lacking = found[f"{scene} with"], found[f"{scene} without"]
            cost, bare = statistics.median(having), statistics.median(lacking)
            # Acts are as many whatever the rows.
            priced = 0 if scene == "acts" else cost
            what = f"the audit, {scene}: × the same without"
            report("", what, ratios(having, lacking), of=rows, cost=priced)
            print(f"{scene:8} {cost:7.3f} s with, {bare:7.3f} s without: {cost / bare:.2f}")
            if priced:
                grown.setdefault(scene, []).append((rows, cost))
    show_growth("growth with the audit", grown)


if __name__ == "__main__":
    main()
