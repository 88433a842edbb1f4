"""Clients taken in, preview and confirmation: the product against django-import-export in bulk.

    .venv/bin/python benchmarks/import_peer.py [--rows N] [--rounds R] [--peer PYTHON]

The peer is no dependency of ours; it lives in an environment of its own, which is made once:

    python3 -m venv /tmp/peer
    /tmp/peer/bin/pip install django django-import-export tablib openpyxl

Without it (PEER or `--peer` names its Python) the product is measured alone. Both read the same
workbook, show what would be written, then write it, on SQLite. The peer writes in bulk and checks
two unique keys; the product applies all its rules, keeps the review and tells the audit. Goal U3:
five times faster; of Odoo, whose import is in no package, PERFORMANCE tells what was seen.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from _shared.measuring import ratio, ratios, report, show
from import_rows import measure, prepare

from templates_xlsx.layouts import layout

KIND = "clients"
PEER = "/tmp/peer/bin/python"


def ours(folder: Path) -> dict[str, float]:
    """Processor seconds of preview and confirmation, in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(folder)]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    figures = json.loads(told.stdout)
    review = figures["examine"][0] + figures["take"][0]
    return {"preview": review, "confirm": figures["confirm"][0]}


def theirs(python: str, folder: Path) -> dict[str, float]:
    script = Path(__file__).parent / "_shared" / "django_peer.py"
    titles = [layout(KIND).column(key).title("fr") for key in ("name", "code")]
    command = [python, str(script), str(folder), *titles]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(told.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", default=os.environ.get("PEER", PEER), metavar="PYTHON")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(measure("product", KIND, chosen.measure)))
        return
    taken: dict[str, dict[str, list[float]]] = {"product": {}, "peer": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(KIND, chosen.rows, folder)
        for _ in range(chosen.rounds):
            for size in ("warm", "full"):
                folder.joinpath(f"{size}.db").write_bytes(
                    folder.joinpath(f"{size}-before.db").read_bytes()
                )
            rounds = {"product": ours(folder)}
            if Path(chosen.peer).exists():
                rounds["peer"] = theirs(chosen.peer, folder)
            for side, figures in rounds.items():
                whole = figures["preview"] + figures["confirm"]
                for stage, cost in (*figures.items(), ("whole", whole)):
                    taken[side].setdefault(stage, []).append(cost)
    print(f"{chosen.rows:,} clients, CPU seconds, {chosen.rounds} rounds\n")
    if not taken["peer"]:
        print(f"the peer is not there ({chosen.peer}): how to get it is told above\n")
    rows = []
    for stage in ("preview", "confirm", "whole"):
        own, other = taken["product"][stage], taken["peer"].get(stage, [])
        against = (f"{min(other):.3f}", ratio(other, own)) if other else ("–", "–")
        rows.append((stage, f"{min(own):.3f}", *against))
    show(["U3", "product", "peer", "peer : product"], rows)
    own, other = taken["product"]["whole"], taken["peer"].get("whole", [])
    sizes = {"of": chosen.rows, "cost": statistics.median(own)}
    what = "clients taken in, preview and confirmation"
    report("", f"{what}: processor", own, unit="s", **sizes)
    if other:
        faster = ratios(other, own)
        report("U3", f"{what}: × as fast as django-import-export", faster, at_least=5, **sizes)


if __name__ == "__main__":
    main()
