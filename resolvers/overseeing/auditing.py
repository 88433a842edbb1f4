"""Looking the audit up, and taking it away as a file: for administrators of the whole firm."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from domain.errors import ID_INVALID, Refusal
from domain.standing import Door
from persistence.audit.entries import changes_where, days, entries_where
from persistence.deadline import longer
from persistence.pages import Sort
from persistence.reading import load_one
from resolvers._reading import PageInput, read, read_page
from resolvers._shares import to_read
from resolvers.overseeing._auditing import AuditFormat, export_audit
from schema.audit import (
    AUDIT_CHANGE,
    AUDIT_ENTRY,
    RECORD_TYPES,
    AuditChange,
    AuditEntry,
    AuditRecordType,
    table_of,
)
from schema.connection import Connection
from schema.context import Info
from schema.download import DownloadLink, KeptFile, link_to
from schema.needs import admit
from schema.node import key_of, optional_key
from schema.user_error import UserError, user_errors
from schema.view import wanted

strawberry.enum(AuditFormat, description="CSV has a row for each field that changed.")

_TABLES = {one.value for one in RECORD_TYPES}


@strawberry.input
class AuditEntryFilter:
    from_: date | None = strawberry.field(
        default=None, name="from", description="A day of the firm; it is within, as `to` is."
    )
    to: date | None = None
    actor: str | None = strawberry.field(
        default=None, description="Their name, or the record they are (api_key_4, member_2)."
    )
    door: Door | None = None
    act: str | None = strawberry.field(default=None, description="e.g. invoiceFinalise")
    record: strawberry.ID | None = strawberry.field(
        default=None, description="Any identifier: what was done to it."
    )
    record_type: AuditRecordType | None = None
    request_id: str | None = None


@strawberry.input
class AuditExportInput:
    from_: date | None = strawberry.field(default=None, name="from")
    to: date | None = None
    format: AuditFormat = AuditFormat.JSONL


@strawberry.type
class AuditExportPayload:
    download: DownloadLink | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AuditingQueries:
    """Queries that look the audit up."""

    @strawberry.field(description="Who did what, the newest first. For administrators.")
    async def audit_entries(
        self, info: Info, filter: AuditEntryFilter | None = None, page: PageInput | None = None
    ) -> Connection[AuditEntry]:
        caller = info.context.caller
        _require(info)
        given = filter or AuditEntryFilter()
        where = entries_where(
            actor=given.actor,
            door=given.door,
            act=given.act,
            record=_record(given.record, "filter", "record"),
            table=None if given.record_type is None else table_of(given.record_type),
            request_id=given.request_id,
        )
        where += days(given.from_, given.to, caller.time_zone)
        asked, sort = (page or PageInput()).asked(), Sort("place", falling=True)
        return await read_page(info, AUDIT_ENTRY, asked=asked, sort=sort, where=where)

    @strawberry.field
    async def audit_entry(self, info: Info, id: strawberry.ID) -> AuditEntry | None:
        _require(info)
        key, fields = key_of(id, "audit_entry", field=("id",)), wanted(info)
        found: Any = await read(info, lambda session: load_one(session, AUDIT_ENTRY, fields, key))
        return found

    @strawberry.field(
        description="What was written, the newest first: in an entry, to a record, or at all."
    )
    async def audit_changes(
        self,
        info: Info,
        entry_id: strawberry.ID | None = None,
        record: strawberry.ID | None = None,
        page: PageInput | None = None,
    ) -> Connection[AuditChange]:
        _require(info)
        key = optional_key(entry_id, "audit_entry", field=("entryId",))
        where = changes_where(entry_id=key, record=_record(record, "record"))
        asked, sort = (page or PageInput()).asked(), Sort("id", falling=True)
        return await read_page(info, AUDIT_CHANGE, asked=asked, sort=sort, where=where)


@strawberry.type
class Auditing:
    """The mutation that hands the audit out."""

    @strawberry.mutation(
        description="The audit of some days, whole: a line for each change, oldest first; "
        "100,000 changes at most, of a shorter span where there are more. "
        "That it was taken is an entry itself."
    )
    async def audit_export(self, info: Info, input: AuditExportInput) -> AuditExportPayload:
        context = info.context

        def make() -> KeptFile:
            return export_audit(
                context.house,
                context.caller,
                since=input.from_,
                until=input.to,
                form=input.format,
            )

        try:
            _require(info)
            with longer():
                kept = await to_read(context.caller, make)
        except Refusal as refusal:
            said: Any = user_errors(refusal.issues, context.caller.locale)
            return AuditExportPayload(user_errors=said)
        return AuditExportPayload(
            download=link_to(context.house, context.caller.organisation_id, kept)
        )


def _require(info: Info) -> None:
    """Whoever reaches a part of the firm only is told of none of what was done."""
    caller = info.context.caller
    admit(info.field_name, caller.role, caller.reach)


def _record(identifier: str | None, *field: str) -> tuple[str, int] | None:
    if identifier is None:
        return None
    table, _, digits = identifier.rpartition("_")
    if table not in _TABLES or not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise Refusal(ID_INVALID(field=field, id=identifier[:60], noun="record"))
    return table, int(digits)
