"""Numbering entries: all of a journal that have no number yet, at the first export that asks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta

from domain.accounting import EXPORT_SIREN_MISSING
from domain.errors import Refusal
from persistence.books import entry_numbers, journals
from persistence.books.entry_numbers import Journal, Kept
from persistence.books.journals import Posted
from resolvers._mutation import persistently
from resolvers.posting._journals import Persons, Posting, persons_of

_A_YEAR = timedelta(days=366)

Days = Sequence[date]
"""When the documents asked for were issued."""


def numbers_of(
    posting: Posting, persons: Persons, documents: Collection[int], days: Days, moves: list[Posted]
) -> Kept:
    """The numbers of these documents and payments, given now to those that have none yet.

    They are given in a transaction of their own, committed before anything is drawn up: a number
    that was read is never another's. EXPORT_SIREN_MISSING where nobody names the journal.
    """
    payments = {one.key for one in moves}
    found = entry_numbers.kept(posting.session, documents, payments)
    rest = [one for one in moves if (one.key, one.is_cancellation) not in found.payments]
    for one in rest:
        entity = persons.entities[one.entity_id]
        if not entity.siren:
            raise Refusal(EXPORT_SIREN_MISSING(field=("filter", "entity_id"), entity=entity.name))
    missing = set(documents) - found.documents.keys()
    if not missing and not rest:
        return found

    def number() -> Kept:
        with posting.writing() as session:
            entry_numbers.lock(session)
            _give(replace(posting, session=session), persons, missing, days, rest)
            return entry_numbers.kept(session, documents, payments)

    return persistently(number)


def _give(
    posting: Posting, persons: Persons, missing: set[int], days: Days, rest: list[Posted]
) -> None:
    """Numbers all that has none in the journals and years of what is asked for."""
    session = posting.session
    entries: list[tuple[Posted, Journal, str]] = []
    persons = persons_of(posting, persons.entities)
    if missing:
        first, last = min(days) - _A_YEAR, max(days) + _A_YEAR
        for one in journals.unnumbered_documents(session, persons.entities, first=first, last=last):
            books = persons.books[one.entity_id]
            journal = (*persons.year_of(one.entity_id, one.day), books.sales_journal)
            entries.append((one, journal, books.sales_journal_label))
    asked = {(one.key, one.is_cancellation) for one in rest}
    if rest:
        paid = journals.posted_payments(session, persons.entities, posting.zone)
        done = entry_numbers.kept(session, (), {one.key for one in paid}).payments
        for one in paid:
            if (one.key, one.is_cancellation) in done:
                continue
            books = persons.books[one.entity_id]
            journal = (*persons.year_of(one.entity_id, one.day), books.bank_journal)
            entries.append((one, journal, books.bank_journal_label))
    due = {
        journal
        for one, journal, _ in entries
        if (one.key in missing if one.link else (one.key, one.is_cancellation) in asked)
    }

    def order(entry: tuple[Posted, Journal, str]) -> tuple[object, ...]:
        one = entry[0]
        validated_on = one.at.astimezone(posting.zone).date()
        return validated_on, one.link, one.at, one.is_cancellation, one.key

    entry_numbers.give(
        session, sorted((one for one in entries if one[1] in due and one[1][0]), key=order)
    )
