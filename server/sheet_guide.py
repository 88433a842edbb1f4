"""`python -m server.sheet_guide [--check]` writes docs/sheets/, or says if it is current."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path

from templates_xlsx.guide import guide

SHEETS_FOLDER = Path(__file__).resolve().parents[1] / "docs" / "sheets"


def main(arguments: list[str]) -> int:
    """0 when the pages are written or current; 1 when `--check` finds that one is not."""
    present = guide()
    kept = {path.relative_to(SHEETS_FOLDER).as_posix(): path for path in _kept_pages()}
    if "--check" in arguments:
        texts = {name: path.read_text(encoding="utf-8") for name, path in kept.items()}
        told = [
            line for name in sorted({*present, *texts}) for line in _differing(name, texts, present)
        ]
        if told:
            sys.stderr.write("\n".join([*told, "docs/sheets/ is not current: make guide\n"]))
        return 1 if told else 0
    for name in kept.keys() - present.keys():
        kept[name].unlink()
    for name, text in present.items():
        page = SHEETS_FOLDER / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    return 0


def _kept_pages() -> list[Path]:
    return sorted(SHEETS_FOLDER.rglob("*.md"))


def _differing(name: str, kept: dict[str, str], present: dict[str, str]) -> Iterator[str]:
    """What differs of one page; one that is absent is empty."""
    before, after = (texts.get(name, "").splitlines() for texts in (kept, present))
    yield from difflib.unified_diff(before, after, name, "the code", lineterm="", n=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
