"""Who asks, whatever the door they came in by."""

from __future__ import annotations

import strawberry

from domain.access import Permission, Role
from domain.standing import Door
from schema.api_key import ApiKey
from schema.member import Member
from schema.organisation import Organisation


@strawberry.type(description="Who asks, in whose name, and what they may do.")
class Viewer:
    organisation: Organisation
    door: Door
    role: Role
    permissions: list[Permission]
    name: str
    email: str | None = strawberry.field(description="Null for a program.")
    key_name: str = strawberry.field(description="The name of the key, or of the person.")
    locale: str
    member: Member | None = strawberry.field(description="Null for a program.")
    api_key: ApiKey | None = strawberry.field(description="Null for a person.")
