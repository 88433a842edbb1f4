"""What a phase keeps once it was billed: enough fee, and the periods that are billed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from domain.errors import Issue, IssueKind, Scope, Severity
from domain.ledger import PhaseFigures
from domain.money import amount_text
from domain.project.model import BillingMethod, Periodicity
from domain.project.periods import periods, without
from domain.takeover.match import Known

FEE_BELOW_BILLED = IssueKind(
    "FEE_BELOW_BILLED",
    Severity.ERROR,
    Scope.ROW,
    "The fee {found} is lower than the {expected} already billed or written off of this phase,"
    " net of adjustments of the fee.",
)
PHASE_PERIOD_BILLED = IssueKind(
    "PHASE_PERIOD_BILLED",
    Severity.ERROR,
    Scope.ROW,
    "The period from {start} to {end} is billed: it must stay one of the phase.",
    "Delete the pro forma, or credit the invoice, first.",
)
PERIODS_REPRICED = IssueKind(
    "PERIODS_REPRICED",
    Severity.WARNING,
    Scope.ROW,
    "Periods of the phase that have begun and that no invoice bills: {count}, from {start} to"
    " {end}. They take the new terms too.",
    "Invoice them first. Or leave the terms: an adjustment of the fee holds from its day on, and"
    " other hours are those of another phase.",
)
BLOCK_SOLD = IssueKind(
    "BLOCK_SOLD",
    Severity.WARNING,
    Scope.ROW,
    "The block is billed: with other hours, or at another price, nothing more of it is due.",
    "Sell more hours as another phase; to sell the block anew, credit the invoice first.",
)
BILLED_TERMS = (PERIODS_REPRICED, BLOCK_SOLD)
"""What is said of another fee, or of other hours."""

OF_PERIODS = ("start_date", "end_date", "periodicity")
"""The columns that settle the periods of a phase."""
_SETTLED_BY: Mapping[BillingMethod, tuple[str, ...]] = {
    BillingMethod.RETAINER: ("fee_minor",),
    BillingMethod.PREPAID_HOURS: ("fee_minor", "hours"),
}
"""The columns by which periods and blocks are billed."""
_SHOWN = {"fee_minor": "fee"}


def of_billed(
    columns: Mapping[str, Any],
    entry: Known,
    method: BillingMethod,
    *,
    currency: str,
    today: date | None,
) -> list[Issue]:
    """What is to be said of a row of `columns` on a phase that may be billed already."""
    issues = periods_stay(entry.columns, given_of(columns), entry.columns.get("periods", ()))
    if columns["fee_minor"] is not None:
        issues += not_below_billed(columns["fee_minor"], entry, currency)
    if today is not None and not issues:
        issues += terms_told(columns, entry, method, today)
    return issues


def terms_told(
    columns: Mapping[str, Any], entry: Known, method: BillingMethod, today: date
) -> list[Issue]:
    """What another fee, or other hours, of periods or of a block do to what was there before.

    A block that is bought once is billed or not; of periods those not billed yet are told, since
    what is due of them follows the fee (PERIODS_REPRICED). Hours beyond a block that are billed
    while the block is not settle nothing of it.
    """
    now = entry.columns
    other = [
        name
        for name in _SETTLED_BY.get(method, ())
        if columns.get(name) is not None and columns[name] != now[name]
    ]
    if not other:
        return []
    said = {name: columns.get(name) or now.get(name) for name in OF_PERIODS}
    field = (_SHOWN.get(other[0], other[0]),)
    return _not_billed_told(said, now.get("sold", ()), method, today, field)


def correction_told(
    entry: Known, method: BillingMethod, today: date, *, since: date, field: tuple[str, ...]
) -> list[Issue]:
    """What is said at `field` of a correction of the fee from the day `since` on.

    It is one of each period that begins from then on, and of a block bought once: as `terms_told`
    says it of another fee.
    """
    if method not in _SETTLED_BY:
        return []
    billed = entry.columns.get("sold", ())
    return _not_billed_told(entry.columns, billed, method, today, field, since=since)


def _not_billed_told(
    said: Mapping[str, Any],
    billed: Sequence[tuple[date, date]],
    method: BillingMethod,
    today: date,
    field: tuple[str, ...],
    *,
    since: date = date.min,
) -> list[Issue]:
    """The periods `said` that began `since` then and are not `billed`, or that the block is."""
    if said["periodicity"] is None and method is BillingMethod.PREPAID_HOURS:
        return [BLOCK_SOLD(field=field)] if billed else []
    start, end = said["start_date"], said["end_date"]
    if start is None or start > today:
        return []
    cut = periods(
        start=start, end=end, periodicity=said["periodicity"] or Periodicity.MONTH, until=today
    )
    left = [one for one in without(cut, billed) if since <= one.start <= today]
    if not left:
        return []
    first, last = left[0].start, left[-1].end
    return [
        PERIODS_REPRICED(
            field=field, count=len(left), start=f"{first:%d/%m/%Y}", end=f"{last:%d/%m/%Y}"
        )
    ]


def not_below_billed(fee_minor: int, entry: Known, currency: str) -> list[Issue]:
    """FEE_BELOW_BILLED for a fee that covers less of what was billed, or written off, than before.

    Only a fee that limits what is billed can be too low: many periods come to more than one. What
    was billed too much already may stay so: the phase is edited, and its fee raised in steps.
    """
    figures: PhaseFigures | None = entry.columns.get("figures")
    if figures is None or figures._replace(fee=fee_minor).uncovered <= figures.uncovered:
        return []
    least = figures.billed + figures.written_off - figures.fee_adjustment
    found, expected = (amount_text(minor, currency) for minor in (fee_minor, least))
    return [FEE_BELOW_BILLED(field=("fee",), found=found, expected=expected)]


def given_of(columns: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says of the periods of its phase: an empty cell says nothing."""
    return {name: columns[name] for name in OF_PERIODS if columns.get(name) is not None}


def periods_stay(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    billed: Iterable[tuple[date, date]],
) -> list[Issue]:
    """PHASE_PERIOD_BILLED for each change that takes a billed period away or cuts it anew.

    `after` has what is changed of OF_PERIODS, None where it is emptied; `billed` the first and
    the last day of each billed period. Of a block that is bought once only that it is so counts.
    """
    spans = sorted(billed)
    moved = {name: value for name, value in after.items() if value != before.get(name)}
    if not spans or not moved:
        return []
    (first, first_end), (last, until) = spans[0], max(spans, key=lambda span: span[1])
    found = []
    if "periodicity" in moved:
        found.append(_told("periodicity", first, first_end))
    if before.get("periodicity") is None:
        return found
    if "start_date" in moved and (moved["start_date"] is None or moved["start_date"] > first):
        found.append(_told("start_date", first, first_end))
    if moved.get("end_date") is not None and moved["end_date"] < until:
        found.append(_told("end_date", last, until))
    return found


def _told(name: str, start: date, end: date) -> Issue:
    return PHASE_PERIOD_BILLED(field=(name,), start=f"{start:%d/%m/%Y}", end=f"{end:%d/%m/%Y}")
