"""Somebody's place in the firm: what they may do, and how far they reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import strawberry

from domain.access import ApiKey as ApiKeyRecord
from domain.access import Role
from domain.account import Member as MemberRecord
from persistence.people.members import emails, entity_ids_by, names
from persistence.reading import Computed, Derived, Noun, Row, ToOne, Wanted, load_by_ids
from persistence.session import ScopedSession
from schema.collaborator import COLLABORATOR, Collaborator
from schema.organisation import ENTITY, Entity


@strawberry.type(description="Somebody who works for the firm, or is invited to; e.g. member_2.")
class Member:
    id: strawberry.ID
    email: str
    name: str
    role: Role
    entities: list[Entity] | None = strawberry.field(
        description="Those that they are limited to; null: all of them."
    )
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


def limited_to(record: type[MemberRecord] | type[ApiKeyRecord]) -> Derived:
    """The entities that a record is limited to; of one that reaches all of them, null."""

    def find(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, list[Row]]:
        limited = entity_ids_by(session, record, keys)
        told = {one for ids in limited.values() for one in ids}
        known = load_by_ids(session, ENTITY, wanted, told)
        return {key: [known[one] for one in ids if one in known] for key, ids in limited.items()}

    return Derived(find)


MEMBER = Noun(
    MemberRecord,
    "Member",
    {
        "email": Derived(emails),
        "name": Derived(names),
        "entities": limited_to(MemberRecord),
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
