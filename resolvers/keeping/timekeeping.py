"""Looking worked time up: a list by page, one entry by its identifier."""

from __future__ import annotations

from datetime import date
from enum import Enum

import strawberry

from persistence.pages import Sort
from persistence.time_entries import time_entries_where
from resolvers._reading import PageInput, read_one, read_page
from schema.connection import Connection
from schema.context import Info
from schema.node import key_of, optional_key
from schema.time_entry import TIME_ENTRY, TimeEntry


@strawberry.enum(description="Orders of a list of time entries.")
class TimeEntryOrder(Enum):
    LATEST_DAY_FIRST = Sort("worked_on", falling=True)
    EARLIEST_DAY_FIRST = Sort("worked_on")
    NEWEST_FIRST = Sort("id", falling=True)
    OLDEST_FIRST = Sort("id")
    BY_UPDATE = Sort("updated_at", falling=True)


@strawberry.input
class TimeEntryFilter:
    text: str | None = strawberry.field(
        default=None, description="In the description, or a ticket's start."
    )
    project_id: strawberry.ID | None = None
    contract_id: strawberry.ID | None = None
    phase_id: strawberry.ID | None = None
    collaborator_id: strawberry.ID | None = None
    worked_from: date | None = None
    worked_to: date | None = None
    approved: bool | None = None
    billable: bool | None = None
    billed: bool | None = strawberry.field(
        default=None, description="On an invoice, pro forma or final."
    )
    written_off: bool | None = None
    archived: bool | None = strawberry.field(default=False, description="Null shows both.")


@strawberry.type
class TimekeepingQueries:
    """Queries that look worked time up."""

    @strawberry.field(description="Worked time, the last day first.")
    async def time_entries(
        self,
        info: Info,
        filter: TimeEntryFilter | None = None,
        order: TimeEntryOrder = TimeEntryOrder.LATEST_DAY_FIRST,
        page: PageInput | None = None,
    ) -> Connection[TimeEntry]:
        given = filter or TimeEntryFilter()
        where = time_entries_where(
            text=given.text,
            project_id=optional_key(given.project_id, "project", field=("filter", "projectId")),
            contract_id=optional_key(given.contract_id, "contract", field=("filter", "contractId")),
            phase_id=optional_key(given.phase_id, "phase", field=("filter", "phaseId")),
            collaborator_id=optional_key(
                given.collaborator_id, "collaborator", field=("filter", "collaboratorId")
            ),
            worked_from=given.worked_from,
            worked_to=given.worked_to,
            approved=given.approved,
            billable=given.billable,
            billed=given.billed,
            written_off=given.written_off,
            archived=given.archived,
        )
        asked = (page or PageInput()).asked()
        return await read_page(info, TIME_ENTRY, asked=asked, sort=order.value, where=where)

    @strawberry.field
    async def time_entry(self, info: Info, id: strawberry.ID) -> TimeEntry | None:
        key = key_of(id, "time_entry", field=("id",))
        return await read_one(info, TIME_ENTRY, id=key)
