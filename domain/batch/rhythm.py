"""When a recurring batch is due: counted from its first day on, never from the last run."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_WEEK = 7


class Cadence(StrEnum):
    """How often a batch recurs."""

    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    """Every third month from that of the first day on."""
    YEARLY = "YEARLY"
    """In the month of the first day."""


_MONTHS = {Cadence.MONTHLY: 1, Cadence.QUARTERLY: 3, Cadence.YEARLY: 12}

LAST_DAY = {
    Cadence.WEEKLY: _WEEK,
    Cadence.MONTHLY: 31,
    Cadence.QUARTERLY: 31,
    Cadence.YEARLY: 31,
}
"""The highest day of a cadence: the last one of every week or month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The days on which something is due, and the hour of the day.

    `day` is that of the month, 1 to 31, and its last day where the month has none such; of a
    weekly rhythm that of the week, 1 (Monday) to 7. No day before `starts_on` is due.
    """

    cadence: Cadence
    day: int
    hour: int
    starts_on: date

    def days(self, *, after: date) -> Iterator[date]:
        """The due days later than `after`, rising, one a period."""
        floor = max(after, self.starts_on - _DAY)
        place = self._place_of(floor)
        while True:
            day = self._due(place)
            if day > floor:
                yield day
            place += 1

    def _place_of(self, day: date) -> int:
        """The period that holds `day`, counted from that of the first day."""
        if self.cadence is Cadence.WEEKLY:
            return (day - _monday(self.starts_on)).days // _WEEK
        return (_month(day) - _month(self.starts_on)) // _MONTHS[self.cadence]

    def _due(self, place: int) -> date:
        if self.cadence is Cadence.WEEKLY:
            return _monday(self.starts_on) + timedelta(days=_WEEK * place + self.day - 1)
        year, month = divmod(_month(self.starts_on) + place * _MONTHS[self.cadence], 12)
        return date(year, month + 1, min(self.day, monthrange(year, month + 1)[1]))

    def moment(self, day: date, zone: str) -> datetime:
        """When it is due on `day`, in UTC.

        An hour that the clocks leave out is the one after it, an hour that comes twice the first.
        """
        local = datetime(day.year, day.month, day.day, self.hour, tzinfo=ZoneInfo(zone))
        return local.astimezone(UTC)


def coming(
    rhythm: Rhythm, *, now: datetime, zone: str, after: date | None = None
) -> Iterator[date]:
    """The days whose moment is still to come, and that are later than `after`."""
    yesterday = now.astimezone(ZoneInfo(zone)).date() - _DAY
    floor = yesterday if after is None else max(yesterday, after)
    for day in rhythm.days(after=floor):
        if rhythm.moment(day, zone) > now:
            yield day


def latest_due(rhythm: Rhythm, *, since: date, now: datetime, zone: str) -> date | None:
    """The last day from `since` on whose moment has come; None while none has.

    What was missed meanwhile is so caught up once: a batch of the latest day bills all that was
    due on the earlier ones.
    """
    found = None
    for day in rhythm.days(after=since - _DAY):
        if rhythm.moment(day, zone) > now:
            break
        found = day
    return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1
