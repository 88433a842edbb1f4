"""Registration numbers: what is valid, what is repaired, what is wrong and why."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from domain.identity import (
    Flaw,
    Repair,
    check_iban,
    check_siren,
    check_siret,
    check_vat,
    french_vat_key,
    is_vat_of,
    siren_of_vat,
    vat_prefix,
)

few = settings(max_examples=60, deadline=None)
bodies = st.text("0123456789", min_size=8, max_size=8)


@pytest.mark.parametrize(
    ("text", "value", "repair", "flaw"),
    [
        ("73282932000074", "73282932000074", None, None),
        ("732 829 320 00074", "73282932000074", None, None),
        ("732.829.320.00074", "73282932000074", None, None),
        ("35600000049837", "35600000049837", None, None),
        ("35600000000048", "35600000000048", None, None),
        ("35600000049838", None, None, Flaw.CHECKSUM),
        ("73282932000075", None, None, Flaw.CHECKSUM),
        ("732829320", "732829320", Repair.SIREN_ONLY, None),
        ("732829321", None, None, Flaw.CHECKSUM),
        ("7328293200007", None, None, Flaw.LENGTH),
        ("732829320OOO74", None, None, Flaw.CHARACTERS),
        ("", None, None, Flaw.CHARACTERS),
    ],
)
def test_a_siret_is_fourteen_digits_that_add_up(
    text: str, value: str | None, repair: Repair | None, flaw: Flaw | None
) -> None:
    """O14: Luhn, or the rule of La Poste."""
    checked = check_siret(text)
    assert (checked.value, checked.repair, checked.flaw) == (value, repair, flaw)


@few
@given(bodies)
def test_a_siret_with_a_lost_zero_is_padded(body: str) -> None:
    siret = "0" + body + "0000" + luhn.calc_check_digit("0" + body + "0000")
    checked = check_siret(siret.removeprefix("0"))
    assert checked.value == siret
    assert checked.repair is Repair.PADDED


@pytest.mark.parametrize(
    ("text", "value", "flaw"),
    [
        ("732 829 320", "732829320", None),
        ("732829321", None, Flaw.CHECKSUM),
        ("73282932", None, Flaw.LENGTH),
        ("73282932A", None, Flaw.CHARACTERS),
    ],
)
def test_a_siren_is_nine_digits_that_add_up(
    text: str, value: str | None, flaw: Flaw | None
) -> None:
    checked = check_siren(text)
    assert (checked.value, checked.flaw) == (value, flaw)


@pytest.mark.parametrize(
    ("text", "country", "value"),
    [
        ("FR44732829320", "FR", "FR44732829320"),
        ("fr 44 732.829-320", "FR", "FR44732829320"),
        ("FR45732829320", "FR", None),
        ("FRK7399859412", "FR", "FRK7399859412"),
        ("FRO7399859412", "FR", None),
        ("FR4473282932", "FR", None),
        ("FR85886561174", "MC", "FR85886561174"),
        ("FR44732829320", "RE", "FR44732829320"),
        ("BE0434194170", "BE", "BE0434194170"),
        ("BE01234", "BE", None),
        ("BE2434194170", "BE", None),
        ("DE185093781", "DE", "DE185093781"),
        ("LU53409405", "LU", "LU53409405"),
        ("IT12345678901", "IT", "IT12345678901"),
        ("ESX1234567X", "ES", "ESX1234567X"),
        ("NL123456789B01", "NL", "NL123456789B01"),
        ("NL123456789", "NL", None),
        ("PT123456789", "PT", "PT123456789"),
        ("GB579559664", "GB", "GB579559664"),
        ("EL123456789", "GR", "EL123456789"),
        ("CHE-261.742.072", "CH", "CHE261742072"),
        ("CHE-261.742.072 TVA", "CH", "CHE261742072TVA"),
        ("12345678", "DE", None),
        ("6697117F/A/M/000", "TN", "6697117F/A/M/000"),
        ("T1234567890123", "JP", "T1234567890123"),
        ("IE99", "US", "IE99"),
    ],
)
def test_a_vat_number_has_the_key_or_the_structure_of_its_country(
    text: str, country: str, value: str | None
) -> None:
    """O13: key for France, structure elsewhere, free outside the EU, CH and GB."""
    assert check_vat(text, country=country).value == value


def test_eleven_right_digits_of_a_french_client_get_their_country() -> None:
    checked = check_vat("44 732 829 320", country="FR")
    assert checked.value == "FR44732829320"
    assert checked.repair is Repair.PREFIX_ADDED
    assert check_vat("45732829320", country="FR").flaw is not None
    assert check_vat("44732829320", country="DE").flaw is not None


def test_a_wrong_key_is_told_from_a_wrong_structure() -> None:
    assert check_vat("FR45732829320", country="FR").flaw is Flaw.CHECKSUM
    assert check_vat("FR4573282932", country="FR").flaw is Flaw.STRUCTURE


@few
@given(bodies)
def test_the_key_made_for_a_siren_is_the_key_that_is_accepted(body: str) -> None:
    siren = body + luhn.calc_check_digit(body)
    number = f"FR{french_vat_key(siren)}{siren}"
    assert check_vat(number, country="FR").value == number
    assert siren_of_vat(number) == siren
    wrong = f"FR{(int(number[2:4]) + 1) % 100:02d}{siren}"
    assert check_vat(wrong, country="FR").value is None


@pytest.mark.parametrize(
    ("number", "country", "belongs"),
    [
        ("FR44732829320", "FR", True),
        ("FR44732829320", "YT", True),
        ("FR44732829320", "BE", False),
        ("XI123456789", "GB", True),
        ("CHE261742072", "CH", True),
        ("CHE261742072", "LI", False),
        ("FR44732829320", "TN", False),
        ("6697117F/A/M/000", "TN", True),
    ],
)
def test_a_vat_number_tells_its_country(number: str, country: str, belongs: bool) -> None:
    assert is_vat_of(number, country) is belongs


def test_only_french_numbers_hold_a_siren() -> None:
    assert siren_of_vat("FR44732829320") == "732829320"
    assert siren_of_vat("BE0434194170") is None


def test_countries_without_a_known_form_have_no_prefix() -> None:
    assert vat_prefix("FR") == vat_prefix("GF") == "FR"
    assert vat_prefix("CH") == "CHE"
    assert vat_prefix("US") is None


@pytest.mark.parametrize(
    ("text", "value", "flaw"),
    [
        ("FR76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189", None),
        ("FR39-9999-9005-5000-0085-4984-Z25", "FR3999999005500000854984Z25", None),
        ("FR7630006000011234567890188", None, Flaw.CHECKSUM),
        ("FR76300060000112345678901", None, Flaw.CHECKSUM),
        ("hello", None, Flaw.STRUCTURE),
    ],
)
def test_an_iban_is_checked_modulo_97(text: str, value: str | None, flaw: Flaw | None) -> None:
    checked = check_iban(text)
    assert checked.value == value
    assert (checked.flaw is None) is (flaw is None)
