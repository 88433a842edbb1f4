"""Text tables (.csv, .txt): which separator they use, and their records, streamed as rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO, TextIOWrapper
from typing import BinaryIO

from domain.errors import Refusal
from templates_xlsx.raw import Cell, RawRow
from templates_xlsx.reader.encodings import Encoding, encoding_of
from templates_xlsx.reader.letters import LAST_COLUMN, letters_of
from templates_xlsx.reader.limits import MEBIBYTE, Limits
from templates_xlsx.reader.refusals import FILE_EMPTY, TooLarge, Unreadable, too_large, unreadable
from templates_xlsx.reader.source import Source

SEPARATORS = ";,\t|"

_DECLARED = re.compile(r'"?sep=([^"\w\s]|\t)"?\s*', re.IGNORECASE)
_LOOKED_AT = 1 << 16
"""Characters from the top by which the separator is told."""
_RECORD = MEBIBYTE
"""Characters of one record: thirty cells as long as Excel allows."""
_END = "\x1e\x1e"
"""A line put after the last one: it is swallowed when a quotation mark is still open there."""
_MET = 8_192
_MET_TEXT = 128


@dataclass(frozen=True, slots=True)
class TextTable:
    """A text upload of which encoding and separator are known; a `sep=` line may be its first."""

    source: Source
    encoding: Encoding
    separator: str
    is_declared: bool
    name: str
    limits: Limits

    def rows(self) -> Iterator[RawRow]:
        """Its filled records, read anew; their numbers count blank records and `sep=` too."""
        counted = _Counted(self)
        with self.source.opened() as file, _text_of(file, self.encoding) as text:
            for number, record in self._records(text):
                cells = counted.cells(number, record)
                if cells:
                    yield RawRow(number, cells)

    def _records(self, text: TextIOWrapper) -> Iterator[tuple[int, list[str]]]:
        number = 0
        if self.is_declared:
            text.readline()
            number = 1
        lines = _Lines(text)
        records = csv.reader(lines, delimiter=self.separator)
        while True:
            number += 1
            lines.start(number)
            try:
                record = next(records)
            except csv.Error as error:
                # The only one left once lines are cut at every kind of line end: an endless field.
                raise unreadable(Unreadable.QUOTE_UNCLOSED, str(number), row=number) from error
            if record == [_END]:
                return
            if lines.is_over:
                raise unreadable(Unreadable.QUOTE_UNCLOSED, str(number), row=number)
            if number > self.limits.records:
                raise too_large(TooLarge.ROWS, self.limits.records, self.name)
            yield number, record


class _Lines:
    """The lines of a text, then the end mark; one record may not take too many characters."""

    def __init__(self, text: Iterable[str]) -> None:
        self._lines = iter(text)
        self._left = self._record = 0
        self.is_over = False

    def start(self, record: int) -> None:
        self._record = record
        self._left = _RECORD

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines, None)
        if line is None:
            if self.is_over:
                raise StopIteration
            self.is_over = True
            return _END
        self._left -= len(line)
        if self._left < 0:
            raise too_large(TooLarge.RECORD, _RECORD, str(self._record), row=self._record)
        return line


class _Counted:
    """Makes cells of a record's fields and keeps count of them against the limits."""

    def __init__(self, table: TextTable) -> None:
        self._name = table.name
        self._limits = table.limits
        self._met: dict[str, Cell] = {}
        self._rows = self._filled = 0

    def cells(self, number: int, record: list[str]) -> dict[int, Cell]:
        met = self._met
        cells = {
            column: met.get(field) or self._made(number, column, field)
            for column, field in enumerate(record, 1)
            if field
        }
        if cells:
            self._rows += 1
            self._filled += len(cells)
            self._check(number, next(reversed(cells)))
        return cells

    def _made(self, number: int, column: int, field: str) -> Cell:
        if len(field) > self._limits.text:
            raise self._too_large(TooLarge.TEXT, self._limits.text, number, column)
        made = Cell(field)
        if len(self._met) >= _MET:
            self._met.clear()
        if len(field) <= _MET_TEXT:
            self._met[field] = made
        return made

    def _check(self, number: int, last_column: int) -> None:
        limits = self._limits
        if last_column > limits.columns:
            raise self._too_large(TooLarge.COLUMNS, limits.columns, number, last_column)
        if self._rows > limits.rows:
            raise too_large(TooLarge.ROWS, limits.rows, self._name)
        if self._filled > limits.cells:
            raise too_large(TooLarge.CELLS, limits.cells, self._name)

    def _too_large(self, reason: TooLarge, limit: int, number: int, column: int) -> Refusal:
        letters = letters_of(min(column, LAST_COLUMN))
        place = f"{self._name}, {letters}{number}"
        return too_large(reason, limit, place, row=number, column=letters)


def text_table(source: Source, name: str, limits: Limits) -> TextTable:
    """The table of a text upload; Refusal when its characters cannot be read or there are none."""
    encoding = encoding_of(source)
    with source.opened() as file, _text_of(file, encoding) as text:
        top = text.read(_LOOKED_AT)
    if not top.strip() and len(top) < _LOOKED_AT:
        raise Refusal(FILE_EMPTY())
    lines = StringIO(top, newline="").readlines()
    declared = _DECLARED.fullmatch(lines[0])
    separator = declared.group(1) if declared else _likeliest(lines, whole=len(top) < _LOOKED_AT)
    return TextTable(source, encoding, separator, declared is not None, name, limits)


def _text_of(file: BinaryIO, encoding: Encoding) -> TextIOWrapper:
    """The characters of `file`, its lines ending in LF, CR or both, as they are."""
    return TextIOWrapper(file, encoding.codec, newline="")


def _likeliest(lines: list[str], *, whole: bool) -> str:
    """The separator that gives most records the same number of fields; then that gives most fields.

    A decimal comma or a comma in an address is regular at best from the first data row on; the
    true separator is so from the header on.
    """
    looked_at = lines if whole or len(lines) == 1 else lines[:-1]
    return max(SEPARATORS, key=lambda separator: _regularity(looked_at, separator))


def _regularity(lines: list[str], separator: str) -> tuple[float, int]:
    try:
        widths = Counter(len(record) for record in csv.reader(lines, delimiter=separator) if record)
    except csv.Error:
        return 0.0, 0
    regular = [(count, width) for width, count in widths.items() if width > 1]
    if not regular:
        return 0.0, 0
    count, width = max(regular)
    return count / widths.total(), width
