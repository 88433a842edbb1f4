"""The page of roles: written from the tables, in both languages, and compared with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.access import SENTENCES
from schema.needs import NEEDS
from server import roles_guide
from words import missing


def test_the_kept_page_is_what_the_code_says() -> None:
    assert roles_guide.main(["--check"]) == 0
    page = roles_guide.guide()
    assert all(f"`{name}`" in page for name in NEEDS)


def test_every_sentence_of_it_is_french_too() -> None:
    told = [
        *SENTENCES.values(),
        *roles_guide.OF_REACH.values(),
        *(roles_guide.TITLE, roles_guide.HEAD, roles_guide.PERMISSION, roles_guide.MEANING),
        *(roles_guide.REACH, roles_guide.FIELDS, roles_guide.MARKS, roles_guide.PAPERS),
    ]
    assert missing(told, "fr") == []


def test_a_page_that_is_not_current_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(roles_guide, "ROLES_FILE", tmp_path / "roles.md")
    assert roles_guide.main(["--check"]) == 1
    assert "make guide" in capsys.readouterr().err
    assert roles_guide.main([]) == 0
    assert roles_guide.main(["--check"]) == 0
