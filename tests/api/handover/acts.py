"""The acts of handing over as the tests call them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from jobs.gate import Gate
from server.long_work import courier_of
from tests.api.invoices.acts import account_line, blank, change, final
from tests.support.api import ApiClient

ENDPOINT = """
id url description entity { id } enabled disabledAt disabledReason formerSecretUntil archivedAt
version
"""
DELIVERY = """
id destination endpoint { id } state attempts nextAttemptAt lastStatus lastError messageId
deliveredAt handover { id }
"""
HANDOVER = f"""
id attempts lastError deliveredAt invoice {{ id number state handedOverAt }}
deliveries {{ {DELIVERY} }}
"""
PAYLOADS = {
    "webhookEndpointCreate": f"node {{ {ENDPOINT} }} secret",
    "webhookEndpointUpdate": f"node {{ {ENDPOINT} }}",
    "webhookEndpointRotateSecret": f"node {{ {ENDPOINT} }} secret",
    "webhookEndpointDelete": "deletedId",
    "handoverRetry": f"handovers {{ {HANDOVER} }} replayed",
}
INPUTS = {"webhookEndpointDelete": "RecordInput"}
ENDPOINTS = f"{{ webhookEndpoints {{ nodes {{ {ENDPOINT} }} }} }}"
TEST = f"""
mutation($id: ID!) {{
  webhookEndpointTest(id: $id) {{ delivery {{ {DELIVERY} }} userErrors {{ code }} }}
}}
"""
LIST = f"""
query($delivered: Boolean, $states: [DeliveryState!]) {{
  handovers(delivered: $delivered, deliveryStates: $states) {{ nodes {{ {HANDOVER} }} }}
}}
"""
DELIVERIES = f"""
query($filter: HandoverDeliveryFilter) {{
  handoverDeliveries(filter: $filter) {{ nodes {{ {DELIVERY} }} }}
}}
"""

Row = dict[str, Any]


def act(api: ApiClient, name: str, **given: Any) -> Row:
    """What a mutation of one input answered."""
    kind = INPUTS.get(name, name[0].upper() + name[1:] + "Input")
    text = (
        f"mutation($input: {kind}!) {{ {name}(input: $input) {{"
        f" {PAYLOADS[name]} userErrors {{ code severity message field }} }} }}"
    )
    answer: Row = api.query(text, input=given)[name]
    return answer


def hook(api: ApiClient, url: str, **given: Any) -> Row:
    """A new webhook: its node with the secret beside."""
    answer = act(api, "webhookEndpointCreate", url=url, **given)
    assert answer["userErrors"] == [], answer
    return {**answer["node"], "secret": answer["secret"]}


def retry(api: ApiClient, *ids: str, key: str | None = None) -> Row:
    return act(api, "handoverRetry", ids=list(ids), idempotencyKey=key or str(uuid4()))


def finalised(api: ApiClient, **choices: Any) -> Row:
    """A final invoice of one line."""
    invoice = blank(api, **choices)["id"]
    change(api, invoice, lines=[account_line("1234.50")])
    found: Row = final(api, invoice)["invoice"]
    return found


def handovers(api: ApiClient, *, delivered: bool | None = None, states: Any = None) -> list[Row]:
    found: list[Row] = api.query(LIST, delivered=delivered, states=states)["handovers"]["nodes"]
    return found


def deliveries(api: ApiClient, **filter: Any) -> list[Row]:
    found: list[Row] = api.query(DELIVERIES, filter=filter)["handoverDeliveries"]["nodes"]
    return found


def carry(api: ApiClient, **gate: Any) -> int:
    """One round of a courier of the house; how many attempts that were."""
    allowed = api.house.webhooks_private
    return courier_of(api.house, gate=Gate(is_private_allowed=allowed, **gate)).round()
