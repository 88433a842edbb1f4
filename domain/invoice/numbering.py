"""How numbers are written: pro formas with gaps, legal ones without (DOMAIN §2.2)."""

from __future__ import annotations

from datetime import date, timedelta

from domain.errors import Refusal, call_error
from domain.invoice.model import NumberCounter

PRO_FORMA_SERIES = "PF"

ISSUE_DATE_TOO_EARLY = call_error(
    "ISSUE_DATE_TOO_EARLY",
    "The issue date {found} is before that of the previous number of the series ({expected}).",
)
ISSUE_DATE_IN_FUTURE = call_error(
    "ISSUE_DATE_IN_FUTURE", "An invoice cannot be issued on {found}: that day has not come."
)


ISSUE_DATE_TOO_OLD = call_error(
    "ISSUE_DATE_TOO_OLD",
    "An invoice cannot be issued on {found}: the earliest day is {expected}.",
)

_OLDEST = timedelta(days=366)
"""How late an invoice may still be dated back. Numbers hold two digits of the year: those of a
century ago would be those of today."""


def pro_forma_number(count: int) -> str:
    """PF-000123 (F06): one series for the organisation, gaps allowed, never used twice."""
    return f"{PRO_FORMA_SERIES}-{count:06d}"


def legal_number(*, series: str, year: int, count: int) -> str:
    """PAR26-00042: series, year in which the fiscal year starts, five digits (11 characters)."""
    return f"{series}{year % 100:02d}-{count:05d}"


def require_recent(issue_date: date, *, today: date) -> None:
    """Refuses a day that has not come, and with ISSUE_DATE_TOO_OLD one more than a year back."""
    if issue_date > today:
        raise Refusal(ISSUE_DATE_IN_FUTURE(field=("issue_date",), found=issue_date.isoformat()))
    earliest = today - _OLDEST
    if issue_date < earliest:
        raise Refusal(
            ISSUE_DATE_TOO_OLD(
                field=("issue_date",),
                found=issue_date.isoformat(),
                expected=earliest.isoformat(),
            )
        )


def take_next(
    counter: NumberCounter, *, issue_date: date, today: date, last: date | None = None
) -> int:
    """The next count of a series, kept in the locked `counter`.

    `last` is the newest date of the whole series, whatever the fiscal year.

    Numbers follow the calendar: an issue date never goes back behind the previous number's
    (CGI ann. II art. 242 nonies A I-7°), and never lies ahead.
    """
    if issue_date > today:
        raise Refusal(ISSUE_DATE_IN_FUTURE(field=("issue_date",), found=issue_date.isoformat()))
    last = max(filter(None, (last, counter.last_issue_date)), default=None)
    if last is not None and issue_date < last:
        raise Refusal(
            ISSUE_DATE_TOO_EARLY(
                field=("issue_date",), found=issue_date.isoformat(), expected=last.isoformat()
            )
        )
    counter.last += 1
    counter.last_issue_date = issue_date
    return counter.last
