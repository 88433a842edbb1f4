"""Files of the repository that are written from the code: written anew, or found to be current."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path


def write_or_check(
    path: Path, present: str, arguments: Sequence[str], *, name: str, verb: str, around: int = 0
) -> int:
    """0 when the file is written or current; 1 when `--check` finds that it is not.

    What differs is told on standard error, with `around` lines beside, and the verb of `make`
    that mends it.
    """
    if "--check" not in arguments:
        path.write_text(present, encoding="utf-8")
        return 0
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    if kept == present:
        return 0
    lines = difflib.unified_diff(
        kept.splitlines(), present.splitlines(), name, "the code", lineterm="", n=around
    )
    sys.stderr.write("\n".join([*lines, f"{name} is not current: make {verb}\n"]))
    return 1
