"""How fast a prefilled, sealed, locked template is written, against XlsxWriter's plain loop.

    .venv/bin/python benchmarks/template_write.py [--rows N] [--repeats R] [--sheet KIND]

Each contender writes the same workbook (values, tokens, locks, lists, room of 2,000 rows) in a
fresh process, in turn; the table gives medians of CPU seconds, how many times faster than the plain
loop that is, the same for the writing alone (without making and sealing the rows, which both do
alike), and peak memory over what the imports took. Read the ratios: machines differ.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

from _shared.growth import show_growth
from _shared.measuring import ratios, report, show
from xlsxwriter.workbook import Workbook

from templates_xlsx.generator import Prefilled, write_template
from templates_xlsx.generator.drawing import draw, enclose, room_of
from templates_xlsx.generator.rows import written_rows
from templates_xlsx.generator.skeleton import WORKBOOK_OPTIONS, last_row_of
from templates_xlsx.layouts import layout
from templates_xlsx.seal import Seal
from templates_xlsx.sheet import Setting, Sheet

SEAL = Seal(b"the secret of a benchmark", "1")
ISSUED = date(2026, 11, 21)
SETTING = Setting(entities=(("RIV-PAR", "Atelier Rivage"), ("RIV-LYO", "Rivage Ingénierie")))
ROOM = 2000
PHASES = ("ESQ", "APS", "APD", "PRO", "ACT", "VISA", "DET", "AOR")


def records(kind: str, count: int) -> Iterator[Prefilled]:
    """`count` records that look like those of a firm, the same every time."""
    make = _client if kind == "clients" else _phase
    return (Prefilled(number, make(number)) for number in range(1, count + 1))


def _client(number: int) -> dict[str, object]:
    return {
        "name": f"Société d'aménagement n° {number} {'SARL' if number % 5 else '& Cie'}",
        "code": f"C{number:06d}",
        "billing_address": f"{number % 300} rue des Tilleuls\n75011 Paris",
        "currency": "EUR",
        "country": "FR",
        "vat_number": f"FR{number % 97:02d}{number:09d}",
        "siret": f"{number:014d}",
        "payment_days": 30,
        "contact_name": "Anaïs Kerléo" if number % 3 else None,
    }


def _phase(number: int) -> dict[str, object]:
    project = number // 8
    return {
        "entity": SETTING.entities[project % 2][0],
        "project_code": f"LOG-{project:05d}",
        "project_name": f"Réhabilitation du groupe scolaire n° {project}",
        "contract": "Mission de base",
        "phase_code": PHASES[number % 8],
        "phase_name": f"Phase {PHASES[number % 8]} de la mission",
        "line_type": "phase",
        "fee": Decimal(number % 90_000) + Decimal("0.50"),
        "currency": "EUR",
    }


def ours(out: BinaryIO, sheet: Sheet, count: int) -> None:
    write_template(
        out,
        sheet=sheet,
        setting=SETTING,
        seal=SEAL,
        issued=ISSUED,
        rows=records(sheet.kind, count),
        room=ROOM,
        locale="fr",
    )


def plain(out: BinaryIO, sheet: Sheet, count: int) -> None:
    """The loop that everybody writes first: write() for every cell."""
    room = room_of(sheet, ROOM)
    with Workbook(out, {**WORKBOOK_OPTIONS, "in_memory": False}) as workbook:
        worksheet, formats = draw(
            workbook,
            sheet=sheet,
            setting=SETTING,
            language="fr",
            room=room,
            last_row=last_row_of(count + room),
        )
        rows = written_rows(sheet, records(sheet.kind, count), seal=SEAL, language="fr")
        for number, cells in enumerate(rows, 1):
            for place, cell in enumerate(cells):
                worksheet.write(number, place, cell, formats.cells[place])
        for number in range(count + 1, count + 1 + room):
            for place, look in enumerate(formats.cells):
                worksheet.write_blank(number, place, None, look)
        envelope = SEAL.envelope(kind=sheet.kind, version=sheet.version, issued=ISSUED, locale="fr")
        enclose(workbook, envelope=envelope, issued=ISSUED)


def rows_only(out: BinaryIO, sheet: Sheet, count: int) -> None:
    """The floor of both: the rows and their tokens, no file."""
    for _ in written_rows(sheet, records(sheet.kind, count), seal=SEAL, language="fr"):
        pass


CONTENDERS: dict[str, Callable[[BinaryIO, Sheet, int], None]] = {
    "plain": plain,
    "ours": ours,
    "rows_only": rows_only,
}


@dataclass(frozen=True)
class Run:
    """What one run took."""

    cpu: float
    peak: float
    size: int


def measure(name: str, kind: str, count: int) -> None:
    """In a fresh process: warms the imports and the skeleton, writes once, prints the figures."""
    write, sheet = CONTENDERS[name], layout(kind)
    with tempfile.TemporaryFile() as out:
        write(out, sheet, min(count, 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryFile() as out:
        start = time.process_time()
        write(out, sheet, count)
        cpu = time.process_time() - start
        size = out.seek(0, 2)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"cpu": cpu, "peak": peak, "size": size}))


def race(kind: str, count: int, repeats: int) -> dict[str, list[Run]]:
    """Every contender in turn, `repeats` times."""
    runs: dict[str, list[Run]] = {name: [] for name in CONTENDERS}
    for _ in range(repeats):
        for name in CONTENDERS:
            command = [sys.executable, __file__, "--measure", name, "--sheet", kind]
            told = subprocess.run(
                [*command, "--rows", str(count)], capture_output=True, text=True, check=True
            )
            figures: dict[str, Any] = json.loads(told.stdout)
            runs[name].append(Run(**figures))
    return runs


def tell(kind: str, count: int, runs: dict[str, list[Run]]) -> None:
    cpu = {name: statistics.median(run.cpu for run in taken) for name, taken in runs.items()}
    print(f"{kind}: {count:,} rows prefilled, {len(runs['plain'])} runs each")
    rows = []
    for name, taken in runs.items():
        whole = cpu["plain"] / cpu[name]
        writing = (cpu["plain"] - cpu["rows_only"]) / max(cpu[name] - cpu["rows_only"], 1e-6)
        peak = statistics.median(run.peak for run in taken)
        rows.append(
            [
                name,
                f"{cpu[name]:.4f}",
                f"{whole:.1f}x",
                "" if name == "rows_only" else f"{writing:.1f}x",
                f"{peak:.1f}",
                f"{taken[0].size / 1000:.0f}",
            ]
        )
    show(["", "CPU s", "faster", "writing", "peak MiB", "size kB"], rows)
    faster = ratios([run.cpu for run in runs["plain"]], [run.cpu for run in runs["ours"]])
    told = f"template of {kind}, {'prefilled' if count else 'empty, its skeleton cached'}"
    what, least = f"{told}: × as fast as XlsxWriter's plain loop", 5 if count else 8
    report("T1", what, faster, at_least=least, of=count, cost=cpu["ours"])
    if count:
        peaks = [run.peak for run in runs["ours"]]
        report("T1", f"{told}: memory", peaks, at_most=20, unit="MiB", of=count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sheet", default="progress", choices=("progress", "clients"))
    parser.add_argument("--measure", choices=tuple(CONTENDERS), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        measure(chosen.measure, chosen.sheet, chosen.rows[0])
        return
    grown: dict[str, list[tuple[int, float]]] = {}
    for count in (0, *chosen.rows):
        runs = race(chosen.sheet, count, chosen.repeats)
        tell(chosen.sheet, count, runs)
        for name, taken in runs.items() if count else ():
            cost = statistics.median(run.cpu for run in taken)
            grown.setdefault(name, []).append((count, cost))
    show_growth(f"growth, {chosen.sheet}", grown)


if __name__ == "__main__":
    main()
