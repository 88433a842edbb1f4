"""The platforms of a firm: which entity sends through which, and how far each was read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select

from domain.form import one_line
from domain.handover import LEASE, LONGEST_ERROR, PAUSES
from domain.organisation import Entity
from domain.platform.connection import MOST_PASSED, Platform, PlatformReading
from persistence import leases
from persistence.session import ScopedSession
from persistence.short import Short

_THERE = Short(
    lambda: select(
        Platform.entity_id,
        Platform.id,
        Platform.name,
        Platform.automatic,
        Platform.disabled_at,
    ).where(Platform.archived_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class Linked:
    """The platform of an entity, switched on or off."""

    platform_id: int
    name: str
    is_automatic: bool
    """Whether what becomes final is sent by itself, once it is switched on."""
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class TakenReading:
    """A platform that somebody reads now, from `since` on."""

    reading_id: int
    organisation_id: int
    platform_id: int
    claim: str
    since: datetime

    @property
    def busy(self) -> int:
        return self.reading_id


def connections_where(*, entity_id: int | None) -> list[ColumnElement[bool]]:
    """Those that are not deleted, of one entity or of all."""
    where: list[ColumnElement[bool]] = [Platform.archived_at.is_(None)]
    if entity_id is not None:
        where.append(Platform.entity_id == entity_id)
    return where


def connections_of(session: ScopedSession, entities: Collection[int]) -> dict[int, Platform]:
    """The connection of each entity that has one, switched on or off."""
    found = select(Platform).where(Platform.archived_at.is_(None), Platform.entity_id.in_(entities))
    return {one.entity_id: one for one in session.scalars(found)}


def linked(session: ScopedSession) -> dict[int, Linked]:
    """By entity: its platform, of those that have one."""
    return {
        entity: Linked(key, name, bool(automatic), disabled_at is None)
        for entity, key, name, automatic, disabled_at in _THERE.rows(session)
    }


def lock_entity(session: ScopedSession, entity_id: int) -> None:
    """Nobody else connects the entity meanwhile: it has one platform."""
    session.scalar(select(Entity.id).where(Entity.id == entity_id).with_for_update())


def reading_of(session: ScopedSession, platform_id: int) -> PlatformReading | None:
    """How far the connection was read, locked."""
    return session.scalar(
        select(PlatformReading).where(PlatformReading.platform_id == platform_id).with_for_update()
    )


def is_any_due(session: ScopedSession, *, now: datetime) -> bool:
    """Whether a platform is to be read, of any organisation when the session has none."""
    return leases.is_any_due(session, PlatformReading, now=now)


def take_due(
    session: ScopedSession,
    *,
    claim: str,
    now: datetime,
    most: int,
    overlap: timedelta,
    besides: Collection[int] = (),
) -> list[TakenReading]:
    """Takes the platforms that are due, or were left by who read them; not those `besides`."""
    where = [PlatformReading.id.not_in(besides)] if besides else []
    taken = []
    for one in leases.due(session, PlatformReading, now=now, most=most, where=where):
        one.claim, one.next_attempt_at = claim, now + LEASE
        one.attempts += 1
        since = one.read_until - overlap
        taken.append(TakenReading(one.id, one.organisation_id, one.platform_id, claim, since))
    return taken


def still_taken(
    session: ScopedSession, taken: TakenReading, *, locked: bool = True
) -> PlatformReading | None:
    """The reading, locked, if it is still who took it's."""
    found = select(PlatformReading).where(
        PlatformReading.id == taken.reading_id, PlatformReading.claim == taken.claim
    )
    return session.scalar(found.with_for_update() if locked else found)


def passed_over(session: ScopedSession, taken: TakenReading) -> frozenset[str]:
    """The flows that were looked at and say nothing of our invoices."""
    kept = session.scalar(
        select(PlatformReading.passed).where(PlatformReading.id == taken.reading_id)
    )
    return frozenset(kept or ())


def is_further(reading: PlatformReading, until: datetime | None, *, now: datetime) -> bool:
    """Whether `read_to` has something to note: it went further, or the lease is half over."""
    left = reading.next_attempt_at
    if left is None or left - now < LEASE / 2:
        return True
    return until is not None and min(until, now) > reading.read_until


def read_to(
    reading: PlatformReading, until: datetime | None, passed: Iterable[str], *, now: datetime
) -> None:
    """A page was read: what is of no use is remembered, and so is how far it went.

    Never beyond now: one flow that bears a later time would lead past all that come before it.
    """
    reading.passed = [*reading.passed, *passed][-MOST_PASSED:]
    if until is not None:
        reading.read_until = max(reading.read_until, min(until, now))
    reading.next_attempt_at = now + LEASE


def settle_reading(
    session: ScopedSession,
    taken: TakenReading,
    *,
    error: str | None,
    is_done: bool,
    now: datetime,
    again: timedelta,
) -> None:
    """A look came to its end, or broke off: `again` is how long until the next one."""
    reading = still_taken(session, taken)
    if reading is None:
        return
    reading.claim = None
    reading.last_error = None if error is None else one_line(error)[:LONGEST_ERROR]
    if is_done:
        reading.attempts, reading.last_read_at = 0, now
        reading.next_attempt_at = now + again
    else:
        pause = PAUSES[min(reading.attempts, len(PAUSES)) - 1]
        # An hour at most: what a platform tells is not given up.
        reading.next_attempt_at = now + max(again, min(pause, timedelta(hours=1)))


def readings_of(session: ScopedSession, connections: Collection[int]) -> Mapping[int, Any]:
    """By connection: what its reading says."""
    found = select(PlatformReading).where(PlatformReading.platform_id.in_(connections))
    return {one.platform_id: one for one in session.scalars(found)}
