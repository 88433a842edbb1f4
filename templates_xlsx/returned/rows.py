"""What is said of the rows of a file that is given back, and the column that says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.takeover.model import RowColour
from templates_xlsx.checker.titles import REASONS

_LINE_HEIGHT, _TALLEST = 15, 27
"""Points of a line, and the lines of the tallest row that Excel opens (409 points)."""
_SPENT = 6
"""Characters of a column's width that the end of a line leaves empty where a long word follows."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence on a row; `letter` is its column in the normal layout, None the whole row."""

    colour: RowColour
    text: str
    letter: str | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """A row to be marked: its colour and its remarks, the red ones first."""

    colour: RowColour
    remarks: tuple[Remark, ...]
    twin: int | None = None
    """The row above that this one repeats: without it, it would repeat nothing."""

    def by_letter(self) -> dict[str, list[Remark]]:
        """The remarks of each column that has any."""
        found: dict[str, list[Remark]] = {}
        for remark in self.remarks:
            if remark.letter is not None:
                found.setdefault(remark.letter, []).append(remark)
        return found

    def reasons(self, letters: Mapping[str, str]) -> str:
        """All that is said of the row, a line each, led by the letter it is said of.

        `letters` has those of the file by those of the normal layout: a column may stand anywhere.
        """
        led = ((letters.get(remark.letter or ""), remark.text) for remark in self.remarks)
        return "\n".join(f"{letter} : {text}" if letter else text for letter, text in led)


def reasons_title(language: str) -> str:
    """The title over the reasons; a file that bears it is read without them."""
    return REASONS[0] if language == "fr" else REASONS[1]


def lines_of(text: str, width: int) -> int:
    """How many lines `text` takes in a column of `width` characters that wraps it."""
    room = width - _SPENT
    return sum(1 + max(len(line) - 1, 0) // room for line in text.split("\n"))


def height_of(lines: int) -> int:
    """The height of a row of so many lines, in points."""
    return _LINE_HEIGHT * min(lines, _TALLEST)
