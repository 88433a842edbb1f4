"""Rows about an approved platform, for tests that want one of everything and talk to none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domain.platform.connection import PlatformReading
from domain.platform.status import LifecycleStatus
from domain.platform.transmission import Transmission, TransmissionKind
from tests.support.api import ApiClient

CONNECT = """
mutation($input: PlatformCreateInput!) {
  platformCreate(input: $input) { node { id } userErrors { code message } }
}
"""
A_CONNECTION: dict[str, Any] = {
    "entityId": "entity_1",
    "name": "Plateforme",
    "flowUrl": "https://pa.example/flow-service",
    "tokenUrl": "https://pa.example/token",
    "oauthClientId": "rivage",
    "oauthClientSecret": "s3cret",
}
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def a_connection(api: ApiClient, **given: Any) -> str:
    """A new connection; nobody reads it."""
    answer = api.query(CONNECT, input={**A_CONNECTION, **given})["platformCreate"]
    assert answer["userErrors"] == [], answer
    found: str = answer["node"]["id"]
    return found


def a_transmission(api: ApiClient, connection: str, invoice: str) -> dict[str, str]:
    """The invoice on its way through the connection, and a status that came back."""
    keys = {
        "platform_id": int(connection.rpartition("_")[2]),
        "invoice_id": int(invoice.rpartition("_")[2]),
    }
    with api.house.database.writing(api.organisation_id) as session:
        sent = Transmission(
            **keys,
            kind=TransmissionKind.INVOICE,
            place=0,
            tracking_id="0" * 32,
            next_attempt_at=None,
            last_error="no",
        )
        status = LifecycleStatus(
            **keys,
            flow_id="flow-1",
            place=0,
            code=200,
            said_by="WK",
            occurred_at=NOW,
            received_at=NOW,
            reasons=[],
        )
        session.add_all([sent, status])
        for one in session.query(PlatformReading):
            one.next_attempt_at, one.last_error = None, "no"
        session.flush()
        return {
            "Transmission": f"transmission_{sent.id}",
            "LifecycleStatus": f"lifecycle_status_{status.id}",
        }
