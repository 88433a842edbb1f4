"""The rows of the data sheet as the bytes of its XML, a few microseconds each.

One pattern per arrangement of empty, text and number cells is made once; a row then costs one
substitution of its number and one of its values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from operator import itemgetter
from typing import Any

from templates_xlsx.seal import TOKEN_KEY, Seal
from templates_xlsx.sheet import Kind, Sheet

CellText = str | Decimal | int | None
_ROWS_A_CHUNK = 256
_PATTERNS_KEPT = 512
_LINE_HEIGHT, _TALLEST = 15, 20
_ROW = "\0"
"""Stands for the row's number in a pattern; no XML may hold it."""


@dataclass(frozen=True, slots=True)
class Prefilled:
    """A current record to write into the template: its id and its values by column key."""

    record_id: int
    values: Mapping[str, object]


def written_rows(
    sheet: Sheet, rows: Iterable[Prefilled], *, seal: Seal, language: str
) -> Iterator[Sequence[CellText]]:
    """Each row as its cells in order, with its token in the reference column.

    The token seals the other reference cells as they are written. A portion of rows is made a
    column at a time.
    """
    writers = [(column.key, _writer(column.kind, language)) for column in sheet.columns]
    places = {column.key: place for place, column in enumerate(sheet.columns) if column.locked}
    token = places.pop(TOKEN_KEY, None)
    coming = iter(rows)
    while portion := list(islice(coming, _ROWS_A_CHUNK)):
        columns = [
            _written([row.values.get(key) for row in portion], write) for key, write in writers
        ]
        if token is not None:
            tokens = seal.row_tokens(
                kind=sheet.kind,
                record_ids=[row.record_id for row in portion],
                references={key: columns[place] for key, place in places.items()},
            )
            columns[token] = list(tokens)
        yield from zip(*columns, strict=True)


def _written(values: list[Any], write: Callable[[Any], CellText]) -> list[CellText]:
    if values.count(None) == len(values):
        return values
    cells = [None if value is None else write(value) for value in values]
    return [None if cell == "" else cell for cell in cells] if "" in cells else cells


def _writer(kind: Kind, language: str) -> Callable[[Any], CellText]:
    if type(kind).write is Kind.write:
        return str
    return lambda value: kind.write(value, language)


class RowPrinter:
    """Turns rows of cells into chunks of XML, from row 2 on, with one style number per column."""

    def __init__(
        self, letters: Sequence[str], styles: Sequence[int], new_styles: Sequence[int] | None = None
    ) -> None:
        self._cells = _opened(letters, styles)
        self._new_cells = _opened(letters, new_styles or styles)
        self._patterns: dict[tuple[type, ...], _Pattern] = {}
        self.following = 2
        """The number of the row that comes next."""

    def printed(self, rows: Iterable[Sequence[CellText]]) -> Iterator[bytes]:
        """The XML of the rows."""
        chunk = []
        for cells in rows:
            chunk.append(self._row(cells))
            self.following += 1
            if len(chunk) == _ROWS_A_CHUNK:
                yield "".join(chunk).encode()
                chunk.clear()
        yield "".join(chunk).encode()

    def blank(self, count: int) -> Iterator[bytes]:
        """`count` new rows of empty cells that keep their styles, so their locks."""
        text = _Pattern(self._new_cells, (type(None),) * len(self._new_cells)).trimmed
        end = self.following + count
        while self.following < end:
            stop = min(self.following + _ROWS_A_CHUNK, end)
            rows = [text.replace(_ROW, str(number)) for number in range(self.following, stop)]
            self.following = stop
            yield "".join(rows).encode()

    def _row(self, cells: Sequence[CellText]) -> str:
        classes = tuple(map(type, cells))
        pattern = self._patterns.get(classes) or self._pattern(classes)
        values = pattern.filled(cells)
        if pattern.numbers:
            texts = list(values)
            for place in pattern.numbers:
                texts[place] = _number(texts[place])
            values = tuple(texts)
        line = f" {' '.join(values)} "
        height = ""
        if "\n" in line:
            line = line.replace("\n", " ")
            height = _height(values)
        # A few tests at the speed of C on the whole row tell whether any cell wants care.
        if (
            "&" in line
            or "<" in line
            or ">" in line
            or "_x" in line
            or "  " in line
            or not line.isprintable()
            or len(line) > _LONGEST
        ):
            text, values = pattern.kept, tuple([_escaped(value) for value in values])
        else:
            text = pattern.trimmed
        row = text.replace(_ROW, str(self.following)) % values
        return row.replace(">", f"{height}>", 1) if height else row

    def _pattern(self, classes: tuple[type, ...]) -> _Pattern:
        if len(self._patterns) == _PATTERNS_KEPT:
            self._patterns.clear()
        pattern = self._patterns[classes] = _Pattern(self._cells, classes)
        return pattern


def _opened(letters: Sequence[str], styles: Sequence[int]) -> list[str]:
    return [f'<c r="{a}{_ROW}" s="{s}"' for a, s in zip(letters, styles, strict=True)]


_LONGEST = 16_000
"""Characters of a row under which no cell can go beyond the 32,767 units that Excel opens."""


class _Pattern:
    """The XML of a row with holes for its filled cells."""

    def __init__(self, cells: Sequence[str], classes: tuple[type, ...]) -> None:
        self.trimmed = _pattern_text(cells, classes, "<t>")
        # Without the mark a reader may drop the spaces at the ends of a text.
        self.kept = _pattern_text(cells, classes, '<t xml:space="preserve">')
        places = [place for place, kind in enumerate(classes) if kind is not type(None)]
        self.numbers = [n for n, place in enumerate(places) if not issubclass(classes[place], str)]
        """Which of the filled cells are numbers."""
        self.filled = _picker(places)


def _height(texts: Iterable[str]) -> str:
    """The height of a row of several lines: editors do not all fit it when they open a file."""
    lines = 1 + max(text.count("\n") for text in texts)
    return f' ht="{_LINE_HEIGHT * min(lines, _TALLEST)}"'


def _picker(places: list[int]) -> Callable[[Sequence[CellText]], tuple[Any, ...]]:
    match places:
        case []:
            return lambda cells: ()
        case [place]:
            return lambda cells: (cells[place],)
        case _:
            return itemgetter(*places)


def _pattern_text(cells: Sequence[str], classes: tuple[type, ...], opening: str) -> str:
    parts = [f'<row r="{_ROW}">']
    for start, kind in zip(cells, classes, strict=True):
        if kind is type(None):
            parts.append(f"{start}/>")
        elif issubclass(kind, str):
            parts.append(f'{start} t="inlineStr"><is>{opening}%s</t></is></c>')
        else:
            parts.append(f"{start}><v>%s</v></c>")
    return "".join([*parts, "</row>"])


def _number(value: Decimal | int | float) -> str:
    if value.__class__ is int:
        return str(value)
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"not a number a cell can hold: {value}")
    return format(number, "f")


_ESCAPE_LOOKALIKE = re.compile(r"_(?=x[0-9a-fA-F]{4}_)")
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def _escaped(text: str) -> str:
    """`text` as the content of an XML element, with the _xHHHH_ escapes of spreadsheets.

    Line breaks become LF: a carriage return comes back from some editors as a literal _x000D_.
    """
    if "_x" in text or len(text) > _LONGEST or not text.replace("\n", " ").isprintable():
        text = _LONE_SURROGATE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
        text = _ESCAPE_LOOKALIKE.sub("_x005F_", _fitting(text))
        text = _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _fitting(text: str) -> str:
    """At most the 32,767 units of UTF-16 that Excel opens."""
    units = text.encode("utf-16-le")
    return text if len(units) <= 65_534 else units[:65_534].decode("utf-16-le", "ignore")
