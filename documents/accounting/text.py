"""Texts and figures as files of accounts hold them: in their alphabet, on one line, harmless."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO
from unicodedata import category, normalize

from domain.money import from_minor
from domain.remembered import remembering

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("‘’‛ʼ′´`", "'"),
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("«‹", "<"),
        **dict.fromkeys("»›", ">"),
        "…": "...",
        "•": "*",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "ı": "i",
        "Œ": "OE",
        "œ": "oe",
        "ẞ": "SS",
        "€": "EUR",
    }
)
UNKNOWN = "?"
"""Stands for a letter that the alphabet of the file has nothing like."""

_STARTS_FORMULA = re.compile("[=+\\-@\t\r\n＝＋－＠]")
_BREAKS = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029]+\s*")


@remembering(65536)
def transliterated(text: str, encoding: str) -> str:
    """`text` with letters of `encoding` only: Łódź -> Lodz, an emoji -> ?"""
    composed = normalize("NFC", text)
    try:
        composed.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_nearest(letter, encoding) for letter in composed)
    return composed


def _nearest(letter: str, encoding: str) -> str:
    if _is_of(letter, encoding):
        return letter
    if category(letter) in ("Mn", "Me", "Cf"):
        return ""
    plain = normalize("NFKD", letter.translate(_ALIKE)).translate(_ALIKE)
    kept = "".join(part for part in plain if _is_of(part, encoding) and category(part) != "Mn")
    return kept or UNKNOWN


def _is_of(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def one_line(text: str, *, without: str = "") -> str:
    """`text` on one line, each letter of `without` as a space."""
    flat = _BREAKS.sub(" ", text)
    for letter in without:
        flat = flat.replace(letter, " ")
    return " ".join(flat.split())


def guarded(text: str | None) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe leads what looks like one."""
    if not text:
        return ""
    return f"'{text}" if _STARTS_FORMULA.match(text) else text


def figure(value: Decimal | None) -> str:
    """A quantity, price or rate with a point and no idle zeros: 7.7500 -> 7.75, 100.0 -> 100."""
    return "" if value is None else f"{value.normalize() + 0:f}"


def amount(minor: int, currency: str) -> str:
    """Minor units with a point and the decimals of the currency: 1234567 TND -> 1234.567"""
    return f"{from_minor(minor, currency):f}"


def slashed(day: date | None) -> str:
    """DD/MM/YYYY."""
    return "" if day is None else f"{day:%d/%m/%Y}"


def comma_separated(rows: Iterable[Sequence[str]], *, separator: str) -> str:
    """Rows as RFC 4180 has them: CRLF, quotes only where they are due, and doubled within."""
    out = StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
