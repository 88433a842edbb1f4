"""A person signed in in one browser."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.account import SignIn as SignInRecord
from persistence.reading import Computed, Noun, ToOne
from schema.context import Info
from schema.member import MEMBER, Member


def _is_this_one(row: strawberry.Parent[dict[str, object]], info: Info) -> bool:
    person = info.context.caller.person
    return person is not None and row["key"] == person.sign_in_id


@strawberry.type(description="A sign-in that is not over; e.g. sign_in_7.")
class SignIn:
    id: strawberry.ID
    member: Member
    created_at: datetime
    last_seen_at: datetime = strawberry.field(description="To the minute.")
    expires_at: datetime = strawberry.field(description="Unused for long it is over before.")
    address: str = strawberry.field(description="The network address it was begun from.")
    browser: str = strawberry.field(description="What the browser said it is.")
    current: bool = strawberry.field(
        resolver=_is_this_one, description="Whether this call is made with it."
    )


SIGN_IN = Noun(
    SignInRecord,
    "SignIn",
    {
        "member": ToOne(lambda: MEMBER, "member_id"),
        "browser": Computed(("agent",), lambda row: row["agent"]),
    },
)
