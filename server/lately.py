"""What was asked lately, within a room: what is asked once is on trial, what is asked again stays.

Whoever writes its values into the text of a query never asks the same one twice. Its texts push
each other out of the trial, and nothing that others ask again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")

TRIAL = 3
"""The part of the room for what was asked once: one of so many."""


class Lately(Generic[Value]):
    """Values by the text they are of, each with a weight; those least used are forgotten first.

    What stays has all of the room but the trial's part; the trial has whatever is free.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._trial = _Part[Value]()
        self._stays = _Part[Value]()

    def get(self, text: str) -> Value | None:
        """The value of a text that is known; it counts as asked again."""
        if (found := self._stays.known.get(text)) is not None:
            self._stays.known.move_to_end(text)
            return found[0]
        found = self._trial.take(text)
        if found is None:
            return None
        self._stays.add(text, found)
        self._make_room()
        return found[0]

    def keep(self, text: str, value: Value, weight: int) -> None:
        """Keeps the value of a text that is not known; it pushes others out, never itself."""
        self._trial.add(text, (value, weight))
        self._make_room()

    def weigh(self, text: str, weight: int) -> None:
        """Has what is kept of a text count for more, or less, than it did."""
        for part in (self._trial, self._stays):
            if (found := part.take(text)) is not None:
                part.add(text, (found[0], weight))
                self._make_room()

    def _make_room(self) -> None:
        while self._stays.weight > self._room - self._room // TRIAL and len(self._stays.known) > 1:
            # Not forgotten yet: once more on trial.
            self._trial.add(*self._stays.first())
        while self._trial.weight + self._stays.weight > self._room and len(self._trial.known) > 1:
            self._trial.first()


class _Part(Generic[Value]):
    """Values by their texts, the one that was added or asked for last at the end."""

    def __init__(self) -> None:
        self.known: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self.weight = 0

    def add(self, text: str, found: tuple[Value, int]) -> None:
        self.known[text] = found
        self.weight += found[1]

    def take(self, text: str) -> tuple[Value, int] | None:
        found = self.known.pop(text, None)
        if found is not None:
            self.weight -= found[1]
        return found

    def first(self) -> tuple[str, tuple[Value, int]]:
        """Takes the one that was not asked for longest."""
        text, found = self.known.popitem(last=False)
        self.weight -= found[1]
        return text, found
