"""Undoing an import: what may be taken back of each record it wrote, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import BigKey, Record, Scoped, owned
from domain.errors import Issue, IssueKind, Refusal, call_error, call_warning
from domain.privacy import IMPORT_FORGOTTEN
from domain.takeover.model import ImportState

FORGOTTEN = "forgotten"
"""Among the counts of an import: what undoing it needs is no longer kept."""

IMPORT_NOT_APPLIED = call_error(
    "IMPORT_NOT_APPLIED", "This import is {state}; only one that was written can be undone."
)
KEPT_CHANGED = call_warning(
    "KEPT_CHANGED", "{name} was changed since the import: it stays as it is."
)
KEPT_INVOICED = call_warning(
    "KEPT_INVOICED", "{name} is billed, or holds what was billed: it stays as it is."
)
KEPT_IN_USE = call_warning("KEPT_IN_USE", "{name} is in use by other records: it stays.")
KEPT_NAME_TAKEN = call_warning(
    "KEPT_NAME_TAKEN", "What {name} was called before now belongs to another record: it stays."
)
KEPT_REFERENCE_GONE = call_warning(
    "KEPT_REFERENCE_GONE",
    "What {name} referred to before is gone or archived: it stays as it is.",
)


class ImportEffect(Scoped, Record):
    """What an import did beside making the record of a row: another record made, or one changed."""

    __tablename__ = "import_effect"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "import_id"], ["import_file.organisation_id", "import_file.id"]
        ),
        Index(None, "organisation_id", "import_id"),
        Index(None, "organisation_id", "noun", "record_id"),
    )

    import_id: Mapped[int] = mapped_column(BigKey)
    noun: Mapped[str] = mapped_column(String(40))
    """The table of the record."""
    record_id: Mapped[int] = mapped_column(BigKey)
    made: Mapped[bool] = mapped_column(Boolean)
    """Made by the import; else it was there, and `before` tells how."""
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    """The columns that the import changed, as they were."""
    version: Mapped[int | None] = mapped_column(Integer, default=None)
    """The record's version once the import had written it."""
    version_before: Mapped[int | None] = mapped_column(Integer, default=None)


class Verdict(StrEnum):
    """What becomes of one record."""

    REMOVE = "REMOVE"
    RESTORE = "RESTORE"
    GONE = "GONE"
    CHANGED = "CHANGED"
    INVOICED = "INVOICED"
    IN_USE = "IN_USE"
    NAME_TAKEN = "NAME_TAKEN"
    REFERENCE_GONE = "REFERENCE_GONE"

    @property
    def keeps(self) -> bool:
        return self in _SAID


_SAID: dict[Verdict, IssueKind] = {
    Verdict.CHANGED: KEPT_CHANGED,
    Verdict.INVOICED: KEPT_INVOICED,
    Verdict.IN_USE: KEPT_IN_USE,
    Verdict.NAME_TAKEN: KEPT_NAME_TAKEN,
    Verdict.REFERENCE_GONE: KEPT_REFERENCE_GONE,
}


@dataclass(slots=True)
class Entry:
    """One record an import wrote, and what is to become of it."""

    noun: str
    record_id: int
    made: bool
    row: int | None = None
    """The row of the sheet it came of; None for what was written beside."""
    before: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None
    version_before: int | None = None
    name: str = ""
    verdict: Verdict = Verdict.GONE
    told_by_another: bool = False
    """Kept because of a record that is told already."""
    sheet: str | None = None
    """The sheet of a workbook that it came of."""

    @property
    def key(self) -> tuple[str, int]:
        return self.noun, self.record_id

    def wrote_again(self, later: Entry) -> None:
        """A sheet further on in the workbook wrote the same record: both are undone as one."""
        self.version = later.version
        if self.row is None:
            self.row, self.sheet = later.row, later.sheet
        if not self.made:
            self.before = {**later.before, **self.before}

    def keep(self, why: Verdict) -> None:
        """Keeps it, for the first reason found."""
        if not self.verdict.keeps:
            self.verdict = why

    def said(self) -> Issue | None:
        """Why it is kept, told of its row; once for a record and what goes with it."""
        kind = _SAID.get(self.verdict)
        if kind is None or self.told_by_another:
            return None
        return kind(row=self.row, name=self.name).at(sheet=self.sheet)


def judge_versions(
    entries: Sequence[Entry], present: Mapping[str, Mapping[int, int | None]]
) -> None:
    """The first verdict of each entry: gone, changed by somebody since, or free to be undone.

    `present` has the version of each record there is, by table (None where none is counted).
    """
    for entry in entries:
        there = present[entry.noun]
        if entry.record_id not in there:
            entry.verdict = Verdict.GONE
        elif there[entry.record_id] != entry.version:
            entry.verdict = Verdict.CHANGED
        else:
            entry.verdict = Verdict.REMOVE if entry.made else Verdict.RESTORE


def require_applied(state: ImportState) -> None:
    """Refuses with IMPORT_NOT_APPLIED what was not written, or was undone already."""
    if state not in (ImportState.APPLIED, ImportState.APPLIED_PARTIALLY):
        raise Refusal(IMPORT_NOT_APPLIED(state=state.value))


def require_remembered(counts: Mapping[str, int]) -> None:
    """Refuses with IMPORT_FORGOTTEN an import that an erasure or its term took the rows of."""
    if FORGOTTEN in counts:
        raise Refusal(IMPORT_FORGOTTEN(field=("import_id",)))


def state_after(entries: Sequence[Entry], state: ImportState) -> ImportState:
    """What an import is once `entries` were taken back: what stays may be undone another day."""
    if not any(entry.verdict.keeps for entry in entries):
        return ImportState.REVERTED
    undone = any(entry.verdict in (Verdict.REMOVE, Verdict.RESTORE) for entry in entries)
    return ImportState.APPLIED_PARTIALLY if undone else state
