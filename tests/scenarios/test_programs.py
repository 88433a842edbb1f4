"""The programs of docs/programs.md, run as they stand against a server, and run again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.api.batches.example import progressed, small_firm
from tests.jobs.servers import installed
from tests.support.api import open_api
from tests.support.prepared import Calendar
from tests.support.source import ROOT

GUIDE = ROOT / "docs" / "programs.md"
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


def run(command: list[str], script: Path, language: str, **environment: str) -> str:
    """What the program of that language tells; run twice, it tells the same."""
    script.write_text(program(language), encoding="utf-8")
    told = [
        subprocess.run(
            [*command, str(script)],
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
        told = run([sys.executable], tmp_path / "bill.py", "python", **access, MONTH="2026-11")
        # Their server has the clock of this machine: more may be due by now, to the same two.
        first = numbers(told)
        assert len(first) == len(set(first)) == 2
        assert api.query(FINAL) == state(batches=1, final=2)
        phases = api.query(PHASES)["phases"]["nodes"]
        (phase,) = [one["id"] for one in phases if one["contract"]["id"] == made["A"]]
        progressed(api, phase, "100")
        told = run(["sh"], tmp_path / "bill.sh", "sh", **access, MONTH="2026-12")
        second = numbers(told)
        assert len({*first, *second}) == 2 + len(second) > 2
        assert api.query(FINAL) == state(batches=2, final=2 + len(second))


def state(*, batches: int, final: int) -> dict[str, dict[str, int]]:
    counts = {"batches": batches, "invoices": final, "rest": 0}
    return {name: {"totalCount": count} for name, count in counts.items()}
