"""The file an organisation is founded from: what it says, and every place where it is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import Refusal
from domain.organisation_file import read_organisation, slug
from tests.domain.examples import codes, in_words


def an_entity(**changed: Any) -> dict[str, Any]:
    return {
        "code": "RIV-PAR",
        "name": "Atelier Rivage Architectes",
        "invoice_series": "PAR",
        "credit_note_series": "PAV",
        "siren": "732829320",
        "siret": "73282932000074",
        "vat_number": "FR44732829320",
        "address": "3 quai Neuf\n75004 Paris",
        "fiscal_year_start": "07-01",
    } | changed


def a_file(**changed: Any) -> dict[str, Any]:
    return {"name": "Groupe Rivage", "entities": [an_entity()]} | changed


def wrong(described: object, *, code: str | None = None) -> list[tuple[Any, ...]]:
    """The paths at which `described` is refused."""
    with pytest.raises(Refusal) as caught:
        read_organisation(described, code=code)
    assert set(codes(caught.value.issues)) == {"ORGANISATION_FILE_INVALID"}
    return [issue.field for issue in caught.value.issues]


def test_a_short_file_is_completed_with_french_defaults() -> None:
    read = read_organisation(a_file())
    assert read.code == "groupe-rivage"
    assert read.columns == {
        "name": "Groupe Rivage",
        "country": "FR",
        "currency": "EUR",
        "locale": "fr-FR",
        "settings": {"footer_message": {}, "vat_number_mandatory": True},
    }
    (entity,) = read.entities
    expected = {"country": "FR", "currency": "EUR", "payment_days": 30, "vat_on_debits": False}
    assert expected.items() <= entity.items()
    assert (entity["fiscal_year_start"], entity["iban"], entity["logo"]) == ("07-01", None, None)


def test_an_entity_takes_the_country_and_currency_of_its_organisation() -> None:
    read = read_organisation(
        a_file(country="BE", currency="CHF", entities=[an_entity(vat_number=None)])
    )
    assert (read.entities[0]["country"], read.entities[0]["currency"]) == ("BE", "CHF")


def test_the_code_given_wins_over_the_files_own_and_that_over_the_name() -> None:
    assert read_organisation(a_file(code="rivage"), code="other").code == "other"
    assert read_organisation(a_file(code="rivage")).code == "rivage"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Rivage & Cie", "rivage-cie"),
        ("Éléments d’Atelier", "elements-datelier"),
        ("東京", "organisation"),
        ("a" * 80, "a" * 64),
    ],
)
def test_a_code_is_made_of_the_name(name: str, code: str) -> None:
    assert slug(name) == code


def test_registration_numbers_are_kept_as_they_are_compared() -> None:
    spaced = an_entity(siren="732 829 320", vat_number="FR 44 732829320")
    (entity,) = read_organisation(a_file(entities=[spaced])).entities
    assert (entity["siren"], entity["vat_number"]) == ("732829320", "FR44732829320")


@pytest.mark.parametrize("described", [[], "Rivage", None, 7])
def test_what_is_no_object_is_refused(described: object) -> None:
    assert wrong(described) == [()]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"name": ""}, ("name",)),
        ({"name": 7}, ("name",)),
        ({"name": "   "}, ("name",)),
        ({"name": "a" * 256}, ("name",)),
        ({"code": "a b"}, ("code",)),
        ({"country": "XX"}, ("country",)),
        ({"country": "fr"}, ("country",)),
        ({"currency": "FRF"}, ("currency",)),
        ({"locale": "de-DE"}, ("locale",)),
        ({"colour": "red"}, ("colour",)),
        ({"settings": []}, ("settings",)),
        ({"settings": {"colour": "red"}}, ("settings", "colour")),
        ({"settings": {"footer_message": "Merci"}}, ("settings", "footer_message")),
        ({"settings": {"footer_message": {"fr": 7}}}, ("settings", "footer_message")),
        ({"settings": {"vat_number_mandatory": "yes"}}, ("settings", "vat_number_mandatory")),
        ({"entities": []}, ("entities",)),
        ({"entities": None}, ("entities",)),
        ({"entities": ["PAR"]}, ("entities",)),
    ],
)
def test_each_fault_of_the_organisation_is_named_by_its_path(
    changed: dict[str, Any], path: tuple[Any, ...]
) -> None:
    assert wrong(a_file(**changed)) == [path]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code", ""),
        ("code", "a b"),
        ("name", None),
        ("invoice_series", None),
        ("invoice_series", "par"),
        ("invoice_series", "PARI"),
        ("credit_note_series", "P1"),
        ("siren", "732829321"),
        ("siret", "73282932000075"),
        ("vat_number", "FR45732829320"),
        ("iban", "FR7630006000011234567890188"),
        ("bic", "AGRIFR"),
        ("email", "rivage"),
        ("country", "France"),
        ("currency", "euro"),
        ("fiscal_year_start", "7-1"),
        ("fiscal_year_start", "02-30"),
        ("fiscal_year_start", "02-29"),
        ("fiscal_year_start", "13-01"),
        ("payment_days", -1),
        ("payment_days", 366),
        ("payment_days", True),
        ("payment_days", "30"),
        ("vat_on_debits", "no"),
        ("logo", "logo.png"),
        ("phone", "0" * 65),
        ("nickname", "Rivage"),
    ],
)
def test_each_fault_of_an_entity_is_named_by_its_path(name: str, value: object) -> None:
    described = a_file(
        entities=[
            an_entity(),
            an_entity(code="LYO", invoice_series="LYO", credit_note_series="LYV"),
        ]
    )
    described["entities"][1][name] = value
    assert set(wrong(described)) == {("entities", 1, name)}


def test_a_series_is_never_used_twice_not_even_for_credit_notes() -> None:
    """DOMAIN §2.1: an invoice and a credit note must never bear one number."""
    twins = [an_entity(), an_entity(code="LYO", credit_note_series="PAR", invoice_series="LYO")]
    assert wrong(a_file(entities=twins)) == [("entities", 1, "credit_note_series")]
    assert wrong(a_file(entities=[an_entity(credit_note_series="PAR")])) == [
        ("entities", 0, "credit_note_series")
    ]
    same_code = [an_entity(), an_entity(invoice_series="LYO", credit_note_series="LYV")]
    assert wrong(a_file(entities=same_code)) == [("entities", 1, "code")]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = wrong(a_file(name="", locale="xx", entities=[an_entity(siren="1", name=None)]))
    assert set(found) == {
        ("name",),
        ("locale",),
        ("entities", 0, "siren"),
        ("entities", 0, "name"),
    }


def test_the_reason_is_said_in_words() -> None:
    with pytest.raises(Refusal) as caught:
        read_organisation(a_file(currency="FRF"))
    assert in_words(caught.value.issues[0]) == (
        "The organisation's file is not valid: it must be an ISO 4217 currency."
    )
