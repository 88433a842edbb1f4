"""Posting documents and payments in journals: their numbers, their letters, one file a year."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from documents.accounting import emptying, fec, journal, letters
from documents.accounting.entry import Entry
from domain.accounting import EXPORT_ACCOUNT_INVALID, EXPORT_SIREN_MISSING
from domain.errors import Issue, Refusal
from domain.invoice.finalise import Dossier
from domain.invoice.model import Invoice
from domain.organisation import Entity
from persistence.books import exports, journals
from persistence.invoice.invoices import dossiers_of
from resolvers.posting._entry_numbers import numbers_of
from resolvers.posting._journals import MOST_NAMED, Period, Posting, persons_of
from resolvers.posting._receiving import (
    Move,
    group_of,
    moves_of,
    payers_of,
    receipts,
    settlements,
    taken_of,
    told_of,
)
from resolvers.posting._selecting import entries_of

_OF_PLAN = re.compile("[0-9]{3}")

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

    An entry keeps the number, journal and year that the first export gave it, whatever else is
    exported or set: months exported one by one follow on each other. Payments are those of the
    period, or those that are or were set against the documents. What a file holds one side of
    only has no letter in it.
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
    marks = letters.letters(
        {one.number: group_of(posting, one) for one in told_of(settled, dossiers, moves)}
    )
    days = [entry.issue_date for entry in entries if entry.issue_date]
    kept = numbers_of(posting, persons, entity_of, days, moves)
    credits = {one.invoice.id: one.invoice.credits_id for one in dossiers}
    before = _families(posting, [one.invoice for one in dossiers])
    taking = _taking(posting, [one.invoice for one in dossiers], settled)
    for entry in entries:
        root = settled.get(credits[entry.key] or entry.key)
        numbered = kept.documents[entry.key]
        place = journal.Place(numbered.number, *(marks.get(root.number, ("",)) if root else ()))
        told = replace(
            entry,
            euro_rate=posting.rate(entry.currency, entry.euro_rate, entry.number),
            books=replace(
                entry.books, sales_journal=numbered.journal, sales_journal_label=numbered.label
            ),
        )
        posted_sale = emptying.credited(
            told, place, before.get(entry.key, ()), taken=taking.get(entry.key)
        )
        years.setdefault(numbered.year, []).append(posted_sale)
        inside.setdefault(numbered.year, []).append(entry.key)
    posted = [Move(one, kept.payments[one.key, one.is_cancellation]) for one in moves]
    for year, paid in receipts(posting, persons, posted, settled, marks):
        years.setdefault(year, []).append(journal.receipt(paid))
    posting.require_rates()
    return [
        (fec.filename(*year), fec.write(letters.lettered_on_both_sides(some)), inside.get(year, []))
        for year, some in sorted(years.items())
    ]


def _families(posting: Posting, documents: Sequence[Invoice]) -> dict[int, list[Entry]]:
    """By credit note in another currency: its invoice and the notes before it.

    In a number of statements that does not grow with them.
    """
    foreign = [one for one in documents if one.currency != "EUR"]
    notes = {one.id: one.credits_id for one in foreign if one.credits_id is not None}
    if not notes:
        return {}
    made = exports.with_their_notes(posting.session, notes.values())
    entries = entries_of(posting.session, dossiers_of(posting.session, made), posting.zone)
    families: dict[int, list[Entry]] = {}
    roots = {one.id: one.credits_id or one.id for one in made}
    for entry in entries:
        # One without a rate is not of the file: the file does not wait for it.
        rate = entry.euro_rate or posting.rates.get(entry.currency)
        families.setdefault(roots[entry.key], []).append(replace(entry, euro_rate=rate))
    return {key: [one for one in families[root] if one.key < key] for key, root in notes.items()}


def _taking(
    posting: Posting, documents: Sequence[Invoice], settled: Mapping[int, journals.Settlement]
) -> dict[int, int]:
    """By credit note in another currency: what it takes of its invoice in cents.

    Whether payments go into the file (`settled`) or not: a note is told alike each time.
    """
    roots = {one.credits_id for one in documents if one.credits_id and one.currency != "EUR"}
    known = settled or journals.settlements(posting.session, roots)
    found: dict[int, int] = {}
    for one in (known[key] for key in roots & known.keys()):
        # The file waits for no rate of an invoice outside it.
        if one.rate or one.currency in posting.rates:
            found |= taken_of(posting, one).notes
    return found


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
