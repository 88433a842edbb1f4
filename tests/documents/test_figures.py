"""How figures and dates are written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import figures
from domain.money import CURRENCIES, decimals_of


def seen(text: str) -> str:
    return text.replace("\u202f", "_").replace("\u00a0", "~").replace("\u2212", "-")


@pytest.mark.parametrize(
    ("value", "currency", "french", "english"),
    [
        ("12345.67", "EUR", "12_345,67~€", "€12,345.67"),
        ("12500", "EUR", "12_500,00~€", "€12,500.00"),
        ("-3000.00", "EUR", "-3_000,00~€", "-€3,000.00"),
        ("0.00", "EUR", "0,00~€", "€0.00"),
        ("123457", "JPY", "123_457~JPY", "JPY~123,457"),
        ("1234.567", "TND", "1_234,567~TND", "TND~1,234.567"),
        ("12500.00", "CHF", "12_500,00~CHF", "CHF~12,500.00"),
        ("1000000.00", "GBP", "1_000_000,00~GBP", "£1,000,000.00"),
    ],
)
def test_an_amount_is_written_in_both_languages(
    value: str, currency: str, french: str, english: str
) -> None:
    assert seen(figures.money(Decimal(value), currency, "fr")) == french
    assert seen(figures.money(Decimal(value), currency, "en")) == english


@pytest.mark.parametrize(
    ("value", "currency"), [("0.125", "EUR"), ("0.5", "JPY"), ("2.5", "JPY"), ("1.0005", "TND")]
)
def test_a_half_is_never_rounded_while_it_is_written(value: str, currency: str) -> None:
    """Locale libraries write 0.125 as 0,12: half to even. Here it is an error."""
    with pytest.raises(ValueError, match="more than"):
        figures.amount(Decimal(value), currency, "fr")


@settings(max_examples=100)
@given(
    minor=st.integers(-(10**14), 10**14),
    currency=st.sampled_from(sorted(CURRENCIES)),
    language=st.sampled_from(["fr", "en"]),
)
def test_every_amount_reads_back_as_itself(minor: int, currency: str, language: str) -> None:
    value = Decimal(minor).scaleb(-decimals_of(currency))
    written = figures.amount(value, currency, language)
    thousands, point = ("\u202f", ",") if language == "fr" else (",", ".")
    bare = written.replace(thousands, "").replace(point, ".").replace("\u2212", "-")
    assert Decimal(bare) == value
    assert len(bare.partition(".")[2]) == decimals_of(currency)


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [("1", "1", "1"), ("7.7500", "7,75", "7.75"), ("1E+3", "1_000", "1,000"), ("-1", "-1", "-1")],
)
def test_a_quantity_keeps_only_the_decimals_it_has(value: str, french: str, english: str) -> None:
    assert seen(figures.quantity(Decimal(value), "fr")) == french
    assert seen(figures.quantity(Decimal(value), "en")) == english


def test_a_unit_price_shows_up_to_six_decimals_and_at_least_those_of_its_currency() -> None:
    assert seen(figures.unit_price(Decimal("98765.123456"), "EUR", "fr")) == "98_765,123456"
    assert figures.unit_price(Decimal("85"), "EUR", "fr") == "85,00"
    assert figures.unit_price(Decimal("85"), "JPY", "en") == "85"
    with pytest.raises(ValueError, match="more than 6"):
        figures.unit_price(Decimal("0.1234567"), "EUR", "fr")


def test_a_capital_reads_as_amounts_do_and_has_cents_where_it_has_some() -> None:
    written = [figures.capital(Decimal("50000"), "EUR", language) for language in ("fr", "en")]
    assert written == ["50\u202f000\u00a0€", "€50,000"]
    assert figures.capital(Decimal("7622.45"), "CHF", "en") == "CHF\u00a07,622.45"


def test_what_is_not_a_number_is_not_written() -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        figures.quantity(Decimal("NaN"), "fr")


def test_a_rate_takes_a_narrow_space_in_french_only() -> None:
    assert seen(figures.rate(Decimal("5.5000"), "fr")) == "5,5_%"
    assert figures.rate(Decimal("20"), "en") == "20%"


def test_dates_are_written_in_full_and_the_first_of_the_month_is_an_ordinal_in_french() -> None:
    assert figures.day(date(2026, 11, 21), "fr") == "21 novembre 2026"
    assert figures.day(date(2026, 12, 1), "fr") == "1er décembre 2026"
    assert figures.day(date(2026, 12, 11), "fr") == "11 décembre 2026"
    assert figures.day(date(2026, 12, 1), "en") == "1 December 2026"
    assert figures.short_day(date(2026, 2, 3)) == "03/02/2026"


def test_an_iban_is_grouped_by_four_whatever_its_spaces() -> None:
    assert seen(figures.in_fours("FR39 9999900550 0000854984Z25")) == (
        "FR39~9999~9005~5000~0085~4984~Z25"
    )


def test_a_siren_and_a_siret_are_grouped_and_other_numbers_are_left_alone() -> None:
    assert seen(figures.registration("854984531")) == "854~984~531"
    assert seen(figures.registration("85498453100012")) == "854~984~531~00012"
    assert figures.registration("CHE-385.263.874") == "CHE-385.263.874"


def test_a_swiss_vat_number_is_written_as_its_register_does() -> None:
    assert seen(figures.vat_number("CHE385263874TVA")) == "CHE-385.263.874~TVA"
    assert seen(figures.vat_number("CHE385263874MWST")) == "CHE-385.263.874~MWST"
    assert figures.vat_number("CHE385263874") == "CHE-385.263.874"
    for other in ("FR65854984531", "CHE38526387", "CHE-385.263.874 TVA"):
        assert figures.vat_number(other) == other
