"""What PostgreSQL plans by, brought up to date after a long file."""

from __future__ import annotations

from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import REGCLASS

from domain.base import Record
from persistence.session import ScopedSession

MANY = 50
"""Rows from which a table is looked at again: a firm of 300 phases is ten times faster for it."""


def learn(session: ScopedSession, record: type[Record], written: int) -> None:
    """Has PostgreSQL look at the table of `record` again, when `written` rows are many.

    Its own daemon comes by within minutes; until then it plans for the few rows there were, and
    joins every phase with every project. On takeover day the next file does not wait for that.
    """
    if written >= MANY and session.get_bind().dialect.name == "postgresql":
        # ANALYZE is for the owner of a table, which those who write are not.
        session.execute(select(func.jalon_learn(cast(record.__tablename__, REGCLASS))))
