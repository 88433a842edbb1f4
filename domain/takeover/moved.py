"""Cells moved apart from their rows: sorted or shifted alone, past references that stayed in place.

Every token is still true then, and every row has the values of another. An editor lets it happen on
a protected sheet, where only the free cells are chosen. So what a sealed row brings is compared
with what the records of the other rows held; and where a sheet began empty, with its own order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from domain.errors import Issue, IssueKind, Scope, Severity
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.model import RowOutcome

VALUES_MOVED = IssueKind(
    "VALUES_MOVED",
    Severity.WARNING,
    Scope.ROW,
    "“{found}” is what row {other_row} held, and here it was “{expected}”: "
    "cells seem to have been sorted or moved without the rest of their rows.",
    "Look at these rows again: each value must stand beside the reference it belongs to.",
)
VALUES_SORTED = IssueKind(
    "VALUES_SORTED",
    Severity.WARNING,
    Scope.ROW,
    "The values of this column stand in order over {count} rows of {projects} projects, while the "
    "rows are as the template had them: they seem to have been sorted without their rows.",
    "Look at these rows again: each value must stand beside the phase it belongs to.",
)

_FEWEST = 3
"""Two rows that exchange their values were probably put right; three are no accident of typing."""
_MANY = 6
"""Rows of which two exchange their values (an order turned round), or each takes the next one's."""
_PLAIN = (str, Decimal, date)
_FEWEST_ROWS, _FEWEST_PROJECTS = 12, 4
_ORDERING = frozenset({"position"})
"""Columns whose values are exchanged among rows by whoever uses them as they are meant."""


class _Held(NamedTuple):
    """A changed cell of a sealed row: what the record holds and what the row brings."""

    row: int
    before: Any
    after: Any


class MovedCells:
    """The changed cells of the sealed rows of a file, by column: what tells where they came from.

    Only values that one record of the file alone holds do.
    """

    def __init__(self) -> None:
        self._changed: dict[str, list[_Held]] = {}

    def note(self, candidate: Candidate, planned: Planned) -> None:
        """Keeps the cells that a row changes."""
        if not candidate.is_sealed or planned.outcome is not RowOutcome.UPDATE:
            return
        for change in planned.changes:
            pair = (change.before, change.after)
            if (
                change.field not in _ORDERING
                and change.field in candidate.values
                and all(isinstance(one, _PLAIN) for one in pair)
            ):
                self._changed.setdefault(change.field, []).append(_Held(planned.row, *pair))

    def told(self, rows: Iterable[Candidate]) -> dict[int, list[Issue]]:
        """VALUES_MOVED of the rows whose changed cells are those of one another's records."""
        told: dict[int, list[Issue]] = {}
        for name, cells in self._changed.items():
            if len(cells) < _FEWEST:
                continue
            for cell, owner in _moved(cells, partial(_unchanged, name, rows, cells)):
                issue = VALUES_MOVED(
                    field=(name,),
                    found=_shown(cell.after),
                    expected=_shown(cell.before),
                    other_row=owner.row,
                )
                told.setdefault(cell.row, []).append(issue)
        return told


def _unchanged(
    name: str, rows: Iterable[Candidate], changed: Sequence[_Held], sought: Container[Any]
) -> set[Any]:
    """Those of `sought` that a row has which did not change."""
    numbers = {cell.row for cell in changed}
    values = (row.values.get(name) for row in rows if row.row not in numbers)
    return {value for value in values if isinstance(value, _PLAIN) and value in sought}


def _moved(
    cells: Sequence[_Held], unchanged: Callable[[Container[Any]], set[Any]]
) -> list[tuple[_Held, _Held]]:
    """The cells whose value another changed row held alone, each with that row; [] of too few.

    `unchanged` tells which values stand in rows that did not change: it goes through all of them.
    """
    brought = {cell.after for cell in cells}
    holders = Counter(cell.before for cell in cells if cell.before in brought)
    if not holders:
        return []
    kept = unchanged(holders)
    owners = {
        cell.before: cell for cell in cells if holders[cell.before] == 1 and cell.before not in kept
    }
    moved = [(cell, owners[cell.after]) for cell in cells if cell.after in owners]
    if len(moved) >= _MANY and _is_shift([cell for cell, _ in moved]):
        return moved
    rings = _rings(owners)
    longest = max(map(len, rings), default=0)
    within = {cell.row for ring in rings for cell in ring}
    if longest < _FEWEST and len(within) < _MANY:
        return []
    return [(cell, owner) for cell, owner in moved if cell.row in within]


def _is_shift(cells: Sequence[_Held]) -> bool:
    """Numbers that took the place of one another unevenly: no rise by an amount or by a rate."""
    if not all(isinstance(one, Decimal) for cell in cells for one in (cell.before, cell.after)):
        return False
    by_amount = {cell.after - cell.before for cell in cells}
    by_rate = {round(cell.after / cell.before, 3) for cell in cells if cell.before}
    return len(by_amount) >= _FEWEST and len(by_rate) >= _FEWEST


def _rings(owners: Mapping[Any, _Held]) -> list[list[_Held]]:
    """Rows that only exchanged values: from each to the one whose value it took, and on round."""
    rings, seen = [], set()
    for start in owners:
        path: list[Any] = []
        value = start
        while value in owners and value not in seen:
            seen.add(value)
            path.append(value)
            value = owners[value].after
        if value in path:
            rings.append([owners[one] for one in path[path.index(value) :]])
    return rings


def values_sorted(column: str, rows: Sequence[tuple[int, str, Any]]) -> dict[int, list[Issue]]:
    """VALUES_SORTED of rows of a template's order, when their values cannot be in order too.

    `rows` are in the order of the file, which is that of the template: the number of each, its
    project and what it has in `column`.
    """
    values = [value for _, _, value in rows]
    rises = all(before <= after for before, after in pairwise(values))
    falls = all(before >= after for before, after in pairwise(values))
    if len(rows) < _FEWEST_ROWS or not (rises or falls):
        return {}
    told: dict[str, set[Any]] = {}
    for _, project, value in rows:
        told.setdefault(project, set()).add(value)
    # Within one project phases are done, and billed, one after the other: honest values are in
    # order. That the next project goes on where it ended, several times, is no honest chance.
    if sum(len(ones) > 1 for ones in told.values()) < _FEWEST_PROJECTS:
        return {}
    issue = VALUES_SORTED(field=(column,), count=len(rows), projects=len(told))
    return {row: [issue] for row, _, _ in rows}


def _shown(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
