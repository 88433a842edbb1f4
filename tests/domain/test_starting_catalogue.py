"""What a new organisation finds in its catalogue."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.catalogue import AccountType
from domain.starting_catalogue import VAT_COLLECTED, ledger_accounts, rated_code, tax_codes
from domain.tax import EXEMPTIONS, RATES, VatCategory


@pytest.mark.parametrize(
    ("country", "rate", "code"),
    [("FR", "20", "FR-20"), ("FR", "5.5", "FR-5.5"), ("CH", "8.10", "CH-8.1"), ("LU", "3", "LU-3")],
)
def test_a_tax_code_is_called_by_country_and_rate(country: str, rate: str, code: str) -> None:
    assert rated_code(country, Decimal(rate)) == code


def test_every_rate_above_zero_has_its_code_and_every_zero_its_reason() -> None:
    """F11: no line without a tax code; DOMAIN §4.2: no zero without a mention."""
    codes = tax_codes("FR")
    rated = {(tax.country, tax.rate) for tax in codes if tax.exemption is None}
    assert rated == {(place, rate) for place, rates in RATES.items() for rate in rates if rate}
    zeros = [tax for tax in codes if tax.rate == 0]
    assert {tax.exemption for tax in zeros} == {reason.value for reason in EXEMPTIONS}
    assert all(tax.mention and tax.category is not VatCategory.STANDARD for tax in zeros)
    assert {tax.country for tax in zeros} == {"FR"}


def test_codes_and_numbers_are_unique_and_fit_their_columns() -> None:
    codes = [tax.code for tax in tax_codes("BE")]
    numbers = [account.number for account in ledger_accounts()]
    for names in (codes, numbers):
        assert len(set(names)) == len(names)
        assert all(len(name) <= 64 for name in names)


def test_the_account_of_the_vat_is_one_of_the_accounts() -> None:
    types = {account.number: account.account_type for account in ledger_accounts()}
    assert {tax.vat_account for tax in tax_codes("FR")} == {None, VAT_COLLECTED}
    assert types[VAT_COLLECTED] is AccountType.VAT
    assert types["706000"] is AccountType.REVENUE
    assert types["411000"] is AccountType.RECEIVABLE
