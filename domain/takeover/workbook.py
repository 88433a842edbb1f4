"""A workbook of several sheets: in which order they go in, and how their plan is told again.

Each sheet is planned as if those before it were written. The records these would make have
identifiers that differ from one try to the next, so a plan names them by where they come from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from domain.errors import Issue
from domain.takeover.candidate import Planned
from domain.takeover.issues import SHEET_KIND_TWICE
from domain.takeover.order import ORDER

Item = TypeVar("Item")

_FUSION = "clients_fusion"
_TURNS = ("clients", _FUSION, *(kind for kind in ORDER if kind not in ("clients", _FUSION)))
"""The other layout of the clients adds to the first one."""

_NOUNS = {"linked_phase_id": "phase", "manager_id": "collaborator"}
"""What a column refers to whose name does not tell."""


def family_of(kind: str) -> str:
    """The first layout of the records that a sheet of `kind` holds."""
    return "clients" if kind == _FUSION else kind


def turn_of(kind: str) -> int:
    """When a sheet of `kind` goes in: what it refers to has gone in before (O08, O09)."""
    return _TURNS.index(kind)


@dataclass(slots=True)
class Pending:
    """The records that the sheets before would make, by noun and identifier, and what made them."""

    _names: dict[tuple[str, int], str] = field(default_factory=dict)

    def note(self, noun: str, made: Mapping[int, int], origin: str) -> None:
        """Notes records by the number of the row that makes each."""
        for row, key in made.items():
            self._names[noun, key] = f"{origin}:{row}"

    def note_beside(self, noun: str, made: Iterable[int], origin: str) -> None:
        """Notes records that are made beside those of the rows, in the order they are made."""
        for place, key in enumerate(sorted(made)):
            self._names.setdefault((noun, key), f"{origin}+{place}")

    def named(self, planned: Collection[Planned], noun: str) -> Collection[Planned]:
        """The plan with its pending records named by their origin: the same at each try."""
        return [self._named(row, noun) for row in planned] if self._names else planned

    def _named(self, row: Planned, noun: str) -> Planned:
        target: Any = self._names.get((noun, row.target_id or 0), row.target_id)
        return replace(
            row,
            target_id=target,
            columns=self._told(row.columns, ""),
            changes=[
                replace(
                    change,
                    before=self._told(change.before, change.field),
                    after=self._told(change.after, change.field),
                )
                for change in row.changes
            ],
            parts=self._told(row.parts, ""),
        )

    def _told(self, value: Any, name: str) -> Any:
        """`value` of the column or part `name` (an `id` is that of the part it stands in)."""
        if isinstance(value, dict):
            return {
                key: self._told(one, name if key == "id" else str(key))
                for key, one in value.items()
            }
        if name == "project_entity" and isinstance(value, tuple):
            return (self._told(value[0], "project_id"), *value[1:])
        if isinstance(value, int) and not isinstance(value, bool):
            return self._names.get((_NOUNS.get(name, name.removesuffix("_id")), value), value)
        return value


def told_twice(
    sheets: Sequence[tuple[str, str]], *, titles: Mapping[str, str]
) -> tuple[Issue, ...]:
    """SHEET_KIND_TWICE for each further sheet (name, kind) of records that another one holds.

    On one sheet a key that stands twice is refused, and equal rows are counted; over two sheets the
    second would change what the first made, or be taken for it.
    """
    first: dict[str, str] = {}
    issues = []
    for name, kind in sheets:
        family = family_of(kind)
        if family in first:
            told = SHEET_KIND_TWICE(found=name, expected=first[family], kind=titles[family])
            issues.append(told.at(sheet=name))
        first.setdefault(family, name)
    return tuple(issues)


def in_turn(sheets: Sequence[Item], kinds: Sequence[str]) -> list[Item]:
    """The sheets in the order in which they go in; those of one kind as they stand."""
    turns = sorted(range(len(sheets)), key=lambda place: turn_of(kinds[place]))
    return [sheets[place] for place in turns]
