"""A row on its way in: what was read, and what confirming it would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from domain.errors import Issue
from domain.takeover.model import RowColour, RowOutcome


@dataclass(slots=True)
class Candidate:
    """A checked row: values by column key (None = given but not stored; absent = not given).

    `record_id` is what a sealed row, or a call that names the record, stands for.
    """

    row: int
    values: dict[str, Any]
    record_id: int | None = None
    references_changed: bool = False
    checked: tuple[Issue, ...] = ()
    """What the cells alone gave rise to."""
    skipped: bool = False
    is_by_hand: bool = False
    """A call named the record: no cell of a sheet can have come astray."""

    @property
    def is_refused(self) -> bool:
        return any(issue.is_red for issue in self.checked)

    @property
    def is_sealed(self) -> bool:
        """Its token says which record it is."""
        return self.record_id is not None and not self.is_by_hand

    def text(self, key: str) -> str:
        """The value under `key` as text; empty when there is none."""
        value = self.values.get(key)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a record, before and after."""

    field: str
    before: Any
    after: Any


@dataclass(slots=True)
class Planned:
    """What confirming a row does: the columns to write, on a new record or on `target_id`."""

    row: int
    outcome: RowOutcome
    columns: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    target_id: int | None = None
    target_version: int | None = None
    skipped: bool = False
    parts: dict[str, Any] = field(default_factory=dict)
    """What goes to records beside the main one (a client's contact, a phase's contract)."""

    @property
    def colour(self) -> RowColour:
        if self.outcome is RowOutcome.REFUSED:
            return RowColour.RED
        if any(issue.is_yellow for issue in self.issues):
            return RowColour.YELLOW
        return RowColour.GREEN

    @property
    def writes(self) -> bool:
        return not self.skipped and self.outcome in (RowOutcome.CREATE, RowOutcome.UPDATE)
