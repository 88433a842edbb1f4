"""The rows of a worksheet from its tags, one by one: exact for any way of writing them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from templates_xlsx.raw import Cell, Shape
from templates_xlsx.reader.gather import Gatherer
from templates_xlsx.reader.letters import first_letters
from templates_xlsx.reader.markup import Attributes
from templates_xlsx.reader.refusals import TooLarge, Unreadable, too_large, unreadable
from templates_xlsx.reader.workbook import is_true

Start = Callable[[str, Attributes], None]
End = Callable[[str], None]

NAMES = frozenset({"worksheet", "sheetData", "row", "c", "v", "f", "is", "r", "t"})
"""The elements that rows are read from; any other is skipped whole (phonetic runs too)."""

_UNFILLED = Cell(None, Shape.EMPTY_FORMULA, formula=True)
_TEXTS = ("str", "s", "inlineStr")


class TagReader:
    """Follows the tags of one worksheet and gives its rows to a gatherer.

    Each element that counts may only stand where it belongs, and never in itself: so nesting is
    bounded without being counted, and no value is ever put together from two.
    """

    __slots__ = (
        "_cells",
        "_column",
        "_depth",
        "_formula",
        "_gatherer",
        "_hidden",
        "_in_cell",
        "_in_inline",
        "_in_row",
        "_in_rows",
        "_in_run",
        "_kind",
        "_letters",
        "_listen",
        "_listening",
        "_row_text",
        "_skipped",
        "_style",
        "_text",
        "_text_from",
        "is_over",
    )

    def __init__(self, gatherer: Gatherer, listen: Callable[[Start, End], None]) -> None:
        self._gatherer = gatherer
        self._listen = listen
        self._letters = first_letters(gatherer.limits.columns)
        self._cells: dict[int, Cell] = {}
        self._in_rows = self._in_row = self._in_cell = self._in_inline = self._in_run = False
        self._listening = self._formula = self._hidden = self.is_over = False
        self._kind: str | None = None
        self._style: str | None = None
        self._text = self._text_from = self._row_text = ""
        self._column = self._depth = self._skipped = 0
        listen(self.start, self.end)

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            self._open_cell(attributes)
        elif tag == "v":
            self._open_value()
        elif tag == "row":
            if self._in_row or not self._in_rows:
                raise self._gatherer.malformed()
            self._open_row(attributes)
        elif tag == "t":
            if self._listening or not self._in_inline:
                raise self._gatherer.malformed()
            self._listening = True
        elif tag == "f":
            if self._listening or self._formula or not self._in_cell:
                raise self._gatherer.malformed()
            self._formula = True
        else:
            self._start_rare(tag)

    def end(self, tag: str) -> None:
        if tag == "v" or tag == "t":
            self._listening = False
        elif tag == "c":
            self._close_cell()
        elif tag == "row":
            self._in_row = False
            cells, self._cells = self._cells, {}
            self._gatherer.close_row(cells, is_hidden=self._hidden)
        elif tag == "is":
            self._in_inline = False
        elif tag == "r":
            self._in_run = False
        elif tag == "sheetData":
            self._in_rows = False
            self.is_over = True

    def characters(self, text: str) -> None:
        if not self._listening:
            return
        self._text = self._text + text if self._text else text
        if len(self._text) > self._gatherer.limits.text * 7:
            # Seven characters of `_xHHHH_` may stand for one; what they come to is judged later.
            raise self._gatherer.wrong_cell(TooLarge.TEXT, self._column)

    def _open_row(self, attributes: Attributes) -> None:
        self._gatherer.open_row(attributes.get("r"))
        self._in_row = True
        self._row_text = str(self._gatherer.row)
        self._column = 0
        self._hidden = is_true(attributes.get("hidden"))

    def _open_cell(self, attributes: Attributes) -> None:
        if self._in_cell or not self._in_row:
            raise self._gatherer.malformed()
        self._in_cell = True
        column = self._column + 1
        reference = attributes.get("r")
        # The usual reference is foreseen and compared rather than parsed.
        if reference is not None and (
            column >= len(self._letters) or reference != self._letters[column] + self._row_text
        ):
            column = self._gatherer.column_of(reference, self._column)
        self._column = column
        self._kind = attributes.get("t")
        self._style = attributes.get("s")
        self._formula = False
        self._text = self._text_from = ""

    def _close_cell(self) -> None:
        self._in_cell = False
        cell = None
        if self._text:
            make = self._gatherer.maker(self._kind, self._style)
            cell = self._gatherer.cell(make, self._text, self._column)
        if self._formula:
            cell = of_formula(cell, self._kind)
        if cell is not None:
            self._cells[self._column] = cell

    def _open_value(self) -> None:
        if self._listening or not self._in_cell or self._text_from == "v":
            raise self._gatherer.malformed()
        if self._text_from == "is":
            # Some programmes write the text both ways; the type of the cell says which one counts.
            self._must_be_inline()
            self._skip("v")
        else:
            self._text_from = "v"
            self._listening = True

    def _open_inline(self) -> None:
        if self._in_inline or not self._in_cell or self._text_from == "is":
            raise self._gatherer.malformed()
        if self._text_from == "v":
            self._must_be_inline()
            self._text = ""
        self._text_from = "is"
        self._in_inline = True

    def _must_be_inline(self) -> None:
        if self._kind != "inlineStr":
            raise self._gatherer.malformed()

    def _start_rare(self, tag: str) -> None:
        if self._listening:
            raise self._gatherer.malformed()
        if tag == "is":
            self._open_inline()
        elif tag == "r":
            if self._in_run or not self._in_inline:
                raise self._gatherer.malformed()
            self._in_run = True
        elif tag == "sheetData":
            if self._in_rows or self.is_over:
                raise self._gatherer.malformed()
            self._in_rows = True
        elif tag != "worksheet":
            self._skip(tag)

    def _skip(self, tag: str) -> None:
        """Passes over an element that does not count, with all that is in it."""
        if ":" in tag and "|" not in tag and tag.rpartition(":")[2] in NAMES:
            # A second prefix for the same names: what it holds must not be lost in silence.
            raise self._gatherer.malformed()
        self._skipped += 1
        limit = self._gatherer.limits.skipped
        if self._skipped > limit:
            raise too_large(TooLarge.PART_TAGS, limit, self._gatherer.entry.part)
        self._depth = 1
        self._listen(self._start_skipped, self._end_skipped)

    def _start_skipped(self, _tag: str, _attributes: Attributes) -> None:
        self._depth += 1
        if self._depth > self._gatherer.limits.depth:
            raise unreadable(Unreadable.PART_TOO_DEEP, self._gatherer.entry.part)

    def _end_skipped(self, _tag: str) -> None:
        self._depth -= 1
        if not self._depth:
            self._listen(self.start, self.end)


def of_formula(cell: Cell | None, kind: str | None) -> Cell | None:
    """The cell of a formula whose stored value made `cell`, if there was one.

    A formula whose result is an empty text says so by its type; any other without one has no value.
    """
    if cell is not None:
        return replace(cell, formula=True)
    return None if kind in _TEXTS else _UNFILLED
