"""A final invoice on its way to one destination."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.handover import DeliveryState
from domain.handover import HandoverDelivery as HandoverDeliveryRecord
from persistence.reading import Computed, Noun, ToOne
from schema.node import Node
from schema.webhook import WEBHOOK_ENDPOINT, WebhookEndpoint

if TYPE_CHECKING:
    from schema.handover import Handover

strawberry.enum(
    DeliveryState,
    description="WAITING for its (next) attempt; DEAD: given up, handoverRetry tries again.",
)


@strawberry.enum(description="Where a final invoice goes by itself.")
class HandoverDestination(Enum):
    WEBHOOK = "WEBHOOK"
    FOLDER = "FOLDER"


@strawberry.type(
    description="One delivery. Made at least once, under one message id; the order is not promised."
)
class HandoverDelivery(Node):
    destination: HandoverDestination
    endpoint: WebhookEndpoint | None = strawberry.field(description="Null of the folder.")
    handover: Annotated[Handover, strawberry.lazy("schema.handover")] | None = strawberry.field(
        description="Null of a test."
    )
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    last_status: int | None = strawberry.field(description="The last HTTP status.")
    last_error: str | None = strawberry.field(
        description="What the last attempt failed of; of an answer, its beginning."
    )
    message_id: str = strawberry.field(description="The header webhook-id, the same each time.")
    created_at: datetime
    delivered_at: datetime | None


def _handover() -> Noun:
    # Each knows the other: a hand-over its deliveries, a delivery its hand-over.
    from schema.handover import handover_noun

    return handover_noun()


def _destination(endpoint_id: int | None) -> HandoverDestination:
    is_folder = endpoint_id is None
    return HandoverDestination.FOLDER if is_folder else HandoverDestination.WEBHOOK


HANDOVER_DELIVERY = Noun(
    HandoverDeliveryRecord,
    "HandoverDelivery",
    {
        "destination": Computed(("endpoint_id",), lambda row: _destination(row["endpoint_id"])),
        "endpoint": ToOne(lambda: WEBHOOK_ENDPOINT, "endpoint_id"),
        "handover": ToOne(_handover, "entry_id"),
    },
)
