"""The people of the firm."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from domain.access import Permission, Role
from domain.collaborator import Collaborator as CollaboratorRecord
from persistence.reading import Noun, ToOne
from schema.context import Info
from schema.node import Node
from schema.organisation import ENTITY, Entity
from schema.scalars import number_field


def _rate(name: str) -> Any:
    def seen(row: strawberry.Parent[Any], info: Info) -> Decimal | None:
        return row[name] if info.context.caller.holds(Permission.SEE_RATES) else None

    return seen


@strawberry.type(description="A person of the firm. Rates are in the organisation's currency.")
class Collaborator(Node):
    first_name: str
    last_name: str
    email: str
    entity: Entity | None
    job_title: str | None
    role: Role
    entry_date: date | None
    exit_date: date | None
    billable_rate: Decimal | None = strawberry.field(
        resolver=_rate("billable_rate"),
        description="Per hour, net. Null for a role that may not see rates.",
    )
    cost_rate: Decimal | None = strawberry.field(
        resolver=_rate("cost_rate"), description="Per hour. Null for a role that may not see rates."
    )
    weekly_hours: Decimal | None
    employee_code: str | None
    active: bool
    phone: str | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int


COLLABORATOR = Noun(
    CollaboratorRecord,
    "Collaborator",
    {
        "entity": ToOne(lambda: ENTITY, "entity_id"),
        "billable_rate": number_field("billable_rate"),
        "cost_rate": number_field("cost_rate"),
        "weekly_hours": number_field("weekly_hours"),
    },
)
