"""Planning rows of the Progress sheet: references must be the record's own, then the percentage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from domain.errors import Issue
from domain.likeness import name_key
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.issues import (
    PROGRESS_DECREASED,
    PROJECT_NOT_SIGNED,
    REFERENCE_AMBIGUOUS,
    REFERENCE_MODIFIED,
)
from domain.takeover.match import Index, Known, unknown
from domain.takeover.model import RowOutcome
from domain.takeover.plan import Planner, by_reference

REFERENCES = (
    "entity",
    "project_code",
    "project_name",
    "contract",
    "phase_code",
    "phase_name",
    "line_type",
    "fee",
    "currency",
)
"""The locked columns B–J of the takeover sheets; an entry's `columns` holds them by these names."""


@dataclass(slots=True)
class KnownPhases:
    """Phases findable by reference, or by project + contract + (code, else name)."""

    phases: Index = field(default_factory=Index)
    by_project: dict[str, list[Known]] = field(default_factory=dict)
    """By upper-case project code."""
    project_codes: frozenset[str] = frozenset()
    _sorted: dict[tuple[str, str, str], dict[str, list[Known]]] = field(default_factory=dict)

    def find(self, candidate: Candidate) -> tuple[Known | None, tuple[Issue, ...]]:
        """The phase of a row without a seal; what cannot be found is named by its column."""
        project = candidate.text("project_code")
        if project.upper() not in self.project_codes:
            return None, (unknown(project, field="project_code"),)
        contract = candidate.text("contract")
        column = "phase_code" if candidate.text("phase_code") else "phase_name"
        phases = self._phases(project.upper(), contract, column)
        if contract and not phases:
            return None, (unknown(contract, field="contract"),)
        found = phases.get(name_key(candidate.text(column)), [])
        if len(found) == 1:
            return found[0], ()
        if found:
            shown = candidate.text(column)
            owners = ", ".join(str(phase.columns["contract"]) for phase in found[:3])
            return None, (REFERENCE_AMBIGUOUS(field=(column,), found=shown, near=owners),)
        near = [str(alike[0].columns[column]) for alike in islice(phases.values(), 3)]
        return None, (unknown(candidate.text(column), field=column, near=near),)

    def _phases(self, project: str, contract: str, column: str) -> dict[str, list[Known]]:
        """The phases of a project, or of one of its contracts, by the key of their `column`."""
        place = (project, name_key(contract), column)
        if place not in self._sorted:
            phases: dict[str, list[Known]] = {}
            for phase in self.by_project.get(project, []):
                if not contract or name_key(phase.columns["contract"]) == place[1]:
                    phases.setdefault(name_key(phase.columns[column]), []).append(phase)
            self._sorted[place] = phases
        return self._sorted[place]


class ProgressPlanner(Planner):
    """Every accepted row adds one progress update; the one in force at its date is left alone."""

    def __init__(self, known: KnownPhases, recorded: dict[int, list[tuple[date, Decimal]]]) -> None:
        self._known = known
        self._recorded = recorded

    def _judge(self, candidate: Candidate) -> Planned:
        entry, found = by_reference(self._known.phases, candidate)
        if entry is None and not found:
            entry, found = self._known.find(candidate)
        if entry is None:
            return Planned(candidate.row, RowOutcome.REFUSED, issues=list(found))
        issues = list(modified_references(candidate, entry))
        percent, as_of = candidate.values["progress"], candidate.values["as_of"]
        history = self._recorded.get(entry.id, [])
        if _recorded_last(history, as_of) == percent:
            return Planned(candidate.row, RowOutcome.UNCHANGED, issues=issues, target_id=entry.id)
        issues += _warnings(entry, percent, in_force(history, as_of))
        columns: dict[str, Any] = {
            "phase_id": entry.id,
            "percent": percent,
            "as_of": as_of,
            "comment": candidate.values.get("comment"),
        }
        return Planned(candidate.row, RowOutcome.CREATE, columns=columns, issues=issues)

    def _keep(self, candidate: Candidate, planned: Planned) -> None:
        if planned.outcome is RowOutcome.CREATE:
            history = self._recorded.setdefault(planned.columns["phase_id"], [])
            history.append((planned.columns["as_of"], planned.columns["percent"]))


def modified_references(candidate: Candidate, entry: Known) -> Iterable[Issue]:
    """REFERENCE_MODIFIED for each filled reference cell that is not what the record says (O33).

    An entity may be named by its code or by its name; texts are compared by key, so that an
    editor's spaces or capitals are no fraud.
    """
    for name in REFERENCES:
        found = candidate.values.get(name)
        if found is None:
            continue
        allowed = entry.columns[name]
        accepted = allowed if isinstance(allowed, tuple) else (allowed,)
        if not any(_same(found, one) for one in accepted):
            yield REFERENCE_MODIFIED(field=(name,), found=str(found), expected=str(accepted[0]))


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, Decimal):
        return isinstance(found, Decimal) and found == expected
    return name_key(str(found)) == name_key(str(expected))


def in_force(history: list[tuple[date, Decimal]], day: date) -> Decimal | None:
    """The last percentage recorded up to `day`; of two on one date, the one recorded later."""
    best: tuple[date, Decimal] | None = None
    for as_of, percent in history:
        if as_of <= day and (best is None or as_of >= best[0]):
            best = (as_of, percent)
    return best[1] if best else None


def _recorded_last(history: list[tuple[date, Decimal]], day: date) -> Decimal | None:
    """The percentage recorded last of those on `day` itself."""
    return next((percent for as_of, percent in reversed(history) if as_of == day), None)


def _warnings(entry: Known, percent: Decimal, before: Decimal | None) -> Iterable[Issue]:
    if before is not None and percent < before:
        yield PROGRESS_DECREASED(field=("progress",), found=f"{percent:f}", expected=f"{before:f}")
    if not entry.columns["is_signed"]:
        code = str(entry.columns["project_code"])
        yield PROJECT_NOT_SIGNED(field=("project_code",), found=code)
