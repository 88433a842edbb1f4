"""What a phase keeps once it was billed: enough fee, and the periods that are billed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from domain.errors import Issue, IssueKind, Scope, Severity
from domain.ledger import PhaseFigures
from domain.money import amount_text
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

OF_PERIODS = ("start_date", "end_date", "periodicity")
"""The columns that settle the periods of a phase."""


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
