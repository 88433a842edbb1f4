"""The guide to the sheets: written from the code, and compared with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from server import sheet_guide
from templates_xlsx.guide import guide


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "sheets"
    monkeypatch.setattr(sheet_guide, "SHEETS_FOLDER", path)
    return path


def test_the_guide_is_written_and_then_current(folder: Path) -> None:
    assert sheet_guide.main(["--check"]) == 1
    assert sheet_guide.main([]) == 0
    assert sheet_guide.main(["--check"]) == 0
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*.md")}
    assert kept == set(guide())


def test_what_is_not_current_is_told_line_by_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet_guide.main([])
    (folder / "fr" / "clients.md").write_text("# Clientes\n", encoding="utf-8")
    (folder / "fr" / "gone.md").write_text("# Gone\n", encoding="utf-8")
    assert sheet_guide.main(["--check"]) == 1
    told = capsys.readouterr().err
    assert "-# Clientes" in told
    assert "+# Clients" in told
    assert "-# Gone" in told
    assert "make guide" in told


def test_a_page_of_no_sheet_is_removed(folder: Path) -> None:
    gone = folder / "en" / "gone.md"
    gone.parent.mkdir(parents=True)
    gone.write_text("# Gone\n", encoding="utf-8")
    assert sheet_guide.main([]) == 0
    assert not gone.exists()
