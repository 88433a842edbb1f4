"""What records edited by hand keep, where a cell of a sheet could not ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.access import Permission
from domain.errors import Issue, Refusal
from domain.given import number
from domain.takeover.billed import OF_PERIODS, periods_stay
from domain.takeover.model import RowOutcome
from domain.takeover.planners import PLANNERS
from domain.time_entry import TIME_ENTRY_BILLED
from persistence.billing.repricing import hours_repriced
from persistence.contracts import billed_periods
from persistence.session import ScopedSession
from persistence.takeover.known import RATED
from persistence.time_entries import billed_by
from resolvers._mutation import Acting
from resolvers.keeping._edited import Edited


def too_fine(kind: str, fields: Mapping[str, Any]) -> tuple[Issue, ...]:
    """FIELD_INVALID for hours with more decimals than are kept: nothing is rounded in silence."""
    if kind == "time_entries" and fields.get("hours") is not None:
        try:
            number(fields["hours"], field=("hours",), name="hours", decimals=2, least=-1000)
        except Refusal as refusal:
            return refusal.issues
    return ()


def staying(kind: str, present: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """What of a record stands beside the fields given.

    Time that goes to another project, or fee project, leaves what it was on there.
    """
    if kind != "time_entries":
        return present
    left = {"contract", "phase_code"} if "project_code" in fields else set()
    if "contract" in fields:
        left.add("phase_code")
    return {name: value for name, value in present.items() if name not in left}


def keep_billed(session: ScopedSession, edited: Sequence[Edited]) -> None:
    """TIME_ENTRY_BILLED for null where a line bills the entry: what is emptied is a change too."""
    changed = [one for one in edited if _is_changed(one)]
    billed = billed_by(session, [one.record_id for one in changed if one.record_id])
    for one in changed:
        if (invoice := billed.get(one.record_id or 0)) is not None:
            one.issues.append(TIME_ENTRY_BILLED(invoice=invoice, found=invoice))


def keep_periods(session: ScopedSession, edited: Sequence[Edited]) -> None:
    """PHASE_PERIOD_BILLED for null where it would take the periods away that are billed."""
    emptied = {
        one.record_id: one
        for one in edited
        if _is_changed(one) and one.record_id is not None and _emptied(one)
    }
    billed = billed_periods(session, [*emptied]) if emptied else {}
    for key, spans in billed.items():
        changes = emptied[key].planned.changes
        before = {one.field: one.before for one in changes if one.field in OF_PERIODS}
        # What else there is of it does not matter: it is asked of what is emptied alone.
        before = {"periodicity": "", **before}
        emptied[key].issues += periods_stay(before, _emptied(emptied[key]), spans.every)


def tell_emptied_rates(acting: Acting, kind: str, edited: Sequence[Edited]) -> None:
    """TIME_REPRICED for null where it takes a rate away: the next one prices the hours, or none."""
    planner: Any = PLANNERS[kind]
    emptied = {
        one.record_id: one
        for one in edited
        if _is_changed(one) and one.planned.columns.get(planner.rate, ...) is None
    }
    keys = [key for key in emptied if key is not None]
    if not keys:
        return
    rates = dict.fromkeys(keys)
    sees_rates = acting.caller.holds(Permission.SEE_RATES)
    for key, hours in hours_repriced(acting.session, RATED[kind], rates, day=acting.today).items():
        emptied[key].issues.append(hours.told(planner.rated, sees_rates=sees_rates))


def _emptied(one: Edited) -> dict[str, Any]:
    columns = one.planned.columns
    return {name: None for name in OF_PERIODS if columns.get(name, ...) is None}


def _is_changed(one: Edited) -> bool:
    return not one.is_refused and one.planned.outcome is RowOutcome.UPDATE
