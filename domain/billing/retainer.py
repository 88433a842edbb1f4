"""Retainers: a fee each calendar month, quarter or year, due when the period ends or begins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from domain.billing.blockers import no_start, open_period
from domain.billing.books import ContractTerms, PhaseBooks
from domain.billing.covering import Cover
from domain.billing.item import Claim, Item, ItemKind
from domain.billing.periods import Period, periods, without
from domain.invoice.basis import Rule
from domain.invoice.claim import ClaimKind
from domain.project.model import Periodicity, Timing


def retainer_items(contract: ContractTerms, books: PhaseBooks, cut_off: date) -> list[Item]:
    """The periods that are due at `cut_off` and not billed, and the open one after them.

    ARREARS: due once the period has ended; ADVANCE: as soon as it has begun. What was billed
    without naming a period counts for the earliest ones (`covering`).
    """
    fee, currency = books.figures.adjusted_fee, books.terms.currency
    if books.terms.start_date is None:
        return [_unknown(books)] if fee else []
    cover = Cover.of(books.figures, books.claimed)
    found = []
    for period in unbilled_periods(books, ClaimKind.RETAINER, cut_off):
        price = period.share_of(fee, currency)
        covered = cover.take(price)
        if price == covered:
            continue
        due_on = period.end if contract.timing is Timing.ARREARS else period.start
        item = _item(books, period, price, covered, is_due=due_on <= cut_off, due_on=due_on)
        found.append(item)
        if due_on > cut_off:
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


def _item(
    books: PhaseBooks, period: Period, price: int, covered: int, *, is_due: bool, due_on: date
) -> Item:
    phase, amount = books.terms, price - covered
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
            "fee": books.figures.adjusted_fee,
            "start": period.start.isoformat(),
            "end": period.end.isoformat(),
            "days": period.days,
            "whole_days": period.whole,
            "price": price,
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
