"""The deliveries of final invoices: taken by one carrier at a time, and what they came to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from domain.handover import (
    BREATHER,
    Attempt,
    DeliveryState,
    HandoverDelivery,
    said,
    settle,
    take,
    told,
)
from domain.trace import OutboxEntry
from domain.webhook import WEBHOOK_DISABLED, WebhookEndpoint, switch_off
from persistence import leases
from persistence.outside.outbox import deliver
from persistence.session import ScopedSession

Busy = tuple[int, str]
"""A destination of an organisation."""


@dataclass(frozen=True, slots=True)
class TakenDelivery:
    """A delivery that somebody carries now."""

    delivery_id: int
    organisation_id: int
    destination: str
    claim: str
    entry_id: int | None
    endpoint_id: int | None

    @property
    def busy(self) -> Busy:
        return self.organisation_id, self.destination


def is_any_due(session: ScopedSession, *, now: datetime) -> bool:
    """Whether something is to be delivered, of any organisation when the session has none."""
    return leases.is_any_due(session, HandoverDelivery, now=now)


def take_due(
    session: ScopedSession, *, claim: str, now: datetime, most: int, besides: Collection[Busy] = ()
) -> list[TakenDelivery]:
    """Takes what is due, or was left by who had it; `besides` are destinations to pass over."""
    spared = [
        and_(HandoverDelivery.organisation_id == firm, HandoverDelivery.destination == name)
        for firm, name in sorted(besides)
    ]
    where = [~or_(*spared)] if spared else []
    taken = []
    for one in leases.due(session, HandoverDelivery, now=now, most=most, where=where):
        take(one, claim=claim, now=now)
        taken.append(
            TakenDelivery(
                one.id,
                one.organisation_id,
                one.destination,
                claim,
                one.entry_id,
                one.endpoint_id,
            )
        )
    return taken


def delivery_of(session: ScopedSession, taken: TakenDelivery) -> HandoverDelivery | None:
    """The delivery, if it is still who took it's to make."""
    return session.scalar(
        select(HandoverDelivery).where(
            HandoverDelivery.id == taken.delivery_id, HandoverDelivery.claim == taken.claim
        )
    )


def note(
    session: ScopedSession,
    taken: TakenDelivery,
    attempt: Attempt,
    *,
    now: datetime,
    chance: float,
) -> DeliveryState | None:
    """Notes what an attempt came to; None where it is somebody else's by now, or gone.

    Once all destinations of a document have it, it is handed over: READY becomes FINAL. A receiver
    that is gone (410) is switched off, unless the webhook leads elsewhere by now. Locked in one
    order: webhook, entry, delivery.
    """
    endpoint = _endpoint_locked(session, taken.endpoint_id) if attempt.is_gone else None
    if endpoint is not None and endpoint.url != attempt.url:
        endpoint, attempt = None, replace(attempt, is_gone=False, is_final=False)
    entry = None
    if taken.entry_id is not None:
        entry = session.scalar(
            select(OutboxEntry).where(OutboxEntry.id == taken.entry_id).with_for_update()
        )
    delivery = session.scalar(
        select(HandoverDelivery)
        .where(HandoverDelivery.id == taken.delivery_id, HandoverDelivery.claim == taken.claim)
        .with_for_update()
    )
    if delivery is None:
        return None
    settle(delivery, attempt, now=now, chance=chance)
    session.flush()
    if endpoint is not None:
        switch_off(endpoint, said(attempt) or "", now=now)
        give_up_waiting(session, endpoint)
    if attempt.is_silent:
        _spare(session, taken, now=now)
    if entry is not None and entry.delivered_at is None:
        entry.attempts += 1
        entry.last_error = said(attempt) or entry.last_error
        complete(session, [entry.id], now=now)
    return delivery.state


def complete(session: ScopedSession, entries: Iterable[int], *, now: datetime) -> None:
    """Hands over the documents that all their destinations have, one at least; entries locked."""
    is_taken = HandoverDelivery.state == DeliveryState.DELIVERED
    done = (
        select(HandoverDelivery.entry_id)
        .where(HandoverDelivery.entry_id.in_(set(entries)))
        .group_by(HandoverDelivery.entry_id)
        .having(func.count() == func.count().filter(is_taken))
    )
    for key in sorted(key for key in session.scalars(done) if key is not None):
        deliver(session, key, at=now)


def give_up_waiting(session: ScopedSession, endpoint: WebhookEndpoint) -> None:
    """What waits for a webhook that is switched off is dead, until it is asked for again."""
    why = told(WEBHOOK_DISABLED(webhook=f"webhook_endpoint_{endpoint.id}"))
    session.execute(
        update(HandoverDelivery)
        .where(
            HandoverDelivery.endpoint_id == endpoint.id,
            HandoverDelivery.state == DeliveryState.WAITING,
        )
        .values(state=DeliveryState.DEAD, next_attempt_at=None, claim=None, last_error=why)
        .execution_options(synchronize_session=False)
    )


def open_entries_of(session: ScopedSession, endpoint: WebhookEndpoint) -> list[int]:
    """The documents that a webhook has not taken."""
    found = select(HandoverDelivery.entry_id).where(*_open(endpoint)).distinct()
    return [key for key in session.scalars(found) if key is not None]


def forget_open(session: ScopedSession, endpoint: WebhookEndpoint, entries: Iterable[int]) -> None:
    """Of these documents, what a webhook has not taken is no longer meant for it."""
    session.execute(
        delete(HandoverDelivery)
        .where(*_open(endpoint), HandoverDelivery.entry_id.in_(set(entries)))
        .execution_options(synchronize_session=False)
    )


def forget_tests(session: ScopedSession, endpoint: WebhookEndpoint) -> None:
    """The tests that a webhook has not taken are forgotten."""
    session.execute(
        delete(HandoverDelivery)
        .where(*_open(endpoint), HandoverDelivery.entry_id.is_(None))
        .execution_options(synchronize_session=False)
    )


def test_of(session: ScopedSession, endpoint: WebhookEndpoint) -> HandoverDelivery | None:
    """The test of a webhook that still waits."""
    return session.scalar(
        select(HandoverDelivery).where(
            HandoverDelivery.endpoint_id == endpoint.id,
            HandoverDelivery.state == DeliveryState.WAITING,
            HandoverDelivery.entry_id.is_(None),
        )
    )


def _open(endpoint: WebhookEndpoint) -> list[ColumnElement[bool]]:
    return [
        HandoverDelivery.endpoint_id == endpoint.id,
        HandoverDelivery.state.in_((DeliveryState.WAITING, DeliveryState.DEAD)),
    ]


def deliveries_locked(
    session: ScopedSession, entries: Iterable[int]
) -> dict[int, list[HandoverDelivery]]:
    """The deliveries of each entry, locked; their entries are locked before."""
    asked = (
        select(HandoverDelivery)
        .where(HandoverDelivery.entry_id.in_(set(entries)))
        .order_by(HandoverDelivery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: dict[int, list[HandoverDelivery]] = {}
    for one in session.scalars(asked):
        found.setdefault(one.entry_id or 0, []).append(one)
    return found


def deliveries_where(
    *,
    states: Sequence[DeliveryState] | None = None,
    endpoint_id: int | None = None,
    entry_id: int | None = None,
) -> list[ColumnElement[bool]]:
    """The conditions of a list of deliveries."""
    where: list[ColumnElement[bool]] = []
    if states is not None:
        where.append(HandoverDelivery.state.in_(states))
    if endpoint_id is not None:
        where.append(HandoverDelivery.endpoint_id == endpoint_id)
    if entry_id is not None:
        where.append(HandoverDelivery.entry_id == entry_id)
    return where


def _spare(session: ScopedSession, taken: TakenDelivery, *, now: datetime) -> None:
    """Lets what waits for a silent destination wait a little: others would stand behind it."""
    session.execute(
        update(HandoverDelivery)
        .where(
            HandoverDelivery.organisation_id == taken.organisation_id,
            HandoverDelivery.destination == taken.destination,
            HandoverDelivery.state == DeliveryState.WAITING,
            HandoverDelivery.claim.is_(None),
            HandoverDelivery.next_attempt_at <= now,
        )
        .values(next_attempt_at=now + BREATHER)
        .execution_options(synchronize_session=False)
    )


def _endpoint_locked(session: ScopedSession, key: int | None) -> WebhookEndpoint | None:
    asked = select(WebhookEndpoint).where(WebhookEndpoint.id == key).with_for_update()
    return None if key is None else session.scalar(asked)
