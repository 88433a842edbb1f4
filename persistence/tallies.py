"""How often something was tried: one UPSERT a count, so that nobody counts past another.

The sessions are of no organisation: who tries is not known yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from domain.account import Tally
from persistence.session import ScopedSession

_SWEPT_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Bound:
    """At most `most` in each `span`; `key` is what is counted, hashed."""

    key: str
    most: int
    span: timedelta


def count(session: ScopedSession, bounds: Iterable[Bound], *, now: datetime) -> datetime | None:
    """Counts one more of each; when they may go on that are over a bound, None where none is."""
    until = None
    # In one order, so that two who count the same never wait for each other crosswise.
    for bound in sorted(bounds, key=lambda one: one.key):
        counted, ends = _one_more(session, bound, now)
        if counted == 1:
            _sweep(session, now)
        if counted > bound.most:
            until = ends if until is None else max(until, ends)
    return until


def forgive(session: ScopedSession, key: str) -> None:
    """Begins the count of `key` anew."""
    session.execute(delete(Tally).where(Tally.key == key))


def give_back(session: ScopedSession, bounds: Iterable[Bound]) -> None:
    """Counts one less of each, in the order in which they are counted."""
    for bound in sorted(bounds, key=lambda one: one.key):
        less = update(Tally).where(Tally.key == bound.key, Tally.count > 0)
        session.execute(less.values(count=Tally.count - 1))


def is_counted(session: ScopedSession, key: str, *, now: datetime) -> bool:
    """Whether anything is counted under `key` that is not over."""
    found = select(Tally.key).where(Tally.key == key, Tally.until > now)
    return session.scalar(found) is not None


def _one_more(session: ScopedSession, bound: Bound, now: datetime) -> tuple[int, datetime]:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = insert_sqlite if is_sqlite else insert_postgresql
    fresh = insert(Tally).values(key=bound.key, until=now + bound.span, count=1)
    is_over = Tally.until <= now
    statement = fresh.on_conflict_do_update(
        index_elements=[Tally.key],
        set_={
            "count": case((is_over, 1), else_=Tally.count + 1),
            "until": case((is_over, fresh.excluded.until), else_=Tally.until),
        },
    ).returning(Tally.count, Tally.until)
    counted, ends = session.execute(statement).one()
    return counted, ends


def _sweep(session: ScopedSession, now: datetime) -> None:
    """Forgets some of what was over long ago; what another one counts at this moment is left."""
    old = (
        select(Tally.key)
        .where(Tally.until < now - timedelta(days=1))
        .limit(_SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(Tally).where(Tally.key.in_(list(session.scalars(old)))))
