"""From pro forma to legal invoice: what stands in the way, and what stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from pypdf import PdfReader

from domain.project.model import Project
from persistence.records import the_record
from tests.api.invoices.acts import (
    CLIENT,
    DELETE,
    SENT,
    account_line,
    blank,
    change,
    codes,
    drawn,
    final,
)
from tests.support.api import ApiClient
from tests.support.documents import PDF
from tests.support.takeover import phases_of, project

JOB = "PAT-2501"
AT_ONCE = 12


def test_three_rates_come_to_the_cent(firm: ApiClient) -> None:
    """DOMAIN §2.6: VAT per rate on the sum of the nets, never per line."""
    invoice = blank(firm)
    answer = change(
        firm,
        invoice["id"],
        lines=[
            account_line("12345.67"),
            account_line("890.15", "FR-10"),
            account_line("456.78", "FR-5.5"),
            {"kind": "TEXT", "description": "Merci"},
        ],
    )
    assert codes(answer) == []
    changed = answer["invoice"]
    assert changed["net"]["amount"] == "13692.60"
    assert [group["vat"]["amount"] for group in changed["vatGroups"]] == [
        "2469.13",
        "89.02",
        "25.12",
    ]
    assert changed["gross"]["amount"] == "16275.87"
    assert codes(final(firm, invoice["id"])) == []


def test_everything_that_is_missing_is_told_at_once(firm: ApiClient) -> None:
    """F11, F12, F23: the empty one, the untaxed line, the line without an account."""
    invoice = blank(firm)
    assert codes(final(firm, invoice["id"])) == ["INVOICE_EMPTY"]
    line = account_line("10")
    del line["taxCode"], line["ledgerAccount"]
    change(firm, invoice["id"], lines=[line])
    assert set(codes(final(firm, invoice["id"]))) == {"LINE_WITHOUT_TAX", "LINE_WITHOUT_ACCOUNT"}
    french = final(firm.in_language("fr"), invoice["id"])["userErrors"]
    assert all("ligne" in error["message"] for error in french)


def test_less_than_nothing_is_no_invoice(firm: ApiClient) -> None:
    """INVOICE_NEGATIVE, INVOICE_ZERO: what is owed back is credited."""
    invoice = blank(firm)
    change(firm, invoice["id"], lines=[account_line("100", quantity="-1")])
    assert codes(final(firm, invoice["id"])) == ["INVOICE_NEGATIVE"]
    change(firm, invoice["id"], lines=[account_line("100", quantity="0")])
    assert codes(final(firm, invoice["id"])) == ["INVOICE_ZERO"]


def test_a_line_of_a_job_names_its_phase_and_one_of_a_product_its_code(firm: ApiClient) -> None:
    """F15, F16: nothing is billed beside the ledger."""
    invoice = blank(firm)
    for kind in ("PROJECT", "PRODUCT"):
        line = account_line("10") | {"kind": kind}
        assert codes(change(firm, invoice["id"], lines=[line])) == ["FIELD_REQUIRED"]
    strange = account_line("10", ledgerAccount="nimporte")
    assert codes(change(firm, invoice["id"], lines=[strange])) == ["LEDGER_ACCOUNT_UNKNOWN"]


def test_reverse_charge_wants_the_number_of_the_buyer(firm: ApiClient) -> None:
    """CGI ann. II art. 242 nonies A I-4°."""
    firm.query(CLIENT, input={"id": "client_1", "vatNumber": "NA"})
    invoice = blank(firm)
    change(firm, invoice["id"], lines=[account_line("100", "AUTOLIQUIDATION")])
    answer = final(firm, invoice["id"])
    assert codes(answer) == ["MENTION_MISSING"]
    assert "VAT number of the client" in answer["userErrors"][0]["message"]


def test_vat_in_another_currency_waits_for_its_euros(firm: ApiClient) -> None:
    """VAT_IN_EURO_MISSING: a French entity states the VAT in euros too (DOMAIN §2.6)."""
    firm.query(CLIENT, input={"id": "client_1", "currency": "USD"})
    invoice = blank(firm)
    change(firm, invoice["id"], lines=[account_line("100")])
    assert codes(final(firm, invoice["id"])) == ["VAT_IN_EURO_MISSING"]


def test_a_project_that_moved_is_drawn_anew(firm: ApiClient) -> None:
    """INVOICE_PROJECT_MOVED: its client is another one now, moved before that was refused."""
    invoice = drawn(firm, JOB)
    job = project(firm, JOB)
    other = next(n for n in range(1, 9) if f"client_{n}" != job["client"]["id"])
    with firm.house.database.writing(firm.organisation_id) as session:
        key = int(job["id"].removeprefix("project_"))
        the_record(session, Project, key).client_id = other
    assert codes(final(firm, invoice["id"])) == ["INVOICE_PROJECT_MOVED"]


def test_an_archived_phase_still_counts_what_was_drawn_of_it(firm: ApiClient) -> None:
    """Lowering the fee and archiving the phase does not open a way round."""
    phase = phases_of(project(firm, JOB))[0]
    invoice = drawn(firm, JOB, phases=[{"phaseId": phase["id"]}])
    lowered = firm.query(
        "mutation($id: ID!) { phaseUpdate(input: { id: $id, fee: 1 })"
        " { node { id } userErrors { code } } }",
        id=phase["id"],
    )["phaseUpdate"]
    firm.query(
        "mutation($id: ID!) { phaseArchive(input: { id: $id }) { userErrors { code } } }",
        id=phase["id"],
    )
    assert lowered["node"] is not None, lowered
    assert codes(final(firm, invoice["id"])) == ["AMOUNT_ABOVE_REMAINING"]


def test_a_final_invoice_refuses_every_change(firm: ApiClient) -> None:
    """F21, F23: frozen; its paper and its parties stay when the client changes."""
    invoice = drawn(firm, JOB)
    answer = final(firm, invoice["id"])
    assert answer["invoice"]["deletable"] is False
    for refused in (
        change(firm, invoice["id"], paymentDays=10),
        firm.query(DELETE, id=invoice["id"])["invoiceDelete"],
        firm.query(SENT, id=invoice["id"])["invoiceMarkSent"],
        final(firm, invoice["id"]),
    ):
        assert codes(refused) == ["INVOICE_ALREADY_FINAL"]
    before = _paper(firm, invoice["id"])
    client = project(firm, JOB)["client"]
    firm.query(CLIENT, input={"id": client["id"], "name": "Un tout autre nom"})
    assert _paper(firm, invoice["id"]) == before
    parties = firm.query(
        "query($id: ID!) { invoice(id: $id) { buyer { name } seller { name siren } } }",
        id=invoice["id"],
    )["invoice"]
    assert parties["buyer"]["name"] == client["name"]
    assert parties["seller"]["siren"]


def test_numbers_follow_the_calendar_of_the_whole_series(firm: ApiClient) -> None:
    """ISSUE_DATE_TOO_EARLY, also into an earlier fiscal year; never ahead, never far back."""
    first, second = blank(firm), blank(firm)
    for invoice in (first, second):
        change(firm, invoice["id"], lines=[account_line("100")])
    assert codes(final(firm, first["id"], day="2026-11-22")) == ["ISSUE_DATE_IN_FUTURE"]
    assert final(firm, first["id"], day="2026-11-20")["invoice"]["number"] == "PAR26-00001"
    assert codes(final(firm, second["id"], day="2025-12-31")) == ["ISSUE_DATE_TOO_EARLY"]
    assert codes(final(firm, second["id"], day="2024-12-31")) == ["ISSUE_DATE_TOO_OLD"]
    assert final(firm, second["id"])["invoice"]["number"] == "PAR26-00002"


def test_each_entity_numbers_by_its_own_fiscal_year(firm: ApiClient) -> None:
    numbers = []
    for entity in ("entity_1", "entity_2", "entity_3", "entity_4"):
        invoice = blank(firm, entity=entity)
        change(firm, invoice["id"], lines=[account_line("100")])
        numbers.append(final(firm, invoice["id"], day="2026-05-02")["invoice"]["number"])
    assert numbers == ["PAR26-00001", "LYO25-00001", "RUN26-00001", "GVA26-00001"]


def test_many_finalised_at_once_leave_no_gap(any_firm: ApiClient) -> None:
    invoices = [blank(any_firm) for _ in range(AT_ONCE)]
    for invoice in invoices:
        change(any_firm, invoice["id"], lines=[account_line("100")])
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: final(any_firm, one["id"]), invoices))
    numbers = sorted(answer["invoice"]["number"] for answer in answers)
    assert numbers == [f"PAR26-{count:05d}" for count in range(1, AT_ONCE + 1)]


def test_the_paper_speaks_the_language_of_the_document(firm: ApiClient) -> None:
    """F14, F20, F25: an English invoice, with the words of the footer."""
    invoice = blank(firm)
    change(
        firm,
        invoice["id"],
        language="en",
        footerMessage="See you soon",
        lines=[account_line("1234.5")],
    )
    final(firm, invoice["id"])
    text = PdfReader(BytesIO(_paper(firm, invoice["id"]))).pages[0].extract_text()
    assert "Invoice" in text
    assert "See you soon" in text
    assert "1,234.50" in text


def test_a_letter_abroad_names_the_countries_and_who_owes_the_tax(firm: ApiClient) -> None:
    """DOMAIN §4.1, §4.2: reverse charge is no exemption, and French terms are French."""
    german, swiss = (
        next(
            client["id"]
            for client in firm.query("{ clients(page: { first: 100 }) { nodes { id country } } }")[
                "clients"
            ]["nodes"]
            if client["country"] == country
        )
        for country in ("DE", "CH")
    )
    texts = []
    for client, entity, tax in (
        (german, "entity_1", "AUTOLIQUIDATION"),
        (swiss, "entity_4", "CH-8.1"),
    ):
        invoice = blank(firm, client=client, entity=entity)
        change(firm, invoice["id"], language="en", lines=[account_line("12000", tax)])
        assert codes(final(firm, invoice["id"])) == []
        paper = PdfReader(BytesIO(_paper(firm, invoice["id"])))
        texts.append(paper.pages[0].extract_text())
    assert "GERMANY" in texts[0]
    assert "Reverse charge" in texts[0]
    assert "Autoliquidation" in texts[0]
    assert "L441-10" in texts[0]
    assert "SWITZERLAND" not in texts[1]
    assert "L441-10" not in texts[1]


def _paper(api: ApiClient, invoice_id: str) -> bytes:
    return api.get(api.query(PDF, id=invoice_id)["invoicePdf"]["download"]["url"])
