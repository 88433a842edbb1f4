"""The keys of an organisation: which there are, and taking one back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from domain.access import ApiKey
from domain.errors import NOT_FOUND, Refusal
from persistence.session import ScopedSession


def keys_of(session: ScopedSession) -> list[ApiKey]:
    """The keys of the session's organisation, revoked ones included, oldest first."""
    return list(session.scalars(select(ApiKey).order_by(ApiKey.id)))


def revoke_key(session: ScopedSession, public_id: str, *, at: datetime) -> ApiKey:
    """Takes the key back; revoking it twice changes nothing. NOT_FOUND when there is none."""
    key = session.scalar(select(ApiKey).where(ApiKey.public_id == public_id))
    if key is None:
        raise Refusal(NOT_FOUND(field=("key",), noun="key", key=public_id[:60]))
    key.revoked_at = key.revoked_at or at
    return key
