"""The approved platform of an entity, as settings show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from domain.access import Permission
from domain.platform.connection import Platform as PlatformRecord
from persistence.outside.platforms import readings_of
from persistence.reading import Computed, Derived, Noun, ToOne, Wanted
from persistence.session import ScopedSession
from schema.context import Info
from schema.node import Node
from schema.organisation import ENTITY, Entity


def _client_id(row: strawberry.Parent[Any], info: Info) -> str | None:
    return row["oauth_client_id"] if info.context.caller.holds(Permission.EDIT_SETTINGS) else None


@strawberry.type(
    description="The approved platform that an entity sends its electronic invoices through. Its "
    "secret is kept sealed and never shown."
)
class Platform(Node):
    entity: Entity
    name: str
    flow_url: str = strawberry.field(description="The address below which /v1/flows stands.")
    token_url: str
    oauth_client_id: str | None = strawberry.field(
        resolver=_client_id, description="Null for a role that may not see settings."
    )
    scope: str | None
    organisation: str | None = strawberry.field(description="The header Organization-Id.")
    automatic: bool = strawberry.field(description="What becomes final is sent by itself.")
    tells_payments: bool = strawberry.field(
        description="What is received of its invoices is told to it (212 Encaissée)."
    )
    qualifies: bool = strawberry.field(
        description="The profile and the processing rule are said, not left to it to find."
    )
    enabled: bool
    disabled_at: datetime | None
    last_read_at: datetime | None = strawberry.field(
        description="When a look at what it has to tell last came to its end."
    )
    last_error: str | None = strawberry.field(
        description="What the last look failed of; null once one succeeded."
    )
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = strawberry.field(description="When it was deleted.")
    version: int


def _read_at(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, Any]:
    return {key: one.last_read_at for key, one in readings_of(session, keys).items()}


def _errors(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, Any]:
    return {key: one.last_error for key, one in readings_of(session, keys).items()}


PLATFORM = Noun(
    PlatformRecord,
    "Platform",
    {
        "entity": ToOne(lambda: ENTITY, "entity_id"),
        "enabled": Computed(("disabled_at",), lambda row: row["disabled_at"] is None),
        "last_read_at": Derived(_read_at),
        "last_error": Derived(_errors),
    },
)
