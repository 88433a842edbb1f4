"""Work that one process at a time does for a while: found when it is due, taken, left to others.

A record of such work has `next_attempt_at`: when it is to be done, or taken to have been left by
who had it; NULL once it came to its end. Who takes it moves that to the end of a lease.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, select

from domain.account import AccountLink
from domain.handover import HandoverDelivery
from domain.invoice.mail import InvoiceMail
from domain.platform.connection import PlatformReading
from domain.platform.transmission import Transmission
from persistence.session import ScopedSession

Lent = TypeVar("Lent", InvoiceMail, HandoverDelivery, AccountLink, Transmission, PlatformReading)


def is_any_due(
    session: ScopedSession,
    record: type[Lent],
    *,
    now: datetime,
    where: Sequence[ColumnElement[bool]] = (),
) -> bool:
    """Whether something is to be done, of any organisation when the session has none."""
    due = select(record.id).where(record.next_attempt_at <= now, *where).limit(1)
    return session.scalar(due) is not None


def due(
    session: ScopedSession,
    record: type[Lent],
    *,
    now: datetime,
    most: int,
    where: Sequence[ColumnElement[bool]] = (),
) -> list[Lent]:
    """What is due or was left, the longest waiting first, locked.

    On PostgreSQL what another one is taking is passed over; SQLite has one writer.
    """
    found = (
        select(record)
        .where(record.next_attempt_at <= now, *where)
        .order_by(record.next_attempt_at, record.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(found))
