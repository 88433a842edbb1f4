"""Places kept for bytes that a program will send: which one is awaited, and that it came."""

from __future__ import annotations

from datetime import datetime

from domain.takeover.model import StagedUpload
from persistence.session import ScopedSession


def staged_upload(session: ScopedSession, staged_id: int) -> StagedUpload | None:
    """The place with this identifier in the session's organisation."""
    return session.get(StagedUpload, staged_id)


def note_received(
    session: ScopedSession, staged_id: int, *, file_key: str, sha256: str, at: datetime
) -> bool:
    """Notes under which key the bytes were kept, and when; whether it is these that are kept.

    The first sending wins, of two at once too.
    """
    staged = session.get(StagedUpload, staged_id, with_for_update=True)
    if staged is None:
        return False
    if staged.received_at is None:
        staged.file_key, staged.sha256, staged.received_at = file_key, sha256, at
    return staged.sha256 == sha256
