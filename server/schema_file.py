"""`python -m server.schema_file [--check]` writes schema.graphql, or says if it is current."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

from server.graphql import jalon_schema, written

SCHEMA_FILE = Path(__file__).resolve().parents[1] / "schema.graphql"


def main(arguments: list[str]) -> int:
    """0 when the file is written or current; 1 when `--check` finds it is not."""
    present = written(jalon_schema())
    if "--check" not in arguments:
        SCHEMA_FILE.write_text(present, encoding="utf-8")
        return 0
    kept = SCHEMA_FILE.read_text(encoding="utf-8") if SCHEMA_FILE.exists() else ""
    if kept == present:
        return 0
    lines = difflib.unified_diff(
        kept.splitlines(), present.splitlines(), "schema.graphql", "the code", lineterm="", n=1
    )
    sys.stderr.write("\n".join(lines) + "\nschema.graphql is not current: make schema\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
