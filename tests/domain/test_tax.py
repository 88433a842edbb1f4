"""VAT rates by country, exemption reasons, and countries as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.places import country_codes, country_name, find_country
from domain.tax import EXEMPTIONS, RATES, ExemptionReason, VatCategory, is_rate_of, rates_of


@pytest.mark.parametrize(
    ("country", "rate", "verdict"),
    [
        ("FR", "20", True),
        ("FR", "5.5", True),
        ("FR", "0.9", True),
        ("FR", "19", False),
        ("RE", "8.5", True),
        ("RE", "20", False),
        ("GF", "0", True),
        ("GF", "8.5", False),
        ("CH", "8.1", True),
        ("US", "0", True),
        ("US", "8", False),
        ("BR", "17", None),
        ("BR", "30", None),
        ("BR", "31", False),
        ("BR", "-1", False),
    ],
)
def test_a_rate_is_one_of_the_country_of_the_building(
    country: str, rate: str, verdict: bool | None
) -> None:
    """O20, DOMAIN §3.4: a country without a list leaves it open from 0 to 30."""
    assert is_rate_of(country, Decimal(rate)) is verdict


def test_zero_is_a_rate_everywhere() -> None:
    assert all(Decimal(0) in rates for rates in RATES.values())
    assert rates_of("BR") is None


def test_every_exemption_reason_has_its_category_and_mention() -> None:
    assert set(EXEMPTIONS) == set(ExemptionReason)
    assert all(entry.mention for entry in EXEMPTIONS.values())
    reverse = EXEMPTIONS[ExemptionReason.AUTOLIQUIDATION]
    assert (reverse.category, reverse.reason_code) == (VatCategory.REVERSE_CHARGE, "VATEX-EU-AE")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FR", "FR"),
        ("fr", "FR"),
        ("FRA", "FR"),
        ("France", "FR"),
        ("UK", "GB"),
        ("GB", "GB"),
        ("Royaume-Uni", "GB"),
        ("United Kingdom", "GB"),
        ("Allemagne", "DE"),
        ("ETATS-UNIS", "US"),
        ("USA", "US"),
        ("La Réunion", "RE"),
        ("Réunion", "RE"),
        ("Côte d'Ivoire", "CI"),
        ("Tchéquie", "CZ"),
        ("Czech Republic", "CZ"),
        ("Atlantide", None),
        ("XX", None),
        ("EU", None),
        ("DDR", None),
    ],
)
def test_a_country_is_understood_in_letters_and_in_both_languages(
    text: str, code: str | None
) -> None:
    """O18."""
    country = find_country(text)
    assert (country.code if country else None) == code


def test_only_two_letters_count_as_a_code() -> None:
    given = {
        text: country for text in ("FR", "UK", "FRA", "France") if (country := find_country(text))
    }
    assert [given[text].is_given_as_code for text in ("FR", "UK", "FRA", "France")] == [
        True,
        True,
        False,
        False,
    ]


def test_every_country_can_be_read_back_from_its_names() -> None:
    for code in country_codes():
        for locale in ("fr", "en"):
            found = find_country(country_name(code, locale))
            assert found is not None
            assert found.code == code
