"""Handing over while others act: the courier's own thread, and destinations that come meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.errors import Refusal
from domain.handover import TOPIC
from domain.invoice.model import Invoice
from persistence.outside.outbox import announce, settle_destinations
from persistence.records import the_record
from server.long_work import at_work
from tests.api.handover.acts import carry, deliveries, finalised, handovers, hook
from tests.support.api import ApiClient
from tests.support.receiver import Answer, Receiver


def until(is_so: Callable[[], object]) -> None:
    """Waits for what another thread is about to do; seconds at most."""
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_server_carries_by_itself(hooked: ApiClient, box: Receiver) -> None:
    """B31: nobody asks for it; what an earlier process left is carried, and tried again."""
    hook(hooked, box.url)
    box.answers = [Answer(500)]
    finalised(hooked)
    house = replace(hooked.house, clock=lambda: datetime.now(UTC))
    with at_work(house, every=0.02):
        until(lambda: deliveries(hooked, states=["WAITING"])[0]["lastStatus"] == 500)
        finalised(hooked)
        until(lambda: handovers(hooked, delivered=True))
    assert len({one.id for one in box.posted}) == 2
    assert len(handovers(hooked, delivered=False)) == 1


def test_a_webhook_that_comes_while_one_becomes_final_is_told(
    hooked_postgres: ApiClient, box: Receiver
) -> None:
    """Created before the commit of a finalisation, it sees it, or is seen: none falls between."""
    api, invoice = hooked_postgres, finalised(hooked_postgres)
    now = api.house.clock()
    with ThreadPoolExecutor(1) as pool:
        with api.house.database.writing(api.organisation_id) as session:
            found = the_record(session, Invoice, int(invoice["id"].removeprefix("invoice_")))
            announce(session, TOPIC, [found], with_folder=False, now=now)
            made = pool.submit(hook, api, box.url, includeWaiting=True)
            time.sleep(0.3)
            assert not made.done()
        made.result(timeout=10)
    assert [len(one["deliveries"]) for one in handovers(api)] == [1, 1]
    # Two that become final do not wait for each other.
    with api.house.database.writing(api.organisation_id) as session:
        found = the_record(session, Invoice, int(invoice["id"].removeprefix("invoice_")))
        announce(session, TOPIC, [found], with_folder=False, now=now)
        finalised(api)
        with pytest.raises(Refusal, match="BUSY"):
            _settled(api)
    assert carry(api) == 4


def _settled(api: ApiClient) -> None:
    """Changes the destinations of the firm; BUSY after a tenth of a second of waiting."""
    with api.house.database.writing(api.organisation_id) as session:
        session.connection().exec_driver_sql("SET LOCAL lock_timeout = 100")
        settle_destinations(session)
