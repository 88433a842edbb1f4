"""Rows that stand for phases (Progress, Billing history, Adjustments): which one, and is it so."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any

from domain.errors import RECORD_ARCHIVED, Issue
from domain.likeness import name_key, spelling
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.issues import (
    PROJECT_NOT_SIGNED,
    REFERENCE_AMBIGUOUS,
    REFERENCE_ID_UNKNOWN,
    REFERENCE_MODIFIED,
    REFERENCE_UNKNOWN,
    still_to_come,
)
from domain.takeover.match import Index, Known, unknown
from domain.takeover.model import RowOutcome
from domain.takeover.moved import values_sorted
from domain.takeover.plan import Codes, Planner, by_reference

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

_FOUND_BY = (REFERENCE_UNKNOWN, REFERENCE_AMBIGUOUS, REFERENCE_MODIFIED)
OF_REFERENCES: Codes = {
    "ref": (REFERENCE_ID_UNKNOWN,),
    **dict.fromkeys(REFERENCES, (REFERENCE_MODIFIED,)),
    "project_code": (REFERENCE_UNKNOWN, REFERENCE_MODIFIED, PROJECT_NOT_SIGNED),
    "contract": (REFERENCE_UNKNOWN, REFERENCE_MODIFIED),
    "phase_code": (*_FOUND_BY, RECORD_ARCHIVED),
    "phase_name": _FOUND_BY,
}
"""What may be said of the columns that say which phase a row stands for."""


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


class PhaseRowPlanner(Planner):
    """Plans rows that add to a phase, whose locked columns must say what its record says."""

    dated = "date"
    """The column of the day that a row speaks of."""
    entered = ""
    """The column of what the row adds to its phase."""

    def __init__(self, known: KnownPhases) -> None:
        self._known = known
        self._sealed: list[tuple[int, int, Any]] = []
        """Row, phase and what it adds, of each sealed row that adds to its phase."""

    def _phase_of(self, candidate: Candidate) -> Known | None:
        """The phase of a row, where there is no doubt of it."""
        entry, found = by_reference(self._known.phases, candidate)
        if entry is None and not found:
            entry, _ = self._known.find(candidate)
        return entry

    def _judge(self, candidate: Candidate) -> Planned:
        entry, found = by_reference(self._known.phases, candidate)
        if entry is None and not found:
            entry, found = self._known.find(candidate)
        if entry is None:
            return Planned(candidate.row, RowOutcome.REFUSED, issues=list(found))
        if entry.columns.get("is_archived"):
            code = str(entry.columns["phase_code"])
            told = RECORD_ARCHIVED(field=("phase_code",), found=code, noun="phase", key=code)
            return Planned(candidate.row, RowOutcome.REFUSED, issues=[told])
        planned = self._add(candidate, entry)
        planned.issues[:0] = modified_references(candidate, entry)
        if planned.outcome is RowOutcome.CREATE and not self._holds_from_its_day(planned, entry):
            # What is to be done one day would be billed today.
            planned.issues += still_to_come(self.dated, candidate.values[self.dated], self.today)
        return planned

    def _note(self, candidate: Candidate, planned: Planned) -> None:
        key = candidate.record_id
        adds = candidate.is_sealed and planned.outcome is RowOutcome.CREATE
        if adds and key is not None and key in self._known.phases.by_id:
            self._sealed.append((planned.row, key, candidate.values[self.entered]))

    def together(self, rows: Iterable[Candidate]) -> Mapping[int, Sequence[Issue]]:
        """VALUES_SORTED: these sheets begin empty, so no record tells whose values are whose."""
        phases = self._known.phases.by_id
        order = {key: place for place, key in enumerate(phases)}
        if any(order[one[1]] > order[other[1]] for one, other in pairwise(self._sealed)):
            return {}
        return values_sorted(
            self.entered,
            [
                (row, str(phases[key].columns["project_code"]), value)
                for row, key, value in self._sealed
            ],
        )

    def _holds_from_its_day(self, planned: Planned, entry: Known) -> bool:
        """Whether what the row adds says nothing of the days before its own."""
        return False

    @abstractmethod
    def _add(self, candidate: Candidate, entry: Known) -> Planned:
        """The plan of a row whose phase is `entry`."""


def of_unsigned(entry: Known) -> Iterable[Issue]:
    """PROJECT_NOT_SIGNED when the project of the phase is only a commercial one."""
    if not entry.columns["is_signed"]:
        code = str(entry.columns["project_code"])
        yield PROJECT_NOT_SIGNED(field=("project_code",), found=code)


def modified_references(candidate: Candidate, entry: Known) -> Iterable[Issue]:
    """REFERENCE_MODIFIED for each filled reference cell that is not what the record says (O33).

    An entity may be named by its code or by its name. Typed by hand, texts are compared by key:
    accents or capitals are no fraud. Of a sealed row that is not what was sealed, accents count.
    """
    same = _same_to_the_letter if candidate.references_changed else _same
    for name in REFERENCES:
        found = candidate.values.get(name)
        # Most stand as they were written; what is equal has equal keys.
        if found is None or found == (allowed := entry.columns[name]):
            continue
        accepted = allowed if isinstance(allowed, tuple) else (allowed,)
        if not any(same(found, one) for one in accepted):
            yield REFERENCE_MODIFIED(field=(name,), found=str(found), expected=str(accepted[0]))


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, Decimal):
        return isinstance(found, Decimal) and found == expected
    return name_key(str(found)) == name_key(str(expected))


def _same_to_the_letter(found: Any, expected: Any) -> bool:
    if isinstance(expected, str) and isinstance(found, str):
        return spelling(found) == spelling(expected)
    return _same(found, expected)
