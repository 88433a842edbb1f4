"""The French file of accounting entries, of a legal person and a fiscal year (DOMAIN §4.6).

LPF A47 A-1: 18 fields, tab, CRLF, ISO 8859-15. An extract to load in the accounts: the statutory
file is that of the accounting software.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from documents.accounting.journal import JournalEntry, Row
from documents.accounting.text import amount, one_line, transliterated
from domain.money import decimals_of
from domain.remembered import remembering

ENCODING = "iso8859-15"
_FIELDS = (
    "JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib "
    "PieceRef PieceDate EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise "
    "Idevise"
)
FIELDS = _FIELDS.split(" ")


def filename(siren: str, year_end: date) -> str:
    """{SIREN}FEC{AAAAMMJJ}.txt, by the last day of the fiscal year (LPF A47 A-1, IX)."""
    return f"{siren}FEC{year_end:%Y%m%d}.txt"


def write(entries: Sequence[JournalEntry]) -> bytes:
    """The file of one fiscal year, by the day of validation, then journal and number."""
    ordered = sorted(entries, key=lambda one: (one.validated_on, one.journal[0], one.number))
    lines = ["\t".join(FIELDS)]
    lines += ["\t".join(_line(entry, row)) for entry in ordered for row in entry.rows]
    return "".join(f"{line}\r\n" for line in lines).encode(ENCODING)


def _line(entry: JournalEntry, row: Row) -> list[str]:
    is_foreign = entry.currency != "EUR"
    return [
        _text(entry.journal[0]),
        _text(entry.journal[1]),
        str(entry.number),
        _day(entry.day),
        _text(row.account),
        _text(row.label),
        _text(row.auxiliary[0]),
        _text(row.auxiliary[1]),
        _text(entry.piece),
        _day(entry.piece_day),
        _text(entry.label),
        _figure(max(row.cents, 0), "EUR"),
        _figure(max(-row.cents, 0), "EUR"),
        _text(row.letter),
        _day(row.lettered_on),
        _day(entry.validated_on),
        _figure(abs(row.foreign), entry.currency) if is_foreign else "",
        entry.currency if is_foreign else "",
    ]


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%Y%m%d}"


def _figure(minor: int, currency: str) -> str:
    """A decimal comma and two decimals, three where the currency has them."""
    written = amount(minor, currency).replace(".", ",")
    return written if decimals_of(currency) else f"{written},00"


@remembering(65536)
def _text(text: str) -> str:
    return one_line(transliterated(one_line(text), ENCODING), without="\t|")
