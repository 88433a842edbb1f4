"""From what a cell's XML says (type, style, text) to the cell: exact numbers, dates, plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

from templates_xlsx.raw import Cell, Shape
from templates_xlsx.reader.formats import GENERAL, Format
from templates_xlsx.reader.limits import Limits
from templates_xlsx.reader.refusals import TooLarge, Unreadable

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_SIMPLE = re.compile(r"0|-?[1-9]\d*(?:\.\d*[1-9])?|-?0\.\d*[1-9]", re.ASCII)
"""A number as nearly all are: the digits say it all."""
_FRACTION = re.compile(r"-?[1-9]\d*\.\d*[1-9]", re.ASCII)
_NOT_NUMBERS = {
    "nan",
    "inf",
    "+inf",
    "-inf",
    "infinity",
    "-infinity",
    "1.#qnan",
    "1.#inf",
    "-1.#ind",
}
_LARGEST, _SMALLEST = 308, -324
"""Powers of ten of the largest and the smallest number a spreadsheet can hold."""
_SHOWN = Context(prec=15, rounding=ROUND_HALF_UP)
_WIDE = Context(prec=100)
_WRITTEN_OUT = 40

_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)
_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}

# Spreadsheet dates know no time zone.
_EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
_DAY_THAT_NEVER_WAS = 60
"""Serial 60 is 29 February 1900, a day that only spreadsheets know."""
_LAST_DAY = 2_958_465
_MILLISECONDS = 86_400_000


class InvalidCell(Exception):
    """The text of a cell is not what its type says; whoever knows where it stands says so."""

    def __init__(self, reason: Unreadable | TooLarge, found: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.found = found[:40]


Maker = Callable[[str], Cell | None]
"""Makes a cell of the text in its XML, None of no text; InvalidCell when it is not of that type."""


class CellReader:
    """Makes cells of their XML, by the shared strings, formats and date system of the book."""

    def __init__(
        self,
        *,
        strings: Sequence[str],
        formats: Mapping[str, Format],
        date1904: bool,
        limits: Limits,
    ) -> None:
        self._strings = strings
        self._formats = formats
        self._date1904 = date1904
        self._limits = limits

    def maker(self, kind: str | None, style: str | None) -> Maker:
        """What makes the cells of type `kind` (attribute `t`) and `style` (`s`)."""
        match kind:
            case None | "n":
                return self._number_maker(self._formats.get(style, GENERAL) if style else GENERAL)
            case "s":
                return self._shared
            case "str" | "inlineStr":
                return self._text
            case "b":
                return _boolean
            case "e":
                return _error
            case "d":
                return _iso
            case _:
                return _unknown

    def _shared(self, text: str) -> Cell | None:
        index = text if text.isdecimal() else text.strip()
        if not (index.isdecimal() and index.isascii() and len(index) < 9):
            raise InvalidCell(Unreadable.CELL_INVALID, text)
        number = int(index)
        if number >= len(self._strings):
            raise InvalidCell(Unreadable.CELL_INVALID, text)
        string = self._strings[number]
        return Cell(string) if string else None

    def _text(self, text: str) -> Cell | None:
        plain = unescaped(text) if "_x" in text else text
        if len(plain) > self._limits.text:
            raise InvalidCell(TooLarge.TEXT, plain)
        return Cell(plain) if plain else None

    def _number_maker(self, format_: Format) -> Maker:
        shape, zeros, longest = format_.shape, format_.zeros, self._limits.number
        date1904 = self._date1904

        def number(text: str) -> Cell | None:
            if len(text) < 17 and _SIMPLE.fullmatch(text):
                return Cell(Decimal(text), shape, False, False, zeros)
            written = text.strip()
            if not written:
                return None
            if written.lower() in _NOT_NUMBERS:
                # Programmes write it, Excel shows an error: the row is at fault, not the file.
                return Cell(written, Shape.ERROR)
            return Cell(number_of(written, longest), shape, False, False, zeros)

        def date(text: str) -> Cell | None:
            cell = number(text)
            if cell is None or not isinstance(cell.value, Decimal):
                return cell
            moment = moment_of(cell.value, date1904=date1904)
            return Cell(cell.value, Shape.NUMBER) if moment is None else Cell(moment, Shape.DATE)

        return date if shape is Shape.DATE else number


def _boolean(text: str) -> Cell | None:
    written = text.strip().lower()
    if written and written not in _BOOLEANS:
        raise InvalidCell(Unreadable.CELL_INVALID, text)
    return Cell(_BOOLEANS[written], Shape.BOOLEAN) if written else None


def _error(text: str) -> Cell | None:
    return Cell(text.strip(), Shape.ERROR) if text.strip() else None


def _unknown(text: str) -> Cell | None:
    raise InvalidCell(Unreadable.CELL_INVALID, text)


def unescaped(text: str) -> str:
    """`text` with `_xHHHH_` read as the UTF-16 unit it stands for (ECMA-376, ST_Xstring).

    NUL is dropped (no text column holds one), half a surrogate pair becomes U+FFFD.
    """
    decoded = _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text).replace("\0", "")
    return decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def number_of(text: str, longest: int) -> Decimal:
    """The exact number written as `text`; InvalidCell when it is none or beyond a spreadsheet's.

    A fraction of 16 or 17 significant digits is the trace of a binary float (22868.950000000001):
    it is given as a spreadsheet shows it, in 15 digits. Whole numbers keep all their digits.
    """
    fraction = _FRACTION.fullmatch(text)
    if fraction and 16 <= len(text) - text.startswith("-") - 1 <= 17:
        return _whole_or_short(_SHOWN.create_decimal(text))
    if len(text) > longest:
        raise InvalidCell(Unreadable.NUMBER_EXCESSIVE, text)
    if not _NUMBER.fullmatch(text):
        raise InvalidCell(Unreadable.CELL_INVALID, text)
    number = Decimal(text)
    if not number:
        return Decimal(0)
    if not _SMALLEST <= number.adjusted() <= _LARGEST:
        raise InvalidCell(Unreadable.NUMBER_EXCESSIVE, text)
    if 16 <= len(number.as_tuple().digits) <= 17 and not _is_whole(number):
        number = _SHOWN.plus(number)
    return _whole_or_short(number)


def _is_whole(number: Decimal) -> bool:
    return number == number.to_integral_value()


def _whole_or_short(number: Decimal) -> Decimal:
    """The number without trailing zeros, nor an exponent where digits will do (1E+2 -> 100)."""
    if _is_whole(number) and number.adjusted() < _WRITTEN_OUT:
        return Decimal(int(number))
    return number.normalize(_WIDE)


def moment_of(serial: Decimal, *, date1904: bool) -> datetime | None:
    """The date and time of a spreadsheet's day number, to the millisecond; None when it is none."""
    if not 0 <= serial <= _LAST_DAY + 1:
        return None
    milliseconds = int((serial * _MILLISECONDS).to_integral_value(ROUND_HALF_UP))
    epoch = _EPOCH_1904 if date1904 else _EPOCH_1900
    if not date1904 and serial < _DAY_THAT_NEVER_WAS + 1:
        if not 1 <= serial < _DAY_THAT_NEVER_WAS:
            return None
        epoch += timedelta(days=1)
    try:
        return epoch + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def _iso(text: str) -> Cell | None:
    """A cell of type `d`: an ISO 8601 date, or a time of the day; what is neither stays a text."""
    written = text.strip()
    if not written:
        return None
    try:
        return Cell(datetime.fromisoformat(written).replace(tzinfo=None), Shape.DATE)
    except ValueError:
        pass
    if not _CLOCK.fullmatch(written):
        return Cell(unescaped(text))
    clock = time.fromisoformat(written)
    seconds = clock.hour * 3600 + clock.minute * 60 + clock.second
    return Cell(_SHOWN.divide(Decimal(seconds), Decimal(86_400)), Shape.TIME)
