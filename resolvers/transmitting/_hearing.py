"""Hearing what platforms tell: whether they take what was sent, and what became of invoices."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from documents.electronic.life import DocumentStatus, Lifecycle
from documents.electronic.lifecycle import read_lifecycle
from domain.errors import Refusal
from domain.handover import told
from domain.organisation import Entity
from domain.platform.connection import PLATFORM_SECRET_GONE, Platform
from domain.platform.status import LONGEST_ROLE, LifecycleStatus
from domain.platform.transmission import answered_by, news_of
from domain.platform.wire import Access, Flow, PlatformFault
from domain.standing import Standing
from persistence.outside import platforms, transmissions
from persistence.outside.platforms import TakenReading
from persistence.records import the_record
from persistence.session import ScopedSession, insert_all
from resolvers.transmitting._connecting import access_to
from schema.context import House

_MESSAGE = "CustomerInvoiceLC"
_COMES_IN = "In"
_UNANSWERED = timedelta(hours=1)
_MOST_ASKED_AFTER = 20
"""In one look; the others with the next."""


def access_of(house: House, taken: TakenReading) -> Access:
    """How the platform is reached; PlatformFault where it is not to be, or its secret is gone."""
    with house.database.reading(taken.organisation_id) as session:
        connection = the_record(session, Platform, taken.platform_id)
        try:
            return access_to(house, connection)
        except Refusal as refusal:
            issue = refusal.issues[0]
            is_final = issue.kind is not PLATFORM_SECRET_GONE
            raise PlatformFault(told(issue), is_final=is_final) from refusal


def wanted(house: House, taken: TakenReading, flows: Sequence[Flow]) -> list[str]:
    """The messages about invoices that were not looked at before, in their order."""
    coming = [flow.flow_id for flow in flows if _is_message(flow)]
    if not coming:
        return []
    with house.database.reading(taken.organisation_id) as session:
        known = platforms.passed_over(session, taken) | transmissions.heard_of(
            session, taken.platform_id, coming
        )
    return [one for one in dict.fromkeys(coming) if one not in known]


def unanswered(house: House, taken: TakenReading) -> list[tuple[str, str]]:
    """Some of what the platform took and said nothing of for an hour: flow and tracking id."""
    before = house.clock() - _UNANSWERED
    with house.database.reading(taken.organisation_id) as session:
        found = transmissions.unanswered(session, taken.platform_id, before=before)
    return random.sample(found, min(len(found), _MOST_ASKED_AFTER))


def hear(
    house: House,
    taken: TakenReading,
    flows: Sequence[Flow],
    fetched: Mapping[str, bytes | None],
    held: datetime | None = None,
) -> tuple[bool, tuple[str, ...]]:
    """Keeps what a page says; whether the reading is still ours, and what could not be read.

    It is read no further than to `held`, where a message is that is to be fetched again. What says
    nothing of our invoices is remembered, not to be fetched again. Mostly all of a page is known:
    no writer waits, and nothing is locked, while that is found out.
    """
    messages, passed, unread = _read(fetched)
    now = house.clock()
    until = max((flow.updated_at for flow in flows), default=None)
    if until is not None and held is not None:
        until = min(until, held)
    with house.database.reading(taken.organisation_id) as session:
        known = platforms.still_taken(session, taken, locked=False)
        if known is None:
            return False, ()
        news = _news(session, taken, flows)
        if not (fetched or news or platforms.is_further(known, until, now=now)):
            return True, ()
    standing = Standing(taken.organisation_id, act="transmit")
    with house.database.writing(standing, patient=True) as session:
        reading = platforms.still_taken(session, taken)
        if reading is None:
            return False, ()
        _note_answers(session, taken, news, now=now)
        for flow_id, kept in _keep(session, taken, messages).items():
            if not kept:
                passed.append(flow_id)
        platforms.read_to(reading, until, passed, now=now)
    return True, tuple(unread)


def _is_message(flow: Flow) -> bool:
    return flow.flow_type == _MESSAGE and flow.direction == _COMES_IN


def _read(
    fetched: Mapping[str, bytes | None],
) -> tuple[dict[str, Lifecycle], list[str], list[str]]:
    """The messages, those that are of no use, and why."""
    messages: dict[str, Lifecycle] = {}
    passed, unread = [], []
    for flow_id, content in fetched.items():
        if content is None:
            passed.append(flow_id)
            continue
        try:
            messages[flow_id] = read_lifecycle(content)
        except Refusal as refusal:
            passed.append(flow_id)
            unread.append(f"{flow_id}: {told(refusal.issues[0])}")
    return messages, passed, unread


def _news(session: ScopedSession, taken: TakenReading, flows: Sequence[Flow]) -> list[Flow]:
    """The flows that say something new of what we sent, by the tracking ids that we gave."""
    ours = {flow.tracking_id for flow in flows if flow.tracking_id is not None}
    if not ours:
        return []
    found = transmissions.tracked(session, taken.platform_id, ours, locked=False)
    sent = {one.tracking_id: one for one in found}
    return [
        flow
        for flow in flows
        if (one := sent.get(flow.tracking_id or "")) is not None and news_of(one, flow)
    ]


def _note_answers(
    session: ScopedSession, taken: TakenReading, flows: Sequence[Flow], *, now: Any
) -> None:
    """Whether the platform takes what we sent; what became of it meanwhile is seen here."""
    ours = {flow.tracking_id for flow in flows if flow.tracking_id is not None}
    if not ours:
        return
    found = transmissions.tracked(session, taken.platform_id, ours, locked=True)
    for one in found:
        for flow in flows:
            if flow.tracking_id == one.tracking_id and answered_by(one, flow, now=now):
                session.flush()
                transmissions.hand_over(session, one, now=now)


def _keep(
    session: ScopedSession, taken: TakenReading, messages: Mapping[str, Lifecycle]
) -> dict[str, bool]:
    """Keeps the statuses of our invoices; by message, whether it told of any."""
    if not messages:
        return {}
    connection = the_record(session, Platform, taken.platform_id)
    own = the_record(session, Entity, connection.entity_id).siren or ""

    def named(status: DocumentStatus) -> tuple[str, str]:
        return status.number, status.seller_siren or own

    every = [named(status) for one in messages.values() for status in one.statuses]
    invoices = transmissions.invoices_sent(session, taken.platform_id, every)
    rows: list[dict[str, Any]] = []
    told_of = dict.fromkeys(messages, False)
    for flow_id, message in messages.items():
        for place, status in enumerate(message.statuses):
            key = invoices.get(named(status))
            if key is not None:
                told_of[flow_id] = True
                rows.append(_row(taken, flow_id, place, key, status))
    insert_all(session, LifecycleStatus, rows)
    return told_of


def _row(
    taken: TakenReading, flow_id: str, place: int, invoice_id: int, status: DocumentStatus
) -> dict[str, Any]:
    return {
        "invoice_id": invoice_id,
        "platform_id": taken.platform_id,
        "flow_id": flow_id,
        "place": place,
        "code": status.code,
        "said_by": status.said_by and status.said_by[:LONGEST_ROLE],
        "occurred_at": status.occurred_at,
        "received_at": status.received_at,
        "reasons": [
            {
                "code": reason.code or "",
                "text": ". ".join(
                    text for text in (reason.text, reason.comment, reason.action_text) if text
                ),
            }
            for reason in status.reasons
        ],
    }
