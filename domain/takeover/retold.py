"""Rows that tell anew, and otherwise, what is recorded: a correction that would count beside it.

A row that names no record adds what is not recorded word for word. So whoever corrects a figure in
the file and sends it again would have both: the old one, which no row tells any more, and the new.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sized
from typing import Generic, TypeVar

Told = TypeVar("Told", bound=Hashable)


class Retold(Generic[Told]):
    """Rows to add that say of the same thing what a record says otherwise."""

    def __init__(self, recorded: Sized, gists: Callable[[Told], Iterable[Hashable]]) -> None:
        """Two that tell of the same thing have one of their `gists` in common."""
        self._recorded = recorded
        self._gists = gists
        self._rows: list[tuple[int, Told]] = []

    def note(self, row: int, told: Told) -> None:
        """Keeps a row to add that something recorded may have been before."""
        if self._recorded:
            self._rows.append((row, told))

    def beside(self, left: Iterable[Told]) -> Iterator[tuple[int, Told, Told]]:
        """Each row with what it tells and what that would stand beside.

        `left` is what no row of the file stands for: what one does is another thing. One of each
        gist is kept, for a thousand lines may be of one day: a thousand rows ask for each.
        """
        if not self._rows:
            return
        known: dict[Hashable, Told] = {}
        for one in left:
            for gist in self._gists(one):
                known.setdefault(gist, one)
        for row, told in self._rows:
            other = next((known[gist] for gist in self._gists(told) if gist in known), None)
            if other is not None:
                yield row, told, other
