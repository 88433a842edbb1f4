"""What was told of the lives of invoices, as it was kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from domain.platform.status import DOUBLE, REFUSED, TURNED_DOWN, LifecycleStatus
from domain.platform.transmission import Transmission
from persistence.session import ScopedSession


def statuses_where(
    *, codes: Sequence[int] | None = None, invoice_id: int | None = None
) -> list[ColumnElement[bool]]:
    """The conditions of a list of statuses."""
    where: list[ColumnElement[bool]] = []
    if codes is not None:
        where.append(LifecycleStatus.code.in_(codes))
    if invoice_id is not None:
        where.append(LifecycleStatus.invoice_id == invoice_id)
    return where


def last_heard(session: ScopedSession, invoices: Collection[int]) -> dict[int, int]:
    """By invoice: the identifier of the status that was told last."""
    newest = (
        select(LifecycleStatus.invoice_id, func.max(LifecycleStatus.id).label("newest"))
        .where(LifecycleStatus.invoice_id.in_(invoices))
        .group_by(LifecycleStatus.invoice_id)
    )
    return {row.invoice_id: row.newest for row in session.execute(newest)}


def turned_down(session: ScopedSession, invoices: Collection[int]) -> set[int]:
    """Those of which was told last that a platform rejected them, as they were sent last.

    Rejected as a double (DOUBLON) is what came after one that the platform has: not where it turned
    that down before, and has told of none since. What is heard late of the time before a rejection
    does not undo it.
    """
    found = session.execute(
        select(
            LifecycleStatus.invoice_id,
            LifecycleStatus.code,
            LifecycleStatus.reasons,
            LifecycleStatus.occurred_at,
            Transmission.refused_until,
        )
        .join(Transmission, Transmission.invoice_id == LifecycleStatus.invoice_id)
        .where(
            LifecycleStatus.invoice_id.in_(invoices),
            Transmission.place == 0,
            LifecycleStatus.id > func.coalesce(Transmission.refused_until, 0),
        )
        .order_by(LifecycleStatus.id)
    )
    rejected: dict[int, datetime | None] = {}
    there: set[int] = set()
    for row in found:
        if row.code not in TURNED_DOWN:
            if not _is_before(row.occurred_at, rejected.get(row.invoice_id)):
                rejected.pop(row.invoice_id, None)
                there.add(row.invoice_id)
            continue
        is_double = {one["code"] for one in row.reasons} == {DOUBLE}
        if not is_double or (row.refused_until is not None and row.invoice_id not in there):
            rejected[row.invoice_id] = row.occurred_at
    return set(rejected)


def _is_before(occurred: datetime | None, rejected: datetime | None) -> bool:
    return occurred is not None and rejected is not None and occurred < rejected


def ended(session: ScopedSession, invoices: Collection[int]) -> set[int]:
    """Those of which no payment is told: turned down, or ever refused by the buyer."""
    refused = select(LifecycleStatus.invoice_id).where(
        LifecycleStatus.invoice_id.in_(invoices), LifecycleStatus.code == REFUSED
    )
    return set(session.scalars(refused)) | turned_down(session, invoices)


def status_of(session: ScopedSession, invoice_id: int, code: int) -> LifecycleStatus | None:
    """The status of that code that was told last of the invoice."""
    return session.scalar(
        select(LifecycleStatus)
        .where(LifecycleStatus.invoice_id == invoice_id, LifecycleStatus.code == code)
        .order_by(LifecycleStatus.id.desc())
        .limit(1)
    )
