"""What goes by itself: what must not, what cannot yet, and what waits for who can mend it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

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
from tests.support.platform import SUBMIT, Platform
from tests.support.prepared import Calendar

CREDIT = """
mutation($input: InvoiceCreditInput!) {
  invoiceCredit(input: $input) { creditNote { id } userErrors { code message } }
}
"""


def credited(api: ApiClient, invoice: dict[str, Any]) -> str:
    """The identifier of a credit note of all of it."""
    asked = {"id": invoice["id"], "reason": "Annulation", "idempotencyKey": str(uuid4())}
    answer = api.query(CREDIT, input=asked)["invoiceCredit"]
    assert answer["userErrors"] == [], answer
    found: str = answer["creditNote"]["id"]
    return found


@pytest.mark.parametrize("code", ["210", "213"])
def test_the_credit_note_of_what_was_refused_stays_in_the_house(
    linked: ApiClient, pa: Platform, code: str
) -> None:
    """The refusal has cancelled it already: the State would take it off twice."""
    connected(linked, pa, automatic=True)
    invoice = issued(linked)
    send(linked)
    pa.acknowledge(pa.flows[0].flow_id, "Ok")
    siren = linked.query('{ entity(id: "entity_1") { siren } }')["entity"]["siren"]
    status(pa, invoice["number"], code, siren)
    listen(linked)
    note = credited(linked, invoice)
    assert looked(linked, note)["transmissions"] == []
    assert send(linked) == 0


def test_the_credit_note_of_what_was_taken_on_goes_by_itself(
    linked: ApiClient, pa: Platform
) -> None:
    connected(linked, pa, automatic=True)
    invoice = issued(linked)
    send(linked)
    note = credited(linked, invoice)
    assert send(linked) == 1
    assert looked(linked, note)["transmissions"][0]["state"] == "SENT"


def test_what_becomes_final_while_it_is_switched_off_is_listed(
    any_linked: ApiClient, pa: Platform
) -> None:
    made = connected(any_linked, pa, automatic=True)
    act(any_linked, "platformUpdate", id=made["id"], enabled=False)
    invoice = issued(any_linked)
    (kept,) = any_linked.query(
        "{ transmissions(filter: { states: [DEAD] }) {"
        " nodes { lastError nextAttemptAt invoice { id } } } }"
    )["transmissions"]["nodes"]
    assert (kept["invoice"]["id"], kept["nextAttemptAt"]) == (invoice["id"], None)
    assert kept["lastError"].startswith("PLATFORM_DISABLED")
    act(any_linked, "platformUpdate", id=made["id"], enabled=True)
    assert transmit(any_linked, invoice["id"])["userErrors"] == []
    assert send(any_linked) == 1
    assert len(pa.flows) == 1


def test_with_a_wrong_secret_it_waits_for_who_can_mend_it(
    linked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    made = connected(linked, pa, automatic=True, oauthClientSecret="changed since")
    invoice = issued(linked)
    send(linked)
    (kept,) = looked(linked, invoice["id"])["transmissions"]
    assert (kept["state"], kept["lastStatus"]) == ("WAITING", 401)
    secret = pa.access.client_secret
    act(linked, "platformUpdate", id=made["id"], oauthClientSecret=secret)
    transmit(linked, invoice["id"])
    assert send(linked) == 1
    assert looked(linked, invoice["id"])["transmissions"][0]["state"] == "SENT"


def test_what_is_forbidden_for_a_day_goes_after_it(
    linked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    connected(linked, pa)
    accepted(linked, pa)
    invoice = issued(linked)
    transmit(linked, invoice["id"])
    pa.fails(SUBMIT, 403)
    send(linked)
    assert looked(linked, invoice["id"])["transmissions"][0]["state"] == "WAITING"
