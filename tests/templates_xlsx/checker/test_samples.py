"""The clean sample files: every row is accepted without a word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from templates_xlsx.checker import check
from templates_xlsx.reader import open_book
from templates_xlsx.sheet import Setting

CLEAN = Path(__file__).parents[2] / "fixtures" / "clean"
FILES = {
    "01_clients.xlsx": ("clients", 44),
    "02_projets.xlsx": ("projects", 60),
    "03_phases_annexes.xlsx": ("phases", 324),
    "04_collaborateurs.xlsx": ("collaborators", 25),
    "05_avancement.xlsx": ("progress", 275),
}


def _firm() -> Setting:
    firm = json.loads((CLEAN / "organisation.json").read_text(encoding="utf-8"))
    entities = tuple((entity["code"], entity["name"]) for entity in firm["entities"])
    return Setting(firm["country"], firm["currency"], firm["locale"], entities)


@pytest.mark.parametrize("file", FILES)
def test_a_clean_file_gives_no_red_and_no_yellow(file: str) -> None:
    """O10–O32: asked for by kind or recognised."""
    kind, rows = FILES[file]
    book = open_book(CLEAN / file)
    for asked in (kind, None):
        outcome = check(book, kind=asked, setting=_firm())
        assert outcome.sheet.kind == kind
        assert [issue.code for issue in outcome.issues] == ["TEMPLATE_UNSIGNED"]
        assert len(outcome.drafts) == rows
        assert [issue for draft in outcome.drafts for issue in draft.issues] == []
        assert outcome.ignored == ()
