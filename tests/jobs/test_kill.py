"""Servers killed in the middle of a long import: it is applied once and whole, and says so."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.processes import ended
from tests.jobs.servers import ROWS, Installation, installed, long_file
from tests.support.api import ApiClient
from tests.support.takeover import confirm, send

LONGEST = 0.6
"""Seconds after which an import of that length is done, as a rule: kills come before and after."""

COUNT = """
query($text: String!) { clients(filter: { text: $text }) { totalCount } }
"""

REVERT = """
mutation($id: ID!, $key: ID!) {
  importRevert(input: { importId: $id, idempotencyKey: $key }) {
    importFile { state } userErrors { code }
  }
}
"""


def begun(api: ApiClient, mark: str) -> dict[str, Any]:
    """A long import that was confirmed, and is a job now."""
    review = send(api, long_file(mark), filename="clients.csv")
    assert review["counts"]["create"] == ROWS
    answer = confirm(api, review, warnings=True)
    assert answer["userErrors"] == []
    assert answer["importFile"]["state"] == "APPLYING"
    return review


def is_applied_once(api: ApiClient, review: dict[str, Any], mark: str) -> None:
    """The import, its job and the records say the same."""
    found = ended(api, review)
    assert (found["state"], found["job"]["status"]) == ("APPLIED", "SUCCEEDED"), found
    assert api.query(COUNT, text=f"Client {mark} ")["clients"]["totalCount"] == ROWS


def wait_at_random() -> None:
    time.sleep(random.uniform(0.0, LONGEST))


def killed_in_between(place: Installation, mark: str, *, kills: int) -> None:
    """Kills the server `kills` times, each at another moment of one import."""
    with place.serving() as [(server, api)]:
        review = begun(api, mark)
        wait_at_random()
        server.kill()
    for _ in range(kills - 1):
        with place.serving() as [(server, _)]:
            wait_at_random()
            server.kill()
    with place.serving() as [(_, api)]:
        is_applied_once(api, review, mark)


def killed_beside_another(place: Installation, mark: str) -> None:
    """Kills the server that was asked; another one of the installation goes on."""
    with place.serving(2) as [(asked, api), (_, other)]:
        review = begun(api, mark)
        wait_at_random()
        asked.kill()
        is_applied_once(other, review, mark)


def test_a_long_import_survives_a_kill(sqlite_url: str, tmp_path: Path) -> None:
    """A25: at whatever moment."""
    killed_in_between(installed(sqlite_url, tmp_path), "A", kills=1)


def test_another_server_takes_the_import_of_a_killed_one_over(
    postgres_url: str, tmp_path: Path
) -> None:
    """A25: nobody has to start anything again."""
    killed_beside_another(installed(postgres_url, tmp_path), "A")


@pytest.mark.soak
def test_a_long_import_survives_many_kills(sqlite_url: str, tmp_path: Path) -> None:
    place = installed(sqlite_url, tmp_path)
    for turn in range(12):
        killed_in_between(place, f"S{turn}", kills=2)


@pytest.mark.soak
def test_undoing_a_long_import_survives_many_kills(sqlite_url: str, tmp_path: Path) -> None:
    place = installed(sqlite_url, tmp_path)
    for turn in range(6):
        mark = f"S{turn}"
        with place.serving() as [(server, api)]:
            review = begun(api, mark)
            is_applied_once(api, review, mark)
            answer = api.query(REVERT, id=review["id"], key=mark)["importRevert"]
            assert (answer["userErrors"], answer["importFile"]["state"]) == ([], "REVERTING")
            wait_at_random()
            server.kill()
        with place.serving() as [(_, api)]:
            found = ended(api, review)
            assert (found["state"], found["job"]["status"]) == ("REVERTED", "SUCCEEDED"), found
            assert api.query(COUNT, text=f"Client {mark} ")["clients"]["totalCount"] == 0


@pytest.mark.soak
def test_other_servers_take_many_imports_over(postgres_url: str, tmp_path: Path) -> None:
    place = installed(postgres_url, tmp_path)
    for turn in range(20):
        killed_beside_another(place, f"S{turn}")
