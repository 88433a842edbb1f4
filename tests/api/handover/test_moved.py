"""Destinations that change while documents wait (F02, F23): none gets what is another's."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from domain.handover import PAUSES, SPREAD
from domain.webhook import WebhookEndpoint
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
from tests.support.databases import owner
from tests.support.prepared import Calendar
from tests.support.receiver import Answer, Receiver


def key_of(shown: dict[str, Any]) -> int:
    return int(shown["id"].rpartition("_")[2])


def test_a_moved_webhook_gets_nothing_of_its_former_entity(
    any_hooked: ApiClient, box: Receiver
) -> None:
    """What waits for it is forgotten; handed over is what all the others have."""
    moved = hook(any_hooked, box.url, entityId="entity_1")
    alone = finalised(any_hooked)["number"]
    other = hook(any_hooked, box.url + "&other")
    both = finalised(any_hooked)["number"]
    with owner(any_hooked.house.database).begin() as connection:
        connection.exec_driver_sql(
            "UPDATE handover_delivery SET state = 'DELIVERED', next_attempt_at = NULL"
            f" WHERE endpoint_id = {key_of(other)}"
        )
    assert [len(one["deliveries"]) for one in handovers(any_hooked)] == [1, 2]
    for change in ({"entityId": "entity_1"}, {"description": "Compta"}, {"entityId": "entity_2"}):
        assert len(handovers(any_hooked, delivered=False)) == 2
        assert codes(act(any_hooked, "webhookEndpointUpdate", id=moved["id"], **change)) == []
    (waiting,) = handovers(any_hooked, delivered=False)
    assert (waiting["invoice"]["number"], waiting["deliveries"]) == (alone, [])
    (done,) = handovers(any_hooked, delivered=True)
    assert (done["invoice"]["number"], done["invoice"]["state"]) == (both, "FINAL")
    assert (carry(any_hooked), box.posted) == (0, [])


def test_a_delivery_to_a_webhook_of_another_entity_is_never_posted(
    hooked: ApiClient, box: Receiver
) -> None:
    """HANDOVER_NO_DESTINATION, even where the delivery is there; a retry clears it away."""
    endpoint = hook(hooked, box.url)
    finalised(hooked)
    with hooked.house.database.writing(hooked.organisation_id) as session:
        the_record(session, WebhookEndpoint, key_of(endpoint)).entity_id = 2
    assert carry(hooked) == 1
    (one,) = deliveries(hooked)
    assert (one["state"], one["lastError"].partition(":")[0]) == ("DEAD", "HANDOVER_NO_DESTINATION")
    assert codes(retry(hooked, one["handover"]["id"])) == ["HANDOVER_NO_DESTINATION"]
    hook(hooked, box.url + "&other")
    assert codes(retry(hooked, one["handover"]["id"])) == []
    assert (carry(hooked), len(box.posted)) == (1, 1)
    (entry,) = handovers(hooked, delivered=True)
    assert [one["state"] for one in entry["deliveries"]] == ["DELIVERED"]


def test_a_folder_that_is_no_more_holds_nothing_back(dropping: ApiClient, box: Receiver) -> None:
    """What the webhook has is handed over by a retry, once the installation has no folder."""
    endpoint = hook(dropping, box.url)
    folder = dropping.house.handover_folder
    assert folder is not None
    folder.rmdir()
    finalised(dropping)
    assert carry(dropping) == 2
    (entry,) = handovers(dropping, delivered=False)
    app: Any = dropping.http.app
    app.state.house = replace(dropping.house, handover_folder=None)
    act(dropping, "webhookEndpointUpdate", id=endpoint["id"], enabled=False)
    assert codes(retry(dropping, entry["id"])) == []
    (entry,) = handovers(dropping, delivered=True)
    assert entry["invoice"]["state"] == "FINAL"
    assert [one["destination"] for one in entry["deliveries"]] == ["WEBHOOK"]
    finalised(dropping)
    (entry,) = handovers(dropping, delivered=False)
    assert codes(retry(dropping, entry["id"])) == ["HANDOVER_NO_DESTINATION"]


def test_a_late_410_of_the_former_address_switches_nothing_off(
    any_hooked: ApiClient, box: Receiver, calendar: Calendar
) -> None:
    """The address was changed while the old one thought: the new one is asked."""
    endpoint = hook(any_hooked, box.url)
    finalised(any_hooked)
    box.answers = [Answer(410, b"we moved", seconds=1)]
    with ThreadPoolExecutor(1) as pool:
        carried = pool.submit(carry, any_hooked)
        while not box.posted:
            time.sleep(0.01)
        given = {"id": endpoint["id"], "url": box.url + "&new"}
        assert codes(act(any_hooked, "webhookEndpointUpdate", **given)) == []
        assert carried.result(timeout=10) == 1
    (node,) = any_hooked.query(ENDPOINTS)["webhookEndpoints"]["nodes"]
    assert (node["enabled"], node["disabledReason"]) == (True, None)
    (one,) = deliveries(any_hooked)
    assert (one["state"], one["lastError"]) == ("WAITING", "HTTP 410: we moved")
    calendar.now += PAUSES[0] * (1 + SPREAD)
    assert carry(any_hooked) == 1
    assert [one.path for one in box.posted] == ["/in?firm=1", "/in?firm=1&new"]
    assert handovers(any_hooked)[0]["invoice"]["state"] == "FINAL"
