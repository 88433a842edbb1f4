"""What goes its rounds in a process: a thread that looks for what is due, and does it.

What a process had in hand when it ended is taken up by another one once its lease is over.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from domain.errors import Refusal

log = structlog.get_logger("jalon")

EVERY = 2.0
"""Seconds between two looks."""

_TRIES = 5
_LONGEST_LEAVE = 15.0

Noted = TypeVar("Noted")


class Rounds(ABC):
    """Goes its rounds on a thread of its own, from `open` to `close`."""

    def __init__(self, name: str, *, every: float = EVERY) -> None:
        self._name = name
        self._every = every
        self._is_leaving = threading.Event()
        self._complained = ""
        self._thread = threading.Thread(target=self._go, name=name, daemon=True)

    def open(self) -> None:
        """Begins to look for what is due, that included which an earlier process left."""
        self._thread.start()

    def close(self) -> None:
        """Leaves: what is in hand is brought to its end, or is taken up by the next one."""
        self._is_leaving.set()
        self._thread.join(_LONGEST_LEAVE)

    @abstractmethod
    def round(self) -> int:
        """Does what is due now; how much that was."""

    def _go(self) -> None:
        while not self._is_leaving.is_set():
            try:
                done = self.round()
                self._complained = ""
            except Exception as error:
                done = 0
                self._complain(error)
            if not done:
                self._is_leaving.wait(self._every)

    def _complain(self, error: Exception) -> None:
        """Notes once what is in the way of the round; a database may not be ready yet."""
        said = type(error).__name__
        if said != self._complained:
            known = isinstance(error, SQLAlchemyError | Refusal)
            log.warning(f"{self._name} waits", error=said, exc_info=None if known else error)
        self._complained = said


def persistently(note: Callable[[], Noted]) -> Noted:
    """What `note` writes, tried again while the database is in the way: else it is done twice."""
    for _ in range(_TRIES - 1):
        try:
            return note()
        except (DBAPIError, Refusal):
            time.sleep(1.0)
    return note()
