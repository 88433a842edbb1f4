"""Hand-overs that do not get through (F02, F23): tried again, given up, taken up by another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from domain.handover import BREATHER, LEASE, PAUSES, SPREAD, Attempt
from domain.webhook import WebhookEndpoint, switch_off
from jobs.many_hands import AT_ONE_PLACE
from persistence.files import Files
from persistence.outside.deliveries import note, take_due
from persistence.records import the_record
from tests.api.handover.acts import (
    ENDPOINTS,
    act,
    carry,
    deliveries,
    finalised,
    handovers,
    hook,
    retry,
)
from tests.api.invoices.acts import codes
from tests.support.api import ApiClient
from tests.support.prepared import Calendar
from tests.support.receiver import Answer, Receiver

LONGER = 1 + SPREAD


def test_a_failed_hand_over_leaves_ready_and_is_tried_again(
    any_hooked: ApiClient, box: Receiver, calendar: Calendar
) -> None:
    """500, then silence, then a redirect, which is not followed; the same webhook-id each time."""
    hook(any_hooked, box.url)
    number = finalised(any_hooked)["number"]
    elsewhere = {"Location": box.url + "&elsewhere"}
    box.answers = [Answer(500, b"broken"), Answer(seconds=0.4), Answer(307, headers=elsewhere)]
    said = ["HTTP 500: broken", "TimeoutError: no answer in time", "HTTP 307"]
    for turn, (pause, error) in enumerate(zip(PAUSES, said, strict=False), start=1):
        assert carry(any_hooked, timeout=0.2 if turn == 2 else 20) == 1
        (entry,) = handovers(any_hooked, delivered=False)
        assert (entry["lastError"], entry["attempts"]) == (error, turn)
        assert entry["invoice"]["state"] == "READY"
        assert entry["deliveries"][0]["lastError"] == error
        calendar.now += pause - timedelta(seconds=1)
        assert carry(any_hooked) == 0
        calendar.now += timedelta(seconds=1) + pause * SPREAD
    assert carry(any_hooked) == 1
    (entry,) = handovers(any_hooked, delivered=True)
    assert entry["invoice"]["state"] == "FINAL"
    assert entry["invoice"]["number"] == number
    assert (entry["lastError"], entry["deliveries"][0]["lastError"]) == (None, None)
    assert len({one.id for one in box.posted}) == 1
    assert len({one.headers["webhook-timestamp"] for one in box.posted}) == 4
    assert {one.path for one in box.posted} == {"/in?firm=1"}


def test_what_is_given_up_is_listed_and_comes_back(
    hooked: ApiClient, box: Receiver, calendar: Calendar
) -> None:
    """The dead-letter list: after the last attempt DEAD, until handoverRetry, once a key."""
    hook(hooked, box.url)
    number = finalised(hooked)["number"]
    box.always = Answer(503)
    for pause in PAUSES:
        assert carry(hooked) == 1
        assert handovers(hooked, states=["DEAD"]) == []
        calendar.now += pause * LONGER
    assert carry(hooked) == 1
    (dead,) = handovers(hooked, states=["DEAD"])
    assert dead["invoice"] | {"handedOverAt": None} == dead["invoice"]
    assert (dead["invoice"]["state"], dead["lastError"]) == ("READY", "HTTP 503")
    assert deliveries(hooked, states=["DEAD"])[0]["attempts"] == len(PAUSES) + 1
    calendar.now += timedelta(days=30)
    assert carry(hooked) == 0
    box.always = Answer()
    answer = retry(hooked, dead["id"], key="again")
    assert answer["handovers"][0]["deliveries"][0]["state"] == "WAITING"
    assert carry(hooked) == 1
    assert retry(hooked, dead["id"], key="again")["replayed"]
    (entry,) = handovers(hooked, delivered=True)
    assert (entry["invoice"]["state"], entry["invoice"]["number"]) == ("FINAL", number)
    assert len({one.id for one in box.posted}) == 1
    assert carry(hooked) == 0


def test_a_retry_of_many_is_all_or_none(hooked: ApiClient, box: Receiver) -> None:
    hook(hooked, box.url)
    box.always = Answer(500)
    for _ in range(2):
        finalised(hooked)
    carry(hooked)
    ids = [entry["id"] for entry in handovers(hooked)]
    refused = retry(hooked, *ids, "outbox_entry_999")
    assert (codes(refused), refused["handovers"]) == (["NOT_FOUND"], [])
    assert refused["userErrors"][0]["field"] == ["ids", "2"]
    assert codes(retry(hooked, *ids, "invoice_1")) == ["ID_INVALID"]
    assert codes(retry(hooked, *ids * 501)) == ["INPUT_TOO_LARGE"]
    assert carry(hooked) == 0
    assert [one["id"] for one in retry(hooked, *ids, *ids)["handovers"]] == ids
    hook(hooked, box.url + "&later")
    assert codes(retry(hooked, *ids, *ids)) == []
    assert carry(hooked) == 4


def test_a_receiver_that_is_gone_is_switched_off(any_hooked: ApiClient, box: Receiver) -> None:
    """410: it gets nothing any more, what waited for it is dead, what it said is told."""
    endpoint = hook(any_hooked, box.url)
    box.always = Answer(410, b"we moved")
    for _ in range(AT_ONE_PLACE + 2):
        finalised(any_hooked)
    carry(any_hooked)
    assert len(box.posted) <= AT_ONE_PLACE
    (node,) = any_hooked.query(ENDPOINTS)["webhookEndpoints"]["nodes"]
    assert (node["enabled"], node["disabledReason"]) == (False, "HTTP 410: we moved")
    assert {one["state"] for one in deliveries(any_hooked)} == {"DEAD"}
    assert {entry["invoice"]["state"] for entry in handovers(any_hooked)} == {"READY"}
    finalised(any_hooked)
    assert handovers(any_hooked)[-1]["deliveries"] == []
    box.always = Answer()
    act(any_hooked, "webhookEndpointUpdate", id=endpoint["id"], enabled=True)
    retry(any_hooked, *(entry["id"] for entry in handovers(any_hooked)))
    carry(any_hooked)
    assert {entry["invoice"]["state"] for entry in handovers(any_hooked)} == {"FINAL"}


def test_what_a_courier_left_is_taken_up_under_its_identifier(
    any_hooked: ApiClient, box: Receiver, calendar: Calendar
) -> None:
    """Killed in the middle: nobody's until the lease is over; who is late changes nothing."""
    hook(any_hooked, box.url)
    finalised(any_hooked)
    (left_id,) = [one["messageId"] for one in deliveries(any_hooked)]
    database = any_hooked.house.database
    with database.writing(None) as session:
        (left,) = take_due(session, claim="the dead one", now=calendar.now, most=4)
    calendar.now += LEASE - timedelta(seconds=1)
    assert carry(any_hooked) == 0
    calendar.now += timedelta(seconds=1)
    assert carry(any_hooked) == 1
    assert [one.id for one in box.posted] == [left_id]
    with database.writing(any_hooked.organisation_id) as session:
        late = Attempt(500, "HTTP 500")
        assert note(session, left, late, now=calendar.now, chance=0.0) is None
    (one,) = deliveries(any_hooked)
    assert (one["state"], one["attempts"]) == ("DELIVERED", 2)


def test_two_couriers_deliver_each_once(any_hooked: ApiClient, box: Receiver) -> None:
    """ADR 18 for hand-overs: on PostgreSQL several servers carry at a time, each its own."""
    for turn in range(2):
        hook(any_hooked, f"{box.url}&hook={turn}")
    for _ in range(6):
        finalised(any_hooked)
    box.always = Answer(seconds=0.02)
    start = Barrier(2)

    def go(_: int) -> int:
        start.wait()
        return carry(any_hooked) + carry(any_hooked)

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(go, range(2))) == 12
    assert len({one.id for one in box.posted}) == len(box.posted) == 12
    assert {entry["invoice"]["state"] for entry in handovers(any_hooked)} == {"FINAL"}
    assert {entry["attempts"] for entry in handovers(any_hooked)} == {2}


def test_a_silent_destination_keeps_nobody_else(
    hooked: ApiClient, box: Receiver, calendar: Calendar
) -> None:
    """Its others wait a minute; at most so many are asked of one at a time."""
    box.always = Answer(seconds=0.3)
    other = hooked.of_another_firm()
    with_answer = Answer()
    hook(hooked, box.url)
    count = AT_ONE_PLACE * 2
    for _ in range(count):
        finalised(hooked)
    assert carry(hooked, timeout=0.15) < count
    assert box.most_at_once <= AT_ONE_PLACE
    assert carry(hooked) == 0
    box.always = with_answer
    calendar.now += max(BREATHER, PAUSES[0] * LONGER)
    assert carry(hooked) == count
    assert handovers(hooked, delivered=False) == []
    assert handovers(other) == []


def test_what_is_switched_off_while_it_is_carried_is_not_posted(
    hooked: ApiClient, box: Receiver, calendar: Calendar
) -> None:
    endpoint = hook(hooked, box.url)
    finalised(hooked)
    with hooked.house.database.writing(hooked.organisation_id) as session:
        key = int(endpoint["id"].rpartition("_")[2])
        switch_off(the_record(session, WebhookEndpoint, key), "by hand", now=calendar.now)
    assert carry(hooked) == 1
    (one,) = deliveries(hooked)
    assert (one["state"], one["lastError"][:17]) == ("DEAD", "WEBHOOK_DISABLED:")
    assert box.posted == []


def test_a_store_that_is_away_is_waited_for(
    hooked: ApiClient, box: Receiver, monkeypatch: pytest.MonkeyPatch, calendar: Calendar
) -> None:
    """What breaks here is no fault of the receiver: told by a reference, tried again."""

    def away(*_: object) -> None:
        raise OSError("the store is away")

    hook(hooked, box.url)
    finalised(hooked)
    with monkeypatch.context() as patch:
        patch.setattr(Files, "put", away)
        assert carry(hooked) == 1
    (one,) = deliveries(hooked)
    assert (one["state"], one["lastError"][:10]) == ("WAITING", "reference ")
    calendar.now += PAUSES[0] * LONGER
    assert carry(hooked) == 1
    assert deliveries(hooked)[0]["state"] == "DELIVERED"


def test_an_acknowledged_invoice_still_reaches_its_webhook(
    hooked: ApiClient, box: Receiver
) -> None:
    """One program acknowledges, another is posted to: each gets what it asked for."""
    hook(hooked, box.url)
    finalised(hooked)
    (entry,) = handovers(hooked)
    hooked.query(
        "mutation($id: ID!) { handoverAcknowledge(id: $id) { userErrors { code } } }",
        id=entry["id"],
    )
    (taken,) = handovers(hooked, delivered=True)
    assert carry(hooked) == 1
    (after,) = handovers(hooked, delivered=True)
    assert (after["deliveredAt"], len(box.posted)) == (taken["deliveredAt"], 1)
