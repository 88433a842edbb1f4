"""The recorded hours that other hourly rates would reprice, for many rates at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from domain.billing.books import ContractBooks
from domain.billing.repriced import NewRates, Whose, repriced
from domain.project.model import BillingMethod, Contract, Phase
from domain.project.repriced import Repriced
from domain.time_entry import TimeEntry
from persistence.billing.before import HOURLY, portions
from persistence.billing.contracts import contracts_where
from persistence.billing.needs import books_of, unbilled
from persistence.bulk import among
from persistence.session import ScopedSession


def hours_repriced(
    session: ScopedSession, whose: Whose, rates: Mapping[int, Any], *, day: date
) -> Mapping[int, Repriced]:
    """What the `rates` (`NewRates`) reprice of the time of `day` and before, within reach.

    By record; of those that reprice nothing there is none.
    """
    return repriced(_books(session, whose, rates, day), NewRates(whose, rates), day)


def _books(
    session: ScopedSession, whose: Whose, keys: Iterable[int], day: date
) -> Iterator[ContractBooks]:
    """The contracts that the rates are of, or that those people worked on, with time to bill."""
    found: set[int] = set()
    for portion in portions(keys):
        found |= set(session.scalars(_with_time(whose, portion, day)))
    for portion in portions(found):
        where = [*contracts_where(), among(Contract.id, portion)]
        yield from books_of(session, where, cut_off=day)


def _with_time(whose: Whose, keys: list[int], day: date) -> Any:
    time: list[ColumnElement[bool]] = [
        TimeEntry.project_id == Contract.project_id,
        *unbilled(day),
    ]
    methods: tuple[BillingMethod, ...] = HOURLY
    statement = select(Contract.id)
    match whose:
        case Whose.PERSON:
            methods = (BillingMethod.TIME_AND_MATERIALS,)
            time.append(among(TimeEntry.collaborator_id, keys))
        case Whose.CONTRACT:
            statement = statement.where(among(Contract.id, keys))
        case Whose.PHASE:
            of_phases = select(Phase.contract_id).where(among(Phase.id, keys))
            statement = statement.where(Contract.id.in_(of_phases))
    return statement.where(Contract.billing_method.in_(methods), exists().where(*time))
