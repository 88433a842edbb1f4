"""The letters that tie what settles an account to what it settles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from documents.accounting.journal import JournalEntry, Row


def letters(groups: Mapping[str, Sequence[tuple[int, date]]]) -> dict[str, tuple[str, date]]:
    """The letter and its day of each group of movements of receivables that comes to nothing.

    By key of the group: (cents, day) of each movement. One that does not balance has no letter.
    """
    return {
        key: (key, max(day for _, day in moves))
        for key, moves in groups.items()
        if len(moves) > 1 and not sum(cents for cents, _ in moves)
    }


def lettered_on_both_sides(entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    """The entries of a file, with the letters only of what comes to nothing within it."""
    sums: Counter[str] = Counter()
    for row in (row for entry in entries for row in entry.rows if row.letter):
        sums[row.letter] += row.cents

    def told(row: Row) -> Row:
        return replace(row, letter="", lettered_on=None) if sums[row.letter] else row

    return [replace(entry, rows=tuple(told(row) for row in entry.rows)) for entry in entries]
