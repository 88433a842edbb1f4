"""The numbers of documents: taken gap-free, under the lock of their counter; and those taken."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import func, select, update

from domain.invoice.model import Invoice, NumberCounter
from domain.invoice.numbering import PRO_FORMA_SERIES, legal_number, pro_forma_number, take_next
from domain.organisation import Entity, fiscal_year
from persistence.session import ScopedSession
from persistence.short import Short

_COUNTER = Short(
    lambda entity_id, series, year: (
        select(NumberCounter)
        .where(
            NumberCounter.entity_id == entity_id,
            NumberCounter.series == series,
            NumberCounter.year == year,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
)
_NEWEST = Short(
    lambda entity_id, series: select(func.max(NumberCounter.last_issue_date)).where(
        NumberCounter.entity_id == entity_id, NumberCounter.series == series
    )
)

_RAISED = Short(
    lambda entity_id, series, year, by: (
        update(NumberCounter)
        .where(
            NumberCounter.entity_id == entity_id,
            NumberCounter.series == series,
            NumberCounter.year == year,
        )
        .values(last=NumberCounter.last + by)
        .returning(NumberCounter.last)
        .execution_options(synchronize_session=False)
    )
)


def next_pro_forma_number(session: ScopedSession) -> str:
    return next_pro_forma_numbers(session, 1)[0]


def next_pro_forma_numbers(session: ScopedSession, count: int) -> list[str]:
    """The next `count` numbers of pro formas, under one lock until this transaction ends."""
    counter = locked_counter(session, entity_id=0, series=PRO_FORMA_SERIES, year=0)
    first = counter.last + 1
    counter.last += count
    return [pro_forma_number(one) for one in range(first, first + count)]


def next_legal_number(
    session: ScopedSession, entity: Entity, *, series: str, issue_date: date, today: date
) -> str:
    """The next number of the series, under its lock until this transaction ends."""
    found = next_legal_numbers(
        session, entity, series=series, issue_date=issue_date, today=today, count=1
    )
    return found[0]


def next_legal_numbers(
    session: ScopedSession,
    entity: Entity,
    *,
    series: str,
    issue_date: date,
    today: date,
    count: int,
) -> list[str]:
    """The next `count` numbers of the series, under one lock until this transaction ends."""
    year = fiscal_year(start=entity.fiscal_year_start, day=issue_date)
    counter = locked_counter(session, entity_id=entity.id, series=series, year=year)
    ((last,),) = _NEWEST.rows(session, entity_id=entity.id, series=series)
    taken = (
        take_next(counter, issue_date=issue_date, today=today, last=last) for _ in range(count)
    )
    return [legal_number(series=series, year=year, count=one) for one in taken]


def locked_counter(
    session: ScopedSession, *, entity_id: int, series: str, year: int
) -> NumberCounter:
    """The counter, locked. Two first users of a series meet at its unique key: the loser's
    transaction starts over."""
    found = _COUNTER.ask(session, entity_id=entity_id, series=series, year=year)
    counter: NumberCounter | None = found.scalar()
    if counter is None:
        counter = NumberCounter(entity_id=entity_id, series=series, year=year)
        session.add(counter)
        session.flush()
    return counter


def raised_counter(
    session: ScopedSession, *, entity_id: int, series: str, year: int, by: int
) -> int:
    """What the counter stood at before it was raised `by` so many, which locks it."""
    given: dict[str, Any] = {"entity_id": entity_id, "series": series, "year": year}
    if not (found := _RAISED.rows(session, **given, by=by)):
        locked_counter(session, **given)
        found = _RAISED.rows(session, **given, by=by)
    ((last,),) = found
    return int(last) - by


def final_numbers(session: ScopedSession, only: Collection[str] | None = None) -> set[str]:
    """The numbers of the final invoices and credit notes of the firm, or those among `only`."""
    statement = select(Invoice.number).where(Invoice.number.is_not(None))
    if only is not None:
        statement = statement.where(Invoice.number.in_(only))
    return {str(number) for number in session.scalars(statement)}
