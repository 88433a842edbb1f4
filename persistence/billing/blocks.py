"""What is left of the hours that were bought in advance."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import or_, select

from domain.billing.prepaid import Drawn, billed_too_many, block_on, is_after_end
from domain.invoice.claim import BilledPeriod, ClaimKind
from domain.project.model import BillingMethod, Contract, Phase
from domain.time_entry import TimeEntry
from persistence.billing.needs import books_of
from persistence.session import ScopedSession

_PORTION = 500


class Block(NamedTuple):
    """The block of a phase on a day, and the hours worked by then that nobody approved yet."""

    drawn: Drawn
    unapproved: Decimal
    after_end: Decimal
    """Of what is used, the hours of days after the end of the phase."""


def blocks_of(session: ScopedSession, phases: Sequence[int], *, day: date) -> dict[int, Block]:
    """By phase of prepaid hours, live: its block. Of phases and time within reach."""
    theirs = (
        select(Phase.contract_id)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(Phase.id.in_(phases), Contract.billing_method == BillingMethod.PREPAID_HOURS)
        .distinct()
    )
    contracts = session.scalars(theirs).all()
    if not contracts:
        return {}
    asked, found = set(phases), {}
    for books in books_of(session, [Contract.id.in_(contracts)], cut_off=day):
        for one in books.phases:
            drawn = block_on(books.terms, one, day) if one.terms.id in asked else None
            if drawn is not None:
                waiting = (worked.hours for worked in one.worked if not worked.approved)
                late = (worked.hours for worked in one.worked if is_after_end(one.terms, worked))
                sums = (sum(some, Decimal(0)) for some in (waiting, late))
                found[one.terms.id] = Block(drawn, *sums)
    return found


def phases_billed_beyond(session: ScopedSession, entries: Sequence[int]) -> set[int]:
    """The phases whose blocks these entries are drawn from, and of which lines bill more hours."""
    phases: set[int] = set()
    contracts: set[int] = set()
    for start in range(0, len(entries), _PORTION):
        portion = entries[start : start + _PORTION]
        on = select(TimeEntry.phase_id, TimeEntry.contract_id).where(TimeEntry.id.in_(portion))
        for phase_id, contract_id in session.execute(on.distinct()):
            if phase_id is not None:
                phases.add(phase_id)
            elif contract_id is not None:
                contracts.add(contract_id)
    if not phases and not contracts:
        return set()
    drawn_from = or_(Phase.id.in_(phases), Phase.contract_id.in_(contracts))
    statement = (
        select(Phase.id)
        .join(BilledPeriod, BilledPeriod.phase_id == Phase.id)
        .where(BilledPeriod.kind == ClaimKind.OVERAGE, drawn_from)
        .distinct()
    )
    return set(session.scalars(statement))


def hours_billed_too_many(
    session: ScopedSession, phases: Collection[int], *, day: date
) -> dict[int, tuple[str, Decimal]]:
    """By phase, its name and how many more hours are billed beyond blocks than were worked."""
    if not phases:
        return {}
    theirs = select(Phase.contract_id).where(Phase.id.in_(phases))
    return {
        one.terms.id: (one.terms.name, billed_too_many(books.terms, one, day))
        for books in books_of(session, [Contract.id.in_(theirs)], cut_off=day)
        for one in books.phases
        if one.terms.id in phases
    }
