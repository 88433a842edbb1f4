"""Entries of journals: documents posted as sales, money received, and what settles what.

Deposits are on the account of their lines, 4191 (PCG art. 944-41), and so is what a final invoice
takes off. Amounts are cents of a euro (DOMAIN §4.6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from documents.accounting.entry import Entry
from domain.invoice.euro import vat_in_euro
from domain.invoice.model import InvoiceKind
from domain.money import from_minor, to_minor

_TITLES = {
    InvoiceKind.INVOICE: "Facture",
    InvoiceKind.CREDIT_NOTE: "Avoir",
    InvoiceKind.DEPOSIT: "Facture d'acompte",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One movement of an account: `cents` of a euro, debited above nothing, credited below it.

    `foreign` is the same in minor units of the document's currency, where that is another.
    """

    account: str
    label: str
    cents: int
    foreign: int
    auxiliary: tuple[str, str] = ("", "")
    letter: str = ""
    lettered_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """A balanced entry of a journal; ValueError otherwise."""

    journal: tuple[str, str]
    number: int
    day: date
    piece: str
    piece_day: date
    label: str
    validated_on: date
    currency: str
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        if sum(row.cents for row in self.rows):
            raise ValueError(f"{self.piece} does not balance")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands in its journal, and the letter that ties it to what settles it."""

    number: int
    letter: str = ""
    lettered_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """What a payment gives to an invoice in minor units, with the euro rate of that one.

    `cents` is the same in cents of a euro, where parts have to add up; else it is converted.
    """

    minor: int
    rate: Decimal | None
    cents: int | None = None
    letter: str = ""
    lettered_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Money received; `is_cancelled` turns it round. `rest` is set against no invoice."""

    journal: tuple[str, str]
    bank: tuple[str, str]
    receivable: tuple[str, str]
    piece: str
    day: date
    validated_on: date
    number: int
    currency: str
    portions: tuple[Portion, ...]
    rest: int = 0
    rest_rate: Decimal | None = None
    auxiliary: tuple[str, str] = ("", "")
    is_cancelled: bool = False


def in_cents(minor: int, currency: str, rate: Decimal | None) -> int:
    """The amount in cents of a euro; ValueError for another currency without a rate."""
    if currency == "EUR":
        return minor
    if rate is None:
        raise ValueError(f"no euro rate of {currency}")
    return to_minor(from_minor(minor, currency) * rate, "EUR")


def sale(entry: Entry, place: Place) -> JournalEntry:
    """The entry of an invoice, deposit or credit note, in the journal of sales.

    VAT is that of the document; what a conversion leaves is put on the largest revenue line.
    """
    day = entry.issue_date
    if day is None:
        raise ValueError(f"{entry.number} is a pro forma")
    books = entry.books
    return JournalEntry(
        journal=(books.sales_journal, books.sales_journal_label),
        number=place.number,
        day=day,
        piece=entry.number,
        piece_day=day,
        label=f"{_TITLES[entry.kind]} {entry.number} {entry.buyer.name}",
        validated_on=entry.validated_on or day,
        currency=entry.currency,
        rows=moving(rows_of(entry, place)),
    )


def moving(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """What comes to nothing still has its number, and keeps a line for it."""
    return tuple(row for row in rows if row.cents) or rows[:1]


def rows_of(entry: Entry, place: Place) -> tuple[Row, ...]:
    """What is owed, sold and taxed, with what comes to nothing in euros."""
    books, buyer = entry.books, entry.buyer
    owed = Row(
        account=books.receivable_account,
        label=books.label_of(books.receivable_account),
        cents=entry.sign * _cents(entry, entry.gross),
        foreign=entry.sign * entry.gross,
        auxiliary=(buyer.auxiliary, buyer.name),
        letter=place.letter,
        lettered_on=place.lettered_on,
    )
    taxes = _rows(entry, ((line.vat_account, line.rate, line.vat) for line in entry.priced))
    taxes = _settled(taxes, -entry.sign * _vat(entry))
    sales = _rows(entry, ((line.account, line.rate, line.net) for line in entry.priced))
    sales = _settled(sales, -owed.cents - sum(row.cents for row in taxes))
    return (owed, *sales, *taxes)


def _cents(entry: Entry, minor: int) -> int:
    return in_cents(minor, entry.currency, entry.euro_rate)


def _vat(entry: Entry) -> int:
    """The VAT in cents as the paper states it."""
    if entry.currency == "EUR" or entry.euro_rate is None:
        return _cents(entry, entry.vat)
    return vat_in_euro(entry.vat, entry.currency, entry.euro_rate)


def _rows(entry: Entry, parts: Iterable[tuple[str, Decimal | None, int]]) -> tuple[Row, ...]:
    """One row an account and rate, in the order of the lines."""
    sums: dict[tuple[str, Decimal | None], int] = {}
    for account, rate, minor in parts:
        sums[account, rate] = sums.get((account, rate), 0) + minor
    return tuple(
        Row(
            account=account,
            label=entry.books.label_of(account),
            cents=-entry.sign * _cents(entry, minor),
            foreign=-entry.sign * minor,
        )
        for (account, _), minor in sums.items()
        if minor
    )


def _settled(rows: tuple[Row, ...], cents: int) -> tuple[Row, ...]:
    """The rows with what is missing to `cents` on the largest, revenue (class 7) before others."""
    missing = cents - sum(row.cents for row in rows)
    if not missing:
        return rows
    largest = max(
        range(len(rows)),
        key=lambda place: (rows[place].account.startswith("7"), abs(rows[place].cents), -place),
    )
    mended = replace(rows[largest], cents=rows[largest].cents + missing)
    return (*rows[:largest], mended, *rows[largest + 1 :])


def receipt(paid: Receipt) -> JournalEntry:
    """The entry of a payment in the journal of the bank: 512 to 411, an invoice a row.

    A foreign payment is told at the rates of its invoices: what the exchange has gained or lost is
    the accounting software's.
    """
    turn = -1 if paid.is_cancelled else 1
    parts = [
        (one, in_cents(one.minor, paid.currency, one.rate) if one.cents is None else one.cents)
        for one in paid.portions
        if one.minor
    ]
    owed = [
        Row(
            account=paid.receivable[0],
            label=paid.receivable[1],
            cents=-turn * cents,
            foreign=-turn * one.minor,
            auxiliary=paid.auxiliary,
            letter=one.letter,
            lettered_on=one.lettered_on,
        )
        for one, cents in parts
    ]
    if paid.rest:
        owed.append(
            Row(
                account=paid.receivable[0],
                label=paid.receivable[1],
                cents=-turn * in_cents(paid.rest, paid.currency, paid.rest_rate),
                foreign=-turn * paid.rest,
                auxiliary=paid.auxiliary,
            )
        )
    bank = Row(
        account=paid.bank[0],
        label=paid.bank[1],
        cents=-sum(row.cents for row in owed),
        foreign=-sum(row.foreign for row in owed),
    )
    title = "Annulation du règlement" if paid.is_cancelled else "Règlement"
    return JournalEntry(
        journal=paid.journal,
        number=paid.number,
        day=paid.day,
        piece=paid.piece,
        piece_day=paid.day,
        label=f"{title} {paid.auxiliary[1]}",
        validated_on=paid.validated_on,
        currency=paid.currency,
        rows=(bank, *owed),
    )
