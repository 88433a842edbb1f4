"""The sample firm: made by the real path, once, and found again by the next run."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio
import pytest
from rich.console import Console

from persistence.files import Files
from persistence.organisations import bearer_of
from persistence.session import Database
from persistence.takeover.known import counts
from resolvers.admitting._signing_in import Asking, sign_in
from schema.context import House
from server.cli.sample_firm import PERSON, WORKBOOKS, invitation, person, prepare
from tests.support.api import SECRET


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.chdir(tmp_path)
    database = Database(sqlite_url)
    yield House(database, Files.at(tmp_path.as_uri()), SECRET.encode())
    database.close()


def test_the_sample_firm_is_made_once_and_kept(house: House) -> None:
    quiet = Console(quiet=True)
    key = prepare(house, quiet)
    bearer = bearer_of(house.database, key)
    assert bearer is not None
    assert (bearer.organisation_code, bearer.role) == ("demo", "ADMINISTRATOR")
    assert stat.S_IMODE(Path("var/demo.key").stat().st_mode) == 0o600

    def present() -> dict[str, int]:
        with house.database.reading(bearer.organisation_id) as session:
            return counts(session)

    first = present()
    assert first["clients"] == 44
    assert first["projects"] == 60
    assert all(first[kind] for kind in WORKBOOKS)
    assert prepare(house, quiet) == key
    assert present() == first
    password = person(house)
    assert person(house) == password
    assert stat.S_IMODE(Path("var/demo.password").stat().st_mode) == 0o600
    token = anyio.run(
        partial(sign_in, house, Asking(), email=PERSON, password=password, organisation=None)
    )
    assert token is not None


def test_a_key_that_opens_nothing_any_more_is_replaced(house: House) -> None:
    quiet = Console(quiet=True)
    key = prepare(house, quiet)
    Path("var/demo.key").write_text("jalon_old_key")
    other = prepare(house, quiet)
    assert other != key
    assert bearer_of(house.database, other) is not None


def test_the_invitation_holds_a_line_to_paste() -> None:
    told = invitation("http://127.0.0.1:8000", "jalon_a_b", "one of its own")
    (line,) = [line for line in told.splitlines() if line.startswith("curl ")]
    assert "Bearer jalon_a_b" in line
    assert "http://127.0.0.1:8000/graphql" in line
    assert "one of its own" in told
    assert any(
        "GraphiQL" in line and line.endswith(" http://127.0.0.1:8000/graphql")
        for line in told.splitlines()
    )
