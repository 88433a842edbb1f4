"""What a number format says of the number under it: a date, a time, a percentage, padded zeros."""

from __future__ import annotations

import re
from dataclasses import dataclass

from templates_xlsx.raw import Shape
from templates_xlsx.reader.guard import Package
from templates_xlsx.reader.limits import Limits
from templates_xlsx.reader.markup import elements
from templates_xlsx.reader.refusals import TooLarge, too_large


@dataclass(frozen=True, slots=True)
class Format:
    """How a number is meant to be read, and the digits it is padded to (0: it is not)."""

    shape: Shape = Shape.NUMBER
    zeros: int = 0


GENERAL = Format()

_DATES = {*range(14, 18), 22, *range(27, 32), 36, *range(50, 59)}
_TIMES = {*range(18, 22), *range(32, 36), 45, 46, 47}
_PERCENTS = {9, 10}
_SCIENTIFIC = {11, 48}
"""Built-in formats (ECMA-376 part 1, 18.8.30), those of East Asia included: they have no code."""

_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"?|\\.?')
_LITERAL = re.compile(r'"[^"]*"?|\\.?|_.?|\*.?|\[[^\]]*\]?')
_GENERAL_NAMES = re.compile(r"general|standard", re.IGNORECASE)
_PADDED = re.compile(r"#*(0[0#]+)")


def builtin_format(number: int) -> Format:
    """The format of a built-in number format id; GENERAL for all that shows a plain number."""
    if number in _DATES:
        return Format(Shape.DATE)
    if number in _TIMES:
        return Format(Shape.TIME)
    if number in _SCIENTIFIC:
        return Format(Shape.SCIENTIFIC)
    return Format(Shape.PERCENT) if number in _PERCENTS else GENERAL


def format_of(code: str) -> Format:
    """The format that a format code such as `dd/mm/yyyy`, `[h]:mm` or `00000` means.

    Day or year letters make a date; hours or seconds alone a time; a month alone is a date (`mmm`).
    """
    letters = _GENERAL_NAMES.sub("", _LITERAL.sub("", code)).lower()
    elapsed = _ELAPSED.search(_QUOTED.sub("", code)) is not None
    if "d" in letters or "y" in letters:
        return Format(Shape.DATE)
    if elapsed or "h" in letters or "s" in letters:
        return Format(Shape.TIME)
    if "m" in letters:
        return Format(Shape.DATE)
    if "%" in letters:
        return Format(Shape.PERCENT)
    if "e+" in letters or "e-" in letters:
        return Format(Shape.SCIENTIFIC)
    return Format(Shape.NUMBER, _padding(letters))


def _padding(letters: str) -> int:
    """Digits that an integer-only code such as `000 000 000 00000` or `0# ## ## ## ##` pads to."""
    padded = _PADDED.fullmatch(letters.split(";")[0].replace(" ", "").replace("-", ""))
    return len(padded.group(1)) if padded else 0


def read_formats(package: Package, part: str | None, limits: Limits) -> dict[str, Format]:
    """The format of each cell style by its index as text; plain numbers are left out."""
    if part is None or part not in package:
        return {}
    codes: dict[str, Format] = {}
    styles: list[str] = []
    for element in elements(package, part, frozenset({"numFmt", "xf"}), limits):
        if element.parent == "numFmts":
            number = element.attributes.get("numFmtId", "")
            codes[number] = format_of(element.attributes.get("formatCode", ""))
        elif element.parent == "cellXfs":
            styles.append(element.attributes.get("numFmtId", "0"))
        if max(len(codes), len(styles)) > limits.formats:
            raise too_large(TooLarge.FORMATS, limits.formats)
    read = {str(index): codes.get(number) or _known(number) for index, number in enumerate(styles)}
    return {index: format_ for index, format_ in read.items() if format_ != GENERAL}


def _known(number: str) -> Format:
    return builtin_format(int(number)) if len(number) < 4 and number.isdecimal() else GENERAL
