"""Connecting an entity to its platform: addresses, an access, and what goes by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from domain import given
from domain.errors import FIELD_INVALID, RECORD_ARCHIVED, Issue, Refusal
from domain.handover import told
from domain.organisation import Entity
from domain.platform.connection import (
    LONGEST_CLIENT_ID,
    LONGEST_SECRET,
    PLATFORM_DISABLED,
    PLATFORM_EXISTS,
    PLATFORM_SECRET_ASKED,
    PLATFORM_SECRET_GONE,
    Platform,
    PlatformReading,
)
from domain.platform.wire import IN_A_HEADER, Access
from domain.web_address import LONGEST_URL, web_address
from persistence.outside import platforms, transmissions
from persistence.records import the_record
from persistence.sealed import opened, seal
from persistence.session import ScopedSession
from resolvers._judging import stale
from resolvers._mutation import Acting
from resolvers.settling._keeping import RecordInput, assign
from schema.context import House
from schema.node import key_of

_TEXTS = {"name": 255, "oauth_client_id": LONGEST_CLIENT_ID, "scope": 255, "organisation": 255}
_CHOICES = ("automatic", "tells_payments", "qualifies")
_REQUIRED = ("name", "oauth_client_id")
_NAMES = {
    "name": "The name of the platform",
    "oauth_client_id": "The OAuth client id",
    "oauth_client_secret": "The OAuth client secret",
    "scope": "The scope",
    "organisation": "The organisation",
    "flow_url": "The address",
    "token_url": "The address for tokens",
}


def create(acting: Acting, asked: Mapping[str, Any]) -> Platform:
    """A new connection of an entity that has none; what became final before is not sent."""
    session = acting.session
    entity = _entity(acting, asked["entity_id"])
    _require_free(session, entity)
    connection = Platform(
        entity_id=entity.id,
        **_columns(acting, asked),
        sealed_secret=_sealed(acting, asked["oauth_client_secret"]),
        **{name: asked[name] for name in _CHOICES},
    )
    session.add(connection)
    session.flush()
    now = acting.house.clock()
    session.add(PlatformReading(platform_id=connection.id, read_until=now, next_attempt_at=now))
    session.flush()
    return connection


def change(acting: Acting, connection: Platform, asked: Mapping[str, Any]) -> Sequence[Issue]:
    """The connection with the fields given changed; switched off, what waits for it is dead."""
    columns = _columns(acting, asked)
    for name in _CHOICES:
        if asked.get(name) is not None:
            columns[name] = asked[name]
    _require_known_machine(connection, columns, asked)
    if "oauth_client_secret" in asked:
        columns["sealed_secret"] = _sealed(acting, asked["oauth_client_secret"])
    assign(connection, columns)
    enabled, now = asked.get("enabled"), acting.house.clock()
    if enabled is True:
        connection.disabled_at = None
    elif enabled is False and connection.disabled_at is None:
        connection.disabled_at = now
        _give_up(acting, connection)
    reading = platforms.reading_of(acting.session, connection.id)
    if reading is not None:
        # With other addresses or another secret it may be let in now.
        reading.next_attempt_at = now if connection.is_live else None
        reading.attempts, reading.claim = 0, None
    return ()


def _require_known_machine(
    connection: Platform, columns: Mapping[str, Any], asked: Mapping[str, Any]
) -> None:
    """PLATFORM_SECRET_ASKED: who only changes an address would be sent the secret there."""
    for name in ("flow_url", "token_url"):
        before = urlsplit(getattr(connection, name))[:2]
        is_moved = name in columns and urlsplit(columns[name])[:2] != before
        if is_moved and "oauth_client_secret" not in asked:
            raise Refusal(PLATFORM_SECRET_ASKED(field=(name,), platform=connection.name))


def delete(acting: Acting, asked: RecordInput) -> Platform:
    """The connection, put away for good, its secret too; what it was told stays."""
    key = key_of(asked.id, "platform", field=("id",))
    found = the_record(acting.session, Platform, key, locked=True)
    moved = stale(found, asked.expected_version, noun="platform", key=asked.id)
    if moved is not None:
        raise Refusal(moved)
    if found.archived_at is None:
        found.archived_at, found.sealed_secret = acting.house.clock(), ""
        _give_up(acting, found)
        reading = platforms.reading_of(acting.session, found.id)
        if reading is not None:
            reading.next_attempt_at = reading.claim = None
    return found


def read_now(acting: Acting, platform_id: int) -> Platform:
    """The connection, looked at as soon as somebody has a hand free."""
    found = the_record(acting.session, Platform, platform_id)
    if found.archived_at is not None:
        key = f"platform_{found.id}"
        raise Refusal(RECORD_ARCHIVED(field=("id",), noun="platform", key=key))
    require_live(found)
    reading = platforms.reading_of(acting.session, found.id)
    if reading is not None and reading.claim is None:
        reading.next_attempt_at = acting.house.clock()
    return found


def require_live(connection: Platform) -> None:
    """PLATFORM_DISABLED for one that is switched off or deleted."""
    if not connection.is_live:
        raise Refusal(PLATFORM_DISABLED(platform=connection.name))


def access_to(house: House, connection: Platform) -> Access:
    """How the platform is reached; PLATFORM_DISABLED, PLATFORM_SECRET_GONE."""
    require_live(connection)
    secret = opened(house.secrets, connection.sealed_secret, purpose=_purpose(connection))
    if secret is None:
        raise Refusal(PLATFORM_SECRET_GONE(platform=connection.name))
    return Access(
        flow_url=connection.flow_url.rstrip("/"),
        token_url=connection.token_url,
        client_id=connection.oauth_client_id,
        client_secret=secret,
        scope=connection.scope,
        organisation=connection.organisation,
    )


def _purpose(connection: Platform | None = None, organisation_id: int = 0) -> str:
    """Of one firm: sealed for it the secret opens for no other."""
    return f"platform of {connection.organisation_id if connection else organisation_id}"


def _give_up(acting: Acting, connection: Platform) -> None:
    acting.session.flush()
    why = told(PLATFORM_DISABLED(platform=connection.name))
    transmissions.give_up_waiting(acting.session, connection.id, why)


def _require_free(session: ScopedSession, entity: Entity) -> None:
    platforms.lock_entity(session, entity.id)
    present = platforms.connections_of(session, [entity.id]).get(entity.id)
    if present is not None:
        issue = PLATFORM_EXISTS(field=("entity_id",), entity=entity.name, platform=present.name)
        raise Refusal(issue)


def _entity(acting: Acting, asked: str) -> Entity:
    field = ("entity_id",)
    found: Entity = the_record(
        acting.session, Entity, key_of(asked, "entity", field=field), field=field
    )
    return found


def _columns(acting: Acting, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The texts and addresses among what was given, each judged."""
    columns: dict[str, Any] = {}
    for name, longest in _TEXTS.items():
        if name in asked:
            line = None if asked[name] is None else " ".join(asked[name].split())
            columns[name] = given.text(
                line,
                field=(name,),
                name=_NAMES[name],
                longest=longest,
                required=name in _REQUIRED,
            )
    organisation = columns.get("organisation")
    if organisation and not IN_A_HEADER.fullmatch(organisation):
        raise Refusal(
            FIELD_INVALID(
                field=("organisation",),
                name=_NAMES["organisation"],
                reason="it has characters that no header holds",
            )
        )
    for name in ("flow_url", "token_url"):
        if name in asked:
            columns[name] = _url(acting, asked[name], name)
    return columns


def _url(acting: Acting, asked: str | None, name: str) -> str:
    url = given.text(asked, field=(name,), name=_NAMES[name], longest=LONGEST_URL, required=True)
    web_address(
        url or "",
        is_private_allowed=acting.house.webhooks_private,
        # Flows stand below it.
        may_have_query=name != "flow_url",
        field=(name,),
    )
    return url or ""


def _sealed(acting: Acting, asked: str | None) -> str:
    """What was given as it is kept: nobody reads it in the database."""
    secret = given.text(
        asked,
        field=("oauth_client_secret",),
        name=_NAMES["oauth_client_secret"],
        longest=LONGEST_SECRET,
        required=True,
    )
    purpose = _purpose(organisation_id=acting.caller.organisation_id)
    return seal(acting.house.secrets, secret or "", purpose=purpose)
