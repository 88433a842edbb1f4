"""Turns in the order in which they were asked for."""

from __future__ import annotations

import threading
from collections import deque


class Turn:
    """A lock whose holders come in line: nobody who came later goes first. Thread-safe.

    With several `places` as many hold it at a time.

    Python's own lock goes to whichever thread happens to wake: under load somebody waits for ever.
    """

    def __init__(self, places: int = 1) -> None:
        self._mutex = threading.Lock()
        self._free = places
        self._line: deque[threading.Event] = deque()

    def acquire(self, *, timeout: float = -1) -> bool:
        """Waits for the turn, for at most so many seconds (-1: as long as it takes)."""
        with self._mutex:
            if self._free:
                self._free -= 1
                return True
            called = threading.Event()
            self._line.append(called)
        if called.wait(None if timeout < 0 else timeout):
            return True
        with self._mutex:
            if called.is_set():
                # Called while giving up: the turn is ours all the same.
                return True
            self._line.remove(called)
        return False

    def release(self) -> None:
        """Ends the turn; the first in line has the next."""
        with self._mutex:
            if self._line:
                self._line.popleft().set()
            else:
                self._free += 1
