"""Products: made, changed, put away, brought back; on new lines and on old ones."""

from __future__ import annotations

import pytest

from domain.access import Role
from tests.api.invoices.acts import account_line, blank, change, draw
from tests.api.invoices.acts import codes as said
from tests.api.settings.acts import (
    A_PRODUCT,
    PRODUCT,
    account,
    act,
    codes,
    done,
    paths,
    refused,
    tax_code,
)
from tests.support.api import ApiClient

LINE = {"kind": "PRODUCT", "description": "Maquette", "quantity": "2", "sku": "MAQ-01"}


def test_a_product_is_made_changed_and_found(any_firm: ApiClient) -> None:
    made = done(any_firm, "productCreate", **A_PRODUCT)
    assert made == made | {
        "sku": "MAQ-01",
        "name": "Maquette d'étude",
        "unitPrice": "850",
        "currency": "EUR",
        "ledgerAccount": "706100",
        "taxCode": {"code": "FR-20"},
        "active": True,
        "version": 1,
    }
    changed = done(
        any_firm,
        "productUpdate",
        id=made["id"],
        expectedVersion=1,
        unitPrice="899.995",
        taxCode="fr-10",
        ledgerAccount=None,
    )
    assert changed == made | {
        "unitPrice": "899.995",
        "taxCode": {"code": "FR-10"},
        "ledgerAccount": None,
        "version": 2,
    }
    found = any_firm.query(
        f"query($id: ID!) {{ product(id: $id) {{ {PRODUCT} }}"
        f' productBySku(sku: " maq-01") {{ {PRODUCT} }} }}',
        id=made["id"],
    )
    assert found == {"product": changed, "productBySku": changed}
    empty = done(any_firm, "productUpdate", id=made["id"], taxCode=None, unit=None, unitPrice=None)
    assert (empty["taxCode"], empty["unit"], empty["unitPrice"]) == (None, "C62", "0")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("sku", " ", "FIELD_REQUIRED"),
        ("sku", "x" * 65, "FIELD_INVALID"),
        ("name", None, "FIELD_REQUIRED"),
        ("unit", "une pièce", "FIELD_INVALID"),
        ("unitPrice", "-1", "FIELD_INVALID"),
        ("unitPrice", "NaN", "FIELD_INVALID"),
        ("unitPrice", "0.0000001", "FIELD_INVALID"),
        ("currency", "EURO", "FIELD_INVALID"),
        ("taxCode", "FR-19", "TAX_CODE_UNKNOWN"),
        ("ledgerAccount", "999999", "LEDGER_ACCOUNT_UNKNOWN"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(
    browsed: ApiClient, name: str, value: object, code: str
) -> None:
    answer = act(browsed, "productCreate", **A_PRODUCT | {name: value})
    assert (codes(answer), paths(answer)) == ([code], [name])


def test_a_sku_is_that_of_one_product_archived_or_not(any_firm: ApiClient) -> None:
    made = done(any_firm, "productCreate", **A_PRODUCT)
    done(any_firm, "productArchive", id=made["id"])
    assert refused(any_firm, "productCreate", **A_PRODUCT) == ["CATALOGUE_CODE_TAKEN"]
    other = done(any_firm, "productCreate", **A_PRODUCT | {"sku": "MAQ-02"})
    taken = refused(any_firm, "productUpdate", id=other["id"], sku="maq-01")
    assert taken == ["CATALOGUE_CODE_TAKEN"]


def test_a_sku_that_lines_name_stays(any_firm: ApiClient) -> None:
    """CATALOGUE_CODE_KEPT: exports tell the lines by it (B34)."""
    made = done(any_firm, "productCreate", **A_PRODUCT)
    assert done(any_firm, "productUpdate", id=made["id"], sku="MAQ-1")["sku"] == "MAQ-1"
    done(any_firm, "productUpdate", id=made["id"], sku="MAQ-01")
    change(any_firm, blank(any_firm)["id"], lines=[LINE])
    assert refused(any_firm, "productUpdate", id=made["id"], sku="MAQ-1") == ["CATALOGUE_CODE_KEPT"]
    assert done(any_firm, "productUpdate", id=made["id"], sku="maq-01", name="Autre")


def test_an_archived_product_is_not_offered_and_stays_on_old_lines(any_firm: ApiClient) -> None:
    """F16: a new line is refused with its reason, a line that was there may be sent again."""
    made = done(any_firm, "productCreate", **A_PRODUCT)
    old = blank(any_firm)["id"]
    assert said(change(any_firm, old, lines=[LINE])) == []
    done(any_firm, "productArchive", id=made["id"])
    new = blank(any_firm)["id"]
    answer = change(any_firm, new, lines=[LINE])
    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [
        ("RECORD_ARCHIVED", ["lines", "0", "sku"])
    ]
    assert said(draw(any_firm, "PAT-2501", sku="MAQ-01")) == ["RECORD_ARCHIVED"]
    kept = change(any_firm, old, lines=[LINE | {"quantity": "3"}, account_line("1")])
    assert said(kept) == []
    assert kept["invoice"]["net"]["amount"] == "2551.00"
    listed = any_firm.query("{ products { totalCount } }")["products"]
    assert listed["totalCount"] == 0
    assert refused(any_firm, "productUpdate", id=made["id"], name="x") == ["RECORD_ARCHIVED"]
    done(any_firm, "productRestore", id=made["id"])
    assert said(change(any_firm, new, lines=[LINE])) == []


def test_a_product_that_is_not_on_sale_is_listed_and_not_sold(firm: ApiClient) -> None:
    """PRODUCT_INACTIVE says so; it is not unknown."""
    made = done(firm, "productCreate", **A_PRODUCT, active=False)
    invoice = blank(firm)["id"]
    assert said(change(firm, invoice, lines=[LINE])) == ["PRODUCT_INACTIVE"]
    found = firm.query("{ products(active: false) { nodes { sku } } }")["products"]["nodes"]
    assert found == [{"sku": "MAQ-01"}]
    done(firm, "productUpdate", id=made["id"], active=None)
    assert said(change(firm, invoice, lines=[LINE])) == []


def test_what_a_live_product_has_cannot_be_put_away(any_firm: ApiClient) -> None:
    """CATALOGUE_IN_USE; an archived product comes back only with live ones."""
    made = done(any_firm, "productCreate", **A_PRODUCT)
    tax, book = tax_code(any_firm, "FR-20"), account(any_firm, "706100")
    assert refused(any_firm, "taxCodeArchive", id=tax["id"]) == ["CATALOGUE_IN_USE"]
    assert refused(any_firm, "ledgerAccountArchive", id=book["id"]) == ["CATALOGUE_IN_USE"]
    done(any_firm, "productArchive", id=made["id"])
    done(any_firm, "taxCodeArchive", id=tax["id"])
    assert refused(any_firm, "productRestore", id=made["id"]) == ["RECORD_ARCHIVED"]
    done(any_firm, "taxCodeRestore", id=tax["id"])
    done(any_firm, "ledgerAccountArchive", id=book["id"])
    assert refused(any_firm, "productRestore", id=made["id"]) == ["RECORD_ARCHIVED"]
    assert refused(any_firm, "productCreate", **A_PRODUCT | {"sku": "Z"}) == ["RECORD_ARCHIVED"]
    done(any_firm, "ledgerAccountRestore", id=book["id"])
    assert done(any_firm, "productRestore", id=made["id"])["archivedAt"] is None


def test_a_stale_version_changes_nothing(firm: ApiClient) -> None:
    made = done(firm, "productCreate", **A_PRODUCT)
    done(firm, "productUpdate", id=made["id"], name="Autre")
    for mutation in ("productUpdate", "productArchive", "productRestore"):
        answer = act(firm, mutation, id=made["id"], expectedVersion=1)
        assert (codes(answer), answer["node"]["name"]) == (["STALE_OBJECT"], "Autre")


def test_a_project_manager_keeps_products(firm: ApiClient) -> None:
    """They come and go with the work: EDIT_RECORDS, as clients and projects."""
    done(firm.with_role(Role.PROJECT_MANAGER), "productCreate", **A_PRODUCT)


def test_a_product_of_another_firm_is_not_there(firm: ApiClient) -> None:
    made = done(firm, "productCreate", **A_PRODUCT)
    other = firm.of_another_firm()
    assert refused(other, "productUpdate", id=made["id"], name="x") == ["NOT_FOUND"]
    assert other.query('{ productBySku(sku: "MAQ-01") { id } }')["productBySku"] is None
    done(other, "productCreate", **A_PRODUCT)
