"""The chain of an entity's legal documents, verified."""

from __future__ import annotations

import strawberry

from domain.invoice.chain import BreakReason
from schema.invoice import Invoice
from schema.organisation import Entity

strawberry.enum(
    BreakReason,
    name="ChainBreakReason",
    description="LINK_MISSING: a place was passed over, or a legal document has none.",
)


@strawberry.type(description="The first place where a chain does not hold.")
class ChainBreak:
    place: int
    reason: BreakReason
    number: str | None = strawberry.field(description="Of the document, where it is known.")
    invoice: Invoice | None


@strawberry.type(description="How far the chain of an entity's legal documents holds.")
class ChainVerification:
    entity: Entity
    links: int = strawberry.field(description="Documents that are as they were issued, in order.")
    intact: bool
    first_break: ChainBreak | None
