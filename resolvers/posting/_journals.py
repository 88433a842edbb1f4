"""What posting in journals works with: a session, euro rates, legal persons and their books."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from domain.accounting import EXPORT_EURO_RATE_MISSING, Books, books_of, fiscal_year_end
from domain.errors import Refusal
from domain.organisation import Entity
from persistence.books import exports, journals
from persistence.session import ScopedSession

MOST_NAMED = 10
"""Documents and accounts that sentences tell, of many."""


@dataclass(frozen=True, slots=True)
class Period:
    """All payments of these days, of one entity or of all; both days belong to it."""

    entity_id: int | None
    first: date
    last: date


@dataclass(slots=True)
class Posting:
    """What posting works with; `missing` gathers what has no euro rate, by currency.

    `writing` opens a transaction of its own, in which entries are numbered.
    """

    session: ScopedSession
    zone: ZoneInfo
    rates: Mapping[str, Decimal]
    writing: Callable[[], AbstractContextManager[ScopedSession]]
    missing: dict[str, list[str]] = field(default_factory=dict)

    def rate(self, currency: str, own: Decimal | None, number: str) -> Decimal | None:
        """The rate kept with a document, else the one given for its currency."""
        if currency == "EUR":
            return None
        found = own or self.rates.get(currency)
        if found is None:
            self.missing.setdefault(currency, []).append(number)
        return found or Decimal(1)

    def require_rates(self) -> None:
        if self.missing:
            raise Refusal(
                *(
                    EXPORT_EURO_RATE_MISSING(
                        field=("euro_rates",), currency=currency, numbers=listed(numbers)
                    )
                    for currency, numbers in sorted(self.missing.items())
                )
            )


@dataclass(frozen=True, slots=True)
class Persons:
    """Entities with their books: those of one SIREN write in one file."""

    entities: Mapping[int, Entity]
    books: Mapping[int, Books]

    def year_of(self, entity_id: int, day: date) -> tuple[str, date]:
        """The legal person and the last day of the fiscal year: what a file is of."""
        entity = self.entities[entity_id]
        return entity.siren or "", fiscal_year_end(start=entity.fiscal_year_start, day=day)


def persons_of(posting: Posting, entity_ids: Iterable[int]) -> Persons:
    entities = journals.entities_of_persons(posting.session, entity_ids)
    labels = exports.account_labels(posting.session)
    settings = exports.settings_by_entity(posting.session, entities)
    return Persons(entities, {key: books_of(settings.get(key), labels) for key in entities})


def listed(numbers: Sequence[str]) -> str:
    told = list(dict.fromkeys(numbers))
    return ", ".join(told[:MOST_NAMED] + (["…"] if len(told) > MOST_NAMED else []))
