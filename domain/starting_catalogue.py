"""What a new organisation finds in its catalogue: tax codes of the rates we know, usual accounts.

Sources: DOMAIN §3.4 (rates), §4.2 (exemptions); plan comptable général (numbers and labels).
"""

from __future__ import annotations

from decimal import Decimal

from domain.catalogue import AccountType, LedgerAccount, TaxCode
from domain.tax import EXEMPTIONS, RATES, VatCategory

VAT_COLLECTED = "445710"

_ACCOUNTS: tuple[tuple[str, str, AccountType], ...] = (
    ("411000", "Clients", AccountType.RECEIVABLE),
    ("419100", "Clients – avances et acomptes reçus", AccountType.OTHER),
    (VAT_COLLECTED, "TVA collectée", AccountType.VAT),
    ("445800", "TVA à régulariser ou en attente", AccountType.VAT),
    ("512000", "Banques", AccountType.BANK),
    ("706000", "Prestations de services", AccountType.REVENUE),
    ("706100", "Prestations de services – missions complémentaires", AccountType.REVENUE),
    ("708500", "Ports et frais accessoires facturés", AccountType.REVENUE),
)


def ledger_accounts() -> list[LedgerAccount]:
    """The accounts of a new organisation; labels are French, as the chart of accounts is."""
    return [
        LedgerAccount(number=number, label=label, account_type=account_type)
        for number, label, account_type in _ACCOUNTS
    ]


def tax_codes(country: str) -> list[TaxCode]:
    """A code for each rate of each country we know (FR-5.5), and one for each exemption reason.

    `country` is that of the organisation, whose law the exemptions are. There is no code for a
    bare rate of 0: a zero always has its reason, and the reason is its code (AUTOLIQUIDATION).
    """
    rated = [_rated(place, rate) for place, rates in RATES.items() for rate in rates if rate]
    exempt = [
        TaxCode(
            code=reason.value,
            rate=Decimal(0),
            category=exemption.category,
            country=country,
            exemption=reason.value,
            reason_code=exemption.reason_code,
            mention=exemption.mention,
        )
        for reason, exemption in EXEMPTIONS.items()
    ]
    return rated + exempt


def rated_code(country: str, rate: Decimal) -> str:
    """The tax code of a rate above 0: FR-20, FR-5.5, CH-8.1."""
    written = f"{rate:f}"
    return f"{country}-{written.rstrip('0').rstrip('.') if '.' in written else written}"


def _rated(country: str, rate: Decimal) -> TaxCode:
    return TaxCode(
        code=rated_code(country, rate),
        rate=rate,
        category=VatCategory.STANDARD,
        country=country,
        vat_account=VAT_COLLECTED,
    )
