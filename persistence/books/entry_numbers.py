"""The numbers of entries as they are kept: read, and given on under one lock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select

from domain.entry_number import EntryNumber
from persistence.books.journals import Posted
from persistence.invoice.numbers import locked_counter
from persistence.records import portions
from persistence.session import ScopedSession, insert_all

ENTRY_SERIES = "#E"
"""No series of numbers is called so: they are capitals. The counter is a lock, and counts none."""

Journal = tuple[str, date, str]
"""SIREN, the last day of the fiscal year, and the code: what numbers follow on in."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """Where an entry stands, as it did when its number was given."""

    siren: str
    year_end: date
    journal: str
    label: str
    number: int

    @property
    def year(self) -> tuple[str, date]:
        return self.siren, self.year_end


@dataclass(slots=True)
class Kept:
    """The numbers of documents by identifier, and of payments by theirs and is_cancellation."""

    documents: dict[int, Numbered] = field(default_factory=dict)
    payments: dict[tuple[int, bool], Numbered] = field(default_factory=dict)


def kept(
    session: ScopedSession, invoice_ids: Collection[int], payment_ids: Collection[int]
) -> Kept:
    """The numbers that these have; what has none is not in it."""
    row, found = EntryNumber, Kept()
    shown: Any = (row.siren, row.year_end, row.journal, row.label, row.number)
    for portion in portions(invoice_ids):
        of_sales = select(row.invoice_id, *shown).where(row.invoice_id.in_(portion))
        for key, *told in session.execute(of_sales).all():
            found.documents[key] = Numbered(*told)
    for portion in portions(payment_ids):
        of_bank = select(row.payment_id, row.is_cancellation, *shown)
        for key, cancels, *told in session.execute(of_bank.where(row.payment_id.in_(portion))):
            found.payments[key, cancels] = Numbered(*told)
    return found


def lock(session: ScopedSession) -> None:
    """Nobody else numbers entries of the organisation until this transaction ends.

    Two first ones meet at the unique key of the counter: the loser starts over.
    """
    locked_counter(session, entity_id=0, series=ENTRY_SERIES, year=0)


def give(session: ScopedSession, entries: Sequence[tuple[Posted, Journal, str]]) -> None:
    """Numbers entries, each with its journal and the label of that, in their order.

    They go on from the last number of each journal and year. The caller holds the lock.
    """
    last = _last_numbers(session, {journal[0] for _, journal, _ in entries})
    rows = []
    for posted, journal, label in entries:
        last[journal] = last.get(journal, 0) + 1
        siren, year_end, code = journal
        rows.append(
            {
                "siren": siren,
                "year_end": year_end,
                "journal": code,
                "label": label,
                "number": last[journal],
                "invoice_id": posted.key if posted.link else None,
                "payment_id": None if posted.link else posted.key,
                "is_cancellation": posted.is_cancellation,
            }
        )
    insert_all(session, EntryNumber, rows)


def _last_numbers(session: ScopedSession, sirens: Iterable[str]) -> dict[Journal, int]:
    row = EntryNumber
    statement = (
        select(row.siren, row.year_end, row.journal, func.max(row.number))
        .where(row.siren.in_(set(sirens)))
        .group_by(row.siren, row.year_end, row.journal)
    )
    return {
        (siren, year_end, code): last for siren, year_end, code, last in session.execute(statement)
    }
