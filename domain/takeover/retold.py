"""Rows that tell anew, and otherwise, what is recorded: a correction that would count beside it.

A row that names no record adds what is not recorded word for word. So whoever corrects a figure in
the file and sends it again would have both: the old one, which no row tells any more, and the new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Generic, TypeVar

Told = TypeVar("Told", bound=Hashable)


class Retold(Generic[Told]):
    """Rows to add that say of the same thing what a record says otherwise."""

    def __init__(
        self, recorded: Collection[Told], gists: Callable[[Told], Iterable[Hashable]]
    ) -> None:
        """Two that tell of the same thing have one of their `gists` in common."""
        self._recorded = recorded
        self._gists = gists
        self._rows: list[tuple[int, Told, list[Told]]] = []

    @cached_property
    def _by_gist(self) -> Mapping[Hashable, list[Told]]:
        # Made with the first row to add: most files that are sent again add none.
        found: defaultdict[Hashable, list[Told]] = defaultdict(list)
        for one in self._recorded:
            for gist in self._gists(one):
                found[gist].append(one)
        return found

    def note(self, row: int, told: Told) -> None:
        """Keeps a row to add that something recorded may have been before."""
        gists = self._gists(told) if self._recorded else ()
        others = [other for gist in gists for other in self._by_gist.get(gist, ())]
        if others:
            self._rows.append((row, told, others))

    def beside(self, left: Container[Told]) -> Iterator[tuple[int, Told, Told]]:
        """Each row with what it tells and what that would stand beside.

        `left` has what no row of the file stands for: what one does is another thing.
        """
        for row, told, others in self._rows:
            other = next((one for one in others if one in left), None)
            if other is not None:
                yield row, told, other
