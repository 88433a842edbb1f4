"""Planning rows of the Progress sheet: the percentage against what was recorded before."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from domain.errors import Issue
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.issues import DATE_IN_FUTURE, POSSIBLE_DUPLICATE, PROGRESS_DECREASED
from domain.takeover.match import Known
from domain.takeover.model import RowOutcome
from domain.takeover.phase_rows import (
    OF_REFERENCES,
    KnownPhases,
    PhaseRowPlanner,
    modified_references,
    of_unsigned,
)


class ProgressPlanner(PhaseRowPlanner):
    """Every accepted row adds one progress update; the one in force at its date is left alone."""

    codes = {
        **OF_REFERENCES,
        "progress": (PROGRESS_DECREASED,),
        "as_of": (DATE_IN_FUTURE, POSSIBLE_DUPLICATE),
    }
    dated = "as_of"
    entered = "progress"

    def __init__(self, known: KnownPhases, recorded: dict[int, list[tuple[date, Decimal]]]) -> None:
        super().__init__(known)
        self._recorded = recorded
        self._by_day: dict[int, _ByDay] = {}
        """What was recorded of the phases that the file speaks of."""
        self._stated: dict[tuple[int, date], Decimal] = {}
        """What rows higher in the file state of a phase on a day."""
        self._told_before: set[tuple[int, date]] = set()
        """Phases and days of which the file says, in turn, what was recorded last."""

    def _look_ahead(self, candidates: Iterable[Candidate]) -> None:
        said: defaultdict[tuple[int, date], list[Decimal]] = defaultdict(list)
        for candidate in candidates:
            entry = self._phase_of(candidate)
            if entry is not None and not _is_refused(candidate, entry):
                said[entry.id, candidate.values["as_of"]].append(candidate.values["progress"])
        for (phase, day), percents in said.items():
            told = [percent for percent, _ in groupby(percents)]
            # One row alone is compared as it is planned.
            if len(told) == 1:
                continue
            recorded = self._of(phase).percents.get(day, ())
            if [one for one, _ in groupby(recorded)][-len(told) :] == told:
                self._told_before.add((phase, day))

    def _of(self, phase: int) -> _ByDay:
        if phase not in self._by_day:
            self._by_day[phase] = _ByDay(self._recorded.setdefault(phase, []))
        return self._by_day[phase]

    def _add(self, candidate: Candidate, entry: Known) -> Planned:
        percent, as_of = candidate.values["progress"], candidate.values["as_of"]
        before = self._of(entry.id)
        is_told = (entry.id, as_of) in self._told_before
        if is_told or before.last_on(as_of) == percent:
            return Planned(candidate.row, RowOutcome.UNCHANGED, target_id=entry.id)
        columns: dict[str, Any] = {
            "phase_id": entry.id,
            "percent": percent,
            "as_of": as_of,
            "comment": candidate.values.get("comment"),
        }
        issues = list(_warnings(entry, percent, before.in_force(as_of)))
        if (other := self._stated.get((entry.id, as_of))) is not None:
            found, former = (
                f"{as_of:%d/%m/%Y} · {one.normalize():f} %" for one in (percent, other)
            )
            issues.append(POSSIBLE_DUPLICATE(field=("as_of",), found=found, other=former))
        return Planned(candidate.row, RowOutcome.CREATE, columns=columns, issues=issues)

    def _keep(self, candidate: Candidate, planned: Planned) -> None:
        if planned.outcome is RowOutcome.CREATE:
            phase, as_of = planned.columns["phase_id"], planned.columns["as_of"]
            self._of(phase).add(as_of, planned.columns["percent"])
            self._stated[phase, as_of] = planned.columns["percent"]


def _is_refused(candidate: Candidate, entry: Known) -> bool:
    """Whether a row states nothing of its phase: what it says is never recorded."""
    return bool(entry.columns.get("is_archived")) or any(modified_references(candidate, entry))


class _ByDay:
    """The history of a phase by day: each row asks, and a file may say all it says of one phase."""

    def __init__(self, history: list[tuple[date, Decimal]]) -> None:
        self._history = history
        self.percents: defaultdict[date, list[Decimal]] = defaultdict(list)
        """Those of each day, in the order they were recorded."""
        for day, percent in history:
            self.percents[day].append(percent)
        self._days = sorted(self.percents)

    def add(self, day: date, percent: Decimal) -> None:
        """A row of the file adds one."""
        if day not in self.percents:
            insort(self._days, day)
        self.percents[day].append(percent)
        self._history.append((day, percent))

    def last_on(self, day: date) -> Decimal | None:
        """The percentage recorded last of those on `day` itself."""
        return self.percents[day][-1] if day in self.percents else None

    def in_force(self, day: date) -> Decimal | None:
        """As `in_force` below."""
        place = bisect_right(self._days, day)
        return self.percents[self._days[place - 1]][-1] if place else None


def in_force(history: list[tuple[date, Decimal]], day: date) -> Decimal | None:
    """The last percentage recorded up to `day`; of two on one date, the one recorded later."""
    best: tuple[date, Decimal] | None = None
    for as_of, percent in history:
        if as_of <= day and (best is None or as_of >= best[0]):
            best = (as_of, percent)
    return best[1] if best else None


def _warnings(entry: Known, percent: Decimal, before: Decimal | None) -> Iterable[Issue]:
    if before is not None and percent < before:
        # What is stored has four decimals: 100.0000 %.
        found, expected = (f"{one.normalize():f}" for one in (percent, before))
        yield PROGRESS_DECREASED(field=("progress",), found=found, expected=expected)
    yield from of_unsigned(entry)
