"""The VAT of an invoice in another currency, stated in euros too (DOMAIN §2.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domain.errors import FIELD_INVALID, Issue, PathPart, Refusal, call_error
from domain.given import currency_of, number, text
from domain.invoice.model import Invoice
from domain.money import from_minor, to_minor

EURO_RATE_OUT_OF_DATE = call_error(
    "EURO_RATE_OUT_OF_DATE",
    "The euro rate is of {found}: for this invoice it must be of a day from {earliest} to "
    "{latest}.",
    "Give the rate of the issue date, or of the supply date.",
)

_EURO_AREA = "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
_OVERSEAS_AND_MONACO = "GF GP MC MQ RE YT"

EURO_COUNTRIES = frozenset(f"{_EURO_AREA} {_OVERSEAS_AND_MONACO}".split())
"""Where the VAT is owed in euros: the members of the euro area on 21 November 2026, the overseas
departments of France, and Monaco, which follows it for VAT."""

RATE_DECIMALS = 8
SMALLEST_RATE = Decimal("0.000001")
LARGEST_RATE = Decimal(10)
"""No currency is worth ten euros (the dearest, KWD, is worth about three): above it stands the
inverse, 160 yen for a euro, and the VAT would come to thousands of times itself."""

LONGEST_SOURCE = 64

KEPT_FOR = timedelta(days=31)
"""How long a rate may be used. Central banks publish one every working day and customs one a month:
what is older than a month is a slip, or a rate that was chosen."""


@dataclass(frozen=True, slots=True)
class EuroRate:
    """`rate` euros for one unit of the invoice's currency, on the day `on`, as `source` has it."""

    rate: Decimal
    on: date
    source: str


def give_rate(
    invoice: Invoice,
    given: EuroRate | None,
    *,
    today: date,
    place: tuple[PathPart, ...] = ("euro_rate",),
) -> None:
    """Keeps the rate with a pro forma; None takes it away.

    Refuses with FIELD_INVALID a rate that is none, one of a day to come, or one of an invoice in
    euros; with FIELD_REQUIRED one without its source.
    """
    if given is None:
        withdraw_rate(invoice)
        return
    if invoice.currency == "EUR":
        raise Refusal(
            FIELD_INVALID(field=place, name="The euro rate", reason="the invoice is in euros")
        )
    keep_rate(invoice, sound_rate(given, today=today, place=place))


def sound_rate(given: EuroRate, *, today: date, place: tuple[PathPart, ...]) -> EuroRate:
    """The rate as it is kept: FIELD_INVALID and FIELD_REQUIRED as `give_rate` refuses it."""
    rate = _rate(given.rate, field=(*place, "rate"))
    if given.on > today:
        raise Refusal(
            FIELD_INVALID(
                field=(*place, "on"),
                name="The date of the euro rate",
                reason="that day has not come",
                found=given.on.isoformat(),
            )
        )
    source = text(
        given.source,
        field=(*place, "source"),
        name="The source of the euro rate",
        longest=LONGEST_SOURCE,
        required=True,
    )
    # One line: it stands within a sentence of the paper.
    return EuroRate(rate, given.on, " ".join((source or "").split()))


def rates_by_currency(given: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Euros for one unit, by currency; FIELD_INVALID, at `euro_rates`: none, or given twice."""
    rates: dict[str, Decimal] = {}
    for place, (currency, rate) in enumerate(given):
        path = ("euro_rates", place)
        code = currency_of(currency, field=(*path, "currency"))
        if code in rates:
            reason, at = "it is given twice", (*path, "currency")
            raise Refusal(FIELD_INVALID(field=at, name="The currency", reason=reason, found=code))
        rates[code] = _rate(rate, field=(*path, "rate"))
    return rates


def _rate(rate: Decimal, *, field: tuple[PathPart, ...]) -> Decimal:
    number(
        rate,
        field=field,
        name="The euro rate",
        decimals=RATE_DECIMALS,
        least=SMALLEST_RATE,
        most=LARGEST_RATE,
    )
    return rate


def keep_rate(invoice: Invoice, rate: EuroRate) -> None:
    """Keeps a sound rate with a pro forma in another currency than the euro."""
    invoice.euro_rate, invoice.euro_rate_on = rate.rate, rate.on
    invoice.euro_rate_source = rate.source


def withdraw_rate(invoice: Invoice) -> None:
    """Takes the rate away: it was none of this invoice's, or of the currency it had."""
    invoice.euro_rate = invoice.euro_rate_on = invoice.euro_rate_source = None


def rate_of(invoice: Invoice) -> EuroRate | None:
    """The rate that is kept with the invoice, whole or not at all."""
    rate, on, source = invoice.euro_rate, invoice.euro_rate_on, invoice.euro_rate_source
    if rate is None or on is None or source is None:
        return None
    return EuroRate(rate, on, source)


def vat_in_euro(vat_minor: int, currency: str, rate: Decimal) -> int:
    """The VAT total in cents: `rate` euros for one unit of `currency`, rounded once.

    1,234.568 TND at 0.29851234 is 368.53 EUR; the VAT per rate is not converted, so it has no sum
    of its own to disagree with.
    """
    return to_minor(from_minor(vat_minor, currency) * rate, "EUR")


def owes_vat_in_euro(invoice: Invoice, *, country: str) -> bool:
    """Whether the VAT of an invoice issued in `country` must be stated in euros too."""
    return country in EURO_COUNTRIES and states_vat_in_euro(invoice)


def states_vat_in_euro(invoice: Invoice) -> bool:
    """Whether there is a VAT in another currency, which a rate can turn into euros."""
    return invoice.currency != "EUR" and invoice.vat_minor != 0


def untimely(invoice: Invoice, *, issue_date: date) -> list[Issue]:
    """EURO_RATE_OUT_OF_DATE for a rate later than the issue date, or older than a month.

    The month is counted back from the supply when that came before: its day has a rate of its own.
    """
    kept = rate_of(invoice)
    if kept is None or not states_vat_in_euro(invoice):
        return []
    earliest = min(issue_date, invoice.supply_date or issue_date) - KEPT_FOR
    if earliest <= kept.on <= issue_date:
        return []
    return [
        EURO_RATE_OUT_OF_DATE(
            field=("euro_rate", "on"),
            found=kept.on.isoformat(),
            earliest=earliest.isoformat(),
            latest=issue_date.isoformat(),
        )
    ]
