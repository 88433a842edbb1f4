"""Whether a vulnerability is known of what requirements.lock names, as far as that can be asked.

0 when none is known, or nobody can be asked: said plainly, as a check must work on a train. 1 when
one is known, or when the lock file is not one (a library without its hash).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
PATIENCE = 90.0
"""Seconds for the whole; a line that is only slow must not hold up a check."""

_ASKED = ("--require-hashes", "--disable-pip", "--timeout", "5", "--progress-spinner", "off")
_WRONG_LOCK = ("hash", "requirement")


def command(lock: Path) -> list[str]:
    """What asks, and answers in JSON."""
    return [sys.executable, "-m", "pip_audit", "-r", str(lock), *_ASKED, "-f", "json"]


def audited(asked: Sequence[str], *, patience: float = PATIENCE) -> tuple[int, str]:
    """The end of the audit that `asked` runs, and what there is to say."""
    try:
        ran = subprocess.run(
            asked, capture_output=True, text=True, timeout=patience, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return 0, f"NOT AUDITED: no answer within {patience:.0f} seconds."
    try:
        libraries = json.loads(ran.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return _without_answer(ran.stderr)
    return _judged(libraries)


def _judged(libraries: list[dict[str, Any]]) -> tuple[int, str]:
    known = [
        f"{one['name']} {one['version']}: {found['id']}, mended in "
        f"{', '.join(found.get('fix_versions') or ['no version yet'])}"
        for one in libraries
        for found in one.get("vulns") or ()
    ]
    if known:
        return 1, "\n".join(["Known vulnerabilities:", *known])
    skipped = [one["name"] for one in libraries if "skip_reason" in one]
    asked = len(libraries) - len(skipped)
    if not asked:
        return 0, "NOT AUDITED: the register that can be reached knows none of the libraries."
    left = f" NOT AUDITED: {', '.join(skipped)}." if skipped else ""
    return 0, f"No vulnerability is known of {asked} of {len(libraries)} libraries.{left}"


def _without_answer(said: str) -> tuple[int, str]:
    last = said.strip().splitlines()[-1:] or ["nothing was said"]
    if "No module named pip_audit" in said:
        return 1, "pip-audit is not installed: make environment"
    if any(word in last[0].lower() for word in _WRONG_LOCK):
        return 1, f"requirements.lock cannot be read: {last[0][:300]}"
    return 0, f"NOT AUDITED: the list of vulnerabilities cannot be reached ({last[0][:300]})."


if __name__ == "__main__":
    code, told = audited(command(LOCK))
    (sys.stderr if code else sys.stdout).write(f"{told}\n")
    sys.exit(code)
