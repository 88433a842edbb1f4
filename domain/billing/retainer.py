"""Retainers: a fee each calendar month, quarter or year, due when the period ends or begins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from domain.billing.blockers import no_start, open_period
from domain.billing.books import Claimed, ContractTerms, PhaseBooks
from domain.billing.covering import Wanted, items_of, missing
from domain.billing.item import Claim, Item, ItemKind
from domain.invoice.basis import Rule
from domain.invoice.claim import ClaimKind
from domain.project.model import Periodicity, Timing
from domain.project.periods import Period, periods, without


def retainer_items(contract: ContractTerms, books: PhaseBooks, cut_off: date) -> list[Item]:
    """The periods that are due at `cut_off` and not billed, and the open one after them.

    ARREARS: due once the period has ended; ADVANCE: as soon as it has begun. Each is priced at the
    fee in force on its first day: an adjustment of the fee holds from its day on. What was billed
    without naming a period counts for the earliest ones (`covering`); of a period that a line
    bills in part, the rest is an item.
    """
    if books.terms.start_date is None:
        return [_unknown(books)] if books.has_fee else []

    def due_on(one: Period | Claimed) -> date:
        begins, ends = (
            (one.start, one.end) if isinstance(one, Period) else (one.starts_on, one.ends_on)
        )
        return ends if contract.timing is Timing.ARREARS else begins

    wanted = [
        _wanted(books, period, due_on(period), cut_off)
        for period in unbilled_periods(books, ClaimKind.RETAINER, cut_off)
    ]
    found = []
    for item in items_of([*wanted, *missing(books, due_on, cut_off)], books):
        found.append(item)
        if item.unbilled:
            break
    return found


def unbilled_periods(books: PhaseBooks, kind: ClaimKind, cut_off: date) -> Iterator[Period]:
    """The periods of a phase without the days that lines bill, up to the one after `cut_off`."""
    terms = books.terms
    assert terms.start_date is not None
    taken = [(one.starts_on, one.ends_on) for one in books.claimed if one.kind is kind]
    latest = max([cut_off, *(ends for _, ends in taken)])
    found = periods(
        start=terms.start_date,
        end=terms.end_date,
        periodicity=terms.periodicity or Periodicity.MONTH,
        until=latest,
    )
    return without(found, taken)


def _wanted(books: PhaseBooks, period: Period, due_on: date, cut_off: date) -> Wanted:
    fee = books.fee_on(period.start)
    price = period.share_of(fee, books.terms.currency)

    def make(covered: int) -> Item | None:
        amount = price - covered
        return None if amount == 0 else _item(books, period, amount, covered, due_on, cut_off)

    return Wanted(ClaimKind.RETAINER, period.start, price, make)


def _item(
    books: PhaseBooks, period: Period, amount: int, covered: int, due_on: date, cut_off: date
) -> Item:
    phase, is_due = books.terms, due_on <= cut_off
    return Item(
        key=f"phase_{phase.id}:{period.start.isoformat()}",
        kind=ItemKind.PERIOD,
        phase_id=phase.id,
        amount=amount if is_due else 0,
        unbilled=0 if is_due else amount,
        period=period,
        claim=Claim(ClaimKind.RETAINER, period.start, period.end),
        blockers=() if is_due else (open_period(phase, period, until=due_on),),
        basis={
            "rule": Rule.PERIOD.value,
            "fee": books.fee_on(period.start),
            "start": period.start.isoformat(),
            "end": period.end.isoformat(),
            "days": period.days,
            "whole_days": period.whole,
            "price": amount + covered,
            "covered": covered,
            "amount": amount,
        },
    )


def _unknown(books: PhaseBooks) -> Item:
    return Item(
        key=f"phase_{books.terms.id}:?",
        kind=ItemKind.PERIOD,
        phase_id=books.terms.id,
        amount=0,
        blockers=(no_start(books.terms),),
    )
