"""Whoever asks again, and whatever is switched off meanwhile: a platform has each invoice once."""

from __future__ import annotations

from typing import Any

import pytest

from domain.platform.transmission import UNSURE
from domain.platform.wire import Flow
from jobs import messenger
from jobs.gate import Gate
from jobs.platform_call import PlatformCalls
from server.long_work import messenger_of
from tests.api.platforms.acts import (
    accepted,
    act,
    connected,
    issued,
    listen,
    looked,
    send,
    status,
    transmit,
)
from tests.support.api import ApiClient
from tests.support.platform import SEARCH, SUBMIT, Platform
from tests.support.prepared import Calendar
from tests.support.receiver import Answer

KNOWN = ("Error", "file", "AlreadyExistingFlow", "known")


def sent(api: ApiClient, invoice: str) -> dict[str, object]:
    found: dict[str, object] = looked(api, invoice)["transmissions"][0]
    return found


def siren_of(api: ApiClient) -> str:
    found: str = api.query('{ entity(id: "entity_1") { siren } }')["entity"]["siren"]
    return found


def test_asked_for_again_after_a_lost_answer_it_is_looked_for_first(
    any_linked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    connected(any_linked, pa)
    invoice = issued(any_linked)
    transmit(any_linked, invoice["id"])
    pa.lost_answers = 1
    send(any_linked)
    assert transmit(any_linked, invoice["id"])["userErrors"] == []
    assert send(any_linked) == 0, "a platform may take a while to find what it took"
    calendar.now += UNSURE
    assert send(any_linked) == 1
    assert len(pa.flows) == 1
    assert sent(any_linked, invoice["id"])["state"] == "SENT"


def test_switched_off_while_it_is_posted_it_is_looked_for_first(
    any_linked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    made = connected(any_linked, pa)
    invoice = issued(any_linked)
    transmit(any_linked, invoice["id"])
    dying = messenger_of(any_linked.house, gate=Gate(is_private_allowed=True))
    dying._note = lambda *_: None  # type: ignore[method-assign]
    dying.round()
    act(any_linked, "platformUpdate", id=made["id"], enabled=False)
    assert sent(any_linked, invoice["id"])["state"] == "DEAD"
    act(any_linked, "platformUpdate", id=made["id"], enabled=True)
    transmit(any_linked, invoice["id"])
    send(any_linked)
    calendar.now += UNSURE
    send(any_linked)
    assert len(pa.flows) == 1
    assert sent(any_linked, invoice["id"])["state"] == "SENT"


def test_refused_when_it_was_looked_for_it_may_still_be_there(
    linked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    """Its answer was lost, then the platform forbade the search: nobody knows that it is not."""
    connected(linked, pa)
    invoice = issued(linked)
    transmit(linked, invoice["id"])
    pa.lost_answers = 1
    send(linked)
    calendar.now += UNSURE
    pa.fails(SEARCH, 422)
    send(linked)
    assert sent(linked, invoice["id"])["state"] == "DEAD"
    transmit(linked, invoice["id"])
    calendar.now += UNSURE
    send(linked)
    assert len(pa.flows) == 1


def test_taken_with_an_answer_that_nobody_can_read_it_is_left_a_while(
    linked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    connected(linked, pa)
    invoice = issued(linked)
    transmit(linked, invoice["id"])
    pa.says(SUBMIT, Answer(202, b"merci"))
    send(linked)
    calendar.now += UNSURE / 2
    assert send(linked) == 0
    calendar.now += UNSURE
    assert send(linked) == 1


def test_turned_down_it_is_sent_again_once(any_linked: ApiClient, pa: Platform) -> None:
    connected(any_linked, pa)
    invoice = accepted(any_linked, pa)
    status(pa, invoice["number"], "213", siren_of(any_linked))
    listen(any_linked)
    assert transmit(any_linked, invoice["id"])["userErrors"] == []
    send(any_linked)
    again = transmit(any_linked, invoice["id"])
    assert [one["code"] for one in again["userErrors"]] == ["TRANSMISSION_SENT"]
    send(any_linked)
    assert len([one for one in pa.flows if one.info["flowSyntax"] == "Factur-X"]) == 2
    status(pa, invoice["number"], "213", siren_of(any_linked))
    listen(any_linked)
    assert transmit(any_linked, invoice["id"])["userErrors"] == [], "turned down anew"


@pytest.mark.parametrize("is_turned_down", [False, True])
def test_refused_before_it_is_not_taken_on_for_being_known(
    linked: ApiClient, pa: Platform, is_turned_down: bool
) -> None:
    """What a platform knows is then what it refused: nobody has the invoice."""
    connected(linked, pa)
    if is_turned_down:
        invoice = accepted(linked, pa)
        status(pa, invoice["number"], "213", siren_of(linked))
    else:
        invoice = issued(linked)
        transmit(linked, invoice["id"])
        send(linked)
        pa.acknowledge(pa.flows[0].flow_id, "Error", ("Error", "BT-1", "InvalidSchema", "no"))
    listen(linked)
    assert transmit(linked, invoice["id"])["userErrors"] == []
    send(linked)
    pa.acknowledge(pa.flows[-1].flow_id, "Error", KNOWN)
    listen(linked)
    assert sent(linked, invoice["id"])["state"] == "REJECTED"


def test_found_after_a_long_while_it_is_known_how_it_ended(
    linked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    """The server was away for days: what the platform said then is not listed any more."""
    connected(linked, pa)
    invoice = issued(linked)
    transmit(linked, invoice["id"])
    dying = messenger_of(linked.house, gate=Gate(is_private_allowed=True))
    dying._note = lambda *_: None  # type: ignore[method-assign]
    dying.round()
    pa.acknowledge(pa.flows[0].flow_id, "Ok")
    calendar.now += 4 * UNSURE
    send(linked)
    found = looked(linked, invoice["id"])
    assert (found["transmissions"][0]["state"], found["state"]) == ("ACCEPTED", "FINAL")


def test_looked_for_too_long_it_is_left_to_who_has_it_next(
    linked: ApiClient, pa: Platform, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow search must not end in a post when the lease is over, and another one posts it too."""
    connected(linked, pa)
    invoice = issued(linked)
    transmit(linked, invoice["id"])
    pa.fails(SUBMIT, 503)
    send(linked)
    calendar.now += UNSURE
    found = PlatformCalls.find

    async def slowly(*given: Any) -> Flow | None:
        monkeypatch.setattr(messenger, "_LONGEST", 0)
        return await found(*given)

    monkeypatch.setattr(PlatformCalls, "find", slowly)
    send(linked)
    assert pa.flows == []
    assert "TimeoutError" in str(sent(linked, invoice["id"])["lastError"])
