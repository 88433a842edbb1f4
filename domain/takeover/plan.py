"""What all kinds of rows have in common: a planner that sees the rows in order, once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from domain.errors import RECORD_ARCHIVED, Issue, IssueKind, Scope, Severity, call_error
from domain.likeness import name_key
from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.issues import (
    DUPLICATE_KEY_IN_FILE,
    REFERENCE_ID_UNKNOWN,
    REFERENCE_MODIFIED,
    WILL_UPDATE,
)
from domain.takeover.match import Index, Known
from domain.takeover.model import RowOutcome
from domain.takeover.moved import MovedCells

KEY_TAKEN = IssueKind(
    "KEY_TAKEN", Severity.ERROR, Scope.ROW, "{found} already belongs to {expected}."
)

ALREADY_EXISTS = call_error("ALREADY_EXISTS", "{found} already exists.", "Change the one there is.")

_WATCHED = 1_000
"""Rows between two words to who watches."""

_INNER = frozenset({"name_key", "loose_key", "manager_id"})
"""Columns that follow from others: written, but no change a person made."""


@dataclass(frozen=True, slots=True)
class Firm:
    """What planning needs to know of the organisation itself."""

    country: str
    currency: str
    entities: Index = field(default_factory=Index)


Codes = Mapping[str, tuple[IssueKind, ...]]
"""What may be said of a row, by column of the sheet; under "" what is said of the whole row."""

CHANGING: Codes = {"": (WILL_UPDATE, DUPLICATE_KEY_IN_FILE)}
"""What is said of rows that change a record, each of which has one row (`one_row_each`)."""


class Planner(ABC):
    """Plans the rows of one kind; keeps keys, not cells. Refused and skipped rows hold none."""

    codes: ClassVar[Codes] = {}
    """All that it may say."""
    one_row_each = True
    """A record is spoken of by one row of a file; else its rows are changes of it together."""

    says_all = True  # As a file does; calls tell one thing after the other.
    today: date | None = None
    """The firm's day; None where nothing hangs on it."""
    watch: Callable[[int, int], None] | None = None
    """Told now and then how many rows are planned, of how many."""

    def plan(self, candidates: Iterable[Candidate]) -> list[Planned]:
        """What confirming each row would do, in the order of the file."""
        rows = list(candidates)
        planned = list(self.each(rows))
        together = self.together(rows)
        for plan in planned:
            plan.issues += together.get(plan.row, ())
        return planned

    def each(self, rows: Collection[Candidate]) -> Iterator[Planned]:
        """The plan of one row after the other, but for what only the rows `together` tell.

        Goes through `rows` twice; none of them is kept.
        """
        self._look_ahead(one for one in rows if not (one.is_refused or one.skipped))
        told: dict[int, int] = {}
        for done, candidate in enumerate(self._entered(rows)):
            if self.watch is not None and done % _WATCHED == 0:
                self.watch(done, len(rows))
            planned = self._plan_one(candidate, told)
            self._note(candidate, planned)
            yield planned

    def together(self, rows: Iterable[Candidate]) -> Mapping[int, Sequence[Issue]]:
        """What only the rows together tell, once each is planned: issues by row."""
        return self._moved_cells.told(rows)

    def _look_ahead(self, candidates: Iterable[Candidate]) -> None:  # noqa: B027 - few need it
        """What must be known of the rows that may be written before the first is judged."""

    def _entered(self, rows: Collection[Candidate]) -> Iterable[Candidate]:
        """The rows as they are judged."""
        return rows

    @cached_property
    def _moved_cells(self) -> MovedCells:
        return MovedCells()

    def _note(self, candidate: Candidate, planned: Planned) -> None:
        """Keeps of a planned row what `together` needs of it."""
        self._moved_cells.note(candidate, planned)

    def _plan_one(self, candidate: Candidate, told: dict[int, int]) -> Planned:
        if candidate.is_refused:
            planned = Planned(candidate.row, RowOutcome.REFUSED, issues=list(candidate.checked))
        else:
            told_apart = self._exchanged(candidate) if candidate.is_sealed else ()
            if told_apart:
                planned = Planned(candidate.row, RowOutcome.REFUSED, issues=list(told_apart))
            else:
                planned = self._judge(candidate)
            planned.issues[:0] = candidate.checked
            if self.one_row_each:
                planned.issues += _told_twice(candidate, planned, told)
            if any(issue.is_red for issue in planned.issues):
                planned.outcome = RowOutcome.REFUSED
                planned.issues = [one for one in planned.issues if one.kind is not WILL_UPDATE]
        planned.skipped = candidate.skipped
        if planned.outcome is not RowOutcome.REFUSED and not candidate.skipped:
            self._keep(candidate, planned)
            if planned.target_id is not None:
                told.setdefault(planned.target_id, planned.row)
        return planned

    def _exchanged(self, candidate: Candidate) -> tuple[Issue, ...]:
        """What `exchanged` says of a sealed row; nothing where no code and name tell a record."""
        return ()

    @abstractmethod
    def _judge(self, candidate: Candidate) -> Planned:
        """The plan of a row whose cells are sound."""

    @abstractmethod
    def _keep(self, candidate: Candidate, planned: Planned) -> None:
        """Remembers a row that will be written, for the rows that follow."""


def _told_twice(candidate: Candidate, planned: Planned, told: Mapping[int, int]) -> Iterable[Issue]:
    """DUPLICATE_KEY_IN_FILE for a change of a record that a row higher in the file speaks of.

    Named once by code and once by name, two changes planned against one version could never be
    written together; and a row copied with its system reference would rename what it was copied of.
    """
    if planned.outcome is RowOutcome.UPDATE and (first := told.get(planned.target_id or 0)):
        name = next(issue.found for issue in planned.issues if issue.kind is WILL_UPDATE)
        field = ("ref",) if candidate.is_sealed else ()
        yield DUPLICATE_KEY_IN_FILE(field=field, found=name, first=first, first_row=first)


def by_reference(index: Index, candidate: Candidate) -> tuple[Known | None, tuple[Issue, ...]]:
    """The record a sealed row stands for; REFERENCE_ID_UNKNOWN when it is gone."""
    if candidate.record_id is None:
        return None, ()
    entry = index.by_id.get(candidate.record_id)
    if entry is None:
        return None, (REFERENCE_ID_UNKNOWN(field=("ref",)),)
    return entry, ()


def exchanged(
    candidate: Candidate, index: Index, other: Known | None, *, names: Sequence[str]
) -> tuple[Issue, ...]:
    """REFERENCE_MODIFIED of the token when the row bears the code and the name of `other`.

    With another code alone, the record the token stands for was given a code that is taken.
    `names` are the columns of the name, which the record has too, or else the one of its own name.
    """
    own = index.by_id.get(candidate.record_id or 0)
    if own is None or other is None or other.id == own.id:
        return ()
    told = [name_key(candidate.text(name)) for name in names]
    theirs, ours = (
        [name_key(str(one.columns.get(name, one.name))) for name in names] for one in (other, own)
    )
    if told != theirs or told == ours:
        return ()
    return (REFERENCE_MODIFIED(field=("ref",), found=_called(own), expected=_called(other)),)


def _called(entry: Known) -> str:
    code = entry.code or entry.columns.get("code") or entry.name
    return " · ".join(dict.fromkeys((str(code), entry.name)))


def taken(field: str, shown: str, owner: Known | None, entry: Known | None) -> tuple[Issue, ...]:
    """KEY_TAKEN when the key that a known record is given belongs to another one."""
    if owner is None or entry is None or owner.id == entry.id:
        return ()
    return (KEY_TAKEN(field=(field,), found=shown, expected=owner.name),)


def archived(entry: Known | None, *, noun: str, field: str) -> tuple[Issue, ...]:
    """RECORD_ARCHIVED for a record that was put away: nobody sees it, so nobody may change it."""
    if entry is None or entry.columns.get("archived_at") is None:
        return ()
    key = str(entry.code or entry.columns.get("code") or entry.name)
    return (RECORD_ARCHIVED(field=(field,), found=key, noun=noun, key=key),)


def differences(entry: Known, columns: Mapping[str, Any]) -> list[Change]:
    """The columns whose new value differs. None never erases: an empty cell keeps what is there."""
    return [
        Change(name, entry.columns.get(name), value)
        for name, value in columns.items()
        if value is not None and entry.columns.get(name) != value
    ]


Tell = Callable[[Change], Change]
"""A change of a stored column as the sheet has it: its key, a name for a key, an amount."""


def settle(
    candidate: Candidate,
    entry: Known | None,
    columns: dict[str, Any],
    issues: list[Issue],
    *,
    parts: dict[str, Any] | None = None,
    part_changes: Iterable[Change] = (),
    tell: Tell = lambda change: change,
) -> Planned:
    """Creates when there is no `entry`; else updates what differs, or leaves the record alone."""
    if entry is None:
        return Planned(
            candidate.row, RowOutcome.CREATE, columns=columns, issues=issues, parts=parts or {}
        )
    changes = differences(entry, columns)
    part_changes = list(part_changes)
    planned = Planned(
        candidate.row,
        RowOutcome.UPDATE if changes or part_changes else RowOutcome.UNCHANGED,
        columns={change.field: change.after for change in changes},
        changes=[*(tell(c) for c in changes if c.field not in _INNER), *part_changes],
        issues=issues,
        target_id=entry.id,
        target_version=entry.version,
        parts=parts or {},
    )
    if planned.outcome is RowOutcome.UPDATE:
        names = ", ".join(change.field for change in planned.changes)
        planned.issues.append(WILL_UPDATE(name=entry.name, fields=names, found=entry.name))
    return planned
