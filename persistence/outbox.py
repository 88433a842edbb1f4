"""What waits to be handed outside, and what was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select

from domain.errors import NOT_FOUND, Refusal
from domain.invoice.model import Invoice, InvoiceState
from domain.trace import OutboxEntry
from persistence.session import ScopedSession


def waiting_where(topic: str, *, delivered: bool | None = False) -> list[ColumnElement[bool]]:
    """The entries of a topic that wait, that were delivered, or both (None)."""
    where: list[ColumnElement[bool]] = [OutboxEntry.topic == topic]
    if delivered is not None:
        taken = OutboxEntry.delivered_at
        where.append(taken.is_not(None) if delivered else taken.is_(None))
    return where


def deliver(session: ScopedSession, key: int, *, at: datetime) -> None:
    """Notes that an invoice was taken over: READY becomes FINAL. Twice is as good as once."""
    entry = session.scalar(select(OutboxEntry).where(OutboxEntry.id == key).with_for_update())
    if entry is None:
        raise Refusal(NOT_FOUND(field=("id",), noun="hand-over", key=key))
    if entry.delivered_at is not None:
        return
    entry.delivered_at = at
    invoice = session.scalars(select(Invoice).where(Invoice.id == entry.subject_id)).one()
    # A mail may have handed it over before.
    invoice.state = InvoiceState.FINAL
    invoice.handed_over_at = invoice.handed_over_at or at
