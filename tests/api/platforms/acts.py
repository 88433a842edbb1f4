"""The acts of sending through a platform as the tests call them."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from jobs.gate import Gate
from server.long_work import listener_of, messenger_of
from tests.api.invoices.acts import CLIENT, account_line, blank, change, codes, final
from tests.documents.electronic.messages import Told, message
from tests.support.api import ApiClient
from tests.support.platform import Kept, Platform

CONNECTION = """
id entity { id } name flowUrl tokenUrl oauthClientId scope organisation automatic tellsPayments
qualifies enabled disabledAt lastReadAt lastError archivedAt version
"""
TRANSMISSION = """
id kind state attempts nextAttemptAt lastStatus lastError flowId trackingId sentAt answeredAt
reasons { code text } collectedOn collected { rate amount { amount currency } }
"""
INVOICE = f"""
id number state handedOverAt transmissions {{ {TRANSMISSION} }}
lifecycleStatuses {{ code label saidBy occurredAt reasons {{ code text }} }}
"""
PAYLOADS = {
    "platformCreate": f"node {{ {CONNECTION} }}",
    "platformUpdate": f"node {{ {CONNECTION} }}",
    "platformDelete": "deletedId",
    "invoicesTransmit": f"invoices {{ {INVOICE} }} replayed",
}
INPUTS = {"platformDelete": "RecordInput"}
READ = f"""
mutation($id: ID!) {{
  platformRead(id: $id) {{ node {{ {CONNECTION} }} userErrors {{ code }} }}
}}
"""
LOOK = f"query($id: ID!) {{ invoice(id: $id) {{ {INVOICE} }} }}"

Row = dict[str, Any]


def act(api: ApiClient, name: str, /, **given: Any) -> Row:
    """What a mutation of one input answered."""
    kind = INPUTS.get(name, name[0].upper() + name[1:] + "Input")
    text = (
        f"mutation($input: {kind}!) {{ {name}(input: $input) {{"
        f" {PAYLOADS[name]} userErrors {{ code severity message field }} }} }}"
    )
    answer: Row = api.query(text, input=given)[name]
    return answer


def connected(api: ApiClient, pa: Platform, **given: Any) -> Row:
    """The connection of the first entity to the platform."""
    asked = {
        "entityId": "entity_1", "name": "Plateforme A", "flowUrl": pa.access.flow_url,
        "tokenUrl": pa.access.token_url, "oauthClientId": pa.access.client_id,
        "oauthClientSecret": pa.access.client_secret, **given,
    }  # fmt: skip
    answer = act(api, "platformCreate", **asked)
    assert answer["userErrors"] == [], answer
    found: Row = answer["node"]
    return found


def known(api: ApiClient) -> None:
    """The first client, as platforms know it."""
    api.query(
        CLIENT, input={"id": "client_1", "siret": "73282932000074", "vatNumber": "FR44732829320"}
    )


def issued(api: ApiClient, amount: str = "1000.00", **choices: Any) -> Row:
    """A final invoice of the first client."""
    known(api)
    invoice: str = blank(api, **choices)["id"]
    assert codes(change(api, invoice, lines=[account_line(amount)])) == []
    answer = final(api, invoice)
    assert answer["userErrors"] == [], answer
    found: Row = answer["invoice"]
    return found


def transmit(api: ApiClient, *ids: str, key: str | None = None) -> Row:
    return act(api, "invoicesTransmit", ids=list(ids), idempotencyKey=key or str(uuid4()))


def send(api: ApiClient) -> int:
    """One round of a messenger of the house; how many attempts that were."""
    return messenger_of(api.house, gate=Gate(is_private_allowed=True)).round()


def send_and_die(api: ApiClient) -> None:
    """A round of a messenger that ends before it notes what came of it."""
    dying = messenger_of(api.house, gate=Gate(is_private_allowed=True))
    # A process that is killed there writes nothing, and nothing else of it is another.
    dying._note = lambda *_: None  # type: ignore[method-assign]
    dying.round()


def listen(api: ApiClient) -> int:
    """One round of a listener of the house, whose connections are due; how many it read."""
    nodes = api.query(f"{{ platforms {{ nodes {{ {CONNECTION} }} }} }}")
    for one in nodes["platforms"]["nodes"]:
        api.query(READ, id=one["id"])
    return listener_of(api.house, gate=Gate(is_private_allowed=True)).round()


def connection(api: ApiClient) -> Row:
    """The only connection, as it is now."""
    nodes: list[Row] = api.query(f"{{ platforms {{ nodes {{ {CONNECTION} }} }} }}")["platforms"][
        "nodes"
    ]
    (found,) = nodes
    return found


def looked(api: ApiClient, invoice: str) -> Row:
    found: Row = api.query(LOOK, id=invoice)["invoice"]
    return found


def accepted(api: ApiClient, pa: Platform, amount: str = "1000.00", **choices: Any) -> Row:
    """A final invoice that the platform took on."""
    invoice = issued(api, amount, **choices)
    assert transmit(api, invoice["id"])["userErrors"] == []
    send(api)
    pa.acknowledge(pa.flows[-1].flow_id, "Ok")
    listen(api)
    found = looked(api, invoice["id"])
    assert found["transmissions"][0]["state"] == "ACCEPTED"
    return found


def status(pa: Platform, number: str, code: str, seller: str, **more: Any) -> Kept:
    """The platform tells of a status of an invoice."""
    told = Told(code=code, number=number, sellers=(("0002", seller),), **more)
    return pa.holds(message(told).encode())


def amounts_of(content: bytes) -> list[tuple[str, str]]:
    """The amounts of a message of payment, with their rates."""
    found = re.findall(
        rb"<ram:ValueAmount [^>]*>([^<]*)<.*?<ram:ValuePercent>([^<]*)<", content, re.S
    )
    return [(amount.decode(), rate.decode()) for amount, rate in found]
