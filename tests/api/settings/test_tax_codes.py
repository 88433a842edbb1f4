"""Tax codes: what agrees, what stays once it was invoiced, what a change does to pro formas."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.invoices.acts import account_line, blank, change, final
from tests.api.invoices.acts import codes as said
from tests.api.settings.acts import act, codes, done, paths, refused, tax_code
from tests.support.api import ApiClient

A_RATE = {"code": "fr-13-corse", "rate": "13", "category": "STANDARD", "vatAccount": "445710"}


def test_a_rate_is_made_and_used(any_firm: ApiClient) -> None:
    made = done(any_firm, "taxCodeCreate", **A_RATE)
    assert made == made | {
        "code": "FR-13-CORSE",
        "rate": "13",
        "category": "STANDARD",
        "country": "FR",
        "exemption": None,
        "mention": None,
        "vatAccount": "445710",
        "version": 1,
    }
    invoice = change(any_firm, blank(any_firm)["id"], lines=[account_line("100", "FR-13-CORSE")])
    assert invoice["invoice"]["gross"]["amount"] == "113.00"


def test_a_known_exemption_brings_all_that_goes_with_it(any_firm: ApiClient) -> None:
    made = done(any_firm, "taxCodeCreate", code="AL-2", rate="0", exemption="AUTOLIQUIDATION")
    assert made == made | {
        "category": "REVERSE_CHARGE",
        "reasonCode": "VATEX-EU-AE",
        "mention": "Autoliquidation",
    }
    own = done(any_firm, "taxCodeUpdate", id=made["id"], mention="Autoliquidation, art. 283-2")
    assert own["mention"] == "Autoliquidation, art. 283-2"
    other = done(
        any_firm, "taxCodeUpdate", id=made["id"], exemption="EXPORT_262", category="EXPORT"
    )
    assert (other["mention"], other["reasonCode"]) == (
        "Exonération, art. 262 I du CGI",
        "VATEX-EU-G",
    )


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"rate": "0", "category": "STANDARD"}, "TAX_RATE_OF_CATEGORY", "rate"),
        ({"rate": "20", "category": "ZERO"}, "TAX_RATE_OF_CATEGORY", "rate"),
        (
            {"rate": "5", "category": "EXEMPT", "mention": "x"},
            "TAX_RATE_OF_CATEGORY",
            "rate",
        ),
        ({"rate": "0", "category": "EXEMPT"}, "TAX_MENTION_REQUIRED", "mention"),
        (
            {"rate": "0", "category": "OUTSIDE_SCOPE", "reasonCode": "VATEX-EU-O"},
            "TAX_MENTION_REQUIRED",
            "mention",
        ),
        (
            {"rate": "0", "category": "EXEMPT", "exemption": "AUTOLIQUIDATION"},
            "TAX_EXEMPTION_OF_CATEGORY",
            "exemption",
        ),
        (
            {"rate": "20", "category": "STANDARD", "reasonCode": "VATEX-EU-O"},
            "TAX_EXEMPTION_NEEDLESS",
            "category",
        ),
        ({"rate": "31", "category": "STANDARD"}, "FIELD_INVALID", "rate"),
        ({"rate": "-1", "category": "STANDARD"}, "FIELD_INVALID", "rate"),
        ({"rate": "20.00001", "category": "STANDARD"}, "FIELD_INVALID", "rate"),
        ({"category": "STANDARD"}, "FIELD_REQUIRED", "rate"),
        ({"rate": "20"}, "FIELD_REQUIRED", "category"),
        ({"rate": "0", "exemption": "WHY_NOT"}, "FIELD_INVALID", "exemption"),
        (
            {"rate": "0", "category": "EXEMPT", "mention": "x", "reasonCode": "132"},
            "FIELD_INVALID",
            "reasonCode",
        ),
        (
            {"rate": "20", "category": "STANDARD", "vatAccount": "999"},
            "LEDGER_ACCOUNT_UNKNOWN",
            "vatAccount",
        ),
    ],
)
def test_rate_category_and_reason_agree(
    browsed: ApiClient, given: dict[str, Any], code: str, path: str
) -> None:
    """DOMAIN 4.2, EN 16931 BR-S-05, BR-Z-05, BR-E-10: and said where it is wrong."""
    answer = act(browsed, "taxCodeCreate", code="NEW", **given)
    found = list(zip(codes(answer), paths(answer), strict=True))
    assert (code, path) in found, answer
    assert answer["node"] is None


def test_a_rate_that_no_law_we_know_has_is_warned_of(firm: ApiClient) -> None:
    """TAX_RATE_UNLISTED: laws change before we do."""
    answer = act(firm, "taxCodeCreate", code="FR-21", rate="21", category="STANDARD")
    assert answer["node"]["rate"] == "21"
    assert [(e["code"], e["severity"]) for e in answer["userErrors"]] == [
        ("TAX_RATE_UNLISTED", "WARNING")
    ]
    done(firm, "taxCodeCreate", code="SE-25", rate="25", category="STANDARD", country="SE")


def test_a_code_is_unique_and_may_be_renamed(any_firm: ApiClient) -> None:
    assert refused(any_firm, "taxCodeCreate", **A_RATE | {"code": "fr-20"}) == [
        "CATALOGUE_CODE_TAKEN"
    ]
    made = done(any_firm, "taxCodeCreate", **A_RATE)
    assert refused(any_firm, "taxCodeUpdate", id=made["id"], code="FR-20") == [
        "CATALOGUE_CODE_TAKEN"
    ]
    assert done(any_firm, "taxCodeUpdate", id=made["id"], code="corse")["code"] == "CORSE"


def test_a_code_on_a_legal_invoice_keeps_what_makes_it(any_firm: ApiClient) -> None:
    """TAX_CODE_FROZEN: a line names its code and holds no rate of its own."""
    invoice = blank(any_firm)["id"]
    change(any_firm, invoice, lines=[account_line("100")])
    assert said(final(any_firm, invoice)) == []
    tax = tax_code(any_firm, "FR-20")
    answer = act(any_firm, "taxCodeUpdate", id=tax["id"], rate="10", country="MC")
    assert sorted(paths(answer)) == ["country", "rate"]
    assert codes(answer) == ["TAX_CODE_FROZEN"] * 2
    other = act(any_firm, "taxCodeUpdate", id=tax["id"], rate="0", exemption="FRANCHISE_BASE")
    assert set(codes(other)) == {"TAX_CODE_FROZEN"}
    renamed = done(
        any_firm, "taxCodeUpdate", id=tax["id"], code="TVA-20", vatAccount="445800", rate="20.0"
    )
    assert (renamed["code"], renamed["vatAccount"], renamed["rate"]) == ("TVA-20", "445800", "20")
    done(any_firm, "taxCodeArchive", id=tax["id"])
    lines = "query($id: ID!) { invoice(id: $id) { lines { taxCode { code rate } } } }"
    found = any_firm.query(lines, id=invoice)["invoice"]["lines"]
    assert found == [{"taxCode": {"code": "TVA-20", "rate": "20"}}]


def test_a_code_on_pro_formas_only_may_change_and_they_are_counted_anew(
    any_firm: ApiClient,
) -> None:
    made = done(any_firm, "taxCodeCreate", **A_RATE)
    invoice = blank(any_firm)["id"]
    change(any_firm, invoice, lines=[account_line("100", "FR-13-CORSE")])
    done(any_firm, "taxCodeUpdate", id=made["id"], rate="20")
    found = any_firm.query(
        "query($id: ID!) { invoice(id: $id)"
        " { gross { amount } vatGroups { rate vat { amount } } } }",
        id=invoice,
    )["invoice"]
    assert found["gross"] == {"amount": "120.00"}
    assert found["vatGroups"] == [{"rate": "20", "vat": {"amount": "20.00"}}]


def test_an_archived_code_is_not_offered_and_stays_on_old_lines(any_firm: ApiClient) -> None:
    """F11: a new line is told that the code is archived; a line that has it may be sent again."""
    made = done(any_firm, "taxCodeCreate", **A_RATE)
    line = account_line("100", "FR-13-CORSE")
    old, new = blank(any_firm)["id"], blank(any_firm)["id"]
    change(any_firm, old, lines=[line])
    done(any_firm, "taxCodeArchive", id=made["id"])
    answer = change(any_firm, new, lines=[line])
    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [
        ("RECORD_ARCHIVED", ["lines", "0", "taxCode"])
    ]
    assert "FR-13-CORSE" in answer["userErrors"][0]["message"]
    assert said(change(any_firm, old, lines=[line, account_line("1")])) == []
    assert said(final(any_firm, old)) == []
    listed = any_firm.query('{ taxCodes(text: "corse") { totalCount } }')["taxCodes"]
    hidden = any_firm.query('{ taxCodes(text: "corse", archived: true) { totalCount } }')
    assert (listed["totalCount"], hidden["taxCodes"]["totalCount"]) == (0, 1)
    done(any_firm, "taxCodeRestore", id=made["id"])
    assert said(change(any_firm, new, lines=[line])) == []


def test_a_stale_version_changes_nothing(firm: ApiClient) -> None:
    made = done(firm, "taxCodeCreate", **A_RATE)
    done(firm, "taxCodeUpdate", id=made["id"], rate="8.5")
    for mutation in ("taxCodeUpdate", "taxCodeArchive", "taxCodeRestore"):
        answer = act(firm, mutation, id=made["id"], expectedVersion=1)
        assert (codes(answer), answer["node"]["rate"]) == (["STALE_OBJECT"], "8.5")
    assert refused(firm, "taxCodeUpdate", id="tax_code_999999") == ["NOT_FOUND"]


def test_codes_are_found_by_category_and_identifier(browsed: ApiClient) -> None:
    found = browsed.query("{ taxCodes(category: REVERSE_CHARGE) { nodes { id code } } }")[
        "taxCodes"
    ]
    (only,) = found["nodes"]
    assert only["code"] == "AUTOLIQUIDATION"
    by_id = browsed.query("query($id: ID!) { taxCode(id: $id) { code } }", id=only["id"])
    assert by_id["taxCode"] == {"code": "AUTOLIQUIDATION"}
