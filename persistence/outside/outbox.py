"""What waits to be handed outside, to which destinations, and what was taken over."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func, or_, select

from domain.errors import NOT_FOUND, Refusal
from domain.handover import FOLDER, DeliveryState, HandoverDelivery
from domain.invoice.model import Invoice, InvoiceState
from domain.trace import OutboxEntry
from domain.webhook import WebhookEndpoint, destination_of_webhook
from persistence.session import ScopedSession, insert_all
from persistence.short import Short

_SETTLING = 0x6A616C6F_00000000
"""The advisory lock on the destinations of an organisation, which its key is added to."""

_SETTLED = Short(lambda key: select(func.pg_advisory_xact_lock(cast(key, BigInteger))))
_HELD = Short(lambda key: select(func.pg_advisory_xact_lock_shared(cast(key, BigInteger))))
_ENDPOINTS = Short(
    lambda: (
        select(WebhookEndpoint.id, WebhookEndpoint.entity_id, WebhookEndpoint.disabled_at)
        .where(WebhookEndpoint.archived_at.is_(None))
        .order_by(WebhookEndpoint.id)
    )
)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where documents are handed over to; `entity_id` None: those of all entities."""

    name: str
    endpoint_id: int | None = None
    entity_id: int | None = None

    def takes(self, entity_id: int) -> bool:
        """Whether it is told of the documents of this entity."""
        return self.entity_id is None or self.entity_id == entity_id


def waiting_where(
    topic: str,
    *,
    delivered: bool | None = False,
    states: Sequence[DeliveryState] | None = None,
) -> list[ColumnElement[bool]]:
    """The entries of a topic that wait, that were delivered, or both (None).

    With `states` those alone that have a delivery in one of them.
    """
    where: list[ColumnElement[bool]] = [OutboxEntry.topic == topic]
    if delivered is not None:
        taken = OutboxEntry.delivered_at
        where.append(taken.is_not(None) if delivered else taken.is_(None))
    if states is not None:
        # Within the organisation by the session, and by its index of states.
        having = select(HandoverDelivery.entry_id).where(
            HandoverDelivery.organisation_id == OutboxEntry.organisation_id,
            HandoverDelivery.entry_id == OutboxEntry.id,
            HandoverDelivery.state.in_(states),
        )
        where.append(having.exists())
    return where


def settle_destinations(session: ScopedSession) -> None:
    """Lets nobody hand anything over while the destinations of the firm are changed.

    Else an invoice that becomes final at this moment would be told to neither the old ones nor the
    new ones. SQLite has one writer.
    """
    _lock(session, _SETTLED)


def announce(
    session: ScopedSession,
    topic: str,
    invoices: Sequence[Invoice],
    *,
    with_folder: bool,
    now: datetime,
) -> None:
    """Writes that final documents wait to be handed over, and a delivery for each destination."""
    if not invoices:
        return
    _lock(session, _HELD)
    destinations = destinations_of(session, with_folder=with_folder)
    waiting: list[dict[str, Any]] = [
        {"topic": topic, "subject_id": one.id, "content": {"number": one.number}}
        for one in invoices
    ]
    if not destinations:
        insert_all(session, OutboxEntry, waiting)
        return
    entries = [OutboxEntry(**columns) for columns in waiting]
    session.add_all(entries)
    session.flush()
    rows = [
        delivery_row(one, now=now, entry_id=entry.id)
        for entry, invoice in zip(entries, invoices, strict=True)
        for one in destinations
        if one.takes(invoice.entity_id)
    ]
    insert_all(session, HandoverDelivery, rows)


def destinations_of(
    session: ScopedSession, *, with_folder: bool, even_off: bool = False
) -> list[Destination]:
    """All that documents of the firm are handed over to; `even_off`: webhooks switched off too."""
    live = _ENDPOINTS.rows(session)
    found = [_webhook(*one) for *one, disabled_at in live if even_off or disabled_at is None]
    return [Destination(FOLDER), *found] if with_folder else found


def destination_of(endpoint: WebhookEndpoint) -> Destination:
    return _webhook(endpoint.id, endpoint.entity_id)


def _webhook(endpoint_id: int, entity_id: int | None) -> Destination:
    return Destination(destination_of_webhook(endpoint_id), endpoint_id, entity_id)


def delivery_row(one: Destination, *, now: datetime, entry_id: int | None) -> dict[str, Any]:
    """The columns of a new delivery; `entry_id` None: a test."""
    return {
        "destination": one.name,
        "endpoint_id": one.endpoint_id,
        "entry_id": entry_id,
        "message_id": f"msg_{secrets.token_hex(16)}",
        "next_attempt_at": now,
    }


def waiting_for(session: ScopedSession, topic: str, one: Destination) -> list[int]:
    """The entries that nobody has taken yet, of the entities that `one` is told of."""
    found = (
        select(OutboxEntry.id)
        .join(Invoice, Invoice.id == OutboxEntry.subject_id)
        .where(*waiting_where(topic))
        .order_by(OutboxEntry.id)
    )
    if one.entity_id is not None:
        found = found.where(Invoice.entity_id == one.entity_id)
    return list(session.scalars(found))


def strays_of(
    session: ScopedSession,
    deliveries: Mapping[int, Sequence[HandoverDelivery]],
    entities: Mapping[int, int],
    *,
    with_folder: bool,
) -> dict[int, list[HandoverDelivery]]:
    """By entry, what was not taken by a destination that it is no longer meant for.

    A webhook that is of another entity now, or the folder of an installation that has none any
    more. One that is switched off is none of them.
    """
    there = destinations_of(session, with_folder=with_folder, even_off=True)
    found: dict[int, list[HandoverDelivery]] = {}
    for key, some in deliveries.items():
        meant = {one.name for one in there if one.takes(entities[key])}
        for one in some:
            if one.state is not DeliveryState.DELIVERED and one.destination not in meant:
                found.setdefault(key, []).append(one)
    return found


def entries_locked(
    session: ScopedSession, topic: str, keys: Iterable[int]
) -> dict[int, OutboxEntry]:
    """Entries of a topic by key, locked in one order; an unknown one is absent."""
    asked = (
        select(OutboxEntry)
        .where(OutboxEntry.topic == topic, OutboxEntry.id.in_(set(keys)))
        .order_by(OutboxEntry.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {entry.id: entry for entry in session.scalars(asked)}


def entities_of_entries(session: ScopedSession, keys: Iterable[int]) -> Mapping[int, int]:
    """Which entity the document of each entry is of."""
    found = (
        select(OutboxEntry.id, Invoice.entity_id)
        .join(Invoice, Invoice.id == OutboxEntry.subject_id)
        .where(OutboxEntry.id.in_(set(keys)))
    )
    return {row.id: row.entity_id for row in session.execute(found)}


def deliver(session: ScopedSession, key: int, *, at: datetime) -> None:
    """Notes that an invoice was taken over: READY becomes FINAL. Twice is as good as once."""
    entry = session.scalar(
        select(OutboxEntry)
        .where(OutboxEntry.id == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if entry is None:
        raise Refusal(NOT_FOUND(field=("id",), noun="hand-over", key=f"outbox_entry_{key}"))
    if entry.delivered_at is not None:
        return
    entry.delivered_at, entry.last_error = at, None
    invoice = session.scalars(
        select(Invoice)
        .where(Invoice.id == entry.subject_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    # A mail may have handed it over before.
    invoice.state = InvoiceState.FINAL
    invoice.handed_over_at = invoice.handed_over_at or at


def endpoints_where(*, entity_id: int | None = None) -> list[ColumnElement[bool]]:
    """The webhooks that are there, switched off or not; of an entity, with those of all."""
    where: list[ColumnElement[bool]] = [WebhookEndpoint.archived_at.is_(None)]
    if entity_id is not None:
        own = WebhookEndpoint.entity_id
        where.append(or_(own.is_(None), own == entity_id))
    return where


def live_endpoints(session: ScopedSession) -> int:
    """How many webhooks the firm has, switched off or not."""
    return session.scalar(select(func.count(WebhookEndpoint.id)).where(*endpoints_where())) or 0


def _lock(session: ScopedSession, lock: Short) -> None:
    if session.get_bind().dialect.name == "postgresql":
        lock.rows(session, key=_SETTLING + session.organisation_id)
