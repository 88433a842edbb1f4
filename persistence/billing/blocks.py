"""What is left of the hours that were bought in advance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select

from domain.billing.prepaid import Drawn, block_on
from domain.project.model import BillingMethod, Contract, Phase
from persistence.billing.needs import books_of
from persistence.session import ScopedSession


class Block(NamedTuple):
    """The block of a phase on a day, and the hours worked by then that nobody approved yet."""

    drawn: Drawn
    unapproved: Decimal


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
                found[one.terms.id] = Block(drawn, sum(waiting, Decimal(0)))
    return found
