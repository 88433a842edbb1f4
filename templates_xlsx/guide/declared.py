"""What may be said of each column of a sheet, gathered from kinds, rules, flags and planners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.errors import IssueKind, Severity
from domain.takeover.issues import MANDATORY_MISSING
from domain.takeover.planners import PLANNERS
from templates_xlsx.issues import EVERY_CELL, EVERY_ROW, RECOMMENDED_MISSING
from templates_xlsx.layouts import whole_layout
from templates_xlsx.sheet import Column, Flag, Setting, Sheet

AS_A_RULE = Setting(entities=(("A", "A"),))
SEVERAL_ENTITIES = Setting(entities=(("A", "A"), ("B", "B")))
NO_VAT_NUMBER_NEEDED = Setting(entities=(("A", "A"),), vat_number_mandatory=False)
FIRMS = (AS_A_RULE, SEVERAL_ENTITIES, NO_VAT_NUMBER_NEEDED)
"""All that the standing of a column depends on: a firm of one entity, and those that differ."""

_SEVERITIES = list(Severity)


@dataclass(frozen=True, slots=True)
class Declared:
    """What may be said of a row of one sheet; the gravest first, then by code."""

    columns: Mapping[str, tuple[IssueKind, ...]]
    """By key; `EVERY_CELL` may be said of all of them besides."""
    row: tuple[IssueKind, ...]
    """Of no column, of the row as a whole."""

    @property
    def kinds(self) -> tuple[IssueKind, ...]:
        """Everything, each once."""
        of_columns = (kind for kinds in self.columns.values() for kind in kinds)
        return in_order((*of_columns, *EVERY_CELL, *self.row))

    def allows(self, code: str, key: str | None) -> bool:
        """Whether `code` may be said of the column `key`; None: of the whole row."""
        kinds = self.row if key is None else (*self.columns.get(key, ()), *EVERY_CELL)
        return any(kind.code == code for kind in kinds)


def declared(sheet: Sheet) -> Declared:
    """What may be said of a row of `sheet`, whoever says it."""
    planner = PLANNERS[sheet.kind].codes
    return Declared(
        columns={column.key: in_order(_of(sheet, column)) for column in sheet.columns},
        row=in_order((*planner.get("", ()), *EVERY_ROW)),
    )


def _of(sheet: Sheet, column: Column) -> Iterator[IssueKind]:
    layout = whole_layout(sheet)
    flags = {layout.flag(column, firm) for firm in FIRMS}
    if Flag.MANDATORY in flags:
        yield MANDATORY_MISSING
    if Flag.RECOMMENDED in flags and column.key not in layout.spoken_for:
        yield RECOMMENDED_MISSING
    yield from column.kind.codes
    for rule in layout.rules:
        if column in rule.columns:
            yield from rule.codes
    yield from PLANNERS[sheet.kind].codes.get(column.key, ())


def in_order(kinds: Iterable[IssueKind]) -> tuple[IssueKind, ...]:
    """`kinds`, each once: red, then yellow, then what only informs; by code."""
    once = dict.fromkeys(kinds)
    return tuple(sorted(once, key=lambda kind: (_SEVERITIES.index(kind.severity), kind.code)))
