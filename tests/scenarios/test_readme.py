"""What the README promises, run as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from starlette.testclient import TestClient
from typer.testing import CliRunner

from server.app import create_app
from server.cli import app
from server.cli.installation import open_installation
from server.cli.sample_firm import prepare
from server.settings import read_settings

README = Path(__file__).parents[2] / "README.md"


def _blocks(language: str) -> list[str]:
    found = re.findall(
        rf"^```{language}\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found
    return found


@pytest.fixture
def demo_key(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[TestClient, str]]:
    """The sample firm as `make demo` prepares it, in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JALON_DATABASE_URL", sqlite_url)
    with open_installation() as house:
        key = prepare(house, Console(quiet=True))
        with TestClient(
            create_app(read_settings(), house=house), base_url="http://localhost"
        ) as http:
            yield http, key


def test_the_tour_runs_from_end_to_end(demo_key: tuple[TestClient, str]) -> None:
    """Every query of the README answers without an error, in the order it is told."""
    http, key = demo_key
    answers = []
    for query in _blocks("graphql"):
        answer = http.post(
            "/graphql", json={"query": query}, headers={"Authorization": f"Bearer {key}"}
        ).json()
        assert "errors" not in answer, (query, answer)
        for field in answer["data"].values():
            if isinstance(field, list):
                continue
            errors = [e for e in (field.get("userErrors") or []) if e.get("severity") == "ERROR"]
            assert errors == []
        answers.append(answer["data"])
    assert answers[0]["projectByCode"]["client"]["id"] == "client_4"
    drawn: Any = answers[2]["invoiceCreateFromProject"]["invoice"]
    assert drawn["proFormaNumber"] == "PF-000001"
    assert drawn["id"] == "invoice_1"
    paper = http.get(answers[3]["invoicePdf"]["download"]["url"])
    assert paper.content.startswith(b"%PDF")
    final = answers[4]["invoiceFinalise"]["invoice"]
    assert (final["state"], final["deletable"]) == ("READY", False)
    assert answers[5]["handovers"]["nodes"][0]["invoice"]["number"] == final["number"]
    credited = answers[6]["invoiceCredit"]["creditNote"]["creditedInvoice"]
    assert credited == {"number": final["number"], "creditState": "FULL"}
    assert [(one["links"], one["intact"]) for one in answers[7]["chainVerification"]] == [(2, True)]


def test_the_commands_of_the_readme_work_on_the_sample_firm(
    demo_key: tuple[TestClient, str],
) -> None:
    """A prefilled template goes out and comes back unchanged, from a terminal."""
    commands = [
        line.split("#")[0].split()[1:]
        for block in _blocks("sh")
        for line in block.splitlines()
        if line.startswith(("jalon template", "jalon import"))
    ]
    assert len(commands) == 3
    for command in commands:
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, (command, result.output)
    assert Path("clients.xlsx").stat().st_size > 5000


def test_the_settings_of_the_readme_are_those_of_the_product() -> None:
    """The table of settings names each one there is, and none that is not."""
    told = set(re.findall(r"^\| `(JALON_\w+)`", README.read_text(encoding="utf-8"), re.MULTILINE))
    known = {f"JALON_{name.upper()}" for name in type(read_settings()).model_fields}
    assert told == known
