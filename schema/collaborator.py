"""The people of the firm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.access import Permission, Role
from domain.collaborator import Collaborator as CollaboratorRecord
from persistence.people.teams import projects_of_people
from persistence.reading import Derived, Noun, Row, ToOne, Wanted, load_by_ids
from persistence.session import ScopedSession
from schema.context import Info
from schema.node import Node
from schema.organisation import ENTITY, Entity
from schema.scalars import number_field

if TYPE_CHECKING:
    from schema.project import Project


def _rate(name: str) -> Any:
    def seen(row: strawberry.Parent[Any], info: Info) -> Decimal | None:
        return row[name] if info.context.caller.holds(Permission.SEE_RATES) else None

    return seen


def _private(name: str) -> Any:
    """What who only works there reads of themselves alone."""

    def seen(row: strawberry.Parent[Any], info: Info) -> Any:
        reach = info.context.caller.reach
        return row[name] if not reach.only_work or row["key"] == reach.collaborator_id else None

    return seen


_PRIVATE = "Null to a COLLABORATOR, but of themselves."


@strawberry.type(description="A person of the firm. Rates are in the organisation's currency.")
class Collaborator(Node):
    first_name: str
    last_name: str
    email: str
    entity: Entity | None
    job_title: str | None
    role: Role
    entry_date: date | None
    exit_date: date | None = strawberry.field(resolver=_private("exit_date"), description=_PRIVATE)
    billable_rate: Decimal | None = strawberry.field(
        resolver=_rate("billable_rate"),
        description="Per hour, net. Null for a role that may not see rates.",
    )
    cost_rate: Decimal | None = strawberry.field(
        resolver=_rate("cost_rate"), description="Per hour. Null for a role that may not see rates."
    )
    weekly_hours: Decimal | None = strawberry.field(
        resolver=_private("weekly_hours"), description=_PRIVATE
    )
    employee_code: str | None = strawberry.field(
        resolver=_private("employee_code"), description=_PRIVATE
    )
    active: bool
    phone: str | None = strawberry.field(resolver=_private("phone"), description=_PRIVATE)
    projects: list[Annotated[Project, strawberry.lazy("schema.project")]] = strawberry.field(
        description="Live ones that they manage, or are on the team of."
    )
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int


def _projects(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, list[Row]]:
    # That module reads this one.
    from schema.project import PROJECT

    own = projects_of_people(session, keys)
    found = load_by_ids(session, PROJECT, wanted, (one for some in own.values() for one in some))
    return {key: [found[one] for one in some] for key, some in own.items()}


COLLABORATOR = Noun(
    CollaboratorRecord,
    "Collaborator",
    {
        "entity": ToOne(lambda: ENTITY, "entity_id"),
        "projects": Derived(_projects, default=()),
        "billable_rate": number_field("billable_rate"),
        "cost_rate": number_field("cost_rate"),
        "weekly_hours": number_field("weekly_hours"),
    },
)
