"""The register of personal data: written from the code, in both languages, and current."""

from __future__ import annotations

from pathlib import Path

import pytest

from server import privacy_guide
from words import missing


def test_every_sentence_has_its_french_one() -> None:
    assert missing(privacy_guide.sentences(), "fr") == []


def test_the_page_is_written_and_then_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(privacy_guide, "PAGE", tmp_path / "privacy.md")
    assert privacy_guide.main(["--check"]) == 1
    assert "make privacy" in capsys.readouterr().err
    assert privacy_guide.main([]) == 0
    assert privacy_guide.main(["--check"]) == 0
    assert "`collaborator.first_name`" in privacy_guide.PAGE.read_text(encoding="utf-8")
