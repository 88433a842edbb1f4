"""`python -m server.schema_file [--check]` writes schema.graphql, or says if it is current."""

from __future__ import annotations

import sys
from pathlib import Path

from server.generated import write_or_check
from server.graphql import jalon_schema, written

SCHEMA_FILE = Path(__file__).resolve().parents[1] / "schema.graphql"


def main(arguments: list[str]) -> int:
    """0 when the file is written or current; 1 when `--check` finds it is not."""
    present = written(jalon_schema())
    name = "schema.graphql"
    return write_or_check(SCHEMA_FILE, present, arguments, name=name, verb="schema", around=1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
