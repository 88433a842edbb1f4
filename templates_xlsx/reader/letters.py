"""Column letters and cell references: A is 1, XFD is 16,384."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384

_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})", re.ASCII)


@cache
def _letters() -> tuple[str, ...]:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    two = [a + b for a in alphabet for b in alphabet]
    three = [ab + c for ab in two for c in alphabet]
    return ("", *alphabet, *two, *three)[: LAST_COLUMN + 1]


def letters_of(column: int) -> str:
    """The letters of `column` (1 to 16,384)."""
    return _letters()[column]


def first_letters(count: int) -> tuple[str, ...]:
    """The letters of columns 0 (none) to `count`, by column number."""
    return _letters()[: count + 1]


@cache
def columns_by_letters() -> Mapping[str, int]:
    """The number of each column by its capital letters."""
    return {letters: column for column, letters in enumerate(_letters()) if column}


def place_of(reference: str) -> tuple[int, int] | None:
    """Row and column of a reference such as `B12`; None when it is none of a sheet's."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return None
    row, column = int(match.group(2)), columns_by_letters().get(match.group(1).upper())
    return (row, column) if column and row <= LAST_ROW else None
