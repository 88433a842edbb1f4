"""Servers that do long work, within the test's own process, and jobs that wait for the test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from pydantic import SecretStr
from starlette.testclient import TestClient

from domain.job import Errand, JobKind, Stage, Tell
from jobs.keeper import Keeper
from jobs.kinds import Kind, Kinds
from persistence.engine import PATIENCE
from persistence.files import Files
from persistence.session import Database
from schema.context import House
from server.app import create_app
from server.long_work import kinds_of
from server.settings import Settings
from tests.support.api import SECRET, ApiClient, caller_of, firm
from tests.support.takeover import CLEAN, send

FOLLOW = """
query($id: ID!) {
  importFile(id: $id) {
    state appliedAt
    job {
      id kind status startedAt finishedAt cancellable author
      progress { phase done total ratePerSecond }
      userErrors { code message row }
    }
  }
}
"""
CANCEL = """
mutation($id: ID!) {
  jobCancel(id: $id) { job { id status } userErrors { code message } }
}
"""
CLIENTS = 44
"""In the clean workbook; more than `rows_at_once` of the servers here."""


class Gate:
    """Holds a job at its first word until the test lets it go on; the word itself is heard."""

    def __init__(self) -> None:
        self.reached = Event()
        self.is_open = Event()

    def before(self, kind: Kind) -> Kind:
        """The kind, held."""

        def carry_out(errand: Errand, tell: Tell) -> None:
            def held(stage: Stage, done: int, total: int) -> None:
                tell(stage, done, total)
                self.reached.set()
                assert self.is_open.wait(8)

            kind.carry_out(errand, held)

        return replace(kind, carry_out=carry_out)


@contextmanager
def process(
    url: str,
    folder: Path,
    *,
    awake: bool = True,
    gate: Gate | None = None,
    kind: Kind | None = None,
    patience: float = PATIENCE,
) -> Iterator[ApiClient]:
    """A server on the database, with its firm; asleep, it asks for jobs and never does one."""
    database = Database(url, patience=patience)
    files = Files.at(folder.joinpath("files").as_uri())
    house = House(database=database, files=files, secret=SECRET.encode(), rows_at_once=10)
    kinds: Kinds = kinds_of(house) if kind is None else {JobKind.IMPORT_CONFIRM: kind}
    if gate is not None:
        kinds = {name: gate.before(one) for name, one in kinds.items()}
    keeper = Keeper(database, kinds, house.clock, every=0.1)
    house = replace(house, jobs=keeper)
    app = create_app(Settings(database_url=url, secret=SecretStr(SECRET)), house=house)
    if awake:
        keeper.open()
    try:
        with TestClient(app, base_url="http://localhost") as http:
            yield caller_of(http, house, firm(), "test")
    finally:
        if awake:
            keeper.close()
        database.close()


def sent(api: ApiClient) -> dict[str, Any]:
    """The review of a workbook that is too long to be confirmed at once."""
    name = "01_clients.xlsx"
    return send(api, CLEAN.joinpath(name).read_bytes(), filename=name)


def followed(api: ApiClient, review: dict[str, Any]) -> dict[str, Any]:
    """The import and its job, as they are."""
    found: dict[str, Any] = api.query(FOLLOW, id=review["id"])["importFile"]
    return found


def ended(api: ApiClient, review: dict[str, Any]) -> dict[str, Any]:
    """The import and its job, once that has come to its end."""
    return until(api, review, lambda found: found["job"]["finishedAt"] is not None)


def until(api: ApiClient, review: dict[str, Any], is_so: Any) -> dict[str, Any]:
    """The import and its job, once they are so."""
    patience = time.monotonic() + 60
    while True:
        found = followed(api, review)
        if is_so(found):
            return found
        assert time.monotonic() < patience, found
        time.sleep(0.05)


def clients(api: ApiClient) -> int:
    """How many clients the firm has."""
    return int(api.query("{ clients { totalCount } }")["clients"]["totalCount"])
