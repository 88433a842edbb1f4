"""A key for a program: what it opens, until when, and when it was last used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from domain.access import ApiKey as ApiKeyRecord
from domain.access import Permission, Role
from persistence.reading import Noun, ToOne
from schema.collaborator import COLLABORATOR, Collaborator
from schema.context import Info
from schema.member import MEMBER, Member, limited_to
from schema.organisation import Entity


def _maker(row: strawberry.Parent[Any], info: Info) -> Member | None:
    """A key that is asked who it is tells its bearer nothing of the members."""
    found: Member | None = row["made_by"]
    return found if info.context.caller.holds(Permission.MANAGE_PEOPLE) else None


@strawberry.type(description="A key for a program; its secret half is nowhere. E.g. api_key_4.")
class ApiKey:
    id: strawberry.ID
    public_id: str = strawberry.field(description="The half by which it is found: jalon_<this>_…")
    name: str
    role: Role
    entities: list[Entity] | None = strawberry.field(
        description="Those that it is limited to; null: all of them."
    )
    collaborator: Collaborator | None = strawberry.field(description="Whose projects are its own.")
    made_by: Member | None = strawberry.field(
        resolver=_maker,
        description="The member who made it, or made the key that it was made by. Null: it was "
        "made from the terminal; or the caller may not see members.",
    )
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = strawberry.field(description="To the minute.")
    revoked_at: datetime | None


API_KEY = Noun(
    ApiKeyRecord,
    "ApiKey",
    {
        "entities": limited_to(ApiKeyRecord),
        "collaborator": ToOne(lambda: COLLABORATOR, "collaborator_id"),
        "made_by": ToOne(lambda: MEMBER, "made_by_id"),
    },
)
