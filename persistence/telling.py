"""Telling how far a long transaction is, to whoever listens to its session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from domain.job import Stage, Tell
from persistence.session import ScopedSession

_TELL = "tell"
_PORTION = 2_000

Item = TypeVar("Item")


@contextmanager
def telling(session: ScopedSession, tell: Tell) -> Iterator[None]:
    """Meanwhile `tell` hears how far the session is; what it raises ends the transaction."""
    session.info[_TELL] = tell
    try:
        yield
    finally:
        del session.info[_TELL]


def told(session: ScopedSession, stage: Stage, done: int, total: int) -> None:
    """Says that `done` of `total` are done; nothing when nobody listens."""
    tell: Tell | None = session.info.get(_TELL)
    if tell is not None:
        tell(stage, done, total)


def in_portions(
    session: ScopedSession, stage: Stage, items: Sequence[Item], size: int = _PORTION
) -> Iterable[Sequence[Item]]:
    """`items` in portions; how far it is is told before the first, and after each."""
    if items:
        told(session, stage, 0, len(items))
    for start in range(0, len(items), size):
        yield items[start : start + size]
        told(session, stage, min(start + size, len(items)), len(items))
