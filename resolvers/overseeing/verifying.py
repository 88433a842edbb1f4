"""Verifying that no legal document was altered, removed or slipped in."""

from __future__ import annotations

from typing import Any

import strawberry

from persistence.invoice import chain
from persistence.reading import Wanted, load_by_ids
from persistence.session import ScopedSession
from resolvers._reading import read
from schema.chain import ChainVerification
from schema.context import Info
from schema.invoice import INVOICE
from schema.node import optional_key
from schema.organisation import ENTITY
from schema.view import wanted


@strawberry.type
class VerifyingQueries:
    """Queries that verify."""

    @strawberry.field(
        description="Reads every legal document again, and tells the first that is not as it was "
        "issued; of one entity, or of each that has issued any."
    )
    async def chain_verification(
        self, info: Info, entity_id: strawberry.ID | None = None
    ) -> list[ChainVerification]:
        key, fields = optional_key(entity_id, "entity", field=("entity_id",)), wanted(info)

        def find(session: ScopedSession) -> Any:
            entities = chain.entities_linked(session) if key is None else [key]
            within = info.context.caller.reach.entity_ids
            entities = [one for one in entities if within is None or one in within]
            return _told(session, [chain.verify(session, one) for one in entities], fields)

        found: Any = await read(info, find)
        return found


def _told(session: ScopedSession, verified: list[chain.Verified], fields: Wanted) -> list[Any]:
    entities = load_by_ids(
        session, ENTITY, fields.get("entity", {}), [one.entity_id for one in verified]
    )
    below = fields.get("first_break", {}).get("invoice", {})
    broken = [one.broken.invoice_id for one in verified if one.broken and one.broken.invoice_id]
    invoices = load_by_ids(session, INVOICE, below, broken)
    return [
        {
            "entity": entities[one.entity_id],
            "links": one.links,
            "intact": one.broken is None,
            "first_break": one.broken
            and {
                "place": one.broken.place,
                "reason": one.broken.reason,
                "number": one.broken.number,
                "invoice": invoices.get(one.broken.invoice_id or 0),
            },
        }
        for one in verified
        if one.entity_id in entities
    ]
