"""Keeping the addresses that final invoices are posted to, and their secrets."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from domain import given
from domain.errors import RECORD_ARCHIVED, Issue, Refusal
from domain.handover import TOPIC, DeliveryState, HandoverDelivery
from domain.organisation import Entity
from domain.web_address import LONGEST_URL, web_address
from domain.webhook import (
    LONGEST_OVERLAP,
    MOST_ENDPOINTS,
    SWITCHED_OFF,
    WEBHOOKS_TOO_MANY,
    WebhookEndpoint,
    rotate,
    salt_under,
    signing_secret,
    switch_off,
    switch_on,
)
from persistence.outside import deliveries, outbox
from persistence.records import the_record
from persistence.session import insert_all
from resolvers._judging import stale
from resolvers._mutation import Acting
from resolvers.settling._keeping import RecordInput, assign
from schema.node import key_of, optional_key


def create(acting: Acting, asked: Any) -> tuple[WebhookEndpoint, str]:
    """A new webhook and its secret; `include_waiting` tells it of all that nobody has taken."""
    session = acting.session
    outbox.settle_destinations(session)
    count = outbox.live_endpoints(session)
    if count >= MOST_ENDPOINTS:
        raise Refusal(WEBHOOKS_TOO_MANY(count=count, limit=MOST_ENDPOINTS))
    entity_id = _entity(acting, asked.entity_id)
    endpoint = WebhookEndpoint(
        url=_url(acting, asked.url),
        salt=_salt(acting),
        description=_description(asked.description),
        entity_id=entity_id,
    )
    session.add(endpoint)
    session.flush()
    if asked.include_waiting:
        one, now = outbox.destination_of(endpoint), acting.house.clock()
        waiting = outbox.waiting_for(session, TOPIC, one)
        rows = [outbox.delivery_row(one, now=now, entry_id=key) for key in waiting]
        insert_all(session, HandoverDelivery, rows)
    return endpoint, _secret(acting, endpoint)


def change(acting: Acting, endpoint: WebhookEndpoint, asked: Mapping[str, Any]) -> Sequence[Issue]:
    """The webhook with the fields given changed; switched off, what waits for it is dead.

    Given to another entity, what it has not taken of the others is no longer meant for it.
    """
    columns: dict[str, Any] = {}
    if "url" in asked:
        columns["url"] = _url(acting, asked["url"])
    if "description" in asked:
        columns["description"] = _description(asked["description"])
    if "entity_id" in asked:
        columns["entity_id"] = _entity(acting, asked["entity_id"])
    moves = columns.get("entity_id", endpoint.entity_id) != endpoint.entity_id
    assign(endpoint, columns)
    if moves:
        one = outbox.destination_of(endpoint)
        of = outbox.entities_of_entries(
            acting.session, deliveries.open_entries_of(acting.session, endpoint)
        )
        _forget(acting, endpoint, [key for key, entity in of.items() if not one.takes(entity)])
    enabled = asked.get("enabled")
    if enabled is True:
        switch_on(endpoint)
    elif enabled is False and endpoint.disabled_at is None:
        reason = SWITCHED_OFF.format(name=acting.caller.key_name or acting.caller.role.value)
        switch_off(endpoint, reason, now=acting.house.clock())
        deliveries.give_up_waiting(acting.session, endpoint)
    return ()


def delete(acting: Acting, asked: RecordInput) -> WebhookEndpoint:
    """The webhook, put away for good: its secret too. What it alone had not taken is handed over.

    What nobody else has taken waits to be fetched, or for another destination.
    """
    session = acting.session
    outbox.settle_destinations(session)
    endpoint = _the_endpoint(acting, asked)
    if endpoint.archived_at is None:
        _forget(acting, endpoint, deliveries.open_entries_of(session, endpoint))
        deliveries.forget_tests(session, endpoint)
        endpoint.archived_at, endpoint.salt = acting.house.clock(), ""
        endpoint.former_salt = endpoint.former_until = None
        session.flush()
    return endpoint


def _forget(acting: Acting, endpoint: WebhookEndpoint, entries: Sequence[int]) -> None:
    """Documents that a webhook has not taken are not for it; those that all others have are done.

    Locked in the order of deliveries.note: webhook, entry, delivery.
    """
    session = acting.session
    outbox.entries_locked(session, TOPIC, entries)
    deliveries.forget_open(session, endpoint, entries)
    session.flush()
    deliveries.complete(session, entries, now=acting.house.clock())


def renew_secret(acting: Acting, asked: Any) -> tuple[WebhookEndpoint, str]:
    """The webhook and its new secret; the former one signs beside it for some hours."""
    hours = given.whole(
        asked.keep_former_hours,
        field=("keep_former_hours",),
        name="keepFormerHours",
        least=0,
        most=LONGEST_OVERLAP,
    )
    endpoint = _the_endpoint(acting, asked)
    _require_there(endpoint)
    rotate(endpoint, _salt(acting), overlap=timedelta(hours=hours), now=acting.house.clock())
    return endpoint, _secret(acting, endpoint)


def try_out(acting: Acting, endpoint_id: int) -> HandoverDelivery:
    """A test on its way to the webhook: tried once, never again. One at a time."""
    session = acting.session
    endpoint = the_record(session, WebhookEndpoint, endpoint_id, locked=True)
    _require_there(endpoint)
    endpoint.require_live()
    waiting = deliveries.test_of(session, endpoint)
    if waiting is not None:
        return waiting
    row = outbox.delivery_row(
        outbox.destination_of(endpoint), now=acting.house.clock(), entry_id=None
    )
    test = HandoverDelivery(**row, state=DeliveryState.WAITING)
    session.add(test)
    session.flush()
    return test


def _the_endpoint(acting: Acting, asked: Any) -> WebhookEndpoint:
    key = key_of(asked.id, "webhook_endpoint", field=("id",))
    found = the_record(acting.session, WebhookEndpoint, key, locked=True)
    moved = stale(found, asked.expected_version, noun="webhook endpoint", key=asked.id)
    if moved is not None:
        raise Refusal(moved)
    return found


def _require_there(endpoint: WebhookEndpoint) -> None:
    if endpoint.archived_at is not None:
        key = f"webhook_endpoint_{endpoint.id}"
        raise Refusal(RECORD_ARCHIVED(field=("id",), noun="webhook endpoint", key=key))


def _url(acting: Acting, asked: str | None) -> str:
    url = given.text(asked, field=("url",), name="The address", longest=LONGEST_URL, required=True)
    allowed = acting.house.webhooks_private
    web_address(url or "", is_private_allowed=allowed, field=("url",))
    return url or ""


def _description(asked: str | None) -> str | None:
    line = None if asked is None else " ".join(asked.split())
    return given.text(line, field=("description",), name="The description", longest=255)


def _entity(acting: Acting, asked: str | None) -> int | None:
    key = optional_key(asked, "entity", field=("entity_id",))
    if key is not None:
        the_record(acting.session, Entity, key, field=("entity_id",))
    return key


def _salt(acting: Acting) -> str:
    return salt_under(acting.house.secrets, secrets.token_hex(24))


def _secret(acting: Acting, endpoint: WebhookEndpoint) -> str:
    told = signing_secret(acting.house.secrets, acting.caller.organisation_id, endpoint.salt)
    assert told is not None, "a new salt names the present secret"
    return told
