"""Settling where final invoices are posted by themselves (B31)."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import Maybe

from domain.access import Permission
from domain.errors import STALE_OBJECT, Refusal
from domain.webhook import WebhookEndpoint as WebhookEndpointRecord
from persistence.outside import outbox
from persistence.pages import Sort
from persistence.reading import Wanted, load_one
from resolvers._mutation import Acting, Payload, write
from resolvers._reading import PageInput, read_page
from resolvers.delivering import _webhooks as webhooks
from resolvers.keeping._editing_inputs import given
from resolvers.keeping.editing import RecordPayload
from resolvers.settling._keeping import RecordInput, alter
from schema.connection import Connection
from schema.context import Info
from schema.delivery import HANDOVER_DELIVERY, HandoverDelivery
from schema.node import key_of, optional_key
from schema.user_error import UserError, user_errors
from schema.view import wanted
from schema.webhook import WEBHOOK_ENDPOINT, WebhookEndpoint

_SETTINGS = Permission.EDIT_SETTINGS


@strawberry.input
class WebhookEndpointCreateInput:
    url: str = strawberry.field(description="https://…, on the public internet.")
    description: str | None = None
    entity_id: strawberry.ID | None = strawberry.field(
        default=None, description="Left out: the invoices of all entities."
    )
    include_waiting: bool = strawberry.field(
        default=False, description="Sends it all that nobody has taken yet, too."
    )


@strawberry.input
class WebhookEndpointUpdateInput:
    id: strawberry.ID
    expected_version: int | None = None
    url: Maybe[str | None]
    description: Maybe[str | None]
    entity_id: Maybe[strawberry.ID | None]
    enabled: Maybe[bool | None] = strawberry.field(
        description="Switched off, what waits for it is DEAD; handoverRetry delivers it later."
    )


@strawberry.input
class WebhookEndpointRotateSecretInput:
    id: strawberry.ID
    expected_version: int | None = None
    keep_former_hours: int = strawberry.field(
        default=24, description="So long both secrets sign, 0 to 168 hours."
    )


@strawberry.type
class WebhookSecretPayload:
    node: WebhookEndpoint | None
    secret: str | None = strawberry.field(description="whsec_…, shown this once: keep it.")
    user_errors: list[UserError]


@strawberry.type
class WebhookEndpointDeletePayload:
    deleted_id: strawberry.ID | None
    user_errors: list[UserError]


@strawberry.type
class WebhookEndpointTestPayload:
    delivery: HandoverDelivery | None = strawberry.field(
        description="WAITING: read it again by `node` until it is DELIVERED or DEAD."
    )
    user_errors: list[UserError]


@strawberry.type
class HookingQueries:
    """Queries about webhooks."""

    @strawberry.field(description="Those that are not deleted; of an entity, with those of all.")
    async def webhook_endpoints(
        self, info: Info, entity_id: strawberry.ID | None = None, page: PageInput | None = None
    ) -> Connection[WebhookEndpoint]:
        entity = optional_key(entity_id, "entity", field=("entityId",))
        return await read_page(
            info,
            WEBHOOK_ENDPOINT,
            asked=(page or PageInput()).asked(),
            sort=Sort("id"),
            where=outbox.endpoints_where(entity_id=entity),
        )


@strawberry.type
class Hooking:
    """Mutations that settle webhooks."""

    @strawberry.mutation(description="An address that every final invoice is posted to, signed.")
    async def webhook_endpoint_create(
        self, info: Info, input: WebhookEndpointCreateInput
    ) -> WebhookSecretPayload:
        fields = wanted(info, "node")

        def act(acting: Acting) -> Payload:
            return _with_secret(acting, webhooks.create(acting, input), fields)

        return await write(info, _SETTINGS, act, nothing=_NO_SECRET)

    @strawberry.mutation(description="What is left out stays.")
    async def webhook_endpoint_update(
        self, info: Info, input: WebhookEndpointUpdateInput
    ) -> RecordPayload[WebhookEndpoint]:
        asked = given(input)

        def change(acting: Acting, endpoint: WebhookEndpointRecord) -> Any:
            return webhooks.change(acting, endpoint, asked)

        def settle(acting: Acting) -> None:
            outbox.settle_destinations(acting.session)

        return await alter(info, _SETTINGS, WEBHOOK_ENDPOINT, input, change, before=settle)

    @strawberry.mutation(
        description="For good. An invoice that all other destinations have is then handed over."
    )
    async def webhook_endpoint_delete(
        self, info: Info, input: RecordInput
    ) -> WebhookEndpointDeletePayload:
        def act(acting: Acting) -> Payload:
            return {"deleted_id": f"webhook_endpoint_{webhooks.delete(acting, input).id}"}

        return await write(info, _SETTINGS, act, nothing={"deleted_id": None})

    @strawberry.mutation(description="A new secret; the former one signs beside it for a while.")
    async def webhook_endpoint_rotate_secret(
        self, info: Info, input: WebhookEndpointRotateSecretInput
    ) -> WebhookSecretPayload:
        fields = wanted(info, "node")

        def act(acting: Acting) -> Payload:
            try:
                return _with_secret(acting, webhooks.renew_secret(acting, input), fields)
            except Refusal as refusal:
                if refusal.issues[0].kind is not STALE_OBJECT:
                    raise
                # As somebody else left it (API.md 10).
                key = key_of(input.id, "webhook_endpoint", field=("id",))
                said = user_errors(refusal.issues, acting.caller.locale)
                node = load_one(acting.session, WEBHOOK_ENDPOINT, fields, key)
                return {"node": node, "secret": None, "user_errors": said}

        return await write(info, _SETTINGS, act, nothing=_NO_SECRET)

    @strawberry.mutation(description="Posts a message of the type endpoint.test, once.")
    async def webhook_endpoint_test(
        self, info: Info, id: strawberry.ID
    ) -> WebhookEndpointTestPayload:
        fields = wanted(info, "delivery")

        def act(acting: Acting) -> Payload:
            test = webhooks.try_out(acting, key_of(id, "webhook_endpoint", field=("id",)))
            return {"delivery": load_one(acting.session, HANDOVER_DELIVERY, fields, test.id)}

        return await write(info, _SETTINGS, act, nothing={"delivery": None})


_NO_SECRET: Payload = {"node": None, "secret": None}


def _with_secret(
    acting: Acting, made: tuple[WebhookEndpointRecord, str], fields: Wanted
) -> Payload:
    endpoint, secret = made
    acting.session.flush()
    node = load_one(acting.session, WEBHOOK_ENDPOINT, fields, endpoint.id)
    return {"node": node, "secret": secret}
