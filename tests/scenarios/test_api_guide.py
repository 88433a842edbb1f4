"""What docs/api.md shows, run as it stands, and that it leaves nothing out."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import KINDS
from tests.jobs.servers import installed
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar
from tests.support.source import ROOT

GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
OF_SIGNING_IN = {"SIGN_IN_REFUSED", "NOT_A_MEMBER", "TOO_MANY_TRIES"}
"""Told in docs/signing-in.md."""


def shown(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def firm(prepared_sqlite_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    with open_api(prepared_sqlite_url, tmp_path, clock=Calendar()) as api:
        yield api


def test_what_is_shown_is_answered(firm: ApiClient) -> None:
    listed, written = (firm.query(one) for one in shown("graphql"))
    found = listed["clients"]
    assert (len(found["nodes"]), found["pageInfo"]["hasNextPage"]) == (2, True)
    assert found["totalCount"] > 2
    assert written["clientUpdate"]["userErrors"] == []
    assert written["clientUpdate"]["node"]["version"] == 2


def test_a_file_is_sent_with_curl(sqlite_url: str, tmp_path: Path) -> None:
    (command,) = shown("sh")
    (tmp_path / "clients.csv").write_text("Nom du client\nA\n", encoding="utf-8")
    installation = installed(sqlite_url, tmp_path)
    with installation.serving(anew=True) as [(server, api)]:
        said = subprocess.run(
            ["sh"],
            input=command,
            cwd=tmp_path,
            env={**os.environ, "JALON_URL": server.address, "JALON_KEY": api.token},
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
    assert '"importFile":{"id":"import_file_1"' in said


def test_the_guide_names_every_code_of_a_request_that_is_refused() -> None:
    codes = set(OF_SIGNING_IN)
    for source in (ROOT / "server").rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        codes |= set(re.findall(r'\b\d{3},\s+"([A-Z]+(?:_[A-Z]+)*)"', text))
        codes |= set(re.findall(r'"code": "([A-Z_]+)"', text))
    assert len(codes) > 20
    assert codes - set(re.findall(r"[A-Z_]+", GUIDE)) <= OF_SIGNING_IN


def test_the_guide_names_no_code_that_there_is_not() -> None:
    source = "".join(one.read_text(encoding="utf-8") for one in (ROOT / "server").rglob("*.py"))
    settings = {"JALON_PUBLIC_URL", "JALON_URL", "JALON_KEY"}
    choices = {"REJECT_EVERYTHING", "REJECT_FAILED_ROWS", "BY_NAME"}
    for code in set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", GUIDE)) - settings - choices:
        assert code in KINDS or f'"{code}"' in source, code
