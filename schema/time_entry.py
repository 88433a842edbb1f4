"""Worked time: who, on which day, on what, for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from domain.access import Permission
from domain.time_entry import TimeEntry as TimeEntryRecord
from persistence.reading import Computed, Derived, Noun, ToOne, Wanted, load_by_ids
from persistence.session import ScopedSession
from persistence.time_entries import invoices_of, rates_of
from schema.collaborator import COLLABORATOR, Collaborator
from schema.context import Info
from schema.invoice import INVOICE, Invoice
from schema.node import Node
from schema.project import CONTRACT, PHASE, PROJECT, Contract, Phase, Project
from schema.scalars import Money, MoneyRow, money, number_field


def _seen_rate(row: strawberry.Parent[Any], info: Info) -> Money | None:
    found: Money | None = row["rate"]
    return found if info.context.caller.holds(Permission.SEE_RATES) else None


@strawberry.type(description="Hours of one person on one day (temps, ticket).")
class TimeEntry(Node):
    worked_on: date = strawberry.field(description="The day of the work.")
    hours: Decimal = strawberry.field(description="More than 0, at most 24.")
    collaborator: Collaborator
    project: Project
    contract: Contract | None = strawberry.field(
        description="Null where only the project is known."
    )
    phase: Phase | None = strawberry.field(
        description="Null where only the project or the contract is known."
    )
    billable: bool = strawberry.field(description="False: it is never billed.")
    approved: bool = strawberry.field(description="Only approved, billable time is billed.")
    rate: Money | None = strawberry.field(
        resolver=_seen_rate,
        description="Of an hour, as it is billed. Null for a role that may not see rates.",
    )
    billed_by: Invoice | None = strawberry.field(
        description="The invoice or pro forma; while there is one, the entry stays as it is."
        " Null where it is out of reach."
    )
    written_off: bool = strawberry.field(description="Given up: it is not billed.")
    write_off_reason: str | None = strawberry.field(description="Null unless it is written off.")
    ticket: str | None
    description: str | None
    author: str | None = strawberry.field(description="The key or the person that recorded it.")
    source: str = strawberry.field(description="api, or the import it came in (import 12).")
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = strawberry.field(
        description="When it left the lists; null while it is in them."
    )
    version: int = strawberry.field(
        description="Counts its changes: `expectedVersion` is compared."
    )


def _invoices(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> Mapping[int, dict[str, Any]]:
    of = invoices_of(session, keys)
    found = load_by_ids(session, INVOICE, wanted, of.values())
    # Hours are within reach by their project, a paper over several projects by all of them.
    return {key: found[invoice] for key, invoice in of.items() if invoice in found}


def _rates(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> Mapping[int, MoneyRow]:
    return {key: money(*rate) for key, rate in rates_of(session, keys).items()}


TIME_ENTRY = Noun(
    TimeEntryRecord,
    "TimeEntry",
    {
        "hours": number_field("hours"),
        "rate": Derived(_rates),
        "billed_by": Derived(_invoices),
        "written_off": Computed(("written_off_at",), lambda row: row["written_off_at"] is not None),
        "collaborator": ToOne(lambda: COLLABORATOR, "collaborator_id"),
        "project": ToOne(lambda: PROJECT, "project_id"),
        "contract": ToOne(lambda: CONTRACT, "contract_id"),
        "phase": ToOne(lambda: PHASE, "phase_id"),
    },
)
