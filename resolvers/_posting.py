"""Posting documents and payments in journals: their numbers, their letters, one file a year."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from documents.accounting import fec, journal
from documents.accounting.entry import Entry
from domain.accounting import EXPORT_ACCOUNT_INVALID, EXPORT_SIREN_MISSING
from domain.errors import Issue, Refusal
from domain.invoice.finalise import Dossier
from domain.organisation import Entity
from persistence import journals
from resolvers._journals import MOST_NAMED, Period, Persons, Posting, persons_of
from resolvers._receiving import group_of, moves_of, payers_of, receipts, settlements

_OF_PLAN = re.compile("[0-9]{3}")
_A_YEAR = timedelta(days=366)

File = tuple[str, bytes, list[int]]
"""Name, content, and the documents in it."""


def journal_files(
    posting: Posting,
    dossiers: Sequence[Dossier],
    entries: Sequence[Entry],
    *,
    with_payments: bool,
    period: Period | None,
) -> list[File]:
    """The files of entries, one a legal person and fiscal year.

    An entry has the number that it has in its journal and year, whatever else is exported: months
    exported one by one follow on each other. Payments are those of the period, or those that are or
    were set against the documents.
    """
    entity_of = {one.invoice.id: one.entity.id for one in dossiers}
    wanted = set(entity_of.values())
    if with_payments and period is not None:
        wanted |= payers_of(posting, period)
    persons = persons_of(posting, wanted)
    years: dict[tuple[str, date], list[journal.JournalEntry]] = {}
    inside: dict[tuple[str, date], list[int]] = {}
    moves = moves_of(posting, persons, entity_of, period) if with_payments else []
    _require_right(posting, entries, [persons.entities[one] for one in set(entity_of.values())])
    settled = settlements(posting, dossiers, moves) if with_payments else {}
    letters = journal.letters({one.number: group_of(posting, one) for one in settled.values()})
    numbers = _sales_numbers(posting, persons, entries)
    credits = {one.invoice.id: one.invoice.credits_id for one in dossiers}
    for entry in entries:
        root = settled.get(credits[entry.key] or entry.key)
        place = journal.Place(
            numbers[entry.key], *(letters.get(root.number, ("",)) if root else ())
        )
        rated = replace(
            entry, euro_rate=posting.rate(entry.currency, entry.euro_rate, entry.number)
        )
        year = persons.year_of(entity_of[entry.key], entry.issue_date or date.min)
        years.setdefault(year, []).append(journal.sale(rated, place))
        inside.setdefault(year, []).append(entry.key)
    for year, paid in receipts(posting, persons, moves, settled, letters):
        years.setdefault(year, []).append(journal.receipt(paid))
    posting.require_rates()
    return [
        (fec.filename(*year), fec.write(posted), inside.get(year, []))
        for year, posted in sorted(years.items())
    ]


def _require_right(posting: Posting, entries: Sequence[Entry], entities: Sequence[Entity]) -> None:
    """Refuses what the file cannot tell: a person without SIREN, an account of no French plan."""
    issues: list[Issue] = [
        EXPORT_SIREN_MISSING(field=("filter", "entity_id"), entity=entity.name)
        for entity in sorted(entities, key=lambda one: one.code)
        if not entity.siren
    ]
    strange: dict[str, str] = {}
    for entry in entries:
        named = [entry.books.receivable_account]
        for line in entry.priced:
            named += [line.account, line.vat_account] if line.vat else [line.account]
        for account in named:
            if not _OF_PLAN.match(account):
                strange.setdefault(account, entry.number)
        posting.rate(entry.currency, entry.euro_rate, entry.number)
    issues += [
        EXPORT_ACCOUNT_INVALID(account=account, number=number)
        for account, number in sorted(strange.items())[:MOST_NAMED]
    ]
    if issues:
        raise Refusal(*issues)
    posting.require_rates()


def _sales_numbers(posting: Posting, persons: Persons, entries: Sequence[Entry]) -> dict[int, int]:
    """The place of each document among all that were made final in its journal and year."""
    ends = [entry.year_end for entry in entries if entry.year_end]
    if not ends:
        return {}
    posted = journals.posted_documents(
        posting.session, persons.entities, first=min(ends) - _A_YEAR, last=max(ends)
    )
    counts: Counter[tuple[Any, ...]] = Counter()
    numbers = {}
    for one in posted:
        journal = (
            *persons.year_of(one.entity_id, one.day),
            persons.books[one.entity_id].sales_journal,
        )
        counts[journal] += 1
        numbers[one.key] = counts[journal]
    return numbers
