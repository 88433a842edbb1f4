"""Recording worked time by hand, approving it, and giving up billing it (DOMAIN §2.1, §2.4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry
from strawberry import Maybe

from domain.access import Permission
from resolvers.keeping import _worked_time as time
from resolvers.keeping._reach import require_unapproved
from resolvers.keeping.editing import BulkPayload, RecordPayload, update_one, upsert_many
from resolvers.settling._keeping import RecordInput, bring_back, put_away
from schema.context import Info
from schema.import_file import FieldChange
from schema.payload import BulkCounts, BulkOutcome, ErrorPolicy
from schema.time_entry import TIME_ENTRY, TimeEntry
from schema.user_error import UserError

EDIT, RECORD = Permission.EDIT_RECORDS, Permission.RECORD_TIME


@strawberry.enum(description="What an entry without an identifier stands for.")
class TimeEntryMatch(Enum):
    SAME_FACTS = "SAME_FACTS"
    NOTHING = "NOTHING"


@strawberry.input
class TimeEntryFields:
    date: Maybe[date | None] = strawberry.field(description="The day of the work.")
    email: Maybe[str | None] = strawberry.field(
        description="Of the person; or first and last name."
    )
    project_code: Maybe[str | None]
    contract: Maybe[str | None] = strawberry.field(
        description="A fee project of that project; the phase's when left out."
    )
    phase_code: Maybe[str | None] = strawberry.field(
        description="Its code or its name; may be left out."
    )
    hours: Maybe[Decimal | None] = strawberry.field(
        description="More than 0, at most 24, two decimals."
    )
    billable: Maybe[bool | None] = strawberry.field(description="True when left out.")
    approved: Maybe[bool | None] = strawberry.field(description="False when left out.")
    ticket: Maybe[str | None]
    description: Maybe[str | None]


@strawberry.input
class TimeEntryItem(TimeEntryFields):
    id: strawberry.ID | None = None
    external_reference: str | None = None


@strawberry.input
class TimeEntryUpdateInput(TimeEntryFields):
    id: strawberry.ID
    expected_version: int | None = None


@strawberry.input
class TimeEntriesBulkRecordInput:
    items: list[TimeEntryItem]
    match: TimeEntryMatch = strawberry.field(
        default=TimeEntryMatch.SAME_FACTS,
        description="SAME_FACTS: exactly what is recorded already is UNCHANGED, once for each "
        "time it was recorded. NOTHING: each is a new entry.",
    )
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class TimeEntriesApproveInput:
    ids: list[strawberry.ID]
    approved: bool = strawberry.field(default=True, description="False takes it back.")
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class TimeEntriesWriteOffInput:
    ids: list[strawberry.ID]
    reason: str = strawberry.field(description="Kept with each entry.")
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class TimeEntriesWriteOffUndoInput:
    ids: list[strawberry.ID]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.type
class TimeEntryResult:
    index: int
    outcome: BulkOutcome
    node: TimeEntry | None
    changes: list[FieldChange]
    user_errors: list[UserError]


@strawberry.type(description="Results in the order and number of the identifiers.")
class TimeEntriesPayload:
    counts: BulkCounts
    results: list[TimeEntryResult]
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class RecordingTime:
    """Mutations that keep worked time."""

    @strawberry.mutation(
        description="Many in one transaction, answered in their order; with an identifier, that "
        "entry is changed. At most 1,000."
    )
    async def time_entries_bulk_record(
        self, info: Info, input: TimeEntriesBulkRecordInput
    ) -> BulkPayload[TimeEntry]:
        matches = input.match is TimeEntryMatch.SAME_FACTS
        return await upsert_many(info, "time_entries", input, matches=matches)

    @strawberry.mutation(
        description="What is left out stays; null empties. What is billed stays as it is."
    )
    async def time_entry_update(
        self, info: Info, input: TimeEntryUpdateInput
    ) -> RecordPayload[TimeEntry]:
        return await update_one(info, "time_entries", input)

    @strawberry.mutation(description="Out of the lists, and billed no more.")
    async def time_entry_archive(self, info: Info, input: RecordInput) -> RecordPayload[TimeEntry]:
        require, warn = time.putting_away()
        found: Any = await put_away(info, RECORD, TIME_ENTRY, input, require, warn=warn)
        return found

    @strawberry.mutation(description="Back into the lists, as it was.")
    async def time_entry_restore(self, info: Info, input: RecordInput) -> RecordPayload[TimeEntry]:
        found: Any = await bring_back(info, RECORD, TIME_ENTRY, input, require_unapproved)
        return found

    @strawberry.mutation(description="Approves entries, or takes that back while none is billed.")
    async def time_entries_approve(
        self, info: Info, input: TimeEntriesApproveInput
    ) -> TimeEntriesPayload:
        found: Any = await time.act_on_many(
            info, EDIT, "timeEntriesApprove", input, time.approving(input.approved)
        )
        return found

    @strawberry.mutation(description="Gives up billing entries, for a reason that is kept.")
    async def time_entries_write_off(
        self, info: Info, input: TimeEntriesWriteOffInput
    ) -> TimeEntriesPayload:
        found: Any = await time.act_on_many(
            info,
            Permission.PREPARE_INVOICES,
            "timeEntriesWriteOff",
            input,
            time.writing_off(input.reason),
        )
        return found

    @strawberry.mutation(description="What was written off can be billed again.")
    async def time_entries_write_off_undo(
        self, info: Info, input: TimeEntriesWriteOffUndoInput
    ) -> TimeEntriesPayload:
        found: Any = await time.act_on_many(
            info,
            Permission.PREPARE_INVOICES,
            "timeEntriesWriteOffUndo",
            input,
            time.taking_up_again,
        )
        return found
