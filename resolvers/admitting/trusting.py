"""Trusting an identity provider of one's own, and saying whom it vouches for."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry
from strawberry import Maybe

from domain.access import Permission, Role
from domain.account import IdentityProvider as IdentityProviderRecord
from domain.errors import Issue
from persistence.pages import Sort
from persistence.people.identities import identities_where, providers_where
from persistence.reading import load_one
from resolvers._mutation import Acting, Payload, write
from resolvers._reading import PageInput, read_page
from resolvers.admitting import _trusting as trusting
from resolvers.keeping._editing_inputs import given
from resolvers.keeping.editing import RecordPayload
from resolvers.settling._keeping import RecordInput, alter, bring_back, make, put_away
from schema.connection import Connection
from schema.context import Info
from schema.identity_provider import IDENTITY, IDENTITY_PROVIDER, Identity, IdentityProvider
from schema.node import optional_key
from schema.user_error import UserError
from schema.view import wanted

_PEOPLE = Permission.MANAGE_PEOPLE


@strawberry.input
class IdentityProviderCreateInput:
    name: str
    issuer: str = strawberry.field(
        description="https://…: its configuration stands below /.well-known/openid-configuration."
    )
    audience: str
    default_role: Role | None = strawberry.field(
        default=None, description="What unknown people become; left out: only members come in."
    )


@strawberry.input
class IdentityProviderUpdateInput:
    id: strawberry.ID
    expected_version: int | None = None
    name: Maybe[str | None]
    issuer: Maybe[str | None]
    audience: Maybe[str | None]
    default_role: Maybe[Role | None]


@strawberry.input
class IdentityLinkInput:
    provider_id: strawberry.ID
    member_id: strawberry.ID
    subject: str = strawberry.field(description="What the provider calls them for ever (sub).")


@strawberry.type
class IdentityUnlinkPayload:
    deleted_id: strawberry.ID | None
    user_errors: list[UserError]


@strawberry.type
class TrustingQueries:
    """Queries about identity providers."""

    @strawberry.field(description="Those that are in use; `archived: true`: those put away.")
    async def identity_providers(
        self, info: Info, archived: bool | None = False, page: PageInput | None = None
    ) -> Connection[IdentityProvider]:
        return await read_page(
            info,
            IDENTITY_PROVIDER,
            asked=(page or PageInput()).asked(),
            sort=Sort("id"),
            where=providers_where(archived=archived),
        )

    @strawberry.field(description="As what members are known to the firm's identity providers.")
    async def identities(
        self, info: Info, member_id: strawberry.ID | None = None, page: PageInput | None = None
    ) -> Connection[Identity]:
        member = optional_key(member_id, "member", field=("memberId",))
        return await read_page(
            info,
            IDENTITY,
            asked=(page or PageInput()).asked(),
            sort=Sort("id"),
            where=identities_where(member_id=member),
        )


@strawberry.type
class Trusting:
    """Mutations that settle whose tokens are believed."""

    @strawberry.mutation(description="Its tokens are believed from now on.")
    async def identity_provider_create(
        self, info: Info, input: IdentityProviderCreateInput
    ) -> RecordPayload[IdentityProvider]:
        def create(acting: Acting) -> tuple[IdentityProviderRecord, Sequence[Issue]]:
            return trusting.create(acting, input), ()

        return await make(info, _PEOPLE, IDENTITY_PROVIDER, create)

    @strawberry.mutation(description="What is left out stays.")
    async def identity_provider_update(
        self, info: Info, input: IdentityProviderUpdateInput
    ) -> RecordPayload[IdentityProvider]:
        asked = given(input)

        def change(acting: Acting, provider: IdentityProviderRecord) -> Sequence[Issue]:
            return trusting.change(acting, provider, asked)

        return await alter(info, _PEOPLE, IDENTITY_PROVIDER, input, change)

    @strawberry.mutation(description="Its tokens open nothing a few seconds later.")
    async def identity_provider_archive(
        self, info: Info, input: RecordInput
    ) -> RecordPayload[IdentityProvider]:
        return await put_away(info, _PEOPLE, IDENTITY_PROVIDER, input)

    @strawberry.mutation(description="Its tokens are believed again.")
    async def identity_provider_restore(
        self, info: Info, input: RecordInput
    ) -> RecordPayload[IdentityProvider]:
        return await bring_back(info, _PEOPLE, IDENTITY_PROVIDER, input, trusting.require_room)

    @strawberry.mutation(
        description="Says who of the members somebody of the provider is, where it tells no "
        "verified address."
    )
    async def identity_link(self, info: Info, input: IdentityLinkInput) -> RecordPayload[Identity]:
        fields = wanted(info, "node")

        def act(acting: Acting) -> Payload:
            made = trusting.link(acting, input)
            return {"node": load_one(acting.session, IDENTITY, fields, made.id)}

        return await write(info, _PEOPLE, act, nothing={"node": None})

    @strawberry.mutation(
        description="The provider's `sub` no longer stands for this member. A token that tells "
        "their address as verified links it again: memberUpdate suspends, memberRemove removes."
    )
    async def identity_unlink(self, info: Info, id: strawberry.ID) -> IdentityUnlinkPayload:
        def act(acting: Acting) -> Payload:
            return {"deleted_id": trusting.unlink(acting, id)}

        return await write(info, _PEOPLE, act, nothing={"deleted_id": None})
