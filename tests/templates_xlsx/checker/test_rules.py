"""Rules between the cells of one row (DOMAIN §3.3–3.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from templates_xlsx.checker import check
from templates_xlsx.layouts import layout
from templates_xlsx.layouts.rules.money import settle_money
from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Setting
from tests.templates_xlsx.checker.books import (
    FIRM,
    checked,
    draft_of,
    filled,
    table,
    titles_of,
    told,
)

BRAZIL = Setting(country="BR")


@pytest.mark.parametrize(
    ("kind", "start", "end", "letter"),
    [
        ("projects", "start_date", "end_date", "P"),
        ("phases", "start_date", "end_date", "L"),
        ("collaborators", "entry_date", "exit_date", "I"),
    ],
)
def test_the_end_is_not_before_the_start(kind: str, start: str, end: str, letter: str) -> None:
    day, before = date(2025, 6, 15), date(2024, 6, 15)
    wrong = draft_of(kind, **{start: day, end: before})
    assert told(wrong) == [("DATE_ORDER", letter)]
    assert (wrong.issues[0].found, wrong.issues[0].expected) == ("15/06/2024", "15/06/2025")
    for right in ({start: day, end: day}, {start: day}, {end: day}):
        assert draft_of(kind, **right).issues == []


@pytest.mark.parametrize(
    ("currency", "raw", "value", "said"),
    [
        ("EUR", "1 234,567", "1234.57", ["AMOUNT_ROUNDED"]),
        ("EUR", "0,005", "0.01", ["AMOUNT_ROUNDED"]),
        ("EUR", "12 500,00 €", "12500.00", []),
        ("EUR", "1.234", "1234.00", ["NUMBER_AMBIGUOUS"]),
        ("JPY", "2500000,4", "2500000", ["AMOUNT_ROUNDED"]),
        ("JPY", 2500000, "2500000", []),
        ("JPY", "1,234", "1234", ["NUMBER_AMBIGUOUS"]),
        ("TND", "41 250,125", "41250.125", []),
        ("TND", "1,234", "1.234", []),
        ("TND", "1.234", "1.234", ["NUMBER_AMBIGUOUS"]),
        ("TND", "1.234.567", "1234567.000", []),
        ("TND", "-1,234", None, ["AMOUNT_NEGATIVE"]),
        ("CHF", "12 500 €", None, ["AMOUNT_CURRENCY_MISMATCH"]),
        ("USD", "$ 500", "500.00", []),
        ("CAD", "500 $", "500.00", []),
        ("EUR", "500 $", None, ["AMOUNT_CURRENCY_MISMATCH"]),
        ("EUR", "500 CHF", None, ["AMOUNT_CURRENCY_MISMATCH"]),
    ],
)
def test_the_currency_of_the_row_settles_its_amounts(
    currency: str, raw: Any, value: str | None, said: list[str]
) -> None:
    draft = draft_of("projects", currency=currency, works_amount=raw)
    assert [issue.code for issue in draft.issues] == said
    assert draft.values["works_amount"] == (None if value is None else Decimal(value))


def test_what_an_ambiguous_number_was_read_as_is_told() -> None:
    issue = draft_of("projects", currency="TND", works_amount="1.234").issues[0]
    assert (issue.found, issue.expected) == ("1.234", "1.234")
    issue = draft_of("projects", works_amount="1.234").issues[0]
    assert (issue.found, issue.expected) == ("1.234", "1234")


def test_settling_an_amount_twice_changes_nothing() -> None:
    draft = draft_of("phases", fee="1.234")
    column = layout("phases").column("fee")
    for _ in range(2):
        settle_money(draft, column, "TND", FIRM)
        assert draft.values["fee"] == Decimal("1.234")
        assert told(draft) == [("NUMBER_AMBIGUOUS", "F")]


def test_an_amount_of_an_unknown_currency_waits_for_the_project() -> None:
    """O27: exact, not yet rounded."""
    draft = draft_of("phases", fee="1 234,567")
    assert draft.issues == []
    assert draft.values["fee"] == Decimal("1234.567")


def test_the_sign_beside_an_amount_goes_along_until_the_project_is_known() -> None:
    """What it may mean, and the cell to be told of."""

    def written(cell: str) -> str | None:
        return draft_of("phases", fee=cell).values.get("fee_written")

    assert written("1 234,50 €") == "EUR 1 234,50 €"
    assert written("1 234,50") is None
    dollars, _, cell = str(written("100 $")).partition(" ")
    assert {"USD", "CAD"} <= set(dollars.split(","))
    assert cell == "100 $"
    given = draft_of("phases", fee="1 000 €", currency="CHF")
    assert told(given) == [("AMOUNT_CURRENCY_MISMATCH", "F")]


def test_what_is_decimal_in_some_currencies_goes_along_too() -> None:
    assert draft_of("phases", fee="1,234").values["fee_as_decimal"] == Decimal("1.234")
    assert "fee_as_decimal" not in draft_of("phases", fee="1 234,5").values


def test_rates_of_people_are_in_the_currency_of_the_organisation() -> None:
    """O30."""
    assert draft_of("collaborators", billable_rate="85,00 €").values["billable_rate"] == 85
    assert told(draft_of("collaborators", billable_rate="85 CHF")) == [
        ("AMOUNT_CURRENCY_MISMATCH", "J")
    ]
    swiss = Setting(country="CH", currency="CHF")
    assert draft_of("collaborators", swiss, billable_rate="85 CHF").issues == []


@pytest.mark.parametrize(
    ("line_type", "said"),
    [
        (None, ["AMOUNT_NEGATIVE"]),
        ("phase", ["AMOUNT_NEGATIVE"]),
        ("annexe", ["AMOUNT_NEGATIVE_ANNEX"]),
        ("lot", ["ENUM_UNKNOWN"]),
    ],
)
def test_only_an_annex_may_be_negative(line_type: str | None, said: list[str]) -> None:
    """O28."""
    draft = draft_of("phases", fee=-850, line_type=line_type)
    assert [issue.code for issue in draft.issues] == said
    assert draft.is_refused is (said != ["AMOUNT_NEGATIVE_ANNEX"])


def test_a_zero_fee_is_told() -> None:
    """O27."""
    assert told(draft_of("phases", fee=0)) == [("AMOUNT_ZERO", "F")]


@pytest.mark.parametrize(
    ("country", "rate", "value", "said"),
    [
        ("FR", 20, "20", []),
        ("FR", "5,5 %", "5.5", []),
        ("FR", Cell(Decimal("0.2"), Shape.PERCENT), "20", []),
        ("FR", "0,20", "20", ["PERCENT_AS_FRACTION"]),
        ("FR", "0,9", "0.9", []),
        ("CH", "0,9", None, ["VAT_RATE_UNKNOWN"]),
        ("FR", "0,19", None, ["VAT_RATE_UNKNOWN"]),
        ("FR", 19, None, ["VAT_RATE_UNKNOWN"]),
        ("FR", -20, None, ["VAT_RATE_UNKNOWN"]),
        ("RE", "8,5", "8.5", []),
        ("RE", 20, None, ["VAT_RATE_UNKNOWN"]),
        ("CH", "8.1", "8.1", []),
        ("BR", 17, "17", ["VAT_RATE_UNVERIFIED"]),
        ("BR", "0,17", "17", ["PERCENT_AS_FRACTION", "VAT_RATE_UNVERIFIED"]),
        ("BR", 45, None, ["VAT_RATE_UNKNOWN"]),
    ],
)
def test_the_rate_is_one_of_the_country_of_the_building(
    country: str, rate: Any, value: str | None, said: list[str]
) -> None:
    """O20."""
    draft = draft_of("projects", country=country, vat_rate=rate)
    assert [issue.code for issue in draft.issues] == said
    assert draft.values["vat_rate"] == (None if value is None else Decimal(value))


def test_a_rate_of_zero_has_a_reason() -> None:
    missing = draft_of("projects", vat_rate=0)
    assert told(missing) == [("VAT_EXEMPTION_REASON_MISSING", "L")]
    assert draft_of("projects", vat_rate=0, vat_exemption="AUTOLIQUIDATION").issues == []
    wrong = draft_of("projects", vat_rate=0, vat_exemption="parce que")
    assert told(wrong) == [("ENUM_UNKNOWN", "L")]


@pytest.mark.parametrize(
    ("cells", "value", "said"),
    [
        ({"vat_number": "fr 44 732 829 320"}, "FR44732829320", []),
        ({"vat_number": "44732829320"}, "FR44732829320", ["VAT_PREFIX_ADDED"]),
        ({"vat_number": "FR45732829320"}, None, ["VAT_NUMBER_INVALID"]),
        ({"vat_number": "XX12"}, None, ["VAT_NUMBER_INVALID"]),
        ({"vat_number": "N/A"}, "NA", []),
        ({"vat_number": "BE0434194170"}, "BE0434194170", ["VAT_COUNTRY_MISMATCH"]),
        ({"vat_number": "BE0434194170", "country": "BE"}, "BE0434194170", []),
        ({"vat_number": "BE01234", "country": "BE"}, None, ["VAT_NUMBER_INVALID"]),
        ({"vat_number": "6697117F/A/M", "country": "TN"}, "6697117F/A/M", []),
        ({"vat_number": "FR44732829320", "country": "Monaco"}, "FR44732829320", []),
        ({"vat_number": "FR13595867961"}, "FR13595867961", ["VAT_SIRET_MISMATCH"]),
        ({"vat_number": "whatever", "country": "Atlantide"}, "WHATEVER", ["COUNTRY_UNKNOWN"]),
    ],
)
def test_the_vat_number_agrees_with_the_country_and_the_siret(
    cells: dict[str, Any], value: str | None, said: list[str]
) -> None:
    """O13."""
    draft = draft_of("clients", **cells)
    assert [issue.code for issue in draft.issues] == said
    assert draft.values["vat_number"] == value


def test_the_country_of_the_organisation_is_that_of_a_client_without_one() -> None:
    free = draft_of("clients", BRAZIL, vat_number="12.345.678/0001-95", siret=None)
    assert free.issues == []
    assert free.values["vat_number"] == "12345678/000195"


def test_a_lowered_vat_number_is_recommended() -> None:
    """O13: the policy switch."""
    lowered = Setting(vat_number_mandatory=False)
    assert told(draft_of("clients", lowered, vat_number=None)) == [("RECOMMENDED_MISSING", "G")]


@pytest.mark.parametrize(
    ("cells", "is_recommended"),
    [
        ({}, True),
        ({"country": "FR"}, True),
        ({"country": "La Réunion"}, True),
        ({"client_type": "public"}, True),
        ({"client_type": "particulier"}, False),
        ({"country": "BE", "vat_number": "BE0434194170"}, False),
    ],
)
def test_a_siret_is_recommended_for_french_clients_that_are_not_individuals(
    cells: dict[str, Any], is_recommended: bool
) -> None:
    """O14: a warning, never a rejection."""
    draft = draft_of("clients", **{"siret": None, **cells})
    assert told(draft) == ([("RECOMMENDED_MISSING", "N")] if is_recommended else [])


def test_a_siret_gives_its_siren_and_nine_digits_are_one() -> None:
    """O14."""
    whole = draft_of("clients")
    assert (whole.values["siret"], whole.values["siren"]) == ("73282932000074", "732829320")
    short = draft_of("clients", siret="732829320")
    assert told(short) == [("SIREN_ONLY", "N")]
    assert (short.values["siret"], short.values["siren"]) == (None, "732829320")
    wrong = draft_of("clients", siret="73282932000075")
    assert told(wrong) == [("SIRET_INVALID", "N")]
    assert wrong.values["siret"] is None
    assert "siren" not in wrong.values


CLOCK = Cell(Decimal("0.3125"), Shape.TIME)


@pytest.mark.parametrize(
    ("raw", "hours", "said"),
    [
        ("12,5", "12.5", []),
        ("1,234", "1.23", ["AMOUNT_ROUNDED"]),
        ("7h30", "7.5", []),
        ("-7h20", "-7.33", []),
        ("− 7h20", "-7.33", []),
        ("–7h20", "-7.33", []),
        ("–7,5", "-7.5", []),
        (CLOCK, "7.5", []),
        ("7 h", "7", []),
        ("0h", "0", ["AMOUNT_ZERO"]),
        ("99999999999999 h", None, ["NUMBER_OUT_OF_RANGE"]),
        ("1 250,5", "1250.5", []),
        ("sept", None, ["NUMBER_INVALID"]),
        ("7 30", None, ["NUMBER_INVALID"]),
        ("7'30", None, ["NUMBER_INVALID"]),
        ("7,5 €", None, ["NUMBER_INVALID"]),
        ("45%", None, ["NUMBER_INVALID"]),
    ],
)
def test_an_adjustment_of_hours_is_read_as_hours_are(
    raw: str | Cell, hours: str | None, said: list[str]
) -> None:
    """DOMAIN §3.3, row "hours": a clock is hours here too, and money is not."""
    row = filled("adjustments", value=raw)
    row[titles_of("adjustments").index("Nature")] = "heures"
    (draft,) = checked(table("adjustments", row), "adjustments").drafts
    assert told(draft) == [(code, "K") for code in said]
    assert draft.values["value"] == (None if hours is None else Decimal(hours))
    if said == ["NUMBER_INVALID"]:
        assert draft.issues[0].expected == "7,5 ou 7:30"
    if raw in ("7h30", CLOCK):
        of_money = draft_of("adjustments", value=raw)
        assert told(of_money) == [("NUMBER_INVALID", "K")]
        assert of_money.issues[0].expected == "12500.00"


def test_a_retainer_has_a_period_and_a_block_has_hours() -> None:
    assert told(draft_of("phases", billing_method="forfait périodique")) == [
        ("MANDATORY_MISSING", "R")
    ]
    assert told(draft_of("phases", billing_method="bloc d'heures")) == [("MANDATORY_MISSING", "Q")]
    assert draft_of("phases", billing_method="régie").issues == []
    monthly = draft_of("phases", billing_method="forfait périodique", periodicity="mensuel")
    assert monthly.issues == []


@pytest.mark.parametrize(
    ("payment_days", "said"), [(60, []), (90, []), (91, [("NUMBER_OUT_OF_RANGE", "M")])]
)
def test_payment_terms_are_ninety_days_at_most(
    payment_days: int, said: list[tuple[str, str]]
) -> None:
    assert told(draft_of("clients", payment_days=payment_days)) == said


def test_rules_belong_to_the_very_sheet_they_were_written_for() -> None:
    other = replace(layout("projects"), version=2)
    book = table("projects", filled("projects", vat_rate=19))
    outcome = check(book, kind="projects", setting=FIRM, known_layouts={"projects": other})
    assert outcome.drafts[0].issues == []
    assert told(draft_of("projects", vat_rate=19)) == [("VAT_RATE_UNKNOWN", "K")]
