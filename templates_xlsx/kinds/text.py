"""Columns of text: free text, names, codes, addresses and telephone numbers."""

from __future__ import annotations

import re
from typing import Any

from domain.errors import IssueKind
from templates_xlsx.issues import (
    CELL_NOT_TEXT,
    CODE_NOT_TEXT,
    SYMBOL_DISCOURAGED,
    SYMBOL_FORBIDDEN,
    TEXT_TOO_LONG,
)
from templates_xlsx.kinds.base import CellKind, also, either, noted, refused
from templates_xlsx.kinds.cleaning import cleaned_lines, quoted, shown
from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Note, Reading, Setting

# DOMAIN §3.6: they run as formulas, break CSV, FEC, IIF and file names, or have no place in
# ISO 8859-15 (emoji).
_DISCOURAGED_IN_NAMES = re.compile(r'[*?<>|"\\\[\]{}^~;:=`]|^[+\-@]')
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f]")
_ALLOWED_IN_CODES = str.maketrans("", "", "-_.")
_NO_TEXTS = frozenset({Shape.DATE, Shape.BOOLEAN, Shape.SCIENTIFIC})
_LONGEST_LINE = 255
"""Above it a text is prose, where a date is only a date."""


def _was_taken_for_more(cell: Cell) -> bool:
    """Whether a spreadsheet made something else of what was typed: of 3-1 a date, of 3E5 300000."""
    return cell.shape in _NO_TEXTS


class Text(CellKind):
    """Free text on one line; a number cell gives its digits."""

    number_format = "@"
    symbols: tuple[IssueKind, ...] = ()
    """What may be said of a symbol."""

    def __init__(self, longest: int = _LONGEST_LINE, width: int = 18) -> None:
        self.longest = longest
        self.width = width
        self.codes = (*self.symbols, *((CELL_NOT_TEXT,) if longest <= _LONGEST_LINE else ()))

    def read_typed(self, cell: Cell, setting: Setting) -> Reading:
        reading = super().read_typed(cell, setting)
        if _was_taken_for_more(cell) and CELL_NOT_TEXT in self.codes:
            return also(reading, Note(CELL_NOT_TEXT, found=quoted(shown(cell, setting.locale))))
        return reading

    def read_text(self, text: str, setting: Setting) -> Reading:
        return Reading(text)

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        return self.guarded(setting, validate="length", criteria="<=", value=self.longest)

    def say(self, locale: str) -> str:
        return either(
            locale,
            f"Texte libre, {self.longest} caractères au plus.",
            f"Free text, {self.longest} characters at most.",
        )


class Phone(Text):
    """A telephone number, kept as text."""

    def __init__(self) -> None:
        super().__init__(longest=64)

    def say(self, locale: str) -> str:
        return either(
            locale,
            "Numéro de téléphone, conservé comme du texte.",
            "Telephone number, kept as text.",
        )


class Name(Text):
    """A name as printed on papers: accents and apostrophes are welcome, some symbols are not."""

    symbols = (SYMBOL_DISCOURAGED,)

    def __init__(self, width: int = 30) -> None:
        super().__init__(width=width)

    def read_text(self, text: str, setting: Setting) -> Reading:
        found = _DISCOURAGED_IN_NAMES.findall(text)
        if not text.isascii():
            found += _EMOJI.findall(text)
        if not found:
            return Reading(text)
        return noted(text, SYMBOL_DISCOURAGED, text, symbols=" ".join(dict.fromkeys(found)))

    def say(self, locale: str) -> str:
        return either(
            locale,
            'Un nom. À éviter : * ? < > | " \\ [ ] { } ; : = et les émojis.',
            'A name. To be avoided: * ? < > | " \\ [ ] { } ; : = and emoji.',
        )


class Code(Text):
    """A code: capitals, digits, - _ and . ; 64 characters at most."""

    def __init__(self, width: int = 14) -> None:
        super().__init__(longest=64, width=width)
        self.codes = (SYMBOL_FORBIDDEN, SYMBOL_DISCOURAGED, CODE_NOT_TEXT)

    def read_typed(self, cell: Cell, setting: Setting) -> Reading:
        if _was_taken_for_more(cell):
            return refused(CODE_NOT_TEXT, shown(cell, setting.locale))
        return super().read_typed(cell, setting)

    def read_text(self, text: str, setting: Setting) -> Reading:
        code = text.upper()
        plain = code.translate(_ALLOWED_IN_CODES)
        if (plain.isascii() and plain.isalnum()) or not plain:
            return Reading(code)
        symbols = [c for c in dict.fromkeys(plain) if not (c.isascii() and c.isalnum())]
        forbidden = [c for c in symbols if c not in " /" and not c.isalpha()]
        if forbidden:
            return refused(SYMBOL_FORBIDDEN, text, symbols=" ".join(forbidden))
        named = [either(setting.locale, "espace", "space") if c == " " else c for c in symbols]
        return noted(code, SYMBOL_DISCOURAGED, text, symbols=" ".join(named))

    def say(self, locale: str) -> str:
        return either(
            locale,
            "Un code : lettres, chiffres, - _ et . ; mis en majuscules.",
            "A code: letters, digits, - _ and . ; put in capitals.",
        )


class Address(Text):
    """A postal address of one to six lines; line breaks are kept."""

    most_lines = 6

    def __init__(self) -> None:
        super().__init__(longest=500, width=36)

    def clean(self, raw: str) -> str:
        return cleaned_lines(raw)

    def read_text(self, text: str, setting: Setting) -> Reading:
        if text.count("\n") >= self.most_lines:
            limit = either(setting.locale, "{} lignes", "{} lines").format(self.most_lines)
            return refused(TEXT_TOO_LONG, text, expected=limit)
        return Reading(text)

    def say(self, locale: str) -> str:
        return either(
            locale,
            "Adresse de 1 à 6 lignes (Alt+Entrée dans la cellule), code postal et ville à la fin.",
            "Address of 1 to 6 lines (Alt+Enter inside the cell), postcode and city at the end.",
        )
