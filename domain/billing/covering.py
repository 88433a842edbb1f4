"""What is billed of periods beside the lines that claim them, and what is missing of those.

Past invoices, corrections, lines written by hand and what was written off name no period. They
count for the earliest ones first, whether a line bills a part of them or not: so none is ever
billed twice, and what they do not reach stays due. The rest of a period, of which a line bills a
part, counts for that period first. Whatever goes again, credited or deleted, counts no more: what
it had covered is due again. Below nothing they count for nothing: no period is ever billed above
its price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from domain.billing.blockers import open_period
from domain.billing.books import Claimed, PhaseBooks
from domain.billing.item import Item, ItemKind
from domain.invoice.basis import Rule
from domain.invoice.claim import ClaimKind
from domain.money import nearer_nothing
from domain.project.periods import Period


@dataclass(frozen=True, slots=True)
class Wanted:
    """A period, or what is missing of one: what it comes to before anything counts for it."""

    kind: ClaimKind
    starts_on: date
    price: int
    make: Callable[[int], Item | None]
    """Its item, once it is known how much of the price is billed; None where nothing is left."""


def items_of(wanted: Sequence[Wanted], books: PhaseBooks) -> Iterator[Item]:
    """The items of what is wanted, by their days, less what is billed of each."""
    figures = books.figures
    ordered = sorted(wanted, key=lambda one: (one.starts_on, _ORDER[one.kind]))
    left = figures.billed + figures.written_off + figures.reserved
    left -= sum(one.net for one in books.claimed)
    named: dict[tuple[ClaimKind, date], list[int]] = defaultdict(lambda: [0, 0])
    for rest in books.rests:
        sums = named[(rest.kind, rest.starts_on)]
        sums[0] += rest.net
        sums[1] += rest.given_up
    own = []
    for one in ordered:
        net, given_up = named.pop((one.kind, one.starts_on), (0, 0))
        taken = _of(one.price, net + given_up)
        own.append(taken)
        left -= taken - nearer_nothing(taken, given_up)
    for one, taken in zip(ordered, own, strict=True):
        more = _of(one.price - taken, left)
        left -= more
        item = one.make(taken + more)
        if item is not None:
            yield item


_ORDER = {ClaimKind.RETAINER: 0, ClaimKind.BLOCK: 0, ClaimKind.OVERAGE: 1}


def _of(price: int, there: int) -> int:
    """How much of `price` what is there makes; nothing where it has the other sign."""
    sign = -1 if price < 0 else 1
    return sign * min(abs(price), max(0, sign * there))


def missing(
    books: PhaseBooks, due_on: Callable[[Claimed], date | None], cut_off: date
) -> Iterator[Wanted]:
    """What lines that bill periods do not bill of them: credited since, or covered by others then.

    `due_on` tells the day on which the period is due; None: at once.
    """
    for one in books.claimed:
        price = one.price - nearer_nothing(one.net, one.price)
        if price:
            yield Wanted(one.kind, one.starts_on, price, _rest(books, one, due_on(one), cut_off))


def _rest(
    books: PhaseBooks, of: Claimed, due_on: date | None, cut_off: date
) -> Callable[[int], Item | None]:
    terms, price = books.terms, of.price
    bills = nearer_nothing(of.net, price)
    period = None
    if terms.periodicity is not None:
        period = Period(of.starts_on, of.ends_on, (of.ends_on - of.starts_on).days + 1)

    def make(covered: int) -> Item | None:
        amount = price - bills - covered
        if amount == 0:
            return None
        waits = due_on if due_on is not None and due_on > cut_off else None
        shown = period or Period(of.starts_on, of.ends_on, 1)
        return Item(
            key=f"phase_{terms.id}:rest:{of.kind.lower()}:{of.starts_on.isoformat()}",
            kind=ItemKind.REST,
            phase_id=terms.id,
            amount=0 if waits else amount,
            unbilled=amount if waits else 0,
            period=period,
            blockers=(open_period(terms, shown, until=waits),) if waits else (),
            basis={
                "rule": Rule.REST.value,
                "rest_of": of.kind.value,
                "start": of.starts_on.isoformat(),
                "end": of.ends_on.isoformat(),
                "fee": price,
                "covered": bills + covered,
                "amount": amount,
            },
        )

    return make
