"""Computing passwords' hashes in threads, a few at a time: each of them takes 19 MiB."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

from domain import password

AT_ONCE = 4
"""Hashes computed at a time by one process; the next ones wait, without a thread."""

_places: RunVar[CapacityLimiter] = RunVar("hashers")


async def hashed(written: str) -> str:
    """What is kept of a password."""
    return await to_thread.run_sync(password.hashed, written, limiter=_limiter())


async def matches(kept: str | None, written: str) -> bool:
    """Whether `kept` was made of what is written; takes as long where nothing is kept."""
    return await to_thread.run_sync(password.matches, kept, written, limiter=_limiter())


def _limiter() -> CapacityLimiter:
    try:
        return _places.get()
    except LookupError:
        _places.set(places := CapacityLimiter(AT_ONCE))
        return places
