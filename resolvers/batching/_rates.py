"""Euro rates by currency, given once for the invoices of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from domain.errors import FIELD_INVALID, Refusal
from domain.given import currency_of
from domain.invoice.euro import EuroRate, sound_rate
from domain.job import Errand


def sound_rates(given: Sequence[tuple[str, EuroRate]], *, today: date) -> dict[str, list[str]]:
    """By currency: rate, day and source, as a job keeps them; FIELD_INVALID for what is none."""
    found: dict[str, list[str]] = {}
    for place, (named, one) in enumerate(given):
        path = ("euro_rates", place)
        currency = currency_of(named, field=(*path, "currency"))
        if currency in found or currency == "EUR":
            reason = "it is given twice" if currency in found else "it is the euro itself"
            at = (*path, "currency")
            raise Refusal(FIELD_INVALID(field=at, name="The currency", reason=reason, found=named))
        rate = sound_rate(one, today=today, place=path)
        found[currency] = [f"{rate.rate:f}", rate.on.isoformat(), rate.source]
    return found


def rates_of(errand: Errand) -> dict[str, EuroRate]:
    """What `sound_rates` left with the job; one that an older Jalon queued has none."""
    return {
        currency: EuroRate(Decimal(rate), date.fromisoformat(on), source)
        for currency, (rate, on, source) in errand.values.get("euro_rates", {}).items()
    }
