"""Which series an entity may number in, and from which day on its fiscal year (DOMAIN §2.1–2.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.errors import Issue, call_error
from domain.invoice.numbering import legal_number
from domain.organisation import fiscal_year

SERIES_TAKEN = call_error(
    "SERIES_TAKEN",
    "The series {series} is or was that of {owner}: no two documents may bear one number.",
)
FISCAL_YEAR_GOES_BACK = call_error(
    "FISCAL_YEAR_GOES_BACK",
    "With a fiscal year from {start}, the next number after {last} could begin with {found} again.",
    "Change it after an invoice of the new fiscal year, or give the entity a new series with it.",
)


class SeriesKind(StrEnum):
    """What a series numbers; credit notes have their own."""

    INVOICES = "invoice_series"
    CREDIT_NOTES = "credit_note_series"


@dataclass(frozen=True, slots=True)
class SeriesUse:
    """A series as an entity has it, or had it: `year` and `last_date` are those of its last number.

    Both are None where no number was given yet.
    """

    series: str
    kind: SeriesKind
    entity_id: int
    entity_code: str
    year: int | None = None
    last_date: date | None = None
    last_count: int = 0


def judge_series(
    chosen: Mapping[SeriesKind, str],
    uses: Iterable[SeriesUse],
    *,
    entity_id: int | None,
    entity_code: str,
) -> list[Issue]:
    """SERIES_TAKEN for a series that another entity has or had, or that numbers something else.

    A number is unique in the organisation: a series once used is never free for anybody else,
    even when its entity has turned to a new one. Its own entity may come back to it, because its
    counter goes on where it stopped.
    """
    issues = []
    if len(set(chosen.values())) < len(chosen):
        kind, series = SeriesKind.CREDIT_NOTES, chosen[SeriesKind.CREDIT_NOTES]
        issues.append(SERIES_TAKEN(field=(kind.value,), series=series, owner=entity_code))
    taken = list(uses)
    for kind, series in chosen.items():
        owner = next(
            (use for use in taken if _stands_in_the_way(use, kind, series, entity_id)), None
        )
        if owner is not None:
            issues.append(SERIES_TAKEN(field=(kind.value,), series=series, owner=owner.entity_code))
    return issues


def _stands_in_the_way(
    use: SeriesUse, kind: SeriesKind, series: str, entity_id: int | None
) -> bool:
    if use.series != series:
        return False
    if use.entity_id != entity_id:
        return True
    # What the entity itself has but never used is free: it is about to be replaced.
    return use.kind is not kind and use.year is not None


def judge_fiscal_year(
    start: str, chosen: Collection[str], uses: Iterable[SeriesUse], *, entity_id: int | None
) -> list[Issue]:
    """FISCAL_YEAR_GOES_BACK when a number of a past range could follow one of a later range.

    The counter is that of the year in which the fiscal year starts. No invoice is dated before
    the last one of its series, so the day of that one decides: if it falls in a year before that
    of its own number, PAR25-00043 could follow PAR26-00001. A year ahead is fine.
    """
    for use in uses:
        if use.entity_id != entity_id or use.series not in chosen:
            continue
        if use.year is None or use.last_date is None:
            continue
        again = fiscal_year(start=start, day=use.last_date)
        if again < use.year:
            last = legal_number(series=use.series, year=use.year, count=use.last_count)
            found = f"{use.series}{again % 100:02d}"
            return [
                FISCAL_YEAR_GOES_BACK(
                    field=("fiscal_year_start",), start=start, last=last, found=found
                )
            ]
    return []
