"""What is sent to an approved platform, and the statuses of an invoice that come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from documents.electronic.statuses import REASONS, STATUSES
from domain.platform.status import LifecycleStatus as LifecycleStatusRecord
from domain.platform.transmission import Transmission as TransmissionRecord
from domain.platform.transmission import TransmissionKind, TransmissionState
from persistence.reading import Computed, Noun, ToOne
from schema.context import Info
from schema.node import Node
from schema.scalars import Money, money, plain

if TYPE_CHECKING:
    from schema.invoice import Invoice

strawberry.enum(
    TransmissionKind,
    description="INVOICE: the document itself. PAYMENT: what was received of it (212 Encaissée).",
)
strawberry.enum(
    TransmissionState,
    description="WAITING for its (next) attempt; SENT: the platform has it and has not said yet "
    "whether it can be read; ACCEPTED: it can, what follows are statuses; REJECTED: it cannot "
    "(reasons); DEAD: given up, or not to be sent as it is (lastError). invoicesTransmit sends "
    "what is REJECTED or DEAD again.",
)


@strawberry.type(description="What a platform or a buyer gave as a reason.")
class TransmissionReason:
    code: str
    text: str


@strawberry.type(description="What was received at one rate of VAT, VAT included.")
class CollectedAmount:
    rate: Decimal
    amount: Money


@strawberry.type(description="One thing sent to a platform. An invoice is sent once.")
class Transmission(Node):
    invoice: Annotated[Invoice, strawberry.lazy("schema.invoice")]
    kind: TransmissionKind
    state: TransmissionState
    attempts: int
    next_attempt_at: datetime | None
    last_status: int | None = strawberry.field(description="The last HTTP status.")
    last_error: str | None = strawberry.field(
        description="What the last attempt failed of, or the code of why it is not sent."
    )
    flow_id: str | None = strawberry.field(description="What the platform calls it.")
    tracking_id: str = strawberry.field(description="What we call it there.")
    reasons: list[TransmissionReason]
    collected_on: date | None = strawberry.field(description="Of a payment.")
    collected: list[CollectedAmount] = strawberry.field(description="Of a payment.")
    created_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None


def _label(row: strawberry.Parent[Any], info: Info) -> str:
    status = STATUSES.get(row["code"])
    if status is None:
        return str(row["code"])
    return status.french if info.context.caller.locale == "fr" else status.english


@strawberry.type(description="A status of an invoice, as a platform or the buyer told it.")
class LifecycleStatus(Node):
    invoice: Annotated[Invoice, strawberry.lazy("schema.invoice")]
    code: int = strawberry.field(description="200 to 601; others may come.")
    label: str = strawberry.field(
        resolver=_label, description="In the caller's language: Déposée, Refusée, …"
    )
    said_by: str | None = strawberry.field(
        description="The role of who says it: SE seller, BY buyer, WK platform."
    )
    occurred_at: datetime | None
    reasons: list[TransmissionReason]
    created_at: datetime = strawberry.field(description="When it was read.")


def _invoice() -> Noun:
    # Each knows the other: an invoice its transmissions, a transmission its invoice.
    from schema.invoice import INVOICE

    return INVOICE


def _reasons(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"code": one["code"], "text": one["text"] or REASONS.get(one["code"], "")}
        for one in row["reasons"]
    ]


def _collected(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    told = row["told"] or {"amounts": []}
    return [
        {"rate": plain(Decimal(rate)), "amount": money(minor, told["currency"])}
        for rate, minor in told["amounts"]
    ]


TRANSMISSION = Noun(
    TransmissionRecord,
    "Transmission",
    {
        "invoice": ToOne(_invoice, "invoice_id"),
        "reasons": Computed(("reasons",), _reasons),
        "collected_on": Computed(
            ("told",), lambda row: date.fromisoformat(row["told"]["on"]) if row["told"] else None
        ),
        "collected": Computed(("told",), _collected),
    },
)
LIFECYCLE_STATUS = Noun(
    LifecycleStatusRecord,
    "LifecycleStatus",
    {
        "invoice": ToOne(_invoice, "invoice_id"),
        "reasons": Computed(("reasons",), _reasons),
    },
)
