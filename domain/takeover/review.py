"""The review: what stands to be written, bound to a hash so that nothing else can be (API.md 7)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from domain.errors import IssueKind, Refusal, Scope, Severity, call_error
from domain.takeover.candidate import Planned
from domain.takeover.model import ImportState, RowColour, RowOutcome
from domain.takeover.wire import pack

STALE_REVIEW = call_error(
    "STALE_REVIEW", "What this review was made of has moved since: {moved}. Nothing was written."
)
IMPORT_BLOCKED = call_error(
    "IMPORT_BLOCKED",
    "{count} red rows stand in the way, the first is row {first}: skip them or mend the file.",
)
IMPORT_NOT_IN_REVIEW = call_error(
    "IMPORT_NOT_IN_REVIEW",
    "This import is {state}; only one under review can be changed or confirmed.",
)
NOTHING_TO_GIVE_BACK = call_error(
    "NOTHING_TO_GIVE_BACK",
    "No row of this file was read, so there is nothing to mark in it: its own notes say why.",
)
UPLOAD_NOT_KEPT = call_error(
    "UPLOAD_NOT_KEPT", "The file {filename} is no longer kept.", "Send it again."
)
IMPORT_OF_WORKBOOK = call_error(
    "IMPORT_OF_WORKBOOK",
    "{found} is a sheet of a workbook, which is written, given up or undone as a whole.",
    "Ask it of the import of the workbook.",
)
ROW_NOT_THERE = call_error("ROW_NOT_THERE", "The file has no row {number} to review.")
WARNINGS_NOT_ACCEPTED = call_error(
    "WARNINGS_NOT_ACCEPTED",
    "{count} yellow rows were not accepted; accept the warnings or skip them.",
)
TEMPLATE_KIND_UNKNOWN = IssueKind(
    "TEMPLATE_KIND_UNKNOWN",
    Severity.ERROR,
    Scope.CALL,
    "There is no template {found}; there are {expected}.",
)


_canonical = json.JSONEncoder(sort_keys=True, default=str).encode


def line_of(row: Planned) -> bytes:
    """What a row would do, and to which version of what: what a review is hashed of."""
    told = [
        row.row,
        row.outcome.value,
        row.skipped,
        row.target_id,
        row.target_version,
        {name: pack(value) for name, value in row.columns.items()},
        [[change.field, pack(change.before), pack(change.after)] for change in row.changes],
        row.parts,
        sorted(issue.code for issue in row.issues),
    ]
    return _canonical(told).encode()


class Tally:
    """The hash and the counts of a plan, told row after row."""

    def __init__(self, sha256: str, kind: str) -> None:
        """`sha256` of the file."""
        self._digest = hashlib.sha256(f"{sha256} {kind}\n".encode())
        self._counts: Counter[str] = Counter({"rows": 0})

    def add(self, row: Planned, told: Planned | None = None) -> bytes:
        """Counts a row; hashes it as it is `told` to whoever plans again. Returns its line."""
        self._counts["rows"] += 1
        self._counts[row.colour.value.lower()] += 1
        self._counts["skipped" if row.skipped else row.outcome.value.lower()] += 1
        line = line_of(told or row)
        self.take(line)
        return line

    def take(self, line: bytes) -> None:
        """Hashes a line that is known; its row is not counted."""
        self._digest.update(line)

    @property
    def hash(self) -> str:
        """Of the file, the rows skipped, and what each row would do: the same for every try."""
        return self._digest.hexdigest()

    @property
    def counts(self) -> dict[str, Any]:
        """How many rows would be created, updated, left, refused or skipped, and their colours."""
        return dict(self._counts)


def hash_of_hashes(hashes: Iterable[str]) -> str:
    """The hash of a workbook, of those of its sheets in the order they go in."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The counts of a workbook, of those of its sheets."""
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def require_reviewable(state: ImportState) -> None:
    """Refuses with IMPORT_NOT_IN_REVIEW unless the import waits for a decision."""
    if state is not ImportState.REVIEW:
        raise Refusal(IMPORT_NOT_IN_REVIEW(state=state.value))


class Weighed(Protocol):
    """A row as far as confirming is concerned: planned just now, or as its review keeps it."""

    @property
    def row(self) -> int: ...
    @property
    def outcome(self) -> RowOutcome: ...
    @property
    def colour(self) -> RowColour: ...
    @property
    def skipped(self) -> bool: ...


def require_clear(
    planned: Sequence[Weighed],
    *,
    accept_warnings: bool,
    skip_red: bool,
    sheet: str | None = None,
) -> None:
    """Refuses while a red row is not skipped (A21, A23) or a yellow one is not accepted (A22)."""
    red = [row.row for row in planned if row.outcome is RowOutcome.REFUSED and not row.skipped]
    if red and not skip_red:
        first = f"{red[0]} ({sheet})" if sheet else red[0]
        raise Refusal(IMPORT_BLOCKED(count=len(red), first=first, row=red[0]).at(sheet=sheet))
    if not accept_warnings:
        yellow = [row for row in planned if row.colour.value == "YELLOW" and not row.skipped]
        if yellow:
            told = WARNINGS_NOT_ACCEPTED(count=len(yellow), row=yellow[0].row)
            raise Refusal(told.at(sheet=sheet))
