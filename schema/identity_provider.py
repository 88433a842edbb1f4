"""Identity providers that a firm trusts, and whom they vouch for."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.access import Role
from domain.account import Identity as IdentityRecord
from domain.account import IdentityProvider as IdentityProviderRecord
from persistence.reading import Noun, ToOne
from schema.member import MEMBER, Member


@strawberry.type(
    description="An identity provider (OpenID Connect) whose tokens the firm believes: sent as "
    "Authorization: Bearer …, they open what their member's role holds; e.g. identity_provider_1."
)
class IdentityProvider:
    id: strawberry.ID
    name: str
    issuer: str = strawberry.field(description="As its tokens say it (iss).")
    audience: str = strawberry.field(description="Whom its tokens are issued to (aud).")
    default_role: Role | None = strawberry.field(
        description="What somebody with a verified address becomes whom nobody invited; null: "
        "only members come in."
    )
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int


@strawberry.type(description="A member as an identity provider calls them.")
class Identity:
    id: strawberry.ID
    provider: IdentityProvider
    subject: str = strawberry.field(description="What it calls them for ever (sub).")
    member: Member
    created_at: datetime


IDENTITY_PROVIDER = Noun(IdentityProviderRecord, "IdentityProvider")
IDENTITY = Noun(
    IdentityRecord,
    "Identity",
    {
        "provider": ToOne(lambda: IDENTITY_PROVIDER, "provider_id"),
        "member": ToOne(lambda: MEMBER, "member_id"),
    },
)
