"""What another hourly rate does to hours that are recorded and not billed: told, and never billed.

Time is priced at the rate in force on the day its line is drawn. Whoever changes a rate for the
hours to come changes the price of those that were worked before, unless they are billed first.
Hours that had no price get one in silence: that is what their rate was missing for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from domain.billing.books import ContractBooks, ContractTerms, PhaseBooks, Worked, hourly_rate
from domain.billing.prepaid import hours_beyond
from domain.project.model import BillingMethod
from domain.project.repriced import Prices, Repriced


class Whose(Enum):
    """What has an hourly rate; the nearest to the hours applies."""

    PHASE = auto()
    CONTRACT = auto()
    PERSON = auto()


@dataclass(frozen=True, slots=True)
class NewRates:
    """Other rates, by identifier: of phases and contracts in minor units, of people as they are."""

    whose: Whose
    by_key: Mapping[int, Any]

    def of(self, contract: ContractTerms, books: PhaseBooks) -> Decimal | None:
        """The price of an hour as it would be agreed."""
        phase = books.terms
        if self.whose is Whose.PHASE and phase.id in self.by_key:
            phase = phase._replace(hourly_rate_minor=self.by_key[phase.id])
        if self.whose is Whose.CONTRACT and contract.id in self.by_key:
            contract = contract._replace(hourly_rate_minor=self.by_key[contract.id])
        return hourly_rate(contract, phase)

    def of_person(self, one: Worked) -> Decimal | None:
        """The price of an hour of who worked it, as it would be."""
        is_new = self.whose is Whose.PERSON and one.collaborator_id in self.by_key
        return self.by_key[one.collaborator_id] if is_new else one.own_rate

    def key(self, contract: ContractTerms, books: PhaseBooks, person: int) -> int:
        keys = {Whose.PHASE: books.terms.id, Whose.CONTRACT: contract.id, Whose.PERSON: person}
        return keys[self.whose]


def repriced(
    contracts: Iterable[ContractBooks], rates: NewRates, cut_off: date
) -> dict[int, Repriced]:
    """What each of `rates` reprices of the time of these contracts, by its key."""
    found: defaultdict[int, Repriced] = defaultdict(Repriced)
    for contract in contracts:
        for books in contract.phases:
            for person, prices, hours in _priced(contract.terms, books, rates, cut_off):
                if prices.after != prices.before:
                    key = rates.key(contract.terms, books, person)
                    found[key].hours[prices] += hours
    return dict(found)


Priced = tuple[int, Prices, Decimal]
"""Hours of a person (0: of nobody in particular) and their prices."""


def _priced(
    contract: ContractTerms, books: PhaseBooks, rates: NewRates, cut_off: date
) -> Iterator[Priced]:
    agreed, then = hourly_rate(contract, books.terms), rates.of(contract, books)
    currency = books.terms.currency
    match contract.billing_method:
        case BillingMethod.TIME_AND_MATERIALS:
            for one in books.worked:
                before, after = agreed or one.own_rate, then or rates.of_person(one) or None
                if before:
                    is_own = not agreed or not then
                    prices = Prices(before, after, currency, is_own)
                    yield one.collaborator_id, prices, one.hours
        case BillingMethod.PREPAID_HOURS if agreed and agreed != then:
            if hours := hours_beyond(contract, books, cut_off):
                yield 0, Prices(agreed, then, currency, of_person=False), hours
