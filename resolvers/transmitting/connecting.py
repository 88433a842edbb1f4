"""Settling through which approved platform an entity sends its electronic invoices."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import Maybe

from domain.access import Permission
from domain.platform.connection import Platform as PlatformRecord
from persistence.outside import platforms
from persistence.pages import Sort
from persistence.reading import load_one
from resolvers._mutation import Acting, Payload, write
from resolvers._reading import PageInput, read_page
from resolvers.keeping._editing_inputs import given
from resolvers.keeping.editing import RecordPayload
from resolvers.settling._keeping import RecordInput, alter, make
from resolvers.transmitting import _connecting as connections
from schema.connection import Connection
from schema.context import Info
from schema.node import key_of, optional_key
from schema.platform import PLATFORM, Platform
from schema.user_error import UserError
from schema.view import wanted

_SETTINGS = Permission.EDIT_SETTINGS


@strawberry.input(description="What the platform gave: addresses, a client id and its secret.")
class PlatformCreateInput:
    entity_id: strawberry.ID
    name: str = strawberry.field(description="What people call the platform.")
    flow_url: str = strawberry.field(
        description="The address below which /v1/flows stands: https://…"
    )
    token_url: str = strawberry.field(description="Where tokens are asked for (OAuth 2).")
    oauth_client_id: str
    oauth_client_secret: str = strawberry.field(description="Kept sealed, never shown again.")
    scope: str | None = None
    organisation: str | None = strawberry.field(
        default=None, description="The header Organization-Id, where the platform asks for one."
    )
    automatic: bool = strawberry.field(
        default=False, description="Sends what becomes final by itself; else invoicesTransmit does."
    )
    tells_payments: bool = strawberry.field(
        default=True, description="Tells what is received (212 Encaissée) where VAT is due on it."
    )
    qualifies: bool = strawberry.field(
        default=True,
        description="Says the profile and the processing rule, not left to the platform to find.",
    )


@strawberry.input
class PlatformUpdateInput:
    id: strawberry.ID
    expected_version: int | None = None
    name: Maybe[str | None]
    flow_url: Maybe[str | None]
    token_url: Maybe[str | None]
    oauth_client_id: Maybe[str | None]
    oauth_client_secret: Maybe[str | None]
    scope: Maybe[str | None]
    organisation: Maybe[str | None]
    automatic: Maybe[bool | None]
    tells_payments: Maybe[bool | None]
    qualifies: Maybe[bool | None]
    enabled: Maybe[bool | None] = strawberry.field(
        description="Switched off, what waits is DEAD; invoicesTransmit sends it later."
    )


@strawberry.type
class PlatformDeletePayload:
    deleted_id: strawberry.ID | None
    user_errors: list[UserError]


@strawberry.type
class ConnectingQueries:
    """Queries about platforms."""

    @strawberry.field(description="Those that are not deleted.")
    async def platforms(
        self, info: Info, entity_id: strawberry.ID | None = None, page: PageInput | None = None
    ) -> Connection[Platform]:
        entity = optional_key(entity_id, "entity", field=("entityId",))
        return await read_page(
            info,
            PLATFORM,
            asked=(page or PageInput()).asked(),
            sort=Sort("id"),
            where=platforms.connections_where(entity_id=entity),
        )


@strawberry.type
class Connecting:
    """Mutations that settle platforms."""

    @strawberry.mutation(
        description="Connects an entity to its approved platform, and looks at it."
    )
    async def platform_create(
        self, info: Info, input: PlatformCreateInput
    ) -> RecordPayload[Platform]:
        def create(acting: Acting) -> Any:
            return connections.create(acting, vars(input)), ()

        return await make(info, _SETTINGS, PLATFORM, create)

    @strawberry.mutation(description="What is left out stays; the secret too.")
    async def platform_update(
        self, info: Info, input: PlatformUpdateInput
    ) -> RecordPayload[Platform]:
        asked = given(input)

        def change(acting: Acting, connection: PlatformRecord) -> Any:
            return connections.change(acting, connection, asked)

        return await alter(info, _SETTINGS, PLATFORM, input, change)

    @strawberry.mutation(description="For good, with its secret. What it was told stays known.")
    async def platform_delete(self, info: Info, input: RecordInput) -> PlatformDeletePayload:
        def act(acting: Acting) -> Payload:
            gone = connections.delete(acting, input)
            return {"deleted_id": f"platform_{gone.id}"}

        return await write(info, _SETTINGS, act, nothing={"deleted_id": None})

    @strawberry.mutation(
        description="Looks at once at what the platform has to tell; read the connection again for "
        "lastReadAt and lastError."
    )
    async def platform_read(self, info: Info, id: strawberry.ID) -> RecordPayload[Platform]:
        fields = wanted(info, "node")

        def act(acting: Acting) -> Payload:
            key = key_of(id, "platform", field=("id",))
            found = connections.read_now(acting, key)
            acting.session.flush()
            return {"node": load_one(acting.session, PLATFORM, fields, found.id)}

        return await write(info, _SETTINGS, act, nothing={"node": None})
