"""Platforms are called side by side, and nobody waits for what is known: not for slow ones, not for
writers, not for what breaks on another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from domain.handover import LEASE
from jobs import listener
from jobs.gate import Gate
from persistence.session import Database
from server.long_work import listener_of, messenger_of
from tests.api.platforms.acts import (
    READ,
    accepted,
    connected,
    connection,
    issued,
    listen,
    looked,
    status,
    transmit,
)
from tests.support.api import ApiClient
from tests.support.platform import READ as FETCHED
from tests.support.platform import TOKEN, Platform, platform
from tests.support.prepared import Calendar

INSIDE = Gate(is_private_allowed=True)


def siren_of(api: ApiClient) -> str:
    found: str = api.query('{ entity(id: "entity_1") { siren } }')["entity"]["siren"]
    return found


def codes_of(api: ApiClient, invoice: str) -> list[int]:
    return sorted(one["code"] for one in looked(api, invoice)["lifecycleStatuses"])


def test_a_slow_platform_keeps_no_other_from_being_read(
    any_hooked: ApiClient, pa: Platform
) -> None:
    """The other one is connected while the first keeps a look waiting, and is read at once."""
    connected(any_hooked, pa)
    pa.hangs(TOKEN)
    going = listener_of(any_hooked.house, gate=INSIDE, every=0.05)
    with ThreadPoolExecutor(1) as pool, platform() as other:
        look = pool.submit(going.round)
        _wait(lambda: pa.counted(TOKEN) == 1)
        made = connected(any_hooked, other, entityId="entity_2")
        _wait(lambda: _read_at(any_hooked, made["id"]) is not None)
        assert not look.done()
        pa.over.set()
        assert look.result() == 2


def test_what_is_listed_again_waits_for_no_writer(
    any_hooked: ApiClient, pa: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at what is known writes that it begins and that it ended, nothing between."""
    connected(any_hooked, pa)
    invoice = accepted(any_hooked, pa)
    status(pa, invoice["number"], "200", siren_of(any_hooked))
    listen(any_hooked)
    any_hooked.query(READ, id=connection(any_hooked)["id"])
    written = []

    @contextmanager
    def counted(self: Database, *at: Any, **how: Any) -> Iterator[Any]:
        written.append(at)
        with writing(self, *at, **how) as session:
            yield session

    writing = Database.writing
    monkeypatch.setattr(Database, "writing", counted)
    assert listener_of(any_hooked.house, gate=INSIDE).round() == 1
    assert len(written) == 2
    monkeypatch.undo()
    status(pa, invoice["number"], "202", siren_of(any_hooked))
    listen(any_hooked)
    assert codes_of(any_hooked, invoice["id"]) == [200, 202]


def test_a_look_that_lasts_stays_that_of_who_takes_it(
    any_hooked: ApiClient, pa: Platform, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of which nothing is new keeps the platform, too, once half of the lease is over."""
    pa.still_at = calendar.now - timedelta(hours=1)
    connected(any_hooked, pa)
    accepted(any_hooked, pa)
    any_hooked.query(READ, id=connection(any_hooked)["id"])
    going = listener_of(any_hooked.house, gate=INSIDE)
    unanswered, taken = going._desk.unanswered, []

    def later(one: Any) -> Any:
        # All pages were read: whoever looks now finds it taken.
        calendar.now += LEASE * 0.7
        taken.append(listener_of(any_hooked.house, gate=INSIDE).round())
        return unanswered(one)

    def tick(*args: Any) -> Any:
        calendar.now += LEASE * 0.7
        return hear(*args)

    hear = going._desk.hear
    monkeypatch.setattr(going, "_desk", replace(going._desk, hear=tick, unanswered=later))
    assert going.round() == 1
    assert taken == [0]


def test_what_takes_too_long_to_fetch_is_fetched_with_the_next_look(
    hooked: ApiClient, pa: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was fetched is kept while the platform is still ours, however slow the others are."""
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    for code in ("200", "202"):
        status(pa, invoice["number"], code, siren_of(hooked))
    with monkeypatch.context() as patched:
        patched.setattr(listener, "_LONGEST_PAGE", 0.0)
        listen(hooked)
    assert codes_of(hooked, invoice["id"]) == [200]
    fetched = pa.counted(FETCHED)
    listen(hooked)
    assert codes_of(hooked, invoice["id"]) == [200, 202]
    assert pa.counted(FETCHED) == fetched + 1


def test_who_leaves_ends_a_look_after_its_page(
    hooked: ApiClient, pa: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a lease to be over: what is left is read by whoever looks next."""
    connected(hooked, pa)
    pa.most_at_once = 1
    invoice = accepted(hooked, pa)
    hooked.query(READ, id=connection(hooked)["id"])
    for code in ("200", "202"):
        status(pa, invoice["number"], code, siren_of(hooked))
    going = listener_of(hooked.house, gate=INSIDE)
    wanted = going._desk.wanted

    def leaving(*asked: Any) -> Any:
        found = wanted(*asked)
        if found:
            going._is_leaving.set()
        return found

    monkeypatch.setattr(going, "_desk", replace(going._desk, wanted=leaving))
    assert going.round() == 1
    assert codes_of(hooked, invoice["id"]) == [200]
    listen(hooked)
    assert codes_of(hooked, invoice["id"]) == [200, 202]


def test_what_breaks_on_one_breaks_off_no_other(
    hooked: ApiClient, pa: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt that cannot be noted: another one in hand is posted and noted all the same."""
    connected(hooked, pa)
    bad, good = (issued(hooked)["id"] for _ in range(2))
    transmit(hooked, bad, good)
    going = messenger_of(hooked.house, gate=INSIDE)
    note, compose, is_broken = going._note, going._compose, Event()

    def noted(taken: Any, came: Any) -> None:
        if bad == f"invoice_{taken.invoice_id}":
            is_broken.set()
            raise RuntimeError("broken")
        note(taken, came)

    def composed(taken: Any) -> Any:
        if good == f"invoice_{taken.invoice_id}":
            assert is_broken.wait(10)
            time.sleep(0.2)
        return compose(taken)

    monkeypatch.setattr(going, "_note", noted)
    monkeypatch.setattr(going, "_compose", composed)
    with pytest.raises(RuntimeError, match="broken"):
        going.round()
    assert looked(hooked, good)["transmissions"][0]["state"] == "SENT"


def _read_at(api: ApiClient, made: str) -> str | None:
    nodes = api.query("{ platforms { nodes { id lastReadAt } } }")["platforms"]["nodes"]
    found: str | None = next(one["lastReadAt"] for one in nodes if one["id"] == made)
    return found


def _wait(is_so: Any) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)
