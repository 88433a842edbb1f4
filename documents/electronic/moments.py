"""The days and times of lifecycle messages, as UNTDID 2379 writes them.

A time without an offset is taken as French legal time. No rule says so: the State asks for
AAAAMMJJHHMMSS without a zone (annex 7 of the external specifications, G7.06, G7.53), and the
official examples carry the hours at which people of French firms act (XP Z12-014, annex B, UC1 to
UC5).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

FRANCE = ZoneInfo("Europe/Paris")

DAY, SECOND = "102", "204"
"""UNTDID 2379: CCYYMMDD and CCYYMMDDHHMMSS."""

_DIGITS = re.compile(
    r"(?P<day>[0-9]{8})"
    r"(?:(?P<minute>[0-9]{4})(?P<second>[0-9]{2})?(?P<zone>Z|UTC|GMT|[+-][0-9]{4})?)?"
)
"""102, 203, 204, and with an offset 205, 208, 303, 304: the length tells which, not the label."""
_DASHED = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:T(?P<minute>[0-9]{2}:[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
"""What stands in udt:DateTime (ISO 8601)."""


def written_day(day: date) -> str:
    """CCYYMMDD (format 102)."""
    return f"{day.year:04}{day:%m%d}"


def written_moment(at: datetime) -> str:
    """CCYYMMDDHHMMSS (format 204), French legal time."""
    if at.tzinfo is None:
        raise ValueError("a moment has a zone")
    there = at.astimezone(FRANCE)
    return f"{there.year:04}{there:%m%d%H%M%S}"


def read_moment(text: str | None) -> datetime | None:
    """The moment, in UTC; a day alone is its first moment. None where it is none."""
    parts = _parts(text)
    if parts is None:
        return None
    digits, zone = parts
    try:
        return datetime(*digits, tzinfo=_zone(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_day(text: str | None) -> date | None:
    """The day as it is written, whatever the zone. None where it is none."""
    parts = _parts(text)
    try:
        return None if parts is None else date(*parts[0][:3])
    except ValueError:
        return None


_Digits = tuple[int, int, int, int, int, int]


def _parts(text: str | None) -> tuple[_Digits, str | None] | None:
    said = (text or "").strip()
    found = _DIGITS.fullmatch(said) or _DASHED.fullmatch(said)
    if not found:
        return None
    day = found["day"].replace("-", "")
    time = (found["minute"] or "0000").replace(":", "") + (found["second"] or "00")
    digits = (day[:4], day[4:6], day[6:], time[:2], time[2:4], time[4:])
    year, month, of_month, hour, minute, second = map(int, digits)
    return (year, month, of_month, hour, minute, second), found["zone"]


def _zone(zone: str | None) -> ZoneInfo | timezone:
    if zone is None:
        return FRANCE
    if zone[0] not in "+-":
        return UTC
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if zone[0] == "-" else offset)
