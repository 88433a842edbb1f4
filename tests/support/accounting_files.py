"""Reading back what the accounts are given, as others read it: nothing here knows our writers."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from io import StringIO

FEC_FIELDS = [
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib",
    "CompAuxNum", "CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit",
    "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise",
]  # fmt: skip
"""LPF A47 A-1, VII."""
MANDATORY = {*FEC_FIELDS[:6], *FEC_FIELDS[8:13], "ValidDate"}
XERO_NEEDED = {
    "*ContactName", "*InvoiceNumber", "*InvoiceDate", "*DueDate", "*Description", "*Quantity",
    "*UnitAmount", "*AccountCode", "*TaxType",
}  # fmt: skip

_AMOUNT = re.compile(r"\d+,\d{2}")
_FOREIGN = re.compile(r"\d+,\d{2,3}")
_DAY = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")

Row = dict[str, str]


def fec(content: bytes) -> list[Row]:
    """The rows of a file of accounting entries; AssertionError where it breaks the rules."""
    text = content.decode("iso8859-15")
    assert text.endswith("\r\n")
    lines = text.split("\r\n")[:-1]
    assert not any(set(line) & set("\r\n|") for line in lines)
    assert lines[0].split("\t") == FEC_FIELDS
    rows = []
    for line in lines[1:]:
        cells = line.split("\t")
        assert len(cells) == len(FEC_FIELDS), line
        rows.append(dict(zip(FEC_FIELDS, cells, strict=True)))
    for row in rows:
        _judge_row(row)
    _judge_entries(rows)
    return rows


def _judge_row(row: Row) -> None:
    assert not [name for name in MANDATORY if not row[name]], row
    assert all(
        cell == cell.strip() and not re.search(r"[\x00-\x1f\x7f-\x9f]", cell)
        for cell in row.values()
    )
    assert re.match(r"[1-9]\d\d", row["CompteNum"]), row
    for name in ("EcritureDate", "PieceDate", "ValidDate"):
        assert _DAY.fullmatch(row[name]), row
    for name in ("Debit", "Credit"):
        assert _AMOUNT.fullmatch(row[name]), row
    assert "0,00" in (row["Debit"], row["Credit"]), row
    assert bool(row["EcritureLet"]) == bool(row["DateLet"]), row
    assert bool(row["Montantdevise"]) == bool(row["Idevise"]), row
    if row["Idevise"]:
        assert _FOREIGN.fullmatch(row["Montantdevise"]), row


def _judge_entries(rows: list[Row]) -> None:
    """Balanced, continuous within a journal, by the day of validation, lettered in pairs."""
    assert [row["ValidDate"] for row in rows] == sorted(row["ValidDate"] for row in rows)
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    letters: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row["JournalCode"], row["EcritureNum"]] += movement(row)
        if row["EcritureLet"]:
            letters[row["EcritureLet"]] += movement(row)
    assert not any(sums.values()), sums
    for journal in {code for code, _ in sums}:
        numbers = [int(number) for code, number in sums if code == journal]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), numbers


def movement(row: Row) -> Decimal:
    """What a row debits, less what it credits."""
    return figure(row["Debit"]) - figure(row["Credit"])


def figure(text: str) -> Decimal:
    """An amount with a decimal comma."""
    return Decimal(text.replace(",", "."))


@dataclass
class Transaction:
    """A TRNS of QuickBooks with its SPLs, by the names of the headers."""

    head: Row
    splits: list[Row] = field(default_factory=list)

    @property
    def sum(self) -> Decimal:
        return sum((Decimal(one["AMOUNT"]) for one in self.splits), Decimal(self.head["AMOUNT"]))


def iif(content: bytes) -> list[Transaction]:
    """The transactions of an IIF file; AssertionError where one is not whole."""
    text = content.decode("cp1252")
    assert text.endswith("\r\n")
    rows = [line.split("\t") for line in text.split("\r\n")[:-1]]
    assert '"' not in text
    headers = {row[0][1:]: row for row in rows[:3]}
    assert list(headers) == ["TRNS", "SPL", "ENDTRNS"]
    found: list[Transaction] = []
    is_open = False
    for row in rows[3:]:
        assert len(row) == len(headers[row[0]]), row
        told = dict(zip(headers[row[0]][1:], row[1:], strict=True))
        match row[0]:
            case "TRNS":
                assert not is_open
                is_open = True
                found.append(Transaction(told))
            case "SPL":
                assert is_open
                found[-1].splits.append(told)
            case _:
                assert is_open
                is_open = False
    assert not is_open
    return found


def comma_separated(content: bytes, *, separator: str) -> list[Row]:
    """The rows of a CSV by the names of its first; all of one width, ended by CRLF."""
    text = content.decode("utf-8-sig")
    assert text.endswith("\r\n")
    rows = list(csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True))
    assert {len(row) for row in rows} == {len(rows[0])}
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def unguarded(text: str) -> str:
    """A text without the apostrophe that keeps it from being a formula."""
    return text[1:] if text.startswith("'") else text
