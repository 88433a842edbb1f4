"""The command `jalon`: what is done to an installation from a terminal."""

from __future__ import annotations

from server.cli import exporting, firms, people, retention, running, sheets, verifying
from server.cli.speaking import app

__all__ = [
    "app",
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
