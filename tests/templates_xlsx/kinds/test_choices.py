"""Closed lists, yes or no, currencies, countries (DOMAIN §3.3)."""

from __future__ import annotations

import pytest

from domain.client import ClientType
from domain.project.model import BillingMethod, PhaseKind, ProjectStatus
from templates_xlsx.kinds import Country, Currency, YesNo
from templates_xlsx.kinds.choices import listed
from templates_xlsx.layouts.lists import (
    BILLING_METHOD,
    CLIENT_TYPE,
    EXEMPTION,
    LANGUAGE,
    LINE_TYPE,
    ROLE,
    STATUS,
)
from templates_xlsx.raw import Cell
from tests.templates_xlsx.kinds.readings import ENGLISH, FRENCH, number, outcome, truth


@pytest.mark.parametrize(
    ("raw", "value", "said"),
    [
        ("signed", ProjectStatus.SIGNED, []),
        ("Signed", ProjectStatus.SIGNED, []),
        ("COMMERCIAL ", ProjectStatus.COMMERCIAL, []),
        ("signé", ProjectStatus.SIGNED, ["ENUM_SYNONYM"]),
        ("Signée", ProjectStatus.SIGNED, ["ENUM_SYNONYM"]),
        ("en cours", ProjectStatus.SIGNED, ["ENUM_SYNONYM"]),
        ("Opportunité", ProjectStatus.COMMERCIAL, ["ENUM_SYNONYM"]),
        ("PROSPECT", ProjectStatus.COMMERCIAL, ["ENUM_SYNONYM"]),
        ("peut-être", None, ["ENUM_UNKNOWN"]),
        ("closed", ProjectStatus.CLOSED, []),
    ],
)
def test_a_status_is_signed_or_commercial(
    raw: str, value: ProjectStatus | None, said: list[str]
) -> None:
    """O21."""
    assert outcome(STATUS, raw) == (value, said)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("PUBLIC ", ClientType.PUBLIC),
        ("Particulier", ClientType.INDIVIDUAL),
        ("individual", ClientType.INDIVIDUAL),
        ("entreprise", ClientType.COMPANY),
        ("COMPANY", ClientType.COMPANY),
    ],
)
def test_both_languages_and_the_stored_value_pass(raw: str, value: ClientType) -> None:
    assert outcome(CLIENT_TYPE, raw) == (value, [])


def test_case_accents_and_apostrophes_are_free() -> None:
    assert outcome(BILLING_METHOD, "REGIE") == (BillingMethod.TIME_AND_MATERIALS, [])
    assert outcome(BILLING_METHOD, "Bloc d’heures") == (BillingMethod.PREPAID_HOURS, [])
    assert outcome(LINE_TYPE, "ANNEXE") == (PhaseKind.ANNEX, [])
    assert outcome(LINE_TYPE, "lot") == (None, ["ENUM_UNKNOWN"])
    assert outcome(ROLE, "stagiaire") == (None, ["ENUM_UNKNOWN"])


def test_languages_have_their_synonyms() -> None:
    assert outcome(LANGUAGE, "FR") == ("fr", [])
    assert outcome(LANGUAGE, "français") == ("fr", ["ENUM_SYNONYM"])
    assert outcome(LANGUAGE, "anglais") == ("en", ["ENUM_SYNONYM"])


def test_an_unknown_value_is_answered_by_the_list_in_the_right_language() -> None:
    french = LINE_TYPE.read(Cell("lot"), FRENCH).notes[0]
    english = LINE_TYPE.read(Cell("lot"), ENGLISH).notes[0]
    assert (french.expected, english.expected) == ("phase, annexe", "phase, annex")


def test_a_choice_is_written_in_the_words_of_the_reader() -> None:
    assert LINE_TYPE.write("ANNEX", "fr") == "annexe"
    assert LINE_TYPE.write(PhaseKind.ANNEX, "en-GB") == "annex"
    assert EXEMPTION.write("DOM_294", "fr") == "DOM_294"


@pytest.mark.parametrize(
    "raw", ["Oui", "oui", "OUI ", "O", "Yes", "y", "Vrai", "TRUE", "1", "x", "X"]
)
def test_yes_is_said_in_many_ways(raw: str) -> None:
    assert outcome(YesNo(), raw) == (True, [])


@pytest.mark.parametrize("raw", ["Non", "non", "N", "No", "Faux", "false", "0"])
def test_no_is_said_in_many_ways(raw: str) -> None:
    assert outcome(YesNo(), raw) == (False, [])


def test_what_is_neither_yes_nor_no_is_refused() -> None:
    assert outcome(YesNo(), "peut-être") == (None, ["BOOLEAN_INVALID"])
    assert outcome(YesNo(), number(2)) == (None, ["BOOLEAN_INVALID"])
    assert outcome(YesNo(), "-") == (None, [])


def test_booleans_and_numbers_are_yes_or_no() -> None:
    assert outcome(YesNo(), truth(True)) == (True, [])
    assert outcome(YesNo(), truth(False)) == (False, [])
    assert outcome(YesNo(), number(1)) == (True, [])
    assert outcome(YesNo(), number(0)) == (False, [])


@pytest.mark.parametrize(
    ("raw", "value", "said"),
    [
        ("EUR", "EUR", []),
        (" Eur ", "EUR", []),
        ("chf", "CHF", []),
        ("€", "EUR", ["ENUM_SYNONYM"]),
        ("euros", "EUR", ["ENUM_SYNONYM"]),
        ("Euro", "EUR", ["ENUM_SYNONYM"]),
        ("£", "GBP", ["ENUM_SYNONYM"]),
        ("$", None, ["CURRENCY_UNKNOWN"]),
        ("FRF", None, ["CURRENCY_UNKNOWN"]),
        ("XXZ", None, ["CURRENCY_UNKNOWN"]),
        ("dollars", None, ["CURRENCY_UNKNOWN"]),
    ],
)
def test_a_currency_is_one_of_iso_4217(raw: str, value: str | None, said: list[str]) -> None:
    """O12, O19."""
    assert outcome(Currency(), raw) == (value, said)


@pytest.mark.parametrize(
    ("raw", "value", "letters_only"),
    [
        ("FR", "FR", []),
        ("fr", "FR", []),
        ("UK", "GB", []),
        ("FRA", "FR", ["ENUM_SYNONYM"]),
        ("France", "FR", ["ENUM_SYNONYM"]),
        ("Atlantide", None, ["COUNTRY_UNKNOWN"]),
    ],
)
def test_a_country_is_understood_and_a_name_is_told_where_letters_are_wanted(
    raw: str, value: str | None, letters_only: list[str]
) -> None:
    """O18; A13: UK is read GB."""
    assert outcome(Country(), raw) == (value, [] if value else ["COUNTRY_UNKNOWN"])
    assert outcome(Country(wants_letters=True), raw) == (value, letters_only)


def test_a_list_that_excel_would_refuse_is_left_out() -> None:
    assert listed(["a", "b"]) == ["a", "b"]
    assert listed(["Dupont, Fils"]) is None
    assert listed(["x" * 130, "y" * 130]) is None
    assert listed([]) is None
