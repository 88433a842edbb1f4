"""The command `jalon`: what is done to an installation from a terminal."""

from __future__ import annotations

import gc

# What is imported stays. To look for garbage in it again and again is a fifth of the time in which
# a command begins. So these imports come after a statement (E402).
_WAS = gc.isenabled()
gc.disable()

from server.cli import (  # noqa: E402
    backups,
    exporting,
    firms,
    people,
    retention,
    running,
    sheets,
    verifying,
)
from server.cli.speaking import app  # noqa: E402

gc.freeze()
if _WAS:
    gc.enable()

__all__ = [
    "app",
    "backups",
    "exporting",
    "firms",
    "main",
    "people",
    "retention",
    "running",
    "sheets",
    "verifying",
]


def main() -> None:
    """The entry point of the command."""
    app(prog_name="jalon")
