"""How a migration runs: on the connection it is given, foreign keys asleep on SQLite."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, Enum

from domain.base import Instant, Scaled
from domain.records import METADATA


def _plain(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Steps spell the stored types, so that they never change with the code they came from."""
    if kind != "type":
        return False
    if isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Scaled):
        return "sa.BigInteger()"
    if isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        compare_type=True,
        render_item=_plain,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
