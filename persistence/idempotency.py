"""Answering the same call twice with the same answer (API.md 8)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from domain.errors import Refusal
from domain.trace import IDEMPOTENCY_KEY_PARAMETER_MISMATCH, IdempotentCall
from persistence.session import ScopedSession


def answered(session: ScopedSession, *, mutation: str, key: str, request: str) -> Any | None:
    """What `key` was answered before; None when it is new; refuses other parameters.

    Two calls of one key at once meet at the unique constraint: the second waits for the first on
    PostgreSQL, queues behind it on SQLite, and then fails to insert: its caller asks again.
    """
    call = session.scalar(
        select(IdempotentCall).where(IdempotentCall.mutation == mutation, IdempotentCall.key == key)
    )
    if call is None:
        return None
    if call.request_sha256 != request:
        raise Refusal(IDEMPOTENCY_KEY_PARAMETER_MISMATCH(field=("idempotency_key",), key=key))
    return call.answer


def remember(
    session: ScopedSession, *, mutation: str, key: str, request: str, answer: dict[str, Any]
) -> None:
    """Keeps `answer` in the transaction of its effect."""
    session.add(IdempotentCall(mutation=mutation, key=key, request_sha256=request, answer=answer))
    session.flush()
