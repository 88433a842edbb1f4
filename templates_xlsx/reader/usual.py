"""Rows written the way spreadsheet programmes write them, read by text search: the fast lane.

In a plain part the next `</row>` is the end of a row and `<c r="` the start of a cell. A cell of a
known pattern is what the pattern says; one met before, in any row, needs no look at all. A row that
is not of the pattern goes through the XML parser and `TagReader`, which decide what it means: the
pattern is a strict subset of what they read, and reads it alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from xml.parsers import expat

from templates_xlsx.raw import Cell, RawRow
from templates_xlsx.reader.cells import CellReader, InvalidCell, Maker
from templates_xlsx.reader.gather import Gatherer
from templates_xlsx.reader.letters import columns_by_letters
from templates_xlsx.reader.limits import MEBIBYTE
from templates_xlsx.reader.markup import feed, parsed
from templates_xlsx.reader.plain import NotPlain, plain_characters, plain_text
from templates_xlsx.reader.refusals import TooLarge, megabytes, too_large
from templates_xlsx.reader.rows import of_formula
from templates_xlsx.reader.workbook import is_true

_GIANT_ROW = 4 * MEBIBYTE
"""Bytes without the end of a row, after which the search for it is given up."""
_MET = 8_192
"""Cells remembered in case they come again."""
_MET_TEXT = 160
"""Characters of a cell's XML that are worth remembering."""

_BEFORE_VALUE_END = -len("</v></c>")
_BEFORE_TEXT_END = -len("</t></is></c>")
_ATTRIBUTE = r' ([A-Za-z_][\w.:-]*)="([^"<&\t\n]*)"'
_ATTRIBUTES = re.compile(rf"(?:{_ATTRIBUTE})*")
_EACH_ATTRIBUTE = re.compile(_ATTRIBUTE)
_ROW = re.compile(r'\s*<row r="([1-9]\d{0,6})"([^<>]*)>', re.ASCII)
_CELL = re.compile(
    r'(?: s="(\d{1,6})")?(?: t="([A-Za-z]{1,9})")?'
    r"(?:/>|>"
    r"(?:<f((?: [^<>]*)?)(?:/>|>([^<]*)</f>))?"
    r"(?:<v>([^<]*)</v>|<v/>|<is><t(?: xml:space=\"preserve\")?>([^<]*)</t></is>)?"
    r"</c>)",
    re.ASCII,
)


_UNMET = Cell(None)


class _Cells(dict[str, Cell | None]):
    """The cells met lately by their XML after the reference; others are made when asked for.

    When there are too many, they become the older ones and those before them are forgotten: what
    comes again and again stays, what comes once goes.
    """

    def __init__(self, cells: CellReader) -> None:
        super().__init__()
        self._reader = cells
        self._older: dict[str, Cell | None] = {}
        self._of_values: dict[str, Maker] = {}
        self._of_texts: dict[str, Maker] = {}
        """What makes a cell by all that stands before its mere value, or its mere text."""

    def __missing__(self, rest: str) -> Cell | None:
        """The cell whose XML goes on with `rest`, None of a blank one; NotPlain when it is odd."""
        cell = self._older.get(rest, _UNMET)
        if cell is _UNMET:
            cell = self._made(rest)
        if len(self) >= _MET:
            self._older = dict(self)
            self.clear()
        if len(rest) <= _MET_TEXT:
            self[rest] = cell
        return cell

    def _made(self, rest: str) -> Cell | None:
        make, lead, text = None, "", ""
        if rest.endswith("</v></c>"):
            lead, _, text = rest[:_BEFORE_VALUE_END].rpartition(">")
            make = self._of_values.get(lead)
        elif rest.endswith("</t></is></c>"):
            lead, _, text = rest[:_BEFORE_TEXT_END].rpartition(">")
            make = self._of_texts.get(lead)
        try:
            if make is None or "&" in text or "<" in text:
                return self._matched(rest, lead, text)
            return make(text) if text else None
        except InvalidCell as invalid:
            raise NotPlain from invalid

    def _matched(self, rest: str, lead: str, text: str) -> Cell | None:
        """The cell by the whole pattern; what stands before a mere text is remembered."""
        pattern = _CELL.fullmatch(rest)
        if pattern is None:
            raise NotPlain
        style, kind, attributes, formula, value, inline = pattern.groups()
        make = self._reader.maker(kind, style)
        plain = plain_text(inline or value or "")
        cell = make(plain) if plain else None
        if attributes is not None:
            _named_values(attributes)
            plain_text(formula or "")
            return of_formula(cell, kind)
        if value == text and len(self._of_values) < _MET:
            self._of_values[lead] = make
        elif inline == text and len(self._of_texts) < _MET:
            self._of_texts[lead] = make
        return cell


class UsualReader:
    """Reads the bytes inside `sheetData` of a plain part for a gatherer.

    `parser` reads the rest: its handlers are those of a `TagReader` on the same gatherer, which
    knows the tags with their `prefix` and without.
    """

    def __init__(
        self, gatherer: Gatherer, cells: CellReader, parser: expat.XMLParserType, prefix: bytes
    ) -> None:
        self._gatherer = gatherer
        self._part = gatherer.entry.part
        self._parser = parser
        self._cells = _Cells(cells)
        self._columns = columns_by_letters()
        self._layout: tuple[list[str], list[int]] = [], []
        """The letters and the numbers of the columns that the row before has cells in."""
        self._hidden: dict[str, bool] = {}
        self._opening, self._closing = b"<" + prefix, b"</" + prefix
        self._tags_left = gatherer.limits.tags
        self._parse(b"<worksheet><sheetData>")

    def rows(self, blocks: Iterator[bytes]) -> Iterator[RawRow]:
        """The filled rows, as soon as the block that ends them is read."""
        row_end = self._closing + b"row>"
        limit = self._gatherer.limits.usual_tags
        tags = 0
        kept = b""
        for block in blocks:
            kept += block
            end = kept.rfind(row_end) + len(row_end)
            if end < len(row_end):
                if len(kept) > _GIANT_ROW:
                    break
                continue
            window, kept = kept[:end], kept[end:]
            tags += window.count(b"<")
            if tags > limit:
                raise too_large(TooLarge.PART_TAGS, limit, self._part)
            self._read(window)
            yield from self._gatherer.taken()
        yield from self._rest(chain([kept], blocks))

    def _rest(self, blocks: Iterable[bytes]) -> Iterator[RawRow]:
        """What stands after the last end of a row: nothing, or rows too strange to be cut."""
        closed = chain(self._at_most(blocks), [b"</sheetData></worksheet>"])
        for _ in parsed(self._parser, closed, part=self._part, tags=self._tags_left):
            yield from self._gatherer.taken()

    def _at_most(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        left = limit = self._gatherer.limits.odd_bytes
        for block in blocks:
            left -= len(block)
            if left < 0:
                raise too_large(TooLarge.PART_UNPACKED, megabytes(limit), self._part)
            yield block

    def _parse(self, piece: bytes) -> None:
        self._tags_left -= piece.count(b"<")
        if self._tags_left < 0:
            raise too_large(TooLarge.PART_TAGS, self._gatherer.limits.tags, self._part)
        feed(self._parser, piece, self._part, last=False)

    def _read(self, window: bytes) -> None:
        try:
            rows = plain_characters(self._without_prefix(window)).split("</row>")
        except NotPlain:
            self._parse(window)
            return
        for row in rows[:-1]:
            try:
                self._read_row(row)
            except NotPlain:
                self._parse(f"{row}</row>".encode())

    def _without_prefix(self, window: bytes) -> bytes:
        """`window` with the bare names of its tags; NotPlain when one is not of the prefix."""
        opening, closing = self._opening, self._closing
        if opening == b"<":
            return window
        if window.count(b"<") != window.count(opening) + window.count(closing):
            raise NotPlain
        return window.replace(opening, b"<").replace(closing, b"</")

    def _read_row(self, row: str) -> None:
        """Reads one row from its start tag to the end of its last cell; NotPlain, nothing kept."""
        head, *pieces = row.split('<c r="')
        opening = _ROW.fullmatch(head)
        if opening is None:
            raise NotPlain
        number = opening[1]
        attributes = opening[2]
        hidden = self._hidden.get(attributes)
        if hidden is None:
            hidden = self._is_hidden(attributes)
        cells = self._foreseen(pieces, number)
        if cells is None:
            cells = self._looked_up(pieces, number)
        self._gatherer.open_row(number)
        self._gatherer.close_row(cells, is_hidden=hidden)

    def _foreseen(self, pieces: list[str], number: str) -> dict[int, Cell] | None:
        """The filled cells of a row of the same layout as the row before; None when it has another.

        References are taken off, not parsed: where one is not as foreseen it stays, and no pattern
        of a cell begins with one.
        """
        letters, columns = self._layout
        if len(pieces) != len(letters):
            return None
        references = [f'{letter}{number}"' for letter in letters]
        if pieces and not pieces[-1].startswith(references[-1]):
            return None
        found = map(self._cells.__getitem__, map(str.removeprefix, pieces, references))
        try:
            return {c: cell for c, cell in zip(columns, found, strict=True) if cell is not None}
        except NotPlain:
            return None

    def _looked_up(self, pieces: list[str], number: str) -> dict[int, Cell]:
        """The filled cells of a row of any layout, which the next row is foreseen to have too."""
        cells: dict[int, Cell] = {}
        letters: list[str] = []
        columns: list[int] = []
        last = 0
        for piece in pieces:
            reference, _, rest = piece.partition('"')
            letter = reference.removesuffix(number)
            column = self._columns.get(letter, 0)
            if column <= last:
                raise NotPlain
            last = column
            letters.append(letter)
            columns.append(column)
            cell = self._cells[rest]
            if cell is not None:
                cells[column] = cell
        self._layout = letters, columns
        return cells

    def _is_hidden(self, attributes: str) -> bool:
        """Whether the attributes of a row hide it, remembered: a sheet has few kinds of rows."""
        values = _named_values(attributes)
        if "r" in values:
            raise NotPlain
        hidden = is_true(values.get("hidden"))
        if len(self._hidden) >= _MET:
            self._hidden.clear()
        if len(attributes) <= _MET_TEXT:
            self._hidden[attributes] = hidden
        return hidden


def _named_values(attributes: str) -> dict[str, str]:
    """The attributes of a tag by name, none given twice; NotPlain when they are anything else."""
    if not attributes:
        return {}
    if not _ATTRIBUTES.fullmatch(attributes):
        raise NotPlain
    pairs = _EACH_ATTRIBUTE.findall(attributes)
    values = dict(pairs)
    if len(values) != len(pairs) or any(name.startswith("xmlns") for name in values):
        raise NotPlain
    return values
