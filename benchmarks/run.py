"""Every promise of speed in one go: runs the scripts, tells their figures in one table and a plot.

    make bench                 # writes README.md (between its marks), results.svg, results.json
    make bench-quick           # small sizes, under two minutes; writes nothing
    .venv/bin/python benchmarks/run.py [--quick] [--only NAME …] [--node-modules FOLDER]

Each script takes its floors and peers in turn with the product (see its docstring). What costs more
when there is more is run at several sizes, and the exponent of its growth is fitted. A quick look
leaves out what another script tells as well, what says nothing in one round, and what has no goal.
Each figure is compared with that of the last run (results.json). With --only some scripts are run
anew and the figures of the others are kept. The peers in Node are raced where --node-modules, or
JALON_BENCH_NODE_MODULES, names a folder with them (`peers.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from _shared.measuring import FIGURES_VARIABLE, show
from _shared.plot import plot
from _shared.results import TITLES, Figure, Results, as_markdown, grown, rows

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
PLOT = HERE / "results.svg"
README = HERE / "README.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
NODE_VARIABLE = "JALON_BENCH_NODE_MODULES"


@dataclass(frozen=True, slots=True)
class Run:
    """One script: its options, and the sizes it is run at, for all and for a quick look."""

    script: str
    options: tuple[str, ...] = ()
    size: str = ""
    sizes: tuple[int, ...] = ()
    """In one run where there are several: the script takes them all."""
    quick: tuple[int, ...] | None = ()
    """None: a quick look leaves it out."""
    quickly: tuple[str, ...] = ()
    """More options for a quick look; the last of a name counts."""

    def command(self, *, quick: bool) -> list[str]:
        options = [*self.options, *(self.quickly if quick else ())]
        sizes = (self.quick or ()) if quick else self.sizes
        return [self.script, *options, *([self.size, *map(str, sizes)] if sizes else [])]

    @property
    def name(self) -> str:
        """The command that anybody would type."""
        return " ".join([self.script, *self.options])


_GROWING = (1_000, 3_000, 10_000)
_READS = ("--rounds", "1", "--seconds", "0.2", "--kinds", "page", "one")
_ONCE = ("--rounds", "1")
RUNS = (
    Run("page_of_invoices.py", (), "--invoices", (20_000,), None),
    Run("page_of_invoices.py", ("--postgres",), "--invoices", (20_000,), None),
    Run("peers.py", (), "--invoices", (20_000,), (3_000,), _READS),
    Run("peers.py", ("--postgres",), "--invoices", (20_000,), None),
    Run("page_beside_batch.py", (), "--contracts", (10_000,), (300,), ("--seconds", "2")),
    Run("page_beside_batch.py", ("--database", "postgresql"), "--contracts", (10_000,), None),
    Run("hostile_documents.py", quick=None),
    Run("template_write.py", (), "--rows", (1_000, 10_000, 100_000), (1_000,), ("--repeats", "1")),
    Run("template_write.py", ("--sheet", "clients"), "--rows", (10_000,), None),
    Run(
        "template_through_api.py",
        (),
        "--rows",
        _GROWING,
        (300,),
        (*_ONCE, "--kind", "progress"),
    ),
    Run(
        "import_rows.py",
        ("--kind", "clients", "phases", "progress"),
        "--rows",
        _GROWING,
        (300,),
        (*_ONCE, "--kind", "clients"),
    ),
    Run("import_peer.py", (), "--rows", (10_000,), None),
    Run("whole_import.py", (), "--rows", _GROWING, None),
    Run(
        "pdf_invoice.py",
        ("--memory", "1000"),
        quickly=("--memory", "0", "--lines", "10", "--runs", "4", "--", "1"),
    ),
    Run("electronic_invoice.py", (), "--lines", (4, 60, 600), (4,), ("3",)),
    Run("finalise_invoices.py", (), "--invoices", _GROWING, (200,), _ONCE),
    Run("finalise_invoices.py", ("--database", "postgresql"), "--invoices", (3_000,), None),
    Run("print_run.py", (), "--papers", (1_000,), (60,)),
    Run("finalise_at_once.py", (), "--each", (30,), (2,), _ONCE),
    Run("finalise_at_once.py", ("--postgres",), "--each", (30,), None),
    Run("batch_plan.py", (), "--contracts", _GROWING, (200,), ("--clicks", "2")),
    Run("batch_plan.py", ("--database", "postgresql"), "--contracts", (10_000,), None),
    Run("batch_generate.py", (), "--contracts", _GROWING, (200,)),
    Run("batch_generate.py", ("--database", "postgresql"), "--contracts", (3_000,), None),
    Run("audit.py", (), "--rows", _GROWING, None),
    Run("tenant_walls.py", (), "--rows", (10_000,), None),
    Run("hostile_files.py", quick=None),
    Run("hostile_requests.py", quick=None),
)


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    found = {
        "on": _today(),
        "cores": os.cpu_count(),
        "load": [round(each, 1) for each in os.getloadavg()],
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    from tests.support.postgres_server import installed

    for binaries in installed():
        command = [str(binaries / "postgres"), "--version"]
        told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return found | {"postgresql": told.split()[2] if told else "?"}
    return found


def _today() -> str:
    return datetime.now().astimezone().date().isoformat()


def figures_of(command: list[str], environment: dict[str, str]) -> list[Figure] | None:
    """Runs one script, whose tables are seen; None when it failed."""
    print(f"\n== {' '.join(command)}", flush=True)
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", suffix=".jsonl") as taken:
        begun, spent = time.monotonic(), _spent()
        ended = subprocess.run(
            [sys.executable, str(HERE / command[0]), *command[1:]],
            env={**environment, FIGURES_VARIABLE: taken.name},
            check=False,
        )
        took = time.monotonic() - begun
        print(f"   {took:.0f} s, {_spent() - spent:.0f} of processor", flush=True)
        if ended.returncode:
            return None
        told = [Figure(**json.loads(line)) for line in taken]
    return [replace(one, command=" ".join(command), taken_on=_today()) for one in told]


def _spent() -> float:
    """Processor seconds of all scripts so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def all_figures(
    chosen: argparse.Namespace, keep: Callable[[list[Figure]], None]
) -> tuple[list[Figure], list[str]]:
    """The figures of what was asked for, and the commands that failed.

    `keep` is handed all that is known after each script: a run of hours that is cut off has told
    what it found.
    """
    found: list[Figure] = []
    failed: list[str] = []
    for one in RUNS:
        if chosen.only and not any(name in one.script for name in chosen.only):
            continue
        if (chosen.quick and one.quick is None) or not (HERE / one.script).exists():
            continue
        command = one.command(quick=chosen.quick)
        if one.script == "peers.py" and chosen.node_modules:
            command += ["--node-modules", chosen.node_modules]
        figures = figures_of(command, dict(os.environ))
        if figures is None:
            failed.append(" ".join(command))
            continue
        found += [_named(each, one) for each in grown(figures)]
        keep(found)
    return found, failed


def _named(figure: Figure, run: Run) -> Figure:
    """With the command that anybody would type, and what its options mean in the promise."""
    on_postgres = "--postgres" in run.options or "postgresql" in run.options
    what = f"{figure.what}, PostgreSQL" if on_postgres else figure.what
    return replace(figure, what=what, command=run.name)


def write(results: Results, former: Results) -> None:
    """The table between its marks, the plot, and the figures for the next run."""
    text = README.read_text(encoding="utf-8")
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{README.name} lacks the marks {BEGIN} and {END}")
    told = results.machine
    load = " / ".join(str(each) for each in told["load"])
    said = (
        f"Last run on {told['on']}: {told['cores']} cores shared with other work (load {load} at "
        f"its end), Python {told['python']}, SQLite {told['sqlite']}, PostgreSQL "
        f"{told.get('postgresql', 'missing')}. “since last”: against the figure before it; = is "
        "within noise."
    )
    table = as_markdown(results.figures, former)
    README.write_text(f"{head}{begin}\n{said}\n\n{table}\n{end}{tail}", encoding="utf-8")
    PLOT.write_text(plot(results.figures), encoding="utf-8")
    results.write(RESULTS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes; writes nothing")
    parser.add_argument("--only", nargs="+", help="scripts whose name holds one of these words")
    parser.add_argument("--node-modules", default=os.environ.get(NODE_VARIABLE))
    chosen = parser.parse_args()
    begun = time.monotonic()
    former = Results.read(RESULTS).of_commands(one.name for one in RUNS)

    def keep(figures: list[Figure]) -> None:
        if not chosen.quick:
            write(former.with_those(figures, machine()), former)

    figures, failed = all_figures(chosen, keep)
    took = time.monotonic() - begun
    print(f"\nAll of it: {took / 60:.1f} minutes, {_spent() / 60:.1f} of processor\n")
    show(TITLES, rows(Results().with_those(figures, {}).figures, former))
    if failed:
        raise SystemExit("These failed; their figures are left as they were:\n" + "\n".join(failed))


if __name__ == "__main__":
    main()
