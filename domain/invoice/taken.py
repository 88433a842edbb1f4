"""What each note and payment takes of an invoice in another currency, in cents of a euro."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Step(NamedTuple):
    """Something that moved what is owed of an invoice, when it was recorded."""

    at: datetime
    of: int
    """The credit note, or the payment."""
    minor: int
    """What it takes of what is owed; below nothing where a payment is taken off again."""
    is_note: bool = False
    is_cancellation: bool = False


@dataclass(slots=True)
class Taken:
    """In cents by credit note, and (minor, cents) by payment, those cancelled included."""

    notes: dict[int, int] = field(default_factory=dict)
    paid: dict[int, tuple[int, int]] = field(default_factory=dict)


def taken(gross: int, steps: Iterable[Step], cents: Callable[[int], int]) -> Taken:
    """What each of `steps`, in the order in which they were recorded, takes of `gross`.

    It depends on what was recorded before alone: what went out in a file is told alike for ever.
    Payments together are what their sum comes to, however it was paid in parts; whatever settles
    the invoice takes all that is left of it. A payment that a note frees came as a whole: what
    that leaves is the note's. One that was cancelled came as what it gave until then.
    """
    found = Taken()
    left, owed = gross, cents(gross)
    credited = paid = last = 0
    freed: Counter[int] = Counter()
    for step in steps:
        is_freed = left < 0
        left -= step.minor
        if step.is_note:
            last = step.of
            credited += step.minor
            part = owed if left == 0 else cents(step.minor)
            if credited == gross:
                part = cents(gross) - sum(found.notes.values())
            found.notes[last] = part
        else:
            minor, held = found.paid.get(step.of, (0, 0))
            if step.minor > 0:
                part = owed if left == 0 else cents(paid + step.minor) - cents(paid)
            else:
                # What is taken off a payment is converted as it adds up, as the journal tells it.
                before, freed[step.of] = freed[step.of], freed[step.of] - step.minor
                is_all = minor + step.minor == 0
                part = -held if is_all else cents(before) - cents(freed[step.of])
            if not step.is_cancellation:
                paid += step.minor
                found.paid[step.of] = minor + step.minor, held + part
        owed -= part
        if is_freed and left == 0 and found.notes:
            found.notes[last] += owed
            owed = 0
    return found
