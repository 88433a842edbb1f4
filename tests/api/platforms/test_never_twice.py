"""Whoever asks again, and whatever is switched off meanwhile: a platform has each invoice once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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
    send_and_die,
    status,
    transmit,
)
from tests.documents.electronic.messages import reason
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
    any_hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    connected(any_hooked, pa)
    invoice = issued(any_hooked)
    transmit(any_hooked, invoice["id"])
    pa.lost_answers = 1
    send(any_hooked)
    assert transmit(any_hooked, invoice["id"])["userErrors"] == []
    assert send(any_hooked) == 0, "a platform may take a while to find what it took"
    calendar.now += UNSURE
    assert send(any_hooked) == 1
    assert len(pa.flows) == 1
    assert sent(any_hooked, invoice["id"])["state"] == "SENT"


def test_switched_off_while_it_is_posted_it_is_looked_for_first(
    any_hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    made = connected(any_hooked, pa)
    invoice = issued(any_hooked)
    transmit(any_hooked, invoice["id"])
    send_and_die(any_hooked)
    act(any_hooked, "platformUpdate", id=made["id"], enabled=False)
    assert sent(any_hooked, invoice["id"])["state"] == "DEAD"
    act(any_hooked, "platformUpdate", id=made["id"], enabled=True)
    transmit(any_hooked, invoice["id"])
    send(any_hooked)
    calendar.now += UNSURE
    send(any_hooked)
    assert len(pa.flows) == 1
    assert sent(any_hooked, invoice["id"])["state"] == "SENT"


def test_refused_when_it_was_looked_for_it_may_still_be_there(
    hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    """Its answer was lost, then the platform forbade the search: nobody knows that it is not."""
    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    pa.lost_answers = 1
    send(hooked)
    calendar.now += UNSURE
    pa.fails(SEARCH, 422)
    send(hooked)
    assert sent(hooked, invoice["id"])["state"] == "DEAD"
    transmit(hooked, invoice["id"])
    calendar.now += UNSURE
    send(hooked)
    assert len(pa.flows) == 1


def test_taken_with_an_answer_that_nobody_can_read_it_is_left_a_while(
    hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    pa.says(SUBMIT, Answer(202, b"merci"))
    send(hooked)
    calendar.now += UNSURE / 2
    assert send(hooked) == 0
    calendar.now += UNSURE
    assert send(hooked) == 1


def test_turned_down_it_is_sent_again_once(any_hooked: ApiClient, pa: Platform) -> None:
    connected(any_hooked, pa)
    invoice = accepted(any_hooked, pa)
    status(pa, invoice["number"], "213", siren_of(any_hooked))
    listen(any_hooked)
    assert transmit(any_hooked, invoice["id"])["userErrors"] == []
    send(any_hooked)
    again = transmit(any_hooked, invoice["id"])
    assert [one["code"] for one in again["userErrors"]] == ["TRANSMISSION_SENT"]
    send(any_hooked)
    assert len([one for one in pa.flows if one.info["flowSyntax"] == "Factur-X"]) == 2
    status(pa, invoice["number"], "213", siren_of(any_hooked))
    listen(any_hooked)
    assert transmit(any_hooked, invoice["id"])["userErrors"] == [], "turned down anew"


@pytest.mark.parametrize("is_there", [False, True])
def test_turned_down_and_then_a_double_nobody_has_it(
    any_hooked: ApiClient, pa: Platform, is_there: bool
) -> None:
    """A double of what was turned down; not where it was deposited since."""
    connected(any_hooked, pa)
    invoice = accepted(any_hooked, pa)
    number, siren = invoice["number"], siren_of(any_hooked)
    status(pa, number, "213", siren)
    listen(any_hooked)
    transmit(any_hooked, invoice["id"])
    send(any_hooked)
    pa.acknowledge(pa.flows[-1].flow_id, "Ok")
    if is_there:
        status(pa, number, "200", siren)
    status(pa, number, "213", siren, details=(reason("DOUBLON"),))
    listen(any_hooked)
    said = [one["code"] for one in transmit(any_hooked, invoice["id"])["userErrors"]]
    assert said == (["TRANSMISSION_SENT"] if is_there else [])


@pytest.mark.parametrize("is_turned_down", [False, True])
def test_refused_before_it_is_not_taken_on_for_being_known(
    hooked: ApiClient, pa: Platform, is_turned_down: bool
) -> None:
    """What a platform knows is then what it refused: nobody has the invoice."""
    connected(hooked, pa)
    if is_turned_down:
        invoice = accepted(hooked, pa)
        status(pa, invoice["number"], "213", siren_of(hooked))
    else:
        invoice = issued(hooked)
        transmit(hooked, invoice["id"])
        send(hooked)
        pa.acknowledge(pa.flows[0].flow_id, "Error", ("Error", "BT-1", "InvalidSchema", "no"))
    listen(hooked)
    assert transmit(hooked, invoice["id"])["userErrors"] == []
    send(hooked)
    pa.acknowledge(pa.flows[-1].flow_id, "Error", KNOWN)
    listen(hooked)
    assert sent(hooked, invoice["id"])["state"] == "REJECTED"


def test_found_after_a_long_while_it_is_known_how_it_ended(
    hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    """The server was away for days: what the platform said then is not listed any more."""
    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    send_and_die(hooked)
    pa.acknowledge(pa.flows[0].flow_id, "Ok")
    calendar.now += 4 * UNSURE
    send(hooked)
    found = looked(hooked, invoice["id"])
    assert (found["transmissions"][0]["state"], found["state"]) == ("ACCEPTED", "FINAL")


def test_looked_for_too_long_it_is_left_to_who_has_it_next(
    hooked: ApiClient, pa: Platform, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow search must not end in a post when the lease is over, and another one posts it too."""
    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    pa.fails(SUBMIT, 503)
    send(hooked)
    calendar.now += UNSURE
    found = PlatformCalls.find

    async def slowly(*given: Any) -> Flow | None:
        monkeypatch.setattr(messenger, "_LONGEST", 0)
        return await found(*given)

    monkeypatch.setattr(PlatformCalls, "find", slowly)
    send(hooked)
    assert pa.flows == []
    assert "TimeoutError" in str(sent(hooked, invoice["id"])["lastError"])


def test_two_messengers_send_each_once(any_hooked: ApiClient, pa: Platform) -> None:
    connected(any_hooked, pa)
    keys = [issued(any_hooked)["id"] for _ in range(6)]
    transmit(any_hooked, *keys)
    with ThreadPoolExecutor(2) as hands:
        rounds = [hands.submit(send, any_hooked) for _ in range(2)]
    assert sum(one.result() for one in rounds) == 6
    assert (len(pa.flows), pa.counted(SUBMIT)) == (6, 6)
    assert {sent(any_hooked, key)["state"] for key in keys} == {"SENT"}


def test_a_platform_that_is_deleted_while_it_is_posted_to_knows_it_when_made_anew(
    any_hooked: ApiClient, pa: Platform
) -> None:
    made = connected(any_hooked, pa)
    invoice = issued(any_hooked)
    transmit(any_hooked, invoice["id"])
    going = messenger_of(any_hooked.house, gate=Gate(is_private_allowed=True))
    compose = going._compose

    def composed(taken: Any) -> Any:
        parcel = compose(taken)
        assert act(any_hooked, "platformDelete", id=made["id"])["userErrors"] == []
        return parcel

    going._compose = composed
    going.round()
    assert sent(any_hooked, invoice["id"])["state"] == "DEAD"
    connected(any_hooked, pa)
    pa.acknowledge(pa.flows[0].flow_id, "Ok")
    listen(any_hooked)
    assert sent(any_hooked, invoice["id"])["state"] == "ACCEPTED"
    assert [one["code"] for one in transmit(any_hooked, invoice["id"])["userErrors"]] == [
        "TRANSMISSION_SENT"
    ]
    assert (send(any_hooked), len(pa.flows)) == (0, 1)
