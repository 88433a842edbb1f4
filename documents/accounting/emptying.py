"""The entry of a credit note that empties its invoice, or settles it: it takes what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from documents.accounting.entry import Entry
from documents.accounting.journal import JournalEntry, Place, Row, moving, rows_of, sale


def credited(
    entry: Entry, place: Place, before: Sequence[Entry], *, taken: int | None = None
) -> JournalEntry:
    """The entry of a credit note; `before` are its invoice and the earlier notes of that.

    Each is converted by itself, so that parts need not add up to the whole in euros. The note that
    brings all accounts to nothing in the currency of the invoice does so in euros too. VAT stays as
    its paper states it: a cent that papers leave of it is on its account, and against the revenue.
    Of the receivable it takes the cents of `taken`, which know of payments too.
    """
    made = sale(entry, place)
    # What two rates leave is no rounding: it is what the exchange has gained or lost.
    if not before or any(one.euro_rate != entry.euro_rate for one in before):
        return made
    cents: Counter[str] = Counter()
    foreign: Counter[str] = Counter()
    rows = rows_of(entry, place)
    for row in chain(rows, *(rows_of(one, place) for one in before)):
        cents[row.account] += row.cents
        foreign[row.account] += row.foreign
    family = (entry, *before)
    taxes = {line.vat_account for one in family for line in one.priced if line.vat}
    left: dict[str, int] = {}
    if not any(foreign.values()):
        left = {account: minor for account, minor in cents.items() if account not in taxes}
    if taken is not None:
        left[rows[0].account] = rows[0].cents + taken
    for account, minor in left.items():
        if minor:
            rows = _less(rows, account, minor, entry.books.label_of(account))
    # What is no account's of these stands against the revenue: the entry balances.
    if rest := sum(row.cents for row in rows):
        sold = [row for row in rows[1:] if row.account not in taxes]
        most = max(sold, key=lambda row: abs(row.foreign)).account if sold else rows[0].account
        rows = _less(rows, most, rest, entry.books.label_of(most))
    return replace(made, rows=moving(rows))


def _less(rows: tuple[Row, ...], account: str, cents: int, label: str) -> tuple[Row, ...]:
    """The rows with `cents` less on the largest of the account, or on one of its own."""
    places = [place for place, row in enumerate(rows) if row.account == account]
    if not places:
        return (*rows, Row(account=account, label=label, cents=-cents, foreign=0))
    largest = max(places, key=lambda place: (abs(rows[place].foreign), -place))
    mended = replace(rows[largest], cents=rows[largest].cents - cents)
    return (*rows[:largest], mended, *rows[largest + 1 :])
