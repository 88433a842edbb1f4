"""Finding the header: which sheet, which row, which columns, of which template (DOMAIN §3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile

from templates_xlsx.checker.titles import fold_title, is_reasons, titles_with
from templates_xlsx.kinds.cleaning import cleaned
from templates_xlsx.raw import RawBook, RawRow, RawSheet, Shape
from templates_xlsx.seal import ENVELOPE_SHEET
from templates_xlsx.sheet import Column, Flag, Sheet

DEEPEST_HEADER = 20
"""The header stands in one of the first twenty rows."""


@dataclass(slots=True)
class Header:
    """A row read as titles: its columns by their place in the file."""

    row: int
    columns: dict[int, Column] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    repeated: dict[str, list[int]] = field(default_factory=dict)
    """Places of the columns that stand more than once, by key."""

    def lacks(self, sheet: Sheet) -> list[Column]:
        """The mandatory columns that are not there."""
        there = {column.key for column in self.columns.values()}
        return [column for column in _mandatory(sheet) if column.key not in there]

    def is_of(self, sheet: Sheet) -> bool:
        """Whether this is a header of `sheet`: two mandatory titles and three known ones."""
        mandatory = len(_mandatory(sheet))
        found = mandatory - len(self.lacks(sheet))
        return found >= min(2, mandatory) and len(self.columns) >= min(3, len(sheet.columns))


def _mandatory(sheet: Sheet) -> list[Column]:
    return [column for column in sheet.columns if column.flag is Flag.MANDATORY]


def read_header(row: RawRow, titles: Mapping[str, Column]) -> Header:
    """`row` read as titles."""
    header = Header(row.number)
    places: dict[str, list[int]] = {}
    for place, cell in row.cells.items():
        text = cleaned(cell.value) if isinstance(cell.value, str) else ""
        if not text or cell.shape is not Shape.TEXT:
            continue
        column = titles.get(fold_title(text))
        if column is None:
            if not is_reasons(text):
                header.unknown.append(text)
            continue
        places.setdefault(column.key, []).append(place)
        if len(places[column.key]) == 1:
            header.columns[place] = column
    header.repeated = {key: found for key, found in places.items() if len(found) > 1}
    return header


@dataclass(frozen=True, slots=True)
class Found:
    """A header in a sheet of the book, and the template it is the header of."""

    raw: RawSheet
    sheet: Sheet
    header: Header
    first_row: int
    """The first row that holds anything."""

    @property
    def score(self) -> tuple[int, int]:
        """How well the template fits: titles known, then how few of its own are absent."""
        known = len(self.header.columns)
        return known, known - len(self.sheet.columns)


def candidates(book: RawBook) -> Iterator[RawSheet]:
    """The sheets that may hold rows: those in sight first, never the one of our envelope."""
    sheets = [raw for raw in book.sheets if raw.name != ENVELOPE_SHEET]
    yield from (raw for raw in sheets if raw.state == "visible")
    yield from (raw for raw in sheets if raw.state != "visible")


def top_rows(raw: RawSheet) -> list[RawRow]:
    """The rows among which the header is looked for."""
    return list(takewhile(lambda row: row.number <= DEEPEST_HEADER, raw.rows()))


def find_header(
    raw: RawSheet, top: list[RawRow], sheet: Sheet, mapping: Mapping[str, str]
) -> Found | None:
    """The first row of `top` that is a header of `sheet`."""
    titles = titles_with(sheet, mapping)
    for row in top:
        header = read_header(row, titles)
        if header.is_of(sheet):
            return Found(raw, sheet, header, top[0].number)
    return None


def fits_best(
    raw: RawSheet, top: list[RawRow], layouts: Iterable[Sheet], mapping: Mapping[str, str]
) -> Found | None:
    """The template whose header `top` holds best."""
    found = [find_header(raw, top, sheet, _keys_of(sheet, mapping)) for sheet in layouts]
    return max((f for f in found if f is not None), key=lambda f: f.score, default=None)


def _keys_of(sheet: Sheet, mapping: Mapping[str, str]) -> Mapping[str, str]:
    """The part of a mapping by hand that `sheet` has columns for."""
    keys = {column.key for column in sheet.columns}
    return {title: key for title, key in mapping.items() if key in keys}


def is_rather(ours: Found | None, other: Found, asked: Sheet) -> bool:
    """Whether the file is rather the template of `other` than the one asked for.

    The other knows more of the titles, and either ours is not all there, or the other is: the
    header of Progress holds every mandatory title of Phases.
    """
    if other.sheet.kind == asked.kind:
        return False
    if ours is None:
        return True
    knows_more = len(other.header.columns) > len(ours.header.columns)
    is_whole = not other.header.lacks(other.sheet)
    return knows_more and (bool(ours.header.lacks(asked)) or is_whole)
