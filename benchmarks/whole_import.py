"""A Phases file of 100,000 rows from upload to undo: every act beside its floor, and its memory.

    .venv/bin/python benchmarks/whole_import.py [--rows N] [--scene SCENE ...] [--rounds R]

Three scenes. *new*: a file of the firm's own making, all rows new: review, confirm, a dry run of
the undo, undo. *changed*: our own sealed template with every fee changed: the same, on records that
are there. *marked*: every tenth row red and every fifth yellow: the error file, whole and failed
rows only. Floors, in the same round: reading a workbook (openpyxl, read_only); inserting, updating
and deleting the same records by number (sqlite3, executemany, one transaction, the same settings);
writing the cells of the same workbook (XlsxWriter, constant_memory). Each runs in a fresh process
that has warmed up on twenty rows. Goals U1 and U2; SQLite.
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
from decimal import Decimal
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from _shared import fiction
from _shared.firm import Firm, add_clients, add_phases, add_projects, found_firm, opened
from _shared.growth import show_growth
from _shared.measuring import Figures, Stages, ratio, report, show
from _shared.measuring import ratios as by_round
from _shared.sheets import clients_for, projects_for, workbook
from openpyxl import load_workbook
from xlsxwriter import Workbook

from domain.access import Role
from persistence.invoice.invoices import lock_projects
from persistence.takeover.prefill import prefilled
from persistence.takeover.rows import the_import
from persistence.takeover.undo import entries_of, plan_revert, projects_touched, take_back
from resolvers._mutation import Acting
from resolvers.taking_over._examining import examine
from resolvers.taking_over._sheets import seal_of, setting_of
from resolvers.taking_over._taking import confirm, review_of, take
from resolvers.taking_over.returning import give_back
from schema.context import Caller, House
from templates_xlsx.generator import Prefilled, write_template
from templates_xlsx.layouts import layout

WARM = 20
"""Rows of the workbook that each process warms up on."""

SCENES = ("new", "changed", "marked")
CALLER = Caller(1, "bench", Role.ADMINISTRATOR, "bench", "fr")
SETTINGS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")


def product(scene: str, folder: Path, size: str, stages: Stages) -> None:
    content = folder.joinpath(f"{size}-{scene}.xlsx").read_bytes()
    with opened(Firm(f"sqlite:///{folder}/{size}.db", CALLER, token=""), folder) as house:
        # Not kept beyond the review, as no request keeps it.
        examined = [
            stages.measure(
                "examine",
                lambda: examine(house, CALLER, filename="b.xlsx", content=content, kind="phases"),
            )
        ]
        review = stages.measure("take", lambda: _take(house, examined.pop()))
        if scene == "marked":
            for name in ("returned", "failed"):
                act = partial(_returned, house, review[0], folder / size, name)
                stages.measure(name, act)
            return
        stages.measure("confirm", lambda: _confirm(house, *review))
        shutil.copyfile(folder / f"{size}.db", folder / f"written-{size}.db")
        shutil.copyfile(folder / f"{size}.db-wal", folder / f"written-{size}.db-wal")
        stages.measure("dry run", lambda: _undo(house, review[0], is_dry=True))
        stages.measure("undo", lambda: _undo(house, review[0], is_dry=False))


def _take(house: House, examined: Any) -> tuple[int, str]:
    with house.database.writing(CALLER.organisation_id) as session:
        acting = Acting(session, CALLER, house)
        identifier = take(acting, examined)
        review = review_of(acting, identifier)
        if review.review_hash is None:
            raise SystemExit(f"the workbook is not sound: {review.issues} {review.counts}")
        return identifier, review.review_hash


def _confirm(house: House, identifier: int, seen: str) -> None:
    with house.database.writing(CALLER.organisation_id) as session:
        acting = Acting(session, CALLER, house)
        confirm(acting, import_id=identifier, review_hash=seen, accept_warnings=True)


def _undo(house: House, identifier: int, *, is_dry: bool) -> None:
    """What `importRevert` does within its transaction."""
    with house.database.writing(CALLER.organisation_id) as session:
        entries = entries_of(session, the_import(session, identifier, locked=True))
        lock_projects(session, projects_touched(session, entries))
        plan_revert(session, entries)
        if kept := [one for one in entries if one.verdict.keeps]:
            raise SystemExit(f"not all is undone: {kept[:3]}")
        if not is_dry:
            take_back(session, entries)


def _returned(house: House, identifier: int, out: Path, name: str) -> None:
    made = BytesIO()
    with house.database.reading(CALLER.organisation_id) as session:
        acting = Acting(session, CALLER, house)
        review, is_part = review_of(acting, identifier), name == "failed"
        give_back(acting, review, made, only_failed=is_part, locale="fr")
    out.with_suffix(f".{name}.xlsx").write_bytes(made.getvalue())


def floor(scene: str, folder: Path, size: str, stages: Stages) -> None:
    stages.measure("openpyxl", lambda: _read(folder / f"{size}-{scene}.xlsx"))
    if scene == "marked":
        for name in ("returned", "failed"):
            # Read beforehand: what is measured is the writing.
            rows = _cells(folder / f"{size}.{name}.xlsx")
            stages.measure(f"plain {name}", partial(_write, rows))
        return
    with sqlite3.connect(f"{folder}/written-{size}.db") as written:
        written.execute("ATTACH DATABASE ? AS old", [f"{folder}/{size}.db"])
        rows = {
            table: written.execute(
                f"SELECT * FROM main.{table} EXCEPT SELECT * FROM old.{table} ORDER BY id"
            ).fetchall()
            for table in ("contract", "phase")
        }
        names = [one[1] for one in written.execute("PRAGMA main.table_info(phase)")]
    written.close()
    connection = sqlite3.connect(f"{folder}/{size}.db", isolation_level=None)
    for setting in SETTINGS:
        connection.execute(f"PRAGMA {setting}")
    if scene == "new":
        stages.measure("plain confirm", lambda: _insert(connection, rows))
        stages.measure("plain undo", lambda: _delete(connection, rows))
    else:
        changed = [(row[names.index("fee_minor")], row[names.index("id")]) for row in rows["phase"]]
        stages.measure("plain confirm", lambda: _update(connection, changed))
        stages.measure("plain undo", lambda: _update(connection, changed))
    connection.close()


def _read(path: Path) -> int:
    book = load_workbook(path, read_only=True)
    return sum(1 for sheet in book.worksheets for _ in sheet.iter_rows(values_only=True))


def _cells(path: Path) -> list[tuple[Any, ...]]:
    book = load_workbook(path, read_only=True)
    return list(book.worksheets[0].iter_rows(values_only=True))


def _write(rows: Sequence[Sequence[Any]]) -> None:
    options = {"constant_memory": True, "default_date_format": "dd/mm/yyyy"}
    with Workbook(BytesIO(), options) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)


def _insert(connection: sqlite3.Connection, rows: dict[str, list[Any]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for table, values in rows.items():
        marks = ", ".join("?" * len(values[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
    connection.execute("COMMIT")


def _delete(connection: sqlite3.Connection, rows: dict[str, list[Any]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for table, values in reversed(rows.items()):
        ids = [(value[0],) for value in values]
        connection.executemany(f"DELETE FROM {table} WHERE id = ?", ids)
    connection.execute("COMMIT")


def _update(connection: sqlite3.Connection, values: list[Any]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("UPDATE phase SET fee_minor = ? WHERE id = ?", values)
    connection.execute("COMMIT")


CONTENDERS: dict[str, Callable[[str, Path, str, Stages], None]] = {
    "product": product,
    "floor": floor,
}


def measure(contender: str, scene: str, folder: Path) -> Figures:
    """Runs one contender in this process, on the files that `prepare` put in `folder`."""
    CONTENDERS[contender](scene, folder, "warm", Stages())
    stages = Stages()
    CONTENDERS[contender](scene, folder, "full", stages)
    return stages.figures


def prepare(scene: str, rows: int, folder: Path) -> None:
    """Two databases with what the rows refer to, and a workbook for each."""
    for size, count in (("warm", WARM), ("full", rows)):
        firm = found_firm(f"sqlite:///{folder}/{size}-before.db")
        with opened(firm, folder) as house:
            with house.database.writing(firm.caller.organisation_id) as session:
                clients = add_clients(session, clients_for("phases", count))
                projects = add_projects(session, projects_for("phases", count), clients)
                if scene == "changed":
                    add_phases(session, count, projects)
            if scene == "changed":
                content = _changed(firm, house)
            else:
                spoil = _spoilt if scene == "marked" else None
                content = workbook("phases", count, firm=firm, house=house, spoil=spoil)
        folder.joinpath(f"{size}-{scene}.xlsx").write_bytes(content)


def _changed(firm: Firm, house: House) -> bytes:
    """The prefilled template, another fee in each row."""
    out = BytesIO()
    with house.database.reading(firm.caller.organisation_id) as session:
        write_template(
            out,
            sheet=layout("phases"),
            setting=setting_of(session, firm.caller),
            seal=seal_of(house, firm.caller),
            issued=fiction.DAY,
            rows=(
                Prefilled(key, {**cells, "fee": cells["fee"] + Decimal("12.34")})
                for key, cells in prefilled(session, "phases")
            ),
            locale="fr",
        )
    return out.getvalue()


def _spoilt(number: int, cells: fiction.Cells) -> fiction.Cells:
    """Every tenth row without a fee, every fifth with one that needs a second look."""
    if number % 10 == 0:
        return {**cells, "fee": "à voir"}
    if number % 5 == 0:
        return {**cells, "fee": "1.234", "phase_code": None}
    return cells


def race(scene: str, rounds: int, folder: Path) -> dict[str, list[tuple[float, float, float]]]:
    taken: dict[str, list[tuple[float, float, float]]] = {}
    for _ in range(rounds):
        # The floor writes what the product of the same round has written.
        for contender in CONTENDERS:
            for size in ("warm", "full"):
                for leaving in folder.glob(f"{size}.db*"):
                    leaving.unlink()
                shutil.copyfile(folder / f"{size}-before.db", folder / f"{size}.db")
            command = [sys.executable, __file__, "--measure", contender, "--scene", scene]
            told = subprocess.run(
                [*command, "--folder", str(folder)], stdout=subprocess.PIPE, check=True
            )
            for stage, figures in json.loads(told.stdout).items():
                taken.setdefault(stage, []).append(tuple(figures))
    return taken


STAGES = {
    "openpyxl": "openpyxl read_only, reading alone",
    "examine": "1 read, check and plan",
    "take": "2 keep the review",
    "confirm": "3 confirm",
    "plain confirm": "  the same rows written by number",
    "dry run": "4 what undoing would do",
    "undo": "5 undo",
    "plain undo": "  the same rows removed, or written, by number",
    "returned": "error file, whole",
    "plain returned": "  its cells written plainly",
    "failed": "error file, failed rows only",
    "plain failed": "  its cells written plainly",
}
FLOORS = {
    "confirm": "plain confirm",
    "dry run": "plain undo",
    "undo": "plain undo",
    "returned": "plain returned",
    "failed": "plain failed",
}


def told(taken: dict[str, list[tuple[float, float, float]]], rows: int) -> Iterator[Sequence[str]]:
    for stage, title in STAGES.items():
        if stage in taken:
            cpu, wall, peak = (statistics.median(each) for each in zip(*taken[stage], strict=True))
            yield title, f"{cpu:.3f}", f"{1e6 * cpu / rows:.0f}", f"{wall:.3f}", f"{peak:.0f}"


def ratios(taken: dict[str, list[tuple[float, float, float]]]) -> Iterator[Sequence[str]]:
    cpu = {stage: [one[0] for one in runs] for stage, runs in taken.items()}
    review = [sum(pair) for pair in zip(cpu["examine"], cpu["take"], strict=True)]
    yield "review (1 + 2) : openpyxl", ratio(review, cpu["openpyxl"])
    for stage, below in FLOORS.items():
        if stage in cpu:
            yield f"{STAGES[stage]} : {STAGES[below].strip()}", ratio(cpu[stage], cpu[below])


def hand_over(taken: dict[str, list[tuple[float, float, float]]], scene: str, rows: int) -> None:
    """The figures of `ratios`, and the most memory, for the table of all."""
    cpu = {stage: [one[0] for one in runs] for stage, runs in taken.items()}
    review = [sum(pair) for pair in zip(cpu["examine"], cpu["take"], strict=True)]
    cost = statistics.median(review)
    told = f"phases, {scene}, review: × openpyxl's reading"
    report("U1", told, by_round(review, cpu["openpyxl"]), at_most=4, of=rows, cost=cost)
    peak = max(one[2] for stage in ("examine", "take") for one in taken[stage])
    told = f"phases, {scene}, review: memory"
    report("U1", told, peak, at_most=300, unit="MiB", of=rows, cost=peak)
    for stage, below in FLOORS.items():
        if stage in cpu:
            named = STAGES[stage].lstrip("0123456789 ")
            told = f"phases, {scene}, {named}: × {STAGES[below].strip()}"
            found, cost = by_round(cpu[stage], cpu[below]), statistics.median(cpu[stage])
            goal, most = ("U2", 2) if (stage, scene) == ("confirm", "new") else ("", None)
            report(goal, told, found, at_most=most, of=rows, cost=cost)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000])
    parser.add_argument("--scene", nargs="+", choices=SCENES, default=SCENES)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--measure", choices=tuple(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(measure(chosen.measure, chosen.scene[0], chosen.folder)))
        return
    for scene in chosen.scene:
        grown: dict[str, list[tuple[int, float]]] = {}
        for rows in chosen.rows:
            with tempfile.TemporaryDirectory() as name:
                prepare(scene, rows, Path(name))
                taken = race(scene, chosen.rounds, Path(name))
            print(f"{rows:,} rows of phases, {scene}, medians of {chosen.rounds} rounds\n")
            show(["", "CPU s", "µs a row", "s", "peak MiB"], told(taken, rows))
            show(["", "CPU ratio (least – most)"], ratios(taken))
            hand_over(taken, scene, rows)
            for stage, runs in taken.items():
                cost = statistics.median(one[0] for one in runs)
                grown.setdefault(STAGES[stage].strip(), []).append((rows, cost))
        show_growth(f"growth, {scene}", grown)


if __name__ == "__main__":
    main()
