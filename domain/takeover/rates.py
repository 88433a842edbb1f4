"""VAT rates that rows give to a phase, or to what was invoiced of it before."""

from __future__ import annotations

from decimal import Decimal

from domain.errors import Issue
from domain.takeover.issues import VAT_RATE_UNKNOWN, VAT_RATE_UNVERIFIED
from domain.tax import is_rate_of, was_rate_of

OF_RATES = (VAT_RATE_UNKNOWN, VAT_RATE_UNVERIFIED)
"""What may be said of a rate."""


def present_rate(rate: Decimal | None, country: str) -> tuple[Decimal | None, list[Issue]]:
    """`rate` and what is to be said of it; None with VAT_RATE_UNKNOWN when it is none today."""
    if rate is None:
        return None, []
    known, shown = is_rate_of(country, rate), f"{rate.normalize():f}"
    if known is None:
        return rate, [VAT_RATE_UNVERIFIED(field=("vat_rate",), found=shown, country=country)]
    if known:
        return rate, []
    return None, [VAT_RATE_UNKNOWN(field=("vat_rate",), found=shown, country=country)]


def past_rate(rate: Decimal | None, country: str) -> tuple[Decimal | None, list[Issue]]:
    """The same of a rate of former years."""
    if rate is None or was_rate_of(country, rate):
        return rate, []
    kind = VAT_RATE_UNVERIFIED if is_rate_of(country, rate) is None else VAT_RATE_UNKNOWN
    return rate, [kind(field=("vat_rate",), found=f"{rate.normalize():f}", country=country)]
