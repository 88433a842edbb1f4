"""The first step of every cell: the text a person meant, without what software left in it.

Source: DOMAIN §3.3, row "every cell".
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Context, Decimal
from unicodedata import is_normalized, normalize

from templates_xlsx.raw import Cell, Shape

_NOTHING = frozenset({"-", "--", "–", "—", "?"})
"""What people type to say that a cell is empty."""

_CARRIAGE_RETURN = "_x000D_"
"""How the file format spells a carriage return; some programs leave it in the text."""

_INVISIBLE_RANGES = (
    (0x00, 0x08),
    (0x0E, 0x1F),
    (0x7F, 0x84),
    (0x86, 0x9F),
    (0xAD, 0xAD),
    (0x61C, 0x61C),
    (0x180E, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
)
_INVISIBLE = {code: None for first, last in _INVISIBLE_RANGES for code in range(first, last + 1)}

# UTF-8 read as Windows-1252: a lead byte shown as Ã or Â, then a continuation byte.
_CONTINUATION = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_MOJIBAKE = re.compile(f"[ÃÂ][{_CONTINUATION}]|â€|Å[\u0080-\u00bf’“”…]|ï»¿|\ufffd")

_AS_SHOWN = Context(prec=15)
_LONGEST_PLAIN_NUMBER = 60
_LONGEST_QUOTE = 80


def cleaned(text: str) -> str:
    """`text` in NFC, on one line, single-spaced, without invisible characters; "" for nothing.

    The very same object comes back when there was nothing to clean.
    """
    tidy = text
    if not tidy.isprintable():
        tidy = tidy.translate(_INVISIBLE)
    if _CARRIAGE_RETURN in tidy:
        tidy = tidy.replace(_CARRIAGE_RETURN, " ")
    if not is_normalized("NFC", tidy):
        tidy = normalize("NFC", tidy)
    tidy = " ".join(tidy.split())
    if tidy in _NOTHING:
        return ""
    return text if tidy == text else tidy


def cleaned_lines(text: str) -> str:
    """Like `cleaned`, but lines stay lines; empty ones are dropped."""
    if text.isprintable() and _CARRIAGE_RETURN not in text:
        return cleaned(text)
    lines = text.replace(_CARRIAGE_RETURN, "\n").splitlines()
    return "\n".join(line for line in map(cleaned, lines) if line)


def looks_wrongly_decoded(text: str) -> bool:
    """Whether `text` holds what UTF-8 looks like when read as Windows-1252 (Ã© for é)."""
    return not text.isascii() and _MOJIBAKE.search(text) is not None


def number_of(value: object) -> Decimal | None:
    """The number of a number cell at the 15 digits a spreadsheet keeps; None when there is none.

    Files hold 17 digits of a binary fraction: 0.1 + 0.2 is stored as 0.30000000000000004.
    """
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    return _AS_SHOWN.plus(value)


def bare_number_of(cell: Cell) -> Decimal | None:
    """The number of a cell that shows one, neither a percentage nor a date or a time."""
    is_bare = cell.shape is Shape.NUMBER or cell.shape is Shape.SCIENTIFIC
    return number_of(cell.value) if is_bare else None


def plain(number: Decimal) -> str:
    """`number` without exponent and without trailing zeros: 12500, 0.5."""
    if abs(number.adjusted()) > _LONGEST_PLAIN_NUMBER:
        return str(number)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(cell: Cell, locale: str) -> str:
    """The raw cell as text, in a form that reads back to the same value."""
    value = cell.value
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        words = ("False", "True") if locale.startswith("en") else ("Faux", "Vrai")
        return words[value]
    if isinstance(value, datetime):
        is_midnight = not (value.hour or value.minute or value.second or value.microsecond)
        return value.date().isoformat() if is_midnight else value.isoformat(" ", "seconds")
    number = number_of(value)
    if number is None:
        return "" if value is None else str(value)
    return _shown_number(number, cell)


def _shown_number(number: Decimal, cell: Cell) -> str:
    if cell.shape is Shape.PERCENT:
        return f"{plain(number * 100)}%"
    if cell.shape is Shape.TIME:
        minutes = int((number * 24 * 60).to_integral_value())
        return f"{'-' if minutes < 0 else ''}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"
    return plain(number).zfill(cell.zeros)


def quoted(text: str) -> str:
    """`text` short enough to stand inside a sentence."""
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _LONGEST_QUOTE else one_line[: _LONGEST_QUOTE - 1] + "…"
