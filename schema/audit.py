"""The audit as the API tells it: who did what, from where, and what it changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

import strawberry
from sqlalchemy import JSON, Boolean, ForeignKeyConstraint, Table

from domain.audit import AuditChange as ChangeRecord
from domain.audit import AuditEntry as EntryRecord
from domain.audit import ChangeKind
from domain.base import Instant, Scaled
from domain.records import METADATA
from domain.standing import Door
from persistence.audit.entries import first_changes
from persistence.audit.tables import WATCHED
from persistence.reading import Computed, Derived, Noun, Wanted
from persistence.session import ScopedSession
from schema.scalars import plain
from schema.view import camel

strawberry.enum(ChangeKind, name="AuditChangeKind", description="What became of a record.")

ERASURES = "audit_change"
"""Changes of this are erasures of what the audit told."""

# The tables are listed elsewhere: no checker can know the members of this enum.
RECORD_TYPES: type[Enum] = Enum(  # type: ignore[misc]
    "AuditRecordType", {name.upper(): name for name in sorted({*WATCHED, ERASURES})}
)

if TYPE_CHECKING:
    AuditRecordType = str
else:
    AuditRecordType = strawberry.enum(
        RECORD_TYPES,
        description="The kinds of records whose writing is told; AUDIT_CHANGE is an erasure.",
    )


def table_of(record_type: AuditRecordType) -> str:
    """The table of a type that a caller has chosen."""
    return str(RECORD_TYPES(record_type).value)


@strawberry.type(description="A field that changed. Both are texts; null: empty, or not there.")
class AuditField:
    field: str = strawberry.field(
        description="As the API calls it; `…Minor` is an amount in minor units of the currency."
    )
    before: str | None
    after: str | None


@strawberry.type(description="A record that was written.")
class AuditChange:
    id: strawberry.ID
    record_type: AuditRecordType
    record_id: strawberry.ID = strawberry.field(
        description="For `node`, where records of that type can be found so; it may be gone."
    )
    kind: ChangeKind
    fields: list[AuditField] = strawberry.field(
        description="Of an UPDATE those that changed. Secrets are told as •••, files by their size."
    )
    erased_at: datetime | None = strawberry.field(
        description="When its fields were erased for the privacy of a person."
    )
    at: datetime


@strawberry.type(description="Whoever did it.")
class AuditActor:
    door: Door
    name: str
    record_id: strawberry.ID | None = strawberry.field(description="api_key_4, member_2.")
    address: str | None = strawberry.field(description="Of the network.")
    request_id: str | None = strawberry.field(description="Finds the lines of the log.")


@strawberry.type(description="How many records of a type were written.")
class AuditCount:
    record_type: AuditRecordType
    count: int


@strawberry.type(description="What somebody did: one mutation, command, or transaction of a job.")
class AuditEntry:
    id: strawberry.ID
    place: int = strawberry.field(description="From 1 in each firm, without a gap.")
    at: datetime
    act: str = strawberry.field(
        description="The mutation, the command, or the kind of the job; empty past the product."
    )
    actor: AuditActor
    count: int = strawberry.field(description="Records written.")
    records: list[AuditCount]
    changes: list[AuditChange] = strawberry.field(
        description="The first hundred; auditChanges has all of them."
    )
    sha256: str = strawberry.field(description="Held by the next entry.")


def _actor(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "door": row["door"],
        "name": row["actor_name"],
        "record_id": row["actor_id"] or None,
        "address": row["address"] or None,
        "request_id": row["request_id"] or None,
    }


def _counts(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"record_type": RECORD_TYPES(name), "count": count}
        for name, count in sorted(row["records"].items())
    ]


def _changes(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, Any]:
    return {
        key: [{"id": f"audit_change_{one.id}", **_change(one._mapping)} for one in changes]
        for key, changes in first_changes(session, keys).items()
    }


def _change(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "record_type": RECORD_TYPES(row["record"]),
        "record_id": f"{row['record']}_{row['record_id']}",
        "kind": row["kind"],
        "fields": fields_told(row["record"], row["before"], row["after"]),
        "erased_at": row["erased_at"],
        "at": row["created_at"],
    }


AUDIT_ENTRY = Noun(
    EntryRecord,
    "AuditEntry",
    {
        "at": Computed(("created_at",), lambda row: row["created_at"]),
        "act": Computed(("act_name",), lambda row: row["act_name"]),
        "actor": Computed(("door", "actor_name", "actor_id", "address", "request_id"), _actor),
        "records": Computed(("records",), _counts),
        "changes": Derived(_changes, default=()),
    },
)
AUDIT_CHANGE = Noun(
    ChangeRecord,
    "AuditChange",
    {
        "record_type": Computed(("record",), lambda row: RECORD_TYPES(row["record"])),
        "record_id": Computed(
            ("record", "record_id"), lambda row: f"{row['record']}_{row['record_id']}"
        ),
        "fields": Computed(
            ("record", "before", "after"),
            lambda row: fields_told(row["record"], row["before"], row["after"]),
        ),
        "at": Computed(("created_at",), lambda row: row["created_at"]),
    },
)


# Columns as the API calls them and writes their values


def fields_told(table: str, before: str | None, after: str | None) -> list[dict[str, Any]]:
    """What a change tells, field by field, in the API's names and with its identifiers."""
    was: dict[str, Any] = json.loads(before) if before else {}
    is_now: dict[str, Any] = json.loads(after) if after else {}
    return [
        {
            "field": camel(name),
            "before": _told(table, name, was.get(name)),
            "after": _told(table, name, is_now.get(name)),
        }
        for name in dict.fromkeys((*was, *is_now))
    ]


def _told(table: str, name: str, value: Any) -> str | None:
    if value is None:
        return None
    kind, noun = _known(table).get(name, (None, None))
    if isinstance(value, dict | list) or isinstance(kind, JSON):
        return json.dumps(value, ensure_ascii=False)
    if noun is not None:
        return f"{noun}_{value}"
    match kind, value:
        case Boolean(), _:
            return "true" if value else "false"
        case Scaled(places=places), int():
            return f"{plain(Decimal(value).scaleb(-places)):f}"
        case Instant(), str():
            return _moment(value)
    return str(value)


def _moment(value: str) -> str:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).isoformat()


@cache
def _known(table: str) -> dict[str, tuple[Any, str | None]]:
    """The type of each column of a table, and the noun it points to."""
    found = METADATA.tables.get(table)
    if found is None:
        return {}
    nouns = _nouns(found)
    return {column.name: (column.type, nouns.get(column.name)) for column in found.columns}


def _nouns(table: Table) -> dict[str, str]:
    return {
        key.parent.name: key.column.table.name
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint)
        for key in constraint.elements
        if key.column.name == "id"
    }
