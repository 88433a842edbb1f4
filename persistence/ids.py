"""Identifiers taken in advance, so that rows that refer to each other can be written in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from domain.base import Record
from persistence.session import ScopedSession, insert_all


def reserve(session: ScopedSession, record: type[Record], count: int) -> list[int]:
    """`count` identifiers of `record` that nobody else gets, in rising order.

    PostgreSQL draws them from the column's sequence; SQLite counts on from the last one ever
    given, under the write lock that the transaction holds.
    """
    if count == 0:
        return []
    table = record.__tablename__
    if session.get_bind().dialect.name == "sqlite":
        last = session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :t"), {"t": table})
        return list(range((last or 0) + 1, (last or 0) + count + 1))
    drawn = session.scalars(
        text("SELECT nextval(pg_get_serial_sequence(:t, 'id')) FROM generate_series(1, :n)"),
        {"t": table, "n": count},
    )
    return sorted(drawn)


def insert_numbered(
    session: ScopedSession, record: type[Record], rows: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Inserts rows of one kind, given by their columns, in one statement; their identifiers."""
    ids = reserve(session, record, len(rows))
    insert_all(session, record, [{"id": key, **row} for key, row in zip(ids, rows, strict=True)])
    return ids
