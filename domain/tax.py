"""VAT rates by country of the building, and the reasons for which none is charged.

Sources: DOMAIN §3.4 (rates), §4.2 (mentions, EN 16931 categories, VATEX codes).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class VatCategory(StrEnum):
    """EN 16931 categories (UNCL5305)."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXPORT = "G"
    OUTSIDE_SCOPE = "O"


def _rates(text: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(rate) for rate in text.split())


_OVERSEAS = _rates("8.5 2.1 1.75 1.05 0")

RATES: dict[str, tuple[Decimal, ...]] = {
    # 8.5 and below are overseas rates, 0.9 and 13 those of Corsica: a French number may carry them.
    "FR": _rates("20 10 8.5 5.5 2.1 1.75 1.05 0.9 13 0"),
    "RE": _OVERSEAS,
    "GP": _OVERSEAS,
    "MQ": _OVERSEAS,
    "GF": _rates("0"),
    "YT": _rates("0"),
    "MC": _rates("20 10 5.5 2.1 0"),
    "BE": _rates("21 12 6 0"),
    "CH": _rates("8.1 3.8 2.6 0"),
    "DE": _rates("19 7 0"),
    "LU": _rates("17 14 8 3 0"),
    "GB": _rates("20 5 0"),
    "ES": _rates("21 10 4 0"),
    "IT": _rates("22 10 5 4 0"),
    "PT": _rates("23 13 6 0"),
    "TN": _rates("19 13 7 0"),
    "MA": _rates("20 10 0"),
    "JP": _rates("10 8 0"),
    "US": _rates("0"),
}
"""The rates of each country we know, the standard one first."""

FORMER_RATES: dict[str, tuple[Decimal, ...]] = {
    # 1995–2013: lois 95-885 art. 1, 2000-656 art. 1, 2011-1978 art. 13, 2012-1510 art. 68.
    "FR": _rates("20.6 19.6 18.6 7"),
    "MC": _rates("20.6 19.6 18.6 7"),
    "CH": _rates("7.7 3.7 2.5 8 7.6 3.6 2.4"),  # until 2023, 2017 and 2010: LTVA art. 25
    "DE": _rates("16 5"),  # July to December 2020: UStG § 28
    "LU": _rates("16 13 7 15"),  # 2023, and until 2014
    "ES": _rates("18 8 16 7"),  # until August 2012: Real Decreto-ley 20/2012
    "IT": _rates("21 20"),  # until September 2013
    "TN": _rates("18 12 6"),  # until 2017
    "MA": _rates("14 7"),  # until the reform of 2024 to 2026
}
"""Rates that invoices of the past bear; nothing is invoiced at them any more."""

HIGHEST_RATE = Decimal(30)
"""Above it no rate is believed, even of a country whose rates we do not know."""


def rates_of(country: str) -> tuple[Decimal, ...] | None:
    """The VAT rates of `country` (alpha-2), or None when we have no list for it."""
    return RATES.get(country)


def is_rate_of(country: str, rate: Decimal) -> bool | None:
    """Whether `rate` (in %) is one of `country`; None when it may be: there is no list to tell."""
    rates = RATES.get(country)
    if rates is not None:
        return rate in rates
    return None if 0 <= rate <= HIGHEST_RATE else False


def was_rate_of(country: str, rate: Decimal) -> bool:
    """Whether an invoice of the past may bear `rate`: one of today, or a former one."""
    return bool(is_rate_of(country, rate)) or rate in FORMER_RATES.get(country, ())


class ExemptionReason(StrEnum):
    """Why a rate of 0 is right; the values are those typed in the Projects sheet (column L)."""

    AUTOLIQUIDATION = "AUTOLIQUIDATION"
    HORS_CHAMP_TERRITORIAL = "HORS_CHAMP_TERRITORIAL"
    FRANCHISE_BASE = "FRANCHISE_BASE"
    EXONERATION_261 = "EXONERATION_261"
    DOM_294 = "DOM_294"
    EXPORT_262 = "EXPORT_262"


@dataclass(frozen=True, slots=True)
class Exemption:
    """How a reason stands on an invoice: EN 16931 category, BT-121 code, and the mention."""

    reason: ExemptionReason
    category: VatCategory
    mention: str
    reason_code: str | None


EXEMPTIONS: dict[ExemptionReason, Exemption] = {
    entry.reason: entry
    for entry in (
        Exemption(
            ExemptionReason.AUTOLIQUIDATION,
            VatCategory.REVERSE_CHARGE,
            "Autoliquidation",
            "VATEX-EU-AE",
        ),
        Exemption(
            ExemptionReason.HORS_CHAMP_TERRITORIAL,
            VatCategory.OUTSIDE_SCOPE,
            "TVA non applicable, art. 259 A 2° du CGI",
            "VATEX-EU-O",
        ),
        Exemption(
            ExemptionReason.FRANCHISE_BASE,
            VatCategory.EXEMPT,
            "TVA non applicable, art. 293 B du CGI",
            "VATEX-FR-FRANCHISE",
        ),
        Exemption(
            # The code depends on the activity (VATEX-EU-132, VATEX-FR-CGI261-…): not ours to guess.
            ExemptionReason.EXONERATION_261,
            VatCategory.EXEMPT,
            "Exonération de TVA, art. 261 du CGI",
            None,
        ),
        Exemption(
            ExemptionReason.DOM_294,
            VatCategory.OUTSIDE_SCOPE,
            "TVA non applicable, art. 294 du CGI",
            "VATEX-EU-O",
        ),
        Exemption(
            ExemptionReason.EXPORT_262,
            VatCategory.EXPORT,
            "Exonération, art. 262 I du CGI",
            "VATEX-EU-G",
        ),
    )
}
"""The exemptions by reason. Texts of the CGI, tolerated until the end of 2027 (DOMAIN §4.1)."""
