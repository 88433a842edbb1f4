"""From an empty catalogue to a legal invoice of a product, by the API alone."""

from __future__ import annotations

from tests.api.invoices.acts import blank, change, codes, draw, final
from tests.api.settings.acts import AN_ENTITY, done
from tests.support.api import ApiClient
from tests.support.takeover import phases_of, project

FINAL = """
query($id: ID!) {
  invoice(id: $id) {
    number footerMessage net { amount } vat { amount } gross { amount }
    lines { description quantity unit unitPrice ledgerAccount sku taxCode { code rate } }
    seller { name siren }
  }
}
"""


def test_F09_F11_F12_a_product_made_by_hand_is_invoiced_for_good(any_firm: ApiClient) -> None:
    """F09 (product half), F11, F12, F13, F14, F16, F23: account, tax, product, line, number."""
    account = done(any_firm, "ledgerAccountCreate", number="706300", label="Maquettes")
    tax = done(any_firm, "taxCodeCreate", code="MAQ-20", rate="20", category="STANDARD")
    product = done(
        any_firm,
        "productCreate",
        sku="MAQ-01",
        name="Maquette d'étude",
        unitPrice="850",
        ledgerAccount=account["number"],
        taxCode=tax["code"],
    )
    entity = done(any_firm, "entityCreate", **AN_ENTITY)
    done(any_firm, "organisationUpdate", footerMessageFr="Merci.")
    invoice = blank(any_firm, entity=entity["id"])["id"]
    line = {"kind": "PRODUCT", "description": "Maquette", "quantity": "2", "sku": product["sku"]}
    assert codes(change(any_firm, invoice, lines=[line])) == []
    answer = final(any_firm, invoice)
    assert (codes(answer), answer["invoice"]["number"]) == ([], "NTE26-00001")
    assert any_firm.query(FINAL, id=invoice)["invoice"] == {
        "number": "NTE26-00001",
        "footerMessage": "Merci.",
        "net": {"amount": "1700.00"},
        "vat": {"amount": "340.00"},
        "gross": {"amount": "2040.00"},
        "lines": [
            {
                "description": "Maquette",
                "quantity": "2",
                "unit": "C62",
                "unitPrice": "850",
                "ledgerAccount": "706300",
                "sku": "MAQ-01",
                "taxCode": {"code": "MAQ-20", "rate": "20"},
            }
        ],
        "seller": {"name": "Rivage Nantes", "siren": "732829320"},
    }


def test_F09_a_job_is_drawn_with_a_product_made_by_hand(any_firm: ApiClient) -> None:
    """F09: client, job, product: its account and its SKU stand on the lines (F12)."""
    done(any_firm, "ledgerAccountCreate", number="706300", label="Études")
    done(any_firm, "productCreate", sku="ETU", name="Études", ledgerAccount="706300")
    phase = phases_of(project(any_firm, "PAT-2501"))[0]["id"]
    any_firm.query(
        "mutation($id: ID!) { phaseUpdate(input: { id: $id, ledgerAccount: null, sku: null })"
        " { userErrors { code } } }",
        id=phase,
    )
    lines = draw(any_firm, "PAT-2501", sku="etu")["invoice"]["lines"]
    found = next(line for line in lines if line["phase"]["id"] == phase)
    assert (found["ledgerAccount"], found["sku"]) == ("706300", "ETU")
    assert all(line["taxCode"] for line in lines)


def test_F11_a_product_without_a_tax_code_waits_for_one(firm: ApiClient) -> None:
    """F11: both ways of creating need the tax code before the invoice is final."""
    done(firm, "productCreate", sku="ETU", name="Études", unitPrice="10", ledgerAccount="706000")
    invoice = blank(firm)["id"]
    line = {"kind": "PRODUCT", "description": "Études", "quantity": "1", "sku": "ETU"}
    change(firm, invoice, lines=[line])
    assert codes(final(firm, invoice)) == ["LINE_WITHOUT_TAX"]
    change(firm, invoice, lines=[line | {"taxCode": "FR-20"}])
    assert codes(final(firm, invoice)) == []


def test_F12_a_product_without_an_account_waits_for_one(firm: ApiClient) -> None:
    """F12: one account per line."""
    done(firm, "productCreate", sku="ETU", name="Études", unitPrice="10", taxCode="FR-20")
    invoice = blank(firm)["id"]
    line = {"kind": "PRODUCT", "description": "Études", "quantity": "1", "sku": "ETU"}
    change(firm, invoice, lines=[line])
    assert codes(final(firm, invoice)) == ["LINE_WITHOUT_ACCOUNT"]
    change(firm, invoice, lines=[line | {"ledgerAccount": "706000"}])
    assert codes(final(firm, invoice)) == []
