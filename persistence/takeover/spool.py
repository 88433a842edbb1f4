"""Rows of a long file gone through again and again, of which only a portion is in memory."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import Any, Generic, TypeVar

from domain.errors import Issue
from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.model import RowOutcome
from domain.takeover.wire import pack_issue, unpack_issue

PORTION = 5_000
"""Rows in memory at a time."""

Item = TypeVar("Item")


class Spool(Collection[Item], Generic[Item]):
    """Items in the order they come: the first portion in memory, the others in a temporary file.

    What is read back from the file is made anew each time: nobody changes an item for the next
    who goes through them. The file has no name and is gone with the spool.
    """

    def __init__(
        self,
        items: Iterable[Item],
        keep: Callable[[Item], Any],
        make: Callable[[Any], Item],
        *,
        size: int = PORTION,
    ) -> None:
        coming = iter(items)
        self._make = make
        self._first = list(islice(coming, size))
        self._count = len(self._first)
        self._places: list[tuple[int, int]] = []
        self._file: Any = None
        while portion := [keep(one) for one in islice(coming, size)]:
            self._add(portion)

    def _add(self, portion: list[Any]) -> None:
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 - it lives as long as the spool
        told = pickle.dumps(portion, pickle.HIGHEST_PROTOCOL)
        place = self._file.seek(0, 2)
        self._file.write(told)
        self._places.append((place, len(told)))
        self._count += len(portion)

    def __iter__(self) -> Iterator[Item]:
        yield from self._first
        for place, length in self._places:
            self._file.seek(place)
            # Written by this process a moment ago, into a file that nobody else can open.
            yield from map(self._make, pickle.loads(self._file.read(length)))

    def __len__(self) -> int:
        return self._count

    def __contains__(self, item: object) -> bool:
        return any(one == item for one in self)

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self._file.close()


def spooled_candidates(candidates: Iterable[Candidate]) -> Spool[Candidate]:
    """Checked rows, as a spool."""
    return Spool(candidates, candidate_told, candidate_made)


class PlanSpool(Spool[Planned]):
    """Planned rows, as a spool; what only all of them tell is added once they are there."""

    def __init__(self, planned: Iterable[Planned]) -> None:
        super().__init__(planned, _plan_told, _plan_made)
        self._together: Mapping[int, Sequence[Issue]] = {}

    def say(self, together: Mapping[int, Sequence[Issue]]) -> None:
        """Adds issues to rows, by their number."""
        self._together = together

    def __iter__(self) -> Iterator[Planned]:
        if not self._together:
            yield from super().__iter__()
            return
        for plan in super().__iter__():
            more = self._together.get(plan.row)
            yield replace(plan, issues=[*plan.issues, *more]) if more else plan


class View(Collection[Item], Generic[Item]):
    """Others made of items each time they are gone through."""

    def __init__(self, items: Collection[Any], make: Callable[[Any], Item]) -> None:
        self._items = items
        self._make = make

    def __iter__(self) -> Iterator[Item]:
        return map(self._make, self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item: object) -> bool:
        return any(one == item for one in self)


def portions_of(items: Iterable[Item], size: int = PORTION) -> Iterator[list[Item]]:
    """`items` a portion at a time."""
    coming = iter(items)
    for first in coming:
        yield list(chain([first], islice(coming, size - 1)))


def candidate_told(one: Candidate) -> tuple[Any, ...]:
    """A candidate as plain values."""
    checked = [pack_issue(issue) for issue in one.checked]
    return (one.row, one.values, one.record_id, one.references_changed, checked, one.skipped)


def candidate_made(told: tuple[Any, ...]) -> Candidate:
    """The candidate that `candidate_told` told."""
    row, values, record_id, references_changed, checked, skipped = told
    issues = tuple(map(unpack_issue, checked))
    return Candidate(row, values, record_id, references_changed, issues, skipped)


def _plan_told(one: Planned) -> tuple[Any, ...]:
    return (
        one.row,
        one.outcome.value,
        one.columns,
        [(change.field, change.before, change.after) for change in one.changes],
        [pack_issue(issue) for issue in one.issues],
        one.target_id,
        one.target_version,
        one.skipped,
        one.parts,
    )


def _plan_made(told: tuple[Any, ...]) -> Planned:
    row, outcome, columns, changes, issues, target_id, target_version, skipped, parts = told
    return Planned(
        row,
        RowOutcome(outcome),
        columns,
        [Change(*change) for change in changes],
        [unpack_issue(issue) for issue in issues],
        target_id,
        target_version,
        skipped,
        parts,
    )
