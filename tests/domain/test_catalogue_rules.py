"""Products, tax codes and accounts: whatever is accepted can be invoiced and told apart."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.catalogue import LedgerAccount, Product, TaxCode
from domain.catalogue_rules import (
    Shelf,
    frozen,
    judge_account,
    judge_code,
    judge_product,
    judge_tax_code,
    require_unused,
)
from domain.errors import Refusal
from domain.starting_catalogue import ledger_accounts, tax_codes
from domain.tax import ExemptionReason, VatCategory
from tests.domain.examples import codes

SHELF = Shelf(
    tax_codes={tax.code: tax for tax in tax_codes("FR")},
    accounts={account.number: account for account in ledger_accounts()},
)
NO_SHELF = Shelf()


def a_tax(**changed: Any) -> TaxCode:
    columns: dict[str, Any] = {
        "code": "FR-20",
        "rate": Decimal(20),
        "category": VatCategory.STANDARD,
        "country": "FR",
    }
    return TaxCode(**columns | changed)


def judged(asked: dict[str, Any], present: TaxCode | None = None) -> Any:
    return judge_tax_code(asked, present=present, shelf=SHELF, country="FR")


@settings(max_examples=200)
@given(
    rate=st.decimals(0, 30, places=2) | st.just(Decimal(0)),
    category=st.none() | st.sampled_from(list(VatCategory)),
    exemption=st.none() | st.sampled_from(list(ExemptionReason)),
    mention=st.none() | st.just("Exonéré"),
    reason_code=st.none() | st.just("VATEX-EU-O"),
)
def test_an_accepted_tax_code_can_stand_on_an_invoice(**asked: Any) -> None:
    """EN 16931 BR-S-05, BR-Z-05, BR-E-05 …; a code without VAT says why (DOMAIN 4.2)."""
    form = judged({"code": "NEW", **asked})
    if form.is_refused:
        return
    columns = form.columns
    is_standard = columns["category"] is VatCategory.STANDARD
    assert (columns["rate"] > 0) is is_standard
    if is_standard:
        assert not any(columns.get(name) for name in ("exemption", "mention", "reason_code"))
    elif columns["category"] is not VatCategory.ZERO:
        assert columns["mention"]
    TaxCode(**columns)


def test_every_code_that_a_firm_starts_with_is_right() -> None:
    names = ("code", "rate", "category", "country", "exemption", "reason_code", "mention")
    for tax in tax_codes("FR"):
        asked = {name: getattr(tax, name) for name in names if getattr(tax, name) is not None}
        form = judged(asked | {"vat_account": tax.vat_account})
        assert form.issues == []
        assert form.changes(tax) == {}
    for account in ledger_accounts():
        asked = {"number": account.number, "label": account.label}
        assert judge_account(asked, present=None).issues == []


def test_a_change_is_judged_with_what_stays() -> None:
    """TAX_RATE_OF_CATEGORY, TAX_MENTION_REQUIRED, TAX_EXEMPTION_NEEDLESS."""
    assert codes(judged({"rate": Decimal(0)}, a_tax()).issues) == ["TAX_RATE_OF_CATEGORY"]
    exempt = a_tax(rate=Decimal(0), category=VatCategory.EXEMPT, mention="Exonéré")
    assert codes(judged({"mention": None}, exempt).issues) == ["TAX_MENTION_REQUIRED"]
    to_standard = {"rate": Decimal(20), "category": VatCategory.STANDARD}
    assert codes(judged(to_standard, exempt).issues) == ["TAX_EXEMPTION_NEEDLESS"]
    assert judged(to_standard | {"mention": None}, exempt).issues == []


def test_a_tax_code_that_was_issued_keeps_what_makes_it_and_only_that() -> None:
    """TAX_CODE_FROZEN names each thing that stays."""
    present = a_tax()
    form = judged({"rate": Decimal(10), "country": "MC", "code": "x"}, present)
    assert frozen(form, present, is_issued=False) == []
    issues = frozen(form, present, is_issued=True)
    assert {(issue.field, issue.facts["particular"]) for issue in issues} == {
        (("rate",), "its rate"),
        (("country",), "its country"),
    }
    assert {issue.expected for issue in issues} == {"20", "FR"}
    same = judged({"rate": Decimal("20.00"), "code": "OTHER"}, present)
    assert frozen(same, present, is_issued=True) == []


def test_a_product_keeps_what_it_has_even_when_it_was_put_away() -> None:
    gone = a_tax()
    gone.id, gone.archived_at = 7, datetime(2026, 11, 21, tzinfo=UTC)
    shelf = Shelf(tax_codes={"FR-20": gone})
    asked = {"sku": "A", "name": "A", "tax_code": "fr-20"}
    new = judge_product(asked, present=None, shelf=shelf, currency="EUR")
    assert codes(new.issues) == ["RECORD_ARCHIVED"]
    present = Product(sku="A", name="A", tax_code_id=7, ledger_account="OLD")
    kept = judge_product(
        asked | {"ledger_account": "OLD"}, present=present, shelf=shelf, currency="EUR"
    )
    assert kept.issues == []
    assert kept.changes(present) == {}


@settings(max_examples=100)
@given(text=st.text(max_size=70))
def test_a_sku_is_one_line_in_capitals_however_it_is_typed(text: str) -> None:
    asked = {"sku": text, "name": "A"}
    form = judge_product(asked, present=None, shelf=NO_SHELF, currency="EUR")
    if not form.is_refused:
        sku = form.columns["sku"]
        assert 0 < len(sku) <= 64
        assert sku == " ".join(sku.split()) == sku.upper()


def test_a_code_has_one_holder_and_stays_once_it_is_named() -> None:
    """CATALOGUE_CODE_TAKEN, CATALOGUE_CODE_KEPT."""
    mine, other = LedgerAccount(number="1", label="a"), LedgerAccount(number="2", label="b")
    form = judge_account({"number": "2"}, present=mine)

    def said(holder: LedgerAccount | None, count: int) -> list[str]:
        issues = judge_code(form, "number", mine, holder=holder, named_by=lambda: count)
        return codes(issues)

    assert said(other, 0) == ["CATALOGUE_CODE_TAKEN"]
    assert said(None, 3) == ["CATALOGUE_CODE_KEPT"]
    assert said(None, 0) == []
    same = judge_account({"number": " 1 "}, present=mine)
    assert judge_code(same, "number", mine, holder=mine, named_by=lambda: 3) == []


def test_what_is_used_is_not_put_away() -> None:
    """CATALOGUE_IN_USE tells how many have it."""
    require_unused("FR-20", count=0)
    with pytest.raises(Refusal) as caught:
        require_unused("FR-20", count=2)
    (issue,) = caught.value.issues
    assert (issue.code, issue.facts) == ("CATALOGUE_IN_USE", {"code": "FR-20", "count": "2"})
