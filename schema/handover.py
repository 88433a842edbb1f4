"""A final invoice on its way to the accounting software (interOP • Comptabilité)."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.trace import OutboxEntry
from persistence.reading import Noun, ToOne
from schema.invoice import INVOICE, Invoice
from schema.node import Node


@strawberry.type(description="A final invoice to be taken over; acknowledge it once it is.")
class Handover(Node):
    topic: str
    invoice: Invoice
    attempts: int
    created_at: datetime
    delivered_at: datetime | None
    last_error: str | None


def handover_noun() -> Noun:
    """How a hand-over is read."""
    return Noun(OutboxEntry, "Handover", {"invoice": ToOne(lambda: INVOICE, "subject_id")})
