"""Sixteen callers make invoices final while servers are killed: every number once, none left out.

The plain suite fires at a few; `make soak` at a thousand a caller (FIRE=200: fewer).
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from domain.entry import BillingEntry
from domain.invoice.model import Invoice, InvoiceState
from domain.trace import OutboxEntry
from persistence.invoice.chain import entities_linked, verify
from persistence.session import Database
from tests.jobs.servers import Installation, Server, caller_in_the_clear, installed
from tests.soak.drafts import CENTS, add_drafts

CALLERS = 16
FINALISE = """
mutation($id: ID!, $key: ID!) {
  invoiceFinalise(input: { id: $id, idempotencyKey: $key }) {
    invoice { id number } userErrors { code }
  }
}
"""


@dataclass
class Fire:
    """Servers that are killed and begun again, and what callers were told meanwhile."""

    place: Installation
    servers: list[Server] = field(default_factory=list)
    told: dict[int, str] = field(default_factory=dict)
    replies_lost: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    def finalise(self, keys: list[int]) -> None:
        """A caller: asks until an answer comes, with the same key."""
        with caller_in_the_clear() as http:
            for key in keys:
                self.told[key] = self._number_of(http, key)

    def _number_of(self, http: httpx2.Client, key: int) -> str:
        variables = {"id": f"invoice_{key}", "key": f"fire-{key}"}
        patience = time.monotonic() + 240
        while time.monotonic() < patience:
            server = random.choice(self.servers)
            try:
                answer = http.post(
                    f"{server.address}/graphql",
                    json={"query": FINALISE, "variables": variables},
                    headers={"Authorization": f"Bearer {self.place.token}"},
                )
            except httpx2.TransportError:
                self.replies_lost += 1
                time.sleep(0.1)
                continue
            payload: dict[str, Any] = answer.json()["data"]["invoiceFinalise"]
            codes = [error["code"] for error in payload["userErrors"]]
            if codes == ["BUSY"]:
                continue
            assert codes == [], (key, codes)
            return str(payload["invoice"]["number"])
        raise AssertionError(f"invoice {key} was never answered")

    def kill(self, kills: int, within: float) -> None:
        """Ends servers as power cuts would, one after the other, and begins them again."""
        for _ in range(kills):
            if self.is_over.wait(random.uniform(0.3, within)):
                return
            place = random.randrange(len(self.servers))
            self.servers[place].kill()
            self.servers[place] = self.place.begun()
            with suppress(AssertionError):
                self.servers[place].wait_until_ready()


@contextmanager
def burning(place: Installation, count: int) -> Iterator[Fire]:
    fire = Fire(place)
    try:
        for _ in range(count):
            fire.servers.append(place.begun())
        for server in fire.servers:
            server.wait_until_ready()
        yield fire
    finally:
        for server in fire.servers:
            server.kill()


def under_fire(
    url: str, folder: Path, *, each: int, kills: int, within: float, servers: int = 1
) -> None:
    """Sixteen callers make `each` invoices final, through servers that are killed."""
    place = installed(url, folder)
    database = Database(url)
    try:
        with database.writing(place.organisation_id) as session:
            ids = add_drafts(session, CALLERS * each)
        with burning(place, servers) as fire:
            killer = threading.Thread(target=fire.kill, args=(kills, within))
            killer.start()
            with ThreadPoolExecutor(CALLERS) as pool:
                list(pool.map(fire.finalise, (ids[caller::CALLERS] for caller in range(CALLERS))))
            fire.is_over.set()
            killer.join()
            assert fire.replies_lost > 0, "nobody was killed in the middle"
        with database.reading(place.organisation_id) as session:
            require_sound(session, fire.told, ids)
    finally:
        database.close()


def require_sound(session: Any, told: dict[int, str], ids: list[int]) -> None:
    """No gap, no double, dates that rise with the numbers, chains intact, all of it told truly."""
    rows = session.execute(
        select(Invoice.id, Invoice.number, Invoice.issue_date, Invoice.state, Invoice.finalised_at)
    ).all()
    assert {row.id for row in rows} == set(ids)
    assert {row.state for row in rows} == {InvoiceState.READY}
    assert {row.id: row.number for row in rows} == told
    series = defaultdict(list)
    for row in rows:
        name, _, number = row.number.partition("-")
        series[name].append((int(number), row.issue_date))
    for name, taken in series.items():
        taken.sort()
        assert [number for number, _ in taken] == list(range(1, len(taken) + 1)), name
        days = [day for _, day in taken]
        assert days == sorted(days), name
    checked = [verify(session, entity_id) for entity_id in entities_linked(session)]
    assert [one.broken for one in checked] == [None] * len(checked)
    assert sum(one.links for one in checked) == len(ids)
    handed = session.scalar(select(func.count(func.distinct(OutboxEntry.subject_id))))
    assert handed == session.scalar(select(func.count(OutboxEntry.id))) == len(ids)
    entered = session.execute(
        select(func.count(BillingEntry.id), func.sum(BillingEntry.amount_minor))
    ).one()
    assert tuple(entered) == (len(ids), CENTS * len(ids))


def test_numbers_have_no_gap_when_the_server_is_killed(sqlite_url: str, tmp_path: Path) -> None:
    """F23: nor is one given twice; what callers were told is what is stored."""
    under_fire(sqlite_url, tmp_path, each=6, kills=1, within=0.4)


EACH = int(os.environ.get("FIRE") or 1000)


@pytest.mark.soak
def test_numbers_under_fire_on_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    under_fire(sqlite_url, tmp_path, each=EACH, kills=EACH // 20, within=6)


@pytest.mark.soak
def test_numbers_under_fire_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    """Two servers, either of which may be killed while the other one goes on."""
    under_fire(postgres_url, tmp_path, each=EACH, kills=EACH // 20, within=6, servers=2)
