"""Hours bought in advance: the block when it is bought, the hours beyond it when its period closes.

A phase without a periodicity is one block, bought once. With one, a block is bought each calendar
period, whole even where the period is not: hours are bought, they do not elapse. Its price is the
fee in force on its first day; of a block that is bought once all adjustments of the fee count. A
block that a line sold keeps the hours that it had then: others are those of the blocks to come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain.billing.blockers import exhausted, no_rate, no_start, not_approved, open_period
from domain.billing.books import (
    Claimed,
    ContractTerms,
    PhaseBooks,
    PhaseTerms,
    Worked,
    hourly_rate,
)
from domain.billing.covering import Wanted, items_of, missing
from domain.billing.item import Blocker, Claim, Item, ItemKind
from domain.given import EARLIEST
from domain.invoice.basis import Rule
from domain.invoice.claim import ClaimKind
from domain.money import to_minor
from domain.project.periods import Period, periods


class BlockLevel(StrEnum):
    """How near its end a block of hours is."""

    ENOUGH = "ENOUGH"
    LOW = "LOW"
    ALMOST_USED = "ALMOST_USED"
    USED_UP = "USED_UP"


LEVELS = (
    (BlockLevel.ALMOST_USED, Decimal("0.95")),
    (BlockLevel.LOW, Decimal("0.80")),
)
"""From which share of it on: those at which such contracts are warned of (CONTRACT, part X)."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn from the block of a period: `balance` was there, `used` was worked."""

    period: Period | None
    balance: Decimal
    used: Decimal
    exhausted_on: date | None = None
    """The day on which nothing was left of it."""
    is_last: bool = False
    """Whether no period follows: the phase has ended."""
    carried: Decimal = Decimal(0)
    """Of the balance, what earlier periods left."""

    @property
    def beyond(self) -> Decimal:
        return max(Decimal(0), self.used - self.balance)

    @property
    def left(self) -> Decimal:
        return max(Decimal(0), self.balance - self.used)

    @property
    def level(self) -> BlockLevel:
        """How near its end the block is; one of no hours is used up."""
        if self.used >= self.balance:
            return BlockLevel.USED_UP
        reached = (level for level, share in LEVELS if self.used >= self.balance * share)
        return next(reached, BlockLevel.ENOUGH)


def draw_down(contract: ContractTerms, books: PhaseBooks, cut_off: date) -> Iterator[Drawn]:
    """The balance and the use of each block, in order; with rollover the rest passes on.

    Time before the first period counts in it, time after the last one in that.
    """
    bought = books.terms.hours or Decimal(0)
    worked = sorted(
        (one for one in books.worked if one.approved), key=lambda one: (one.worked_on, one.id)
    )
    if books.terms.periodicity is None:
        yield _drawn(None, _sold(books, None, bought), worked)
        return
    found = list(_periods(books, cut_off))
    carried, place = Decimal(0), 0
    for index, period in enumerate(found):
        is_last, first = index == len(found) - 1, place
        while place < len(worked) and (is_last or worked[place].worked_on <= period.end):
            place += 1
        has_ended = is_last and period.end == books.terms.end_date
        sold = _sold(books, period, bought)
        drawn = _drawn(period, sold, worked[first:place], carried=carried, is_last=has_ended)
        yield drawn
        carried = drawn.left if contract.rollover else Decimal(0)


def _sold(books: PhaseBooks, period: Period | None, agreed: Decimal) -> Decimal:
    """The hours of the block of a period: as it was sold, else as agreed now."""
    of_block = (one for one in books.claimed if one.kind is ClaimKind.BLOCK and _is_of(one, period))
    return next((one.bought for one in of_block if one.bought is not None), agreed)


def _drawn(
    period: Period | None,
    bought: Decimal,
    worked: Sequence[Worked],
    *,
    carried: Decimal = Decimal(0),
    is_last: bool = False,
) -> Drawn:
    balance = bought + carried
    used, exhausted_on = Decimal(0), None
    for one in worked:
        used += one.hours
        if used >= balance and exhausted_on is None:
            exhausted_on = one.worked_on
    return Drawn(period, balance, used, exhausted_on, is_last, carried)


def block_on(contract: ContractTerms, books: PhaseBooks, day: date) -> Drawn | None:
    """The block that hours of `day` are drawn from; the last one of a phase that has ended.

    None before the first one begins, and where nobody knows when that is. The books are of `day`.
    """
    terms = books.terms
    has_begun = terms.start_date is not None and terms.start_date <= day
    if not has_begun and (terms.start_date is not None or terms.periodicity is not None):
        return None
    begun = None
    for drawn in draw_down(contract, books, day):
        if drawn.period is None or drawn.period.start <= day:
            begun = drawn
    return begun


def billed_too_many(contract: ContractTerms, books: PhaseBooks, day: date) -> Decimal:
    """How many more hours lines bill beyond blocks that have begun than were worked beyond them."""
    terms = books.terms
    if terms.periodicity is not None and terms.start_date is None:
        return Decimal(0)
    found = draw_down(contract, books, day)
    beyond = (one.beyond for one in found if one.period is None or one.period.start <= day)
    billed = (one.hours for one in books.claimed if one.kind is ClaimKind.OVERAGE)
    return max(Decimal(0), sum(billed, Decimal(0)) - sum(beyond, Decimal(0)))


def is_after_end(terms: PhaseTerms, one: Worked) -> bool:
    """Whether hours are drawn from a block although its phase had ended."""
    return one.approved and terms.end_date is not None and one.worked_on > terms.end_date


def prepaid_items(contract: ContractTerms, books: PhaseBooks, cut_off: date) -> list[Item]:
    """The blocks that are bought and the hours beyond them, period by period, and their rests."""
    terms = books.terms
    if terms.periodicity is not None and terms.start_date is None:
        return [_unknown(books)] if books.has_fee else []
    found = list(draw_down(contract, books, cut_off))
    wanted = [
        _block(books, drawn, cut_off)
        for drawn in found
        if not _is_taken(books, ClaimKind.BLOCK, drawn.period)
    ]
    begun = _beyond(books, _begun(found, cut_off))
    wanted += [_overage(contract, books, one, cut_off) for one in begun]
    wanted += missing(books, lambda one: _due_on(terms, one), cut_off)
    return [*items_of(wanted, books), *_open_time(books)]


def hours_beyond(contract: ContractTerms, books: PhaseBooks, cut_off: date) -> Decimal:
    """The hours beyond the blocks that have begun by `cut_off` which no line bills."""
    if books.terms.periodicity is not None and books.terms.start_date is None:
        return Decimal(0)
    begun = _begun(draw_down(contract, books, cut_off), cut_off)
    return sum((one.hours for one in _beyond(books, begun)), Decimal(0))


def _begun(found: Iterable[Drawn], cut_off: date) -> list[Drawn]:
    return [one for one in found if one.period is None or one.period.start <= cut_off]


def _due_on(terms: PhaseTerms, of: Claimed) -> date | None:
    """The day a period that a line bills was due; hours that follow no period are due at once."""
    has_ended = terms.end_date is not None and of.starts_on > terms.end_date
    if terms.periodicity is None or has_ended:
        return None
    return of.starts_on if of.kind is ClaimKind.BLOCK else of.ends_on


@dataclass(frozen=True, slots=True)
class _Beyond:
    """Hours beyond a block that no line bills; `late` ones are of earlier periods."""

    drawn: Drawn
    hours: Decimal
    before: Decimal
    late: Decimal
    is_taken: bool


def _beyond(books: PhaseBooks, found: Sequence[Drawn]) -> Iterator[_Beyond]:
    """The hours beyond each block, less those that lines bill: of the same period first.

    What a line bills besides, late hours, counts for the earliest periods. Hours that were
    approved late, of a period that is billed, come with the next one that is not.
    """
    claims = [one for one in books.claimed if one.kind is ClaimKind.OVERAGE]
    left = [one.hours for one in claims]
    own = []
    for drawn in found:
        taken = Decimal(0)
        for place, one in enumerate(claims):
            if _is_of(one, drawn.period):
                more = min(left[place], drawn.beyond - taken)
                left[place] -= more
                taken += more
        own.append(taken)
    spare, late = sum(left, Decimal(0)), Decimal(0)
    for drawn, taken in zip(found, own, strict=True):
        more = min(drawn.beyond - taken, spare)
        spare -= more
        before = taken + more
        hours = drawn.beyond - before + late
        is_taken = drawn.period is not None and _is_taken(books, ClaimKind.OVERAGE, drawn.period)
        if is_taken and not drawn.is_last:
            late = hours
            continue
        if hours > 0:
            yield _Beyond(drawn, hours, before, late, is_taken)
        late = Decimal(0)


def _periods(books: PhaseBooks, cut_off: date) -> Iterator[Period]:
    terms = books.terms
    assert terms.start_date is not None
    assert terms.periodicity is not None
    return periods(
        start=terms.start_date, end=terms.end_date, periodicity=terms.periodicity, until=cut_off
    )


def _is_taken(books: PhaseBooks, kind: ClaimKind, period: Period | None) -> bool:
    return any(_is_of(one, period) for one in books.claimed if one.kind is kind)


def _is_of(one: Claimed, period: Period | None) -> bool:
    return period is None or (one.starts_on <= period.end and one.ends_on >= period.start)


def _block(books: PhaseBooks, drawn: Drawn, cut_off: date) -> Wanted:
    fee, period = _fee(books, drawn.period), drawn.period
    claimed_from = EARLIEST if period is None else period.start

    def make(covered: int) -> Item | None:
        return None if covered == fee else _bought(books, drawn, covered, cut_off)

    return Wanted(ClaimKind.BLOCK, claimed_from, fee, make)


def _fee(books: PhaseBooks, period: Period | None) -> int:
    return books.figures.adjusted_fee if period is None else books.fee_on(period.start)


def _bought(books: PhaseBooks, drawn: Drawn, covered: int, cut_off: date) -> Item:
    terms, fee, period = books.terms, _fee(books, drawn.period), drawn.period
    bought_on = terms.start_date if period is None else period.start
    is_due = bought_on is None or bought_on <= cut_off
    blockers = _told(books, drawn) if is_due else (_not_bought(books, bought_on, period),)
    claimed_from = EARLIEST if period is None else period.start
    return Item(
        key=_key(books, "block", period),
        kind=ItemKind.BLOCK,
        phase_id=terms.id,
        amount=fee - covered if is_due else 0,
        unbilled=0 if is_due else fee - covered,
        period=period,
        hours=terms.hours,
        claim=Claim(ClaimKind.BLOCK, claimed_from, claimed_from if period is None else period.end),
        blockers=blockers,
        basis={
            "rule": Rule.BLOCK.value,
            "fee": fee,
            "hours": None if terms.hours is None else f"{terms.hours:f}",
            "covered": covered,
            "amount": fee - covered,
        },
    )


def _not_bought(books: PhaseBooks, bought_on: date | None, period: Period | None) -> Blocker:
    assert bought_on is not None
    shown = period or Period(bought_on, books.terms.end_date or bought_on, 1)
    return open_period(books.terms, shown, until=bought_on)


def _told(books: PhaseBooks, drawn: Drawn) -> tuple[Blocker, ...]:
    """That the block is used up: to be told, not to be waited for."""
    if drawn.exhausted_on is None:
        return ()
    used, hours = f"{drawn.used:f}", f"{drawn.balance:f}"
    return (exhausted(books.terms, used=used, hours=hours, since=drawn.exhausted_on),)


def _overage(contract: ContractTerms, books: PhaseBooks, beyond: _Beyond, cut_off: date) -> Wanted:
    rate = hourly_rate(contract, books.terms)
    value = to_minor(beyond.hours * (rate or Decimal(0)), books.terms.currency)
    period = beyond.drawn.period
    claim = _claim(books, None if beyond.is_taken else period, cut_off)

    def make(covered: int) -> Item | None:
        if rate is not None and covered == value:
            return None
        is_due = period is None or period.end <= cut_off
        blockers = [*_told(books, beyond.drawn)]
        if rate is None:
            blockers.append(
                no_rate(books.terms, [one for one in books.worked if one.approved][-1:])
            )
        if not is_due and period is not None:
            blockers.append(open_period(books.terms, period, until=period.end))
        due = value - covered
        return Item(
            key=_key(books, "overage", period),
            kind=ItemKind.OVERAGE,
            phase_id=books.terms.id,
            amount=due if is_due else 0,
            unbilled=0 if is_due else due,
            period=period,
            hours=beyond.hours,
            rate=rate,
            claim=claim,
            blockers=tuple(blockers),
            basis=_basis(beyond, rate, covered, due),
        )

    return Wanted(ClaimKind.OVERAGE, claim.starts_on, value, make)


def _basis(beyond: _Beyond, rate: Decimal | None, covered: int, due: int) -> dict[str, Any]:
    return {
        "rule": Rule.OVERAGE.value,
        "used": f"{beyond.drawn.used:f}",
        "balance": f"{beyond.drawn.balance:f}",
        "hours_before": f"{beyond.before:f}",
        "hours_late": f"{beyond.late:f}",
        "hours": f"{beyond.hours:f}",
        "rate": None if rate is None else f"{rate:f}",
        "covered": covered,
        "amount": due,
    }


def _claim(books: PhaseBooks, period: Period | None, cut_off: date) -> Claim:
    """The period; else the days since the last time hours beyond were billed.

    Of two who bill them at once both claim the same first day: the database lets one do it.
    """
    if period is not None:
        return Claim(ClaimKind.OVERAGE, period.start, period.end)
    ends = [one.ends_on for one in books.claimed if one.kind is ClaimKind.OVERAGE]
    start = max(ends) + timedelta(days=1) if ends else books.terms.start_date or EARLIEST
    return Claim(ClaimKind.OVERAGE, start, max(start, cut_off))


def _open_time(books: PhaseBooks) -> Iterator[Item]:
    worked: list[Worked] = [one for one in books.worked if not one.approved]
    if worked:
        yield Item(
            key=_key(books, "open", None),
            kind=ItemKind.TIME,
            phase_id=books.terms.id,
            amount=0,
            hours=sum((one.hours for one in worked), Decimal(0)),
            blockers=(not_approved(books.terms, worked),),
        )


def _unknown(books: PhaseBooks) -> Item:
    return Item(
        key=_key(books, "?", None),
        kind=ItemKind.BLOCK,
        phase_id=books.terms.id,
        amount=0,
        blockers=(no_start(books.terms),),
    )


def _key(books: PhaseBooks, name: str, period: Period | None) -> str:
    when = "" if period is None else f":{period.start.isoformat()}"
    return f"phase_{books.terms.id}:{name}{when}"
