"""The printed contract: written from the code, and compared with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema

from server import schema_file
from server.graphql import jalon_schema, written


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "schema.graphql"
    monkeypatch.setattr(schema_file, "SCHEMA_FILE", path)
    return path


def test_the_contract_is_written_and_then_current(kept: Path) -> None:
    assert schema_file.main(["--check"]) == 1
    assert schema_file.main([]) == 0
    assert schema_file.main(["--check"]) == 0
    assert build_schema(kept.read_text(encoding="utf-8")).query_type


def test_what_is_not_current_is_told_line_by_line(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = written(jalon_schema())
    kept.write_text(text.replace("type Query {", "type Query {\n  gone: Int"), encoding="utf-8")
    assert schema_file.main(["--check"]) == 1
    told = capsys.readouterr().err
    assert "-  gone: Int" in told
    assert "make schema" in told
