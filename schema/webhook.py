"""Where final invoices are posted by themselves, signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from domain.access import Permission
from domain.webhook import SWITCHED_OFF, switched_off_by
from domain.webhook import WebhookEndpoint as WebhookEndpointRecord
from persistence.reading import Computed, Noun, ToOne
from schema.context import Info
from schema.node import Node
from schema.organisation import ENTITY, Entity
from words import phrase


def _url(row: strawberry.Parent[Any], info: Info) -> str | None:
    # An address may hold a password of whom it belongs to.
    return row["url"] if info.context.caller.holds(Permission.EDIT_SETTINGS) else None


def _reason(row: strawberry.Parent[Any], info: Info) -> str | None:
    told: str | None = row["disabled_reason"]
    name = None if told is None else switched_off_by(told)
    return told if name is None else phrase(SWITCHED_OFF, info.context.caller.locale, name=name)


@strawberry.type(
    description="An address that final invoices are posted to, signed as standard-webhooks says. "
    "Its secret is shown once, by webhookEndpointCreate and webhookEndpointRotateSecret."
)
class WebhookEndpoint(Node):
    url: str | None = strawberry.field(
        resolver=_url, description="Null for a role that may not see settings."
    )
    description: str | None
    entity: Entity | None = strawberry.field(description="Null: the invoices of all entities.")
    enabled: bool
    disabled_at: datetime | None
    disabled_reason: str | None = strawberry.field(
        resolver=_reason, description="What it answered (410), or that somebody switched it off."
    )
    former_secret_until: datetime | None = strawberry.field(
        description="Until then the former secret signs beside the new one."
    )
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = strawberry.field(description="When it was deleted.")
    version: int


WEBHOOK_ENDPOINT = Noun(
    WebhookEndpointRecord,
    "WebhookEndpoint",
    {
        "entity": ToOne(lambda: ENTITY, "entity_id"),
        "enabled": Computed(("disabled_at",), lambda row: row["disabled_at"] is None),
        "former_secret_until": Computed(("former_until",), lambda row: row["former_until"]),
    },
)
