"""Looking totals up: of fees and of all that was billed, by whatever they are wanted by."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import strawberry

from persistence.ledger.totals import TotalsBy, Within, count_totals, keys_of, totals
from persistence.pages import Page
from persistence.reading import load_by_ids
from persistence.session import ScopedSession
from resolvers._reading import PageInput, read
from schema.connection import Connection, connection
from schema.context import Info
from schema.node import optional_key
from schema.totals import OF, Totals, shown
from schema.view import wanted, wanted_of_nodes


@strawberry.input
class TotalsFilter:
    client_id: strawberry.ID | None = None
    project_id: strawberry.ID | None = None
    contract_id: strawberry.ID | None = None
    entity_id: strawberry.ID | None = None


@strawberry.type
class TotalsQueries:
    """The query that sums up."""

    @strawberry.field(
        description="What was earned, billed and remains, one row a currency, by rising "
        "identifier. `asOf`: what was dated until that day, without pro formas; else "
        "all that is entered, progress until today. Paged forwards."
    )
    async def totals(
        self,
        info: Info,
        by: TotalsBy = TotalsBy.ORGANISATION,
        as_of: date | None = None,
        filter: TotalsFilter | None = None,
        page: PageInput | None = None,
    ) -> Connection[Totals]:
        given = filter or TotalsFilter()
        within = Within(
            client_id=optional_key(given.client_id, "client", field=("filter", "clientId")),
            project_id=optional_key(given.project_id, "project", field=("filter", "projectId")),
            contract_id=optional_key(given.contract_id, "contract", field=("filter", "contractId")),
            entity_id=optional_key(given.entity_id, "entity", field=("filter", "entityId")),
        )
        asked = (page or PageInput()).asked()
        fields = wanted_of_nodes(info)
        counting = "total_count" in wanted(info)

        def find(session: ScopedSession) -> Any:
            found = totals(session, by, as_of=as_of, within=within, asked=asked)
            of = {}
            if by in OF and OF[by][0] in fields:
                name, noun = OF[by]
                of = load_by_ids(session, noun, fields[name], keys_of(found.rows))
            rows = [shown(by, row, of) for row in found.rows]
            told = Page(rows, found.cursors, found.has_next, asked.after is not None)
            counted = partial(count_totals, session, by, as_of=as_of, within=within)
            return connection(told, total=counted if counting else None)

        answer: Any = await read(info, find)
        return answer
