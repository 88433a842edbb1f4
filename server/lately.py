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
    """Values by the text they are of, each with a weight; those least used are forgotten first."""

    def __init__(self, room: int) -> None:
        self._trial: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self._stays: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self._trial_room = room // TRIAL
        self._stays_room = room - self._trial_room

    def get(self, text: str) -> Value | None:
        """The value of a text that is known; it counts as asked again."""
        if text in self._stays:
            self._stays.move_to_end(text)
            return self._stays[text][0]
        found = self._trial.pop(text, None)
        if found is None:
            return None
        self._trial_room += found[1]
        self._stays[text] = found
        self._stays_room -= found[1]
        while self._stays_room < 0 and len(self._stays) > 1:
            # Not forgotten yet: once more on trial.
            gone, (value, weight) = self._stays.popitem(last=False)
            self._stays_room += weight
            self.keep(gone, value, weight)
        return found[0]

    def keep(self, text: str, value: Value, weight: int) -> None:
        """Keeps the value of a text that is not known; it pushes others out, never itself."""
        self._trial[text] = value, weight
        self._trial_room -= weight
        while self._trial_room < 0 and len(self._trial) > 1:
            self._trial_room += self._trial.popitem(last=False)[1][1]
