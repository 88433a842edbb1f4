"""What the house remembers of calls and effects: idempotency keys, and the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import BigKey, Instant, Record, Scoped, owned
from domain.errors import call_error

LONGEST_KEY = 128
"""Characters of an idempotency key."""

IDEMPOTENCY_KEY_PARAMETER_MISMATCH = call_error(
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
    "The idempotency key {key} was used before with other parameters.",
)


class IdempotentCall(Scoped, Record):
    """A money or import mutation that was answered: its key, what was asked, what was answered.

    Written in the transaction of the effect, so that either both exist or neither (API.md 8).
    """

    __tablename__ = "idempotent_call"
    __table_args__ = owned(UniqueConstraint("organisation_id", "mutation", "key"))

    mutation: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    request_sha256: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)


class OutboxEntry(Scoped, Record):
    """Something to be handed outside: written with the effect, delivered afterwards."""

    __tablename__ = "outbox_entry"
    __table_args__ = owned(Index(None, "organisation_id", "topic", "delivered_at", "id"))

    topic: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[int] = mapped_column(BigKey)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    delivered_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    last_error: Mapped[str | None] = mapped_column(String(500), default=None)
