"""Calendar periods of a phase: prorated at both ends, without overlap and without a hole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain.money import from_minor, to_minor
from domain.project.model import Periodicity

_MONTHS = {Periodicity.MONTH: 1, Periodicity.QUARTER: 3, Periodicity.YEAR: 12}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` to `end`, both included, of a calendar period of `whole` days."""

    start: date
    end: date
    whole: int

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def share_of(self, fee: int, currency: str) -> int:
        """The part of `fee` (minor units) for these days: days ÷ whole days, rounded once."""
        return to_minor(from_minor(fee, currency) * self.days / self.whole, currency)


def periods(
    *, start: date, end: date | None, periodicity: Periodicity, until: date
) -> Iterator[Period]:
    """The periods that begin on `until` or before, and the one after them; `end` ends the last.

    They are calendar months, quarters or years: the first and the last may be parts of one.
    """
    first = start
    while end is None or first <= end:
        begins, ends = _calendar(first, periodicity)
        last = ends if end is None else min(ends, end)
        yield Period(first, last, (ends - begins).days + 1)
        if first > until:
            return
        first = ends + _DAY


def without(found: Iterable[Period], taken: Iterable[tuple[date, date]]) -> Iterator[Period]:
    """What is left of periods once the days `taken` are out of them, whatever moved since.

    Of a start that was moved back, or a month that became a quarter, the days that are billed
    already are never billed again, and the others are never lost.
    """
    gone = sorted(taken)
    for period in found:
        first = period.start
        for begins, ends in gone:
            if ends < first or begins > period.end:
                continue
            if begins > first:
                yield Period(first, begins - _DAY, period.whole)
            first = ends + _DAY
        if first <= period.end:
            yield Period(first, period.end, period.whole)


def _calendar(day: date, periodicity: Periodicity) -> tuple[date, date]:
    """The first and the last day of the calendar period that `day` is in."""
    months = _MONTHS[periodicity]
    month = (day.month - 1) // months * months + 1
    begins = date(day.year, month, 1)
    following = month + months
    years, month = divmod(following - 1, 12)
    return begins, date(day.year + years, month + 1, 1) - _DAY
