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
    hooked: ApiClient, pa: Platform, code: str
) -> None:
    """The refusal has cancelled it already: the State would take it off twice."""
    connected(hooked, pa, automatic=True)
    invoice = issued(hooked)
    send(hooked)
    pa.acknowledge(pa.flows[0].flow_id, "Ok")
    siren = hooked.query('{ entity(id: "entity_1") { siren } }')["entity"]["siren"]
    status(pa, invoice["number"], code, siren)
    listen(hooked)
    note = credited(hooked, invoice)
    assert looked(hooked, note)["transmissions"] == []
    assert send(hooked) == 0


def test_the_credit_note_of_what_was_taken_on_goes_by_itself(
    hooked: ApiClient, pa: Platform
) -> None:
    connected(hooked, pa, automatic=True)
    invoice = issued(hooked)
    send(hooked)
    note = credited(hooked, invoice)
    assert send(hooked) == 1
    assert looked(hooked, note)["transmissions"][0]["state"] == "SENT"


def test_what_becomes_final_while_it_is_switched_off_is_listed(
    any_hooked: ApiClient, pa: Platform
) -> None:
    made = connected(any_hooked, pa, automatic=True)
    act(any_hooked, "platformUpdate", id=made["id"], enabled=False)
    invoice = issued(any_hooked)
    (kept,) = any_hooked.query(
        "{ transmissions(filter: { states: [DEAD] }) {"
        " nodes { lastError nextAttemptAt invoice { id } } } }"
    )["transmissions"]["nodes"]
    assert (kept["invoice"]["id"], kept["nextAttemptAt"]) == (invoice["id"], None)
    assert kept["lastError"].startswith("PLATFORM_DISABLED")
    act(any_hooked, "platformUpdate", id=made["id"], enabled=True)
    assert transmit(any_hooked, invoice["id"])["userErrors"] == []
    assert send(any_hooked) == 1
    assert len(pa.flows) == 1


def test_with_a_wrong_secret_it_waits_for_who_can_mend_it(
    hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    made = connected(hooked, pa, automatic=True, oauthClientSecret="changed since")
    invoice = issued(hooked)
    send(hooked)
    (kept,) = looked(hooked, invoice["id"])["transmissions"]
    assert (kept["state"], kept["lastStatus"]) == ("WAITING", 401)
    secret = pa.access.client_secret
    act(hooked, "platformUpdate", id=made["id"], oauthClientSecret=secret)
    transmit(hooked, invoice["id"])
    assert send(hooked) == 1
    assert looked(hooked, invoice["id"])["transmissions"][0]["state"] == "SENT"


def test_what_is_forbidden_for_a_day_goes_after_it(
    hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    connected(hooked, pa)
    accepted(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    pa.fails(SUBMIT, 403)
    send(hooked)
    assert looked(hooked, invoice["id"])["transmissions"][0]["state"] == "WAITING"
