"""Merged areas of a sheet: the value of a vertical one is given to every filled row it spans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from templates_xlsx.raw import Cell


@dataclass(frozen=True, slots=True, order=True)
class Merge:
    """The column of a merged area's value, and the rows it spans."""

    first: int
    last: int
    column: int


class MergeFiller:
    """Follows the rows of a sheet from the top and fills in what merges say of them.

    Only the column that holds the value is filled: the other columns of an area say nothing of
    their own. Rows without any content stay blank, so an area over the whole sheet costs nothing.
    One area at most is open in a column (areas may not overlap; if they do, the later one counts).
    """

    def __init__(self, merges: Iterable[Merge]) -> None:
        self._coming = sorted(merges, reverse=True)
        self._open: dict[int, tuple[int, Cell]] = {}

    def filled(self, row: int, cells: dict[int, Cell]) -> dict[int, Cell]:
        """The cells of `row`, the row after those already seen, with what merges add to them."""
        given = self._still_open(row)
        while self._coming and self._coming[-1].first <= row:
            merge = self._coming.pop()
            anchor = cells.get(merge.column)
            if merge.first == row and anchor is not None:
                self._open[merge.column] = (merge.last, replace(anchor, merged=True))
        return dict(sorted((cells | given).items())) if given else cells

    def _still_open(self, row: int) -> dict[int, Cell]:
        if any(last < row for last, _ in self._open.values()):
            self._open = {c: area for c, area in self._open.items() if area[0] >= row}
        return {column: cell for column, (_, cell) in self._open.items()}
