"""Founding a firm: what its file may say, what it starts with, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access import Role
from domain.catalogue import AccountType
from domain.errors import Refusal
from domain.organisation_file import read_organisation, slug
from domain.starting_catalogue import ledger_accounts, rated_code, tax_codes
from domain.tax import ExemptionReason, VatCategory
from persistence.founding import found
from persistence.organisations import create_key, the_organisation
from persistence.session import Database
from tests.support.api import firm

Change = Callable[[dict[str, Any]], None]


def wrong_places(change: Change) -> list[str]:
    described = firm()
    change(described)
    with pytest.raises(Refusal) as refused:
        read_organisation(described)
    assert {issue.code for issue in refused.value.issues} == {"ORGANISATION_FILE_INVALID"}
    return [".".join(map(str, issue.field)) for issue in refused.value.issues]


def entity(**changes: Any) -> Change:
    return lambda described: described["entities"][0].update(changes)


def test_a_firm_is_founded_with_its_entities_and_its_catalogue(database: Database) -> None:
    described = firm() | {"settings": {"footer_message": {"fr": "Merci", "en": "Thank you"}}}
    with database.writing(None) as session:
        founded = found(session, described=described)
        organisation_id = founded.id
        assert founded.code == "groupe-rivage"
    with database.writing(organisation_id) as session:
        organisation = the_organisation(session)
        assert organisation.settings == {
            "footer_message": {"fr": "Merci", "en": "Thank you"},
            "vat_number_mandatory": True,
        }
        assert create_key(session, role=Role.READER).startswith("jalon_")


def test_a_code_is_taken_once(database: Database) -> None:
    with database.writing(None) as session:
        found(session, described=firm(), code="rivage")
    with pytest.raises(Refusal) as refused, database.writing(None) as session:
        found(session, described=firm(), code="rivage")
    assert [issue.code for issue in refused.value.issues] == ["ORGANISATION_EXISTS"]
    with database.writing(None) as session:
        assert found(session, described=firm(), code="rivage-2").code == "rivage-2"


def test_the_numbers_of_an_entity_are_kept_as_they_are_compared() -> None:
    change = {"siret": "854 984 531 00012", "iban": "FR39 9999 9005 5000 0085 4984 Z25"}
    described = firm()
    described["entities"][0].update(change)
    columns = read_organisation(described).entities[0]
    assert columns["siret"] == "85498453100012"
    assert columns["iban"] == "FR3999999005500000854984Z25"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda d: d.pop("name"), "name"),
        (lambda d: d.update(name=7), "name"),
        (lambda d: d.update(name="x" * 256), "name"),
        (lambda d: d.update(nmae="x"), "nmae"),
        (lambda d: d.update(country="France"), "country"),
        (lambda d: d.update(currency="EURO"), "currency"),
        (lambda d: d.update(locale="de-DE"), "locale"),
        (lambda d: d.update(code="a b"), "code"),
        (lambda d: d.update(entities=[]), "entities"),
        (lambda d: d.update(entities=["x"]), "entities"),
        (lambda d: d.update(settings=[]), "settings"),
        (lambda d: d.update(settings={"footer": ""}), "settings.footer"),
        (lambda d: d.update(settings={"footer_message": "x"}), "settings.footer_message"),
        (
            lambda d: d.update(settings={"vat_number_mandatory": "yes"}),
            "settings.vat_number_mandatory",
        ),
        (entity(code=None), "entities.0.code"),
        (entity(code="é"), "entities.0.code"),
        (entity(code="RIV-LYO"), "entities.1.code"),
        (entity(name=""), "entities.0.name"),
        (entity(siren="123456789"), "entities.0.siren"),
        (entity(siret="123"), "entities.0.siret"),
        (entity(vat_number="FR00854984531"), "entities.0.vat_number"),
        (entity(iban="FR00"), "entities.0.iban"),
        (entity(bic="X"), "entities.0.bic"),
        (entity(email="nobody"), "entities.0.email"),
        (entity(fiscal_year_start="13-01"), "entities.0.fiscal_year_start"),
        (entity(fiscal_year_start="02-29"), "entities.0.fiscal_year_start"),
        (entity(invoice_series="par"), "entities.0.invoice_series"),
        (entity(invoice_series="PAV"), "entities.0.credit_note_series"),
        (entity(credit_note_series="LYO"), "entities.1.invoice_series"),
        (entity(vat_on_debits="no"), "entities.0.vat_on_debits"),
        (entity(payment_days=-1), "entities.0.payment_days"),
        (entity(payment_days=True), "entities.0.payment_days"),
        (entity(logo="logo.svg"), "entities.0.logo"),
        (entity(sirene="1"), "entities.0.sirene"),
    ],
)
def test_what_is_wrong_in_a_firms_file_is_named_by_its_place(change: Change, place: str) -> None:
    assert wrong_places(change) == [place]


def test_everything_wrong_is_told_at_once() -> None:
    def change(described: dict[str, Any]) -> None:
        described.update(name="", locale="xx")
        described["entities"][2].update(siren="1", bic="?")

    assert wrong_places(change) == ["name", "locale", "entities.2.siren", "entities.2.bic"]


@pytest.mark.parametrize("described", [None, [], "firm", 7])
def test_a_firms_file_is_an_object(described: object) -> None:
    with pytest.raises(Refusal, match="ORGANISATION_FILE_INVALID"):
        read_organisation(described)


@given(st.text())
def test_any_name_makes_a_code(name: str) -> None:
    assert read_organisation(firm() | {"name": "x"}, code=slug(name)).code == slug(name)


def test_tax_codes_are_named_after_country_and_rate() -> None:
    codes = {code.code: code for code in tax_codes("FR")}
    assert {"FR-20", "FR-10", "FR-5.5", "RE-8.5", "CH-8.1", "LU-17"} <= set(codes)
    standard = codes["FR-5.5"]
    assert (standard.rate, standard.category) == (Decimal("5.5"), VatCategory.STANDARD)
    assert (standard.country, standard.vat_account) == ("FR", "445710")
    assert rated_code("FR", Decimal("20.0000")) == "FR-20"
    assert rated_code("FR", Decimal("100")) == "FR-100"


def test_a_rate_of_zero_has_its_reason_for_a_code() -> None:
    codes = {code.code: code for code in tax_codes("FR")}
    assert [code for code in codes if code.endswith("-0")] == []
    assert {reason.value for reason in ExemptionReason} <= set(codes)
    reverse = codes["AUTOLIQUIDATION"]
    assert reverse.rate == 0
    assert reverse.category is VatCategory.REVERSE_CHARGE
    assert (reverse.reason_code, reverse.mention) == ("VATEX-EU-AE", "Autoliquidation")


def test_the_usual_accounts_are_there() -> None:
    accounts = {account.number: account.account_type for account in ledger_accounts()}
    assert accounts["411000"] is AccountType.RECEIVABLE
    assert accounts["706000"] is AccountType.REVENUE
    assert accounts["445710"] is AccountType.VAT
    assert accounts["512000"] is AccountType.BANK
    assert {"419100", "445800", "706100", "708500"} <= set(accounts)
