"""Looking up what can be billed, by contract: items, balance, padlock (B05–B08, B16–B18)."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from domain.batch.criteria import Criteria
from domain.billing.assessment import Assessment
from domain.billing.item import BillableState
from domain.given import day, text
from domain.project.model import BillingMethod
from persistence.billing.contracts import contracts_where
from persistence.billing.pages import assessed_page, count_assessed, cursor_of
from persistence.session import ScopedSession
from resolvers._reading import PageInput, read
from schema.billable import Billable, billable_rows
from schema.connection import Connection, PageInfo
from schema.context import Info
from schema.node import optional_key
from schema.view import wanted, wanted_of_nodes


@strawberry.input
class BillableFilter:
    client_id: strawberry.ID | None = None
    project_id: strawberry.ID | None = None
    contract_id: strawberry.ID | None = None
    method: BillingMethod | None = None
    state: BillableState | None = None
    taxable: bool | None = None
    entity_id: strawberry.ID | None = None
    currency: str | None = None
    text: str | None = strawberry.field(
        default=None, description="In the name of the client or contract, or as a project's code."
    )

    def criteria(self) -> Criteria:
        """What narrows the list beside its identifiers (B20)."""
        entity = optional_key(self.entity_id, "entity", field=("filter", "entityId"))
        return Criteria(
            taxable=self.taxable,
            entity_ids=None if entity is None else (entity,),
            currency=self.currency.strip().upper()[:3] if self.currency else None,
            text=text(self.text, field=("filter", "text"), name="The text", longest=120),
        )


@strawberry.type
class BillingQueries:
    """Queries that tell what can be billed."""

    @strawberry.field(
        description="Contracts that have something to bill, or to wait for, at a day (today when "
        "left out): later time, progress and periods are left out."
    )
    async def billables(
        self,
        info: Info,
        as_of: date | None = None,
        filter: BillableFilter | None = None,
        page: PageInput | None = None,
    ) -> Connection[Billable]:
        given, context = filter or BillableFilter(), info.context
        where = contracts_where(
            client_id=optional_key(given.client_id, "client", field=("filter", "clientId")),
            project_id=optional_key(given.project_id, "project", field=("filter", "projectId")),
            contract_id=optional_key(given.contract_id, "contract", field=("filter", "contractId")),
            method=given.method,
            criteria=given.criteria(),
        )
        cut_off = day(as_of, field=("asOf",), name="The cut-off day")
        cut_off = cut_off or context.house.today(context.caller.time_zone)
        asked, fields = (page or PageInput()).asked(), wanted_of_nodes(info)
        counting = "total_count" in wanted(info)

        def keep(one: Assessment) -> bool:
            return not one.is_empty and given.state in (None, one.state)

        def find(session: ScopedSession) -> Any:
            found = assessed_page(session, where, asked=asked, cut_off=cut_off, keep=keep)
            locale = context.caller.locale
            rows = billable_rows(session, found.found, fields, cut_off=cut_off, locale=locale)
            cursors = [cursor_of(one.books.terms.id) for one in found.found]
            return {
                "edges": [
                    {"cursor": cursor, "node": row}
                    for cursor, row in zip(cursors, rows, strict=True)
                ],
                "nodes": rows,
                "page_info": PageInfo(
                    has_next_page=found.has_next,
                    has_previous_page=found.has_previous,
                    start_cursor=cursors[0] if cursors else None,
                    end_cursor=cursors[-1] if cursors else None,
                ),
                "total_count": count_assessed(session, where, cut_off=cut_off, keep=keep)
                if counting
                else 0,
            }

        return await read(info, find)
