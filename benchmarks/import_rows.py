"""A workbook of 10,000 rows taken in: each stage against openpyxl's mere reading and a raw insert.

    .venv/bin/python benchmarks/import_rows.py [--rows N] [--kind KIND ...] [--rounds R]

What the product does: reads and checks the file by every rule, verifies the tokens of our own
template (progress), matches the rows with the firm's records, plans and keeps the review; then
confirms it, which plans anew, compares with the review that was seen, and writes. The peer only
reads the cells (openpyxl, read_only); the floor only inserts what the product wrote, row by row the
same, into the same tables (sqlite3, executemany, one transaction, the same settings). Each runs in
a fresh process that has warmed up on twenty rows, in turn. Goals U1 and U2; SQLite.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from _shared.firm import Firm, add_clients, add_phases, add_projects, found_firm, opened
from _shared.growth import show_growth
from _shared.measuring import Figures, Stages, ratio, ratios, report, show
from _shared.sheets import KINDS, clients_for, projects_for, workbook
from openpyxl import load_workbook

from domain.access import Role
from resolvers._mutation import Acting
from resolvers.taking_over._examining import examine
from resolvers.taking_over._sheets import seal_of, setting_of
from resolvers.taking_over._spooling import spooled_drafts
from resolvers.taking_over._taking import confirm, review_of, take
from schema.context import Caller, House
from templates_xlsx.checker import check
from templates_xlsx.reader import open_book

WARM = 20
"""Rows of the workbook that each process warms up on."""

TABLES = {
    "clients": ("client", "contact"),
    "projects": ("project",),
    "phases": ("contract", "phase"),
    "progress": ("progress_update",),
}


def measure(contender: str, kind: str, folder: Path) -> Figures:
    """Runs one contender in this process, on the files that `prepare` put in `folder`."""
    CONTENDERS[contender](kind, folder, "warm", Stages())
    stages = Stages()
    CONTENDERS[contender](kind, folder, "full", stages)
    return stages.figures


def reading(kind: str, folder: Path, size: str, stages: Stages) -> None:
    content = folder.joinpath(f"{size}.xlsx").read_bytes()

    def read() -> int:
        book = open_book(content, filename="bench.xlsx")
        return sum(1 for sheet in book.sheets for _ in sheet.rows())

    stages.measure("read", read)


def checking(kind: str, folder: Path, size: str, stages: Stages) -> None:
    content = folder.joinpath(f"{size}.xlsx").read_bytes()
    firm = _firm(folder, f"{size}.db")
    with opened(firm, folder) as house:
        caller = firm.caller
        with house.database.reading(caller.standing()) as session:
            setting = setting_of(session, caller)
        seal = seal_of(house, caller)

        def verify() -> int:
            book = open_book(content, filename="b.xlsx")
            checked = check(book, kind=kind, setting=setting, seal=seal, keep=spooled_drafts)
            if checked.is_refused:
                raise SystemExit(f"the workbook is not sound: {checked.issues}")
            return len(checked.drafts)

        stages.measure("check", verify)


def peer(kind: str, folder: Path, size: str, stages: Stages) -> None:
    def read() -> int:
        book = load_workbook(folder / f"{size}.xlsx", read_only=True)
        return sum(1 for sheet in book.worksheets for _ in sheet.iter_rows(values_only=True))

    stages.measure("openpyxl", read)


def product(kind: str, folder: Path, size: str, stages: Stages) -> None:
    content = folder.joinpath(f"{size}.xlsx").read_bytes()
    firm = _firm(folder, f"{size}.db")
    with opened(firm, folder) as house:
        caller = firm.caller
        # Not kept beyond the review, as no request keeps it.
        examined = [
            stages.measure(
                "examine",
                lambda: examine(house, caller, filename="b.xlsx", content=content, kind=kind),
            )
        ]
        review = stages.measure("take", lambda: _take(house, caller, examined.pop()))
        stages.measure("confirm", lambda: _confirm(house, caller, *review))


def _take(house: House, caller: Caller, examined: Any) -> tuple[int, str]:
    with house.database.writing(caller.organisation_id) as session:
        acting = Acting(session, caller, house)
        identifier = take(acting, examined)
        review = review_of(acting, identifier)
        if review.review_hash is None or review.counts.get("red"):
            raise SystemExit(f"the workbook is not sound: {review.issues} {review.counts}")
        return identifier, review.review_hash


def _confirm(house: House, caller: Caller, identifier: int, seen: str) -> None:
    with house.database.writing(caller.organisation_id) as session:
        acting = Acting(session, caller, house)
        confirm(acting, import_id=identifier, review_hash=seen, accept_warnings=True)


def floor(kind: str, folder: Path, size: str, stages: Stages) -> None:
    """Inserts what the product wrote into a database as it was before."""
    rows = {}
    with sqlite3.connect(f"{folder}/written-{size}.db") as written:
        for table in TABLES[kind]:
            before = f"(SELECT coalesce(max(id), 0) FROM old.{table})"
            written.execute("ATTACH DATABASE ? AS old", [f"{folder}/{size}.db"])
            rows[table] = written.execute(
                f"SELECT * FROM main.{table} WHERE id > {before}"
            ).fetchall()
            written.execute("DETACH DATABASE old")
    written.close()
    connection = sqlite3.connect(f"{folder}/{size}.db", isolation_level=None)
    for setting in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")

    def insert() -> None:
        connection.execute("BEGIN IMMEDIATE")
        for table, values in rows.items():
            marks = ", ".join("?" * len(values[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
        connection.execute("COMMIT")

    stages.measure("insert", insert)
    connection.close()


CONTENDERS: dict[str, Callable[[str, Path, str, Stages], None]] = {
    "reading": reading,
    "checking": checking,
    "peer": peer,
    "product": product,
    "floor": floor,
}


def prepare(kind: str, rows: int, folder: Path) -> None:
    """Two databases with what the rows refer to, and a workbook for each."""
    for size, count in (("warm", WARM), ("full", rows)):
        firm = found_firm(f"sqlite:///{folder}/{size}-before.db")
        with opened(firm, folder) as house:
            with house.database.writing(firm.caller.organisation_id) as session:
                clients = add_clients(session, clients_for(kind, count))
                projects = add_projects(session, projects_for(kind, count), clients)
                if kind == "progress":
                    add_phases(session, count, projects)
            content = workbook(kind, count, firm=firm, house=house)
        folder.joinpath(f"{size}.xlsx").write_bytes(content)


def _firm(folder: Path, database: str) -> Firm:
    """The firm of a database that `prepare` made: the first of it."""
    caller = Caller(1, "bench", Role.ADMINISTRATOR, "bench", "fr")
    return Firm(f"sqlite:///{folder}/{database}", caller, token="")


def race(kind: str, rounds: int, folder: Path) -> dict[str, list[tuple[float, float, float]]]:
    """Every contender in turn, `rounds` times."""
    taken: dict[str, list[tuple[float, float, float]]] = {}
    for number in range(rounds):
        # The floor inserts what the product of the same round has written.
        order = ["reading", "checking", "peer", "product"][:: 1 if number % 2 else -1]
        for contender in [*order, "floor"]:
            for size in ("warm", "full"):
                shutil.copyfile(folder / f"{size}-before.db", folder / f"{size}.db")
            command = [sys.executable, __file__, "--measure", contender, "--kind", kind]
            told = subprocess.run(
                [*command, "--folder", str(folder)], stdout=subprocess.PIPE, check=True
            )
            if contender == "product":
                for size in ("warm", "full"):
                    folder.joinpath(f"{size}.db").replace(folder / f"written-{size}.db")
            for stage, figures in json.loads(told.stdout).items():
                taken.setdefault(stage, []).append(tuple(figures))
    return taken


STAGES = {
    "read": "our reading alone",
    "check": "our reading and checking",
    "openpyxl": "openpyxl read_only, reading alone",
    "examine": "1 read, check, match and plan",
    "take": "2 keep the review",
    "confirm": "3 confirm",
    "insert": "raw insert of the same rows",
}


def told(taken: dict[str, list[tuple[float, float, float]]], rows: int) -> Iterator[Sequence[str]]:
    for stage, title in STAGES.items():
        cpu, wall, peak = (statistics.median(each) for each in zip(*taken[stage], strict=True))
        yield title, f"{cpu:.3f}", f"{1e6 * cpu / rows:.0f}", f"{wall:.3f}", f"{peak:.0f}"


def promises(
    taken: dict[str, list[tuple[float, float, float]]], kind: str
) -> Iterator[Sequence[str]]:
    cpu = {stage: [one[0] for one in runs] for stage, runs in taken.items()}
    review = [sum(pair) for pair in zip(cpu["examine"], cpu["take"], strict=True)]
    peak = max(
        statistics.median(one[2] for one in taken[stage])
        for stage in ("examine", "take", "confirm")
    )
    # Clients and phases have no tokens; the goal speaks of those that do.
    tokens, goal = (", every token verified", "≥ 3") if kind == "progress" else ("", "–")
    yield "U1 openpyxl : our reading", "≥ 3", ratio(cpu["openpyxl"], cpu["read"])
    yield f"U1 openpyxl : read and check{tokens}", goal, ratio(cpu["openpyxl"], cpu["check"])
    yield "U1 review (1 + 2) : openpyxl", "≤ 4", ratio(review, cpu["openpyxl"])
    yield "U1 peak memory, MiB", "≤ 300", f"{peak:.0f}"
    yield "U2 confirm : raw insert", "≤ 2", ratio(cpu["confirm"], cpu["insert"])


def hand_over(taken: dict[str, list[tuple[float, float, float]]], kind: str, rows: int) -> None:
    """The figures of `promises`, for the table of all."""
    cpu = {stage: [one[0] for one in runs] for stage, runs in taken.items()}
    review = [sum(pair) for pair in zip(cpu["examine"], cpu["take"], strict=True)]
    peer = cpu["openpyxl"]
    faster, cost = ratios(peer, cpu["read"]), statistics.median(cpu["read"])
    told = f"{kind}, reading: × as fast as openpyxl reads"
    report("U1", told, faster, at_least=3, of=rows, cost=cost)
    faster, cost = ratios(peer, cpu["check"]), statistics.median(cpu["check"])
    if kind == "progress":
        told = (
            f"{kind}, reading, every token verified, all cells checked: × as fast as openpyxl reads"
        )
        report("U1", told, faster, at_least=3, of=rows, cost=cost)
    else:
        # Sheets without tokens: the goal speaks of those that have them.
        told = f"{kind}, reading, all cells checked: × as fast as openpyxl reads"
        report("", told, faster, of=rows, cost=cost)
    told, cost = f"{kind}, checked and reviewed: × openpyxl's reading", statistics.median(review)
    report("U1", told, ratios(review, peer), at_most=4, of=rows, cost=cost)
    told = f"{kind}, upload to confirmation: memory"
    peak = max(one[2] for stage in ("examine", "take", "confirm") for one in taken[stage])
    report("U1", told, peak, at_most=300, unit="MiB", of=rows, cost=peak)
    told = f"{kind}, confirmed: × a raw insert of the same rows"
    cost = statistics.median(cpu["confirm"])
    report("U2", told, ratios(cpu["confirm"], cpu["insert"]), at_most=2, of=rows, cost=cost)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000])
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=["clients", "progress"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", choices=tuple(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(measure(chosen.measure, chosen.kind[0], chosen.folder)))
        return
    for kind in chosen.kind:
        grown: dict[str, list[tuple[int, float]]] = {}
        for rows in chosen.rows:
            with tempfile.TemporaryDirectory() as name:
                prepare(kind, rows, Path(name))
                taken = race(kind, chosen.rounds, Path(name))
            print(f"{rows:,} rows of {kind}, medians of {chosen.rounds} rounds\n")
            show(["", "CPU s", "µs a row", "s", "peak MiB"], told(taken, rows))
            show(["promise", "goal", "CPU ratio (least – most)"], promises(taken, kind))
            hand_over(taken, kind, rows)
            for stage, runs in taken.items():
                cost = statistics.median(one[0] for one in runs)
                grown.setdefault(STAGES[stage], []).append((rows, cost))
        show_growth(f"growth, {kind}", grown)


if __name__ == "__main__":
    main()
