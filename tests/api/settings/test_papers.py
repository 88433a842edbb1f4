"""How papers are settled, by client, entity and firm; and the list of invoices as it opens."""

from __future__ import annotations

from typing import Any

from tests.api.invoices.acts import SENT, account_line, blank, change, codes, drawn, final
from tests.support.api import ApiClient

PAPERS = """
mutation($input: ClientPapersUpdateInput!) {
  clientPapersUpdate(input: $input) {
    node { footerMessageFr footerMessageEn hasEntityTerms version } userErrors { code field }
  }
}
"""
ENTITY = """
mutation($input: EntityUpdateInput!) {
  entityUpdate(input: $input) {
    node { footerMessageFr address paymentDays iban } userErrors { code }
  }
}
"""
ORGANISATION = """
mutation($input: OrganisationUpdateInput!) {
  organisationUpdate(input: $input) {
    node { currency footerMessageFr printsRecap } userErrors { code }
  }
}
"""
NEW = "query($id: ID!) { invoice(id: $id) { footerMessage paymentDays currency language } }"
LIST = "query($filter: InvoiceFilter) { invoices(filter: $filter) { nodes { id state } } }"


def papers(api: ApiClient, **fields: Any) -> dict[str, Any]:
    answer = api.query(PAPERS, input={"id": "client_1", **fields})["clientPapersUpdate"]
    assert codes(answer) == []
    found: dict[str, Any] = answer["node"]
    return found


def drawn_now(api: ApiClient) -> dict[str, Any]:
    found: dict[str, Any] = api.query(NEW, id=blank(api)["id"])["invoice"]
    return found


def test_F14_the_message_at_the_foot_is_the_clients_the_entitys_or_the_firms(
    firm: ApiClient,
) -> None:
    """F14: client before entity before organisation, by language; what stands on a paper stays."""
    firm.query(ORGANISATION, input={"footerMessageFr": "La maison", "footerMessageEn": "The firm"})
    invoice = blank(firm)["id"]
    assert firm.query(NEW, id=invoice)["invoice"]["footerMessage"] == "La maison"
    firm.query(ENTITY, input={"id": "entity_1", "footerMessageFr": "L’entité"})
    assert drawn_now(firm)["footerMessage"] == "L’entité"
    assert papers(firm, footerMessageFr="Cher client,\nmerci.")["hasEntityTerms"] is False
    third = blank(firm)["id"]
    assert firm.query(NEW, id=third)["invoice"]["footerMessage"] == "Cher client,\nmerci."
    assert codes(change(firm, third, language="en")) == []
    assert firm.query(NEW, id=third)["invoice"]["footerMessage"] == "The firm"
    papers(firm, footerMessageFr=None)
    assert drawn_now(firm)["footerMessage"] == "L’entité"
    assert firm.query(NEW, id=invoice)["invoice"]["footerMessage"] == "La maison"


def test_the_payment_term_is_the_clients_unless_it_is_left_to_the_entity(firm: ApiClient) -> None:
    firm.query(ENTITY, input={"id": "entity_1", "paymentDays": 47})
    assert drawn_now(firm)["paymentDays"] != 47
    papers(firm, hasEntityTerms=True)
    assert drawn_now(firm)["paymentDays"] == 47
    wrong = {"id": "client_1", "footerMessageFr": "x" * 2001}
    refused = firm.query(PAPERS, input=wrong)["clientPapersUpdate"]
    assert codes(refused) == ["FIELD_INVALID"]
    stale = {"id": "client_1", "expectedVersion": 1, "footerMessageFr": "x"}
    assert codes(firm.query(PAPERS, input=stale)["clientPapersUpdate"]) == ["STALE_OBJECT"]


def test_B02_currency_and_address_are_those_of_the_settings(firm: ApiClient) -> None:
    """B02: the currency follows the firm's region; the address is edited in the settings."""
    viewer = firm.query("{ viewer { organisation { country currency printsRecap } } }")["viewer"]
    assert viewer["organisation"] == {"country": "FR", "currency": "EUR", "printsRecap": True}
    assert drawn_now(firm)["currency"] == "EUR"
    moved = "9 rue du Quai\n75013 Paris"
    answer = firm.query(ENTITY, input={"id": "entity_1", "address": moved})["entityUpdate"]
    assert answer["node"]["address"] == moved
    invoice = blank(firm)["id"]
    change(firm, invoice, lines=[account_line("10")])
    assert codes(final(firm, invoice)) == []
    seller = "query($id: ID!) { invoice(id: $id) { seller { address } } }"
    found = firm.query(seller, id=invoice)["invoice"]["seller"]
    assert found["address"] == moved.splitlines()


def test_F04_the_list_opens_with_what_waits_for_somebody(firm: ApiClient) -> None:
    """F04: in preparation, sent and ready; what was handed over where it is asked for (F03)."""
    draft, sent = blank(firm)["id"], blank(firm)["id"]
    firm.query(SENT, id=sent)
    ready, handed = drawn(firm, "PAT-2501")["id"], blank(firm)["id"]
    final(firm, ready)
    change(firm, handed, lines=[account_line("10")])
    final(firm, handed)
    waiting = firm.query("{ handovers { nodes { id invoice { id } } } }")["handovers"]["nodes"]
    taken = next(one["id"] for one in waiting if one["invoice"]["id"] == handed)
    firm.query(
        "mutation($id: ID!) { handoverAcknowledge(id: $id) { userErrors { code } } }", id=taken
    )
    opened = {row["id"]: row["state"] for row in firm.query(LIST)["invoices"]["nodes"]}
    assert opened == {draft: "DRAFT", sent: "SENT", ready: "READY"}
    asked = firm.query(LIST, filter={"states": ["FINAL"]})["invoices"]["nodes"]
    assert [row["id"] for row in asked] == [handed]
    everything = firm.query(LIST, filter={"states": None})["invoices"]["nodes"]
    assert len(everything) == 4


def test_B28_a_pro_forma_is_edited_whole_and_a_final_one_not_at_all(firm: ApiClient) -> None:
    """B28: lines, terms, words and language; one that was sent is in preparation again."""
    invoice = blank(firm)["id"]
    firm.query(SENT, id=invoice)
    edited = change(
        firm,
        invoice,
        lines=[account_line("10"), {"kind": "TEXT", "description": "Merci"}],
        dueDate="2026-12-24",
        commitmentNo="ENG-7",
        footerMessage="À bientôt",
        paymentDays=10,
    )
    assert (codes(edited), edited["invoice"]["state"]) == ([], "DRAFT")
    assert edited["invoice"]["gross"]["amount"] == "12.00"
    assert codes(final(firm, invoice)) == []
    assert codes(change(firm, invoice, paymentDays=11)) == ["INVOICE_ALREADY_FINAL"]
