"""Worked time: who, on which day, on what, for how long."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import strawberry

from domain.time_entry import TimeEntry as TimeEntryRecord
from persistence.reading import Noun, ToOne
from schema.collaborator import COLLABORATOR, Collaborator
from schema.node import Node
from schema.project import CONTRACT, PHASE, PROJECT, Contract, Phase, Project
from schema.scalars import number_field


@strawberry.type(description="Hours of one person on one day (temps, ticket).")
class TimeEntry(Node):
    worked_on: date
    hours: Decimal = strawberry.field(description="More than 0, at most 24.")
    collaborator: Collaborator
    project: Project
    contract: Contract | None
    phase: Phase | None
    billable: bool
    approved: bool = strawberry.field(description="Only approved, billable time is billed.")
    ticket: str | None
    description: str | None
    author: str | None
    source: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int


TIME_ENTRY = Noun(
    TimeEntryRecord,
    "TimeEntry",
    {
        "hours": number_field("hours"),
        "collaborator": ToOne(lambda: COLLABORATOR, "collaborator_id"),
        "project": ToOne(lambda: PROJECT, "project_id"),
        "contract": ToOne(lambda: CONTRACT, "contract_id"),
        "phase": ToOne(lambda: PHASE, "phase_id"),
    },
)
