"""The situation of a contract on progress: what it comes to with an invoice, phase by phase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.ledger import PhaseFigures
from domain.money import rounded
from domain.organisation import Entity


@dataclass(frozen=True, slots=True)
class SituationRow:
    """One phase, in minor units: amount = cumulative + remaining, cumulative = before + now."""

    name: str
    amount: int
    """The adjusted fee, less what was given up of it."""
    before: int
    now: int

    @property
    def cumulative(self) -> int:
        return self.before + self.now

    @property
    def remaining(self) -> int:
        return self.amount - self.cumulative

    @property
    def percent(self) -> Decimal | None:
        """How much of the amount has been invoiced, two decimals; None where it is nothing."""
        if self.amount == 0:
            return None
        return rounded(Decimal(self.cumulative) * 100 / Decimal(self.amount), 2)


@dataclass(frozen=True, slots=True)
class Situation:
    """The rows of one contract, and its number: one more than that of the last that stands."""

    contract: str
    number: int
    rows: tuple[SituationRow, ...]
    project: str = ""
    """Its code."""

    @property
    def total(self) -> SituationRow:
        return SituationRow(
            name="",
            amount=sum(row.amount for row in self.rows),
            before=sum(row.before for row in self.rows),
            now=sum(row.now for row in self.rows),
        )


def situation(
    contract: str,
    *,
    number: int,
    phases: Iterable[tuple[int, str]],
    figures: Mapping[int, PhaseFigures],
    now: Mapping[int, int],
    project: str = "",
) -> Situation:
    """The situation of a contract whose `figures` are those before the invoice.

    `phases` are (identifier, name) in their order, `now` is what the invoice bills of each.
    """
    rows = tuple(
        SituationRow(
            name=name,
            amount=figures[key].adjusted_fee - figures[key].written_off,
            before=figures[key].billed,
            now=now.get(key, 0),
        )
        for key, name in phases
    )
    return Situation(contract, number, rows, project)


def last_number(issued: Iterable[int], taken_back: Mapping[int, int]) -> int:
    """The number of the last situation of a contract that stands; 0 where none does.

    `issued` are the places of its invoices among all documents, `taken_back` the place of the note
    that took one back whole. The last one's number is given again once it is taken back; that of
    an earlier one is not, for the papers that followed are numbered on from it.
    """
    numbers: dict[int, int] = {}

    def standing_at(place: int | None) -> int:
        for one, number in reversed(numbers.items()):
            gone = taken_back.get(one)
            if gone is None or (place is not None and gone > place):
                return number
        return 0

    for place in sorted(issued):
        numbers[place] = standing_at(place) + 1
    return standing_at(None)


def first_since(issued: Iterable[int], taken_back: Mapping[int, int]) -> int:
    """The place of the first situation since none stood: later ones are numbered on from it.

    `issued` and `taken_back` as above; of no situation there is no first one.
    """
    first = last_gone = 0
    for place in sorted(issued):
        if last_gone < place:
            first = place
        if place not in taken_back:
            return first
        last_gone = max(last_gone, taken_back[place])
    return first


def prints_recap(settings: Mapping[str, Any], entity: Entity) -> bool:
    """Whether papers show the situation: as the entity says, else the organisation, else yes."""
    if entity.prints_recap is not None:
        return entity.prints_recap
    return bool(settings.get("prints_recap", True))


def billed_by(lines: Sequence[tuple[int | None, int]]) -> dict[int, int]:
    """The nets of an invoice's lines, (phase, net), summed up by phase."""
    sums: dict[int, int] = {}
    for phase_id, net in lines:
        if phase_id is not None:
            sums[phase_id] = sums.get(phase_id, 0) + net
    return sums
