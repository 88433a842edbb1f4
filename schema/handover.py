"""A final invoice on its way to the accounting software (interOP • Comptabilité)."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.trace import OutboxEntry
from persistence.reading import Noun, ToMany, ToOne
from schema.delivery import HANDOVER_DELIVERY, HandoverDelivery
from schema.invoice import INVOICE, Invoice
from schema.node import Node


@strawberry.type(
    description="A final invoice to be taken over: by its webhooks and folder, or by whoever "
    "fetches it and calls handoverAcknowledge."
)
class Handover(Node):
    topic: str
    invoice: Invoice
    attempts: int = strawberry.field(description="Of all its deliveries.")
    created_at: datetime
    delivered_at: datetime | None
    last_error: str | None = strawberry.field(
        description="What a delivery failed of, last; null once it was handed over."
    )
    deliveries: list[HandoverDelivery] = strawberry.field(
        description="One for each destination; none where it is fetched and acknowledged."
    )


def handover_noun() -> Noun:
    """How a hand-over is read."""
    return Noun(
        OutboxEntry,
        "Handover",
        {
            "invoice": ToOne(lambda: INVOICE, "subject_id"),
            "deliveries": ToMany(lambda: HANDOVER_DELIVERY, "entry_id"),
        },
    )
