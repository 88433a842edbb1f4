"""Ledger accounts: unique numbers, what names them, and the one that lines fall back on."""

from __future__ import annotations

import pytest

from tests.api.invoices.acts import account_line, blank, change
from tests.api.invoices.acts import codes as said
from tests.api.settings.acts import A_PRODUCT, account, act, codes, done, paths, refused
from tests.support.api import ApiClient

AN_ACCOUNT = {"number": "706200", "label": "Études de faisabilité"}


def test_an_account_is_made_changed_and_found(any_firm: ApiClient) -> None:
    made = done(any_firm, "ledgerAccountCreate", **AN_ACCOUNT)
    assert made == made | AN_ACCOUNT | {"accountType": "REVENUE", "version": 1}
    changed = done(
        any_firm,
        "ledgerAccountUpdate",
        id=made["id"],
        expectedVersion=1,
        number="706 200",
        accountType="OTHER",
    )
    assert changed == made | {"number": "706 200", "accountType": "OTHER", "version": 2}
    found = any_firm.query(
        "query($id: ID!) { ledgerAccount(id: $id) { label }"
        ' ledgerAccountByNumber(number: "706 200") { label }'
        " ledgerAccounts(accountType: OTHER, order: BY_NAME) { nodes { number } } }",
        id=made["id"],
    )
    assert found["ledgerAccount"] == found["ledgerAccountByNumber"] == {"label": made["label"]}
    assert [one["number"] for one in found["ledgerAccounts"]["nodes"]] == ["419100", "706 200"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("number", "706000", "CATALOGUE_CODE_TAKEN"),
        ("number", "", "FIELD_REQUIRED"),
        ("number", "7" * 65, "FIELD_INVALID"),
        ("label", None, "FIELD_REQUIRED"),
    ],
)
def test_a_number_is_unique_and_a_label_is_required(
    browsed: ApiClient, name: str, value: object, code: str
) -> None:
    answer = act(browsed, "ledgerAccountCreate", **AN_ACCOUNT | {name: value})
    assert (codes(answer), paths(answer)) == ([code], [name])


def test_a_number_that_other_records_name_stays(any_firm: ApiClient) -> None:
    """CATALOGUE_CODE_KEPT: they name it as a text, and would name nothing."""
    made = done(any_firm, "ledgerAccountCreate", **AN_ACCOUNT)
    done(any_firm, "productCreate", **A_PRODUCT | {"ledgerAccount": "706200"})
    renumbered = {"id": made["id"], "number": "706201"}
    assert refused(any_firm, "ledgerAccountUpdate", **renumbered) == ["CATALOGUE_CODE_KEPT"]
    assert done(any_firm, "ledgerAccountUpdate", id=made["id"], label="Études")["version"] == 2


def test_the_account_that_lines_fall_back_on_stays(any_firm: ApiClient) -> None:
    """LEDGER_ACCOUNT_DEFAULT: F12, a line drawn from a phase without an account bears it."""
    known = account(any_firm, "706000")
    french = act(any_firm.in_language("fr"), "ledgerAccountArchive", id=known["id"])
    assert codes(french) == ["LEDGER_ACCOUNT_DEFAULT"]
    assert "706000" in french["userErrors"][0]["message"]
    renumbered = refused(any_firm, "ledgerAccountUpdate", id=known["id"], number="706001")
    assert renumbered in (["CATALOGUE_CODE_KEPT"], ["LEDGER_ACCOUNT_DEFAULT"])


def test_an_archived_account_is_not_offered_and_stays_on_old_lines(any_firm: ApiClient) -> None:
    """F17: a new line is told that the account is archived."""
    made = done(any_firm, "ledgerAccountCreate", **AN_ACCOUNT)
    line = account_line("100", ledgerAccount="706200")
    old, new = blank(any_firm)["id"], blank(any_firm)["id"]
    change(any_firm, old, lines=[line])
    gone = done(any_firm, "ledgerAccountArchive", id=made["id"], expectedVersion=1)
    assert gone["archivedAt"] is not None
    answer = change(any_firm, new, lines=[line])
    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [
        ("RECORD_ARCHIVED", ["lines", "0", "ledgerAccount"])
    ]
    assert said(change(any_firm, old, lines=[line, account_line("1")])) == []
    assert refused(any_firm, "taxCodeCreate", code="X", vatAccount="706200") != []
    done(any_firm, "ledgerAccountRestore", id=made["id"])
    assert said(change(any_firm, new, lines=[line])) == []


def test_the_account_of_a_tax_code_stays_and_comes_back_first(firm: ApiClient) -> None:
    made = done(firm, "ledgerAccountCreate", number="445711", label="TVA", accountType="VAT")
    tax = done(
        firm,
        "taxCodeCreate",
        code="N",
        rate="20",
        category="STANDARD",
        vatAccount="445711",
    )
    assert refused(firm, "ledgerAccountArchive", id=made["id"]) == ["CATALOGUE_IN_USE"]
    done(firm, "taxCodeArchive", id=tax["id"])
    done(firm, "ledgerAccountArchive", id=made["id"])
    assert refused(firm, "taxCodeRestore", id=tax["id"]) == ["RECORD_ARCHIVED"]
    done(firm, "ledgerAccountRestore", id=made["id"])
    done(firm, "taxCodeRestore", id=tax["id"])


def test_a_stale_version_changes_nothing(firm: ApiClient) -> None:
    made = done(firm, "ledgerAccountCreate", **AN_ACCOUNT)
    done(firm, "ledgerAccountUpdate", id=made["id"], label="Études")
    for mutation in ("ledgerAccountUpdate", "ledgerAccountArchive", "ledgerAccountRestore"):
        answer = act(firm, mutation, id=made["id"], expectedVersion=1)
        assert (codes(answer), answer["node"]["label"]) == (["STALE_OBJECT"], "Études")
    assert refused(firm, "ledgerAccountUpdate", id="ledger_account_999999") == ["NOT_FOUND"]
