"""The recorded hours that another hourly rate reprices, and how that is told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from domain.errors import Issue, IssueKind, Scope, Severity
from domain.money import from_minor, to_minor

TIME_REPRICED = IssueKind(
    "TIME_REPRICED",
    Severity.WARNING,
    Scope.ROW,
    "Recorded hours that no invoice bills: {hours}[[ ({prices})]]. They take the new price too.",
    "Invoice them first, or give the hours to come a phase of their own with the new rate.",
)
_MOST_TOLD = 3
"""Prices that are told one by one, those of the most hours first."""


class Prices(NamedTuple):
    """What an hour was to be billed at, and what it is to be billed at; None: it has no price."""

    before: Decimal
    after: Decimal | None
    currency: str
    of_person: bool
    """Whether one of them is the person's own."""


@dataclass(slots=True)
class Repriced:
    """The hours that one rate reaches, by their prices."""

    hours: dict[Prices, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def told(self, name: str, *, sees_rates: bool) -> Issue:
        """TIME_REPRICED, said of the field `name`; prices of people to who may see them."""
        shown = [
            f"{hours:f} h: {_shown(one.before, one.currency)} → {_shown(one.after, one.currency)}"
            f" {one.currency}"
            for one, hours in sorted(
                self.hours.items(), key=lambda pair: (-pair[1], pair[0].before)
            )
            if sees_rates or not one.of_person
        ]
        prices = ", ".join(shown[:_MOST_TOLD]) + (" …" if len(shown) > _MOST_TOLD else "")
        whole = f"{sum(self.hours.values()):f}"
        return TIME_REPRICED(field=(name,), hours=whole, prices=prices)


def _shown(rate: Decimal | None, currency: str) -> str:
    """A rate with the decimals of its currency, or with its own; a dash where there is none."""
    if rate is None:
        return "–"
    exact = from_minor(to_minor(rate, currency), currency)
    return f"{exact:f}" if exact == rate else f"{rate.normalize():f}"
