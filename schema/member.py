"""Somebody's place in the firm: what they may do, and how far they reach."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.access import Role
from domain.account import Member as MemberRecord
from persistence.people.members import emails, entities_by, names
from persistence.reading import Computed, Derived, Noun, ToOne
from schema.collaborator import COLLABORATOR, Collaborator


@strawberry.type(description="An entity that somebody or something is limited to.")
class LimitedTo:
    id: strawberry.ID
    code: str
    name: str


@strawberry.type(description="Somebody who works for the firm, or is invited to; e.g. member_2.")
class Member:
    id: strawberry.ID
    email: str
    name: str
    role: Role
    entities: list[LimitedTo] | None = strawberry.field(description="Null: all of them.")
    collaborator: Collaborator | None = strawberry.field(
        description="Who they are among the collaborators."
    )
    joined_at: datetime | None = strawberry.field(
        description="Null until they have accepted the invitation."
    )
    suspended_at: datetime | None
    active: bool = strawberry.field(description="Whether they may come in.")
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = strawberry.field(description="When they were removed.")
    version: int


MEMBER = Noun(
    MemberRecord,
    "Member",
    {
        "email": Derived(emails),
        "name": Derived(names),
        "entities": Derived(entities_by(MemberRecord)),
        "collaborator": ToOne(lambda: COLLABORATOR, "collaborator_id"),
        "active": Computed(
            ("joined_at", "suspended_at", "archived_at"),
            lambda row: (
                row["joined_at"] is not None
                and row["suspended_at"] is None
                and row["archived_at"] is None
            ),
        ),
    },
)
