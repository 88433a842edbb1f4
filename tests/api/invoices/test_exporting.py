"""Exports to the accounts: the files of what was invoiced, marked, warned of, and kept apart."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from domain.access import Role
from server.cli import app
from tests.api.invoices.acts import CLIENT, account_line, blank, change, codes, drawn, final
from tests.api.invoices.exporting_acts import export, files, set_accounts
from tests.api.invoices.paying_acts import act, invoiced, pay
from tests.support import accounting_files as read
from tests.support.api import SECRET, ApiClient
from tests.support.prepared import Calendar, statements

ALL = {"filter": {}}
MARKS = "{ invoice(id: $id) { number exports { format exportedAt author exportId filename } } }"


def a_year(api: ApiClient) -> list[str]:
    """Two invoices and a credit note of one entity, one of another, and a pro forma."""
    first, second = invoiced(api, "18400.00"), invoiced(api, "100.01")
    assert act(api, "invoiceCredit", id=second)["userErrors"] == []
    other = invoiced(api, "50.00", entity="entity_2")
    return [first, second, other, blank(api)["id"]]


def test_every_destination_takes_what_was_invoiced(any_firm: ApiClient) -> None:
    """B30, B32, B33: one export, a file an entity; read back, they come to the totals told."""
    a_year(any_firm)
    for destination, names in (
        ("QUICKBOOKS_IIF", ["quickbooks-RIV-LYO-EUR.iif", "quickbooks-RIV-PAR-EUR.iif"]),
        ("XERO_CSV", ["xero-RIV-LYO-1.csv", "xero-RIV-PAR-1.csv"]),
        ("CSV", ["factures.csv"]),
    ):
        answer = export(any_firm, destination, **ALL, language="fr")
        assert answer["userErrors"] == []
        assert [one["filename"] for one in answer["export"]["files"]] == names
        (total,) = answer["export"]["totals"]
        assert (answer["export"]["invoiceCount"], total["gross"]["amount"]) == (4, "22140.00")
    made = [one for content in files(any_firm, export(any_firm, "QUICKBOOKS_IIF", **ALL)).values()
            for one in read.iif(content)]  # fmt: skip
    assert sum(Decimal(one.head["AMOUNT"]) for one in made) == Decimal("22140.00")
    assert {one.sum for one in made} == {0}
    (content,) = files(any_firm, export(any_firm, "CSV", **ALL, language="fr")).values()
    rows = read.comma_separated(content, separator=";")
    assert [(row["invoice_number"][:5], row["kind"], row["net"]) for row in rows] == [
        ("LYO26", "INVOICE", "50,00"),
        ("PAR26", "INVOICE", "18400,00"),
        ("PAR26", "INVOICE", "100,01"),
        ("PAV26", "CREDIT_NOTE", "-100,01"),
    ]
    assert rows[3]["credited_invoice"] == rows[2]["invoice_number"]
    assert {row["company_number"] for row in rows} == {"CLI-0001"}


def test_the_file_of_entries_is_one_a_year_and_months_follow_on(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    """DOMAIN §4.6: named by SIREN and year end; numbers go on from month to month, as the whole."""
    first = invoiced(any_firm, "18400.00")
    calendar.go_to("2026-12-02")
    second = invoiced(any_firm, "100.00")
    act(any_firm, "invoiceCredit", id=first)
    ((name, whole),) = files(
        any_firm, export(any_firm, "FEC", filter={"entityId": "entity_1"})
    ).items()
    siren = any_firm.query("{ entities { nodes { id siren } } }")["entities"]["nodes"]
    known = {one["id"]: one["siren"] for one in siren}
    assert name == f"{known['entity_1']}FEC20261231.txt"
    rows = read.fec(whole)
    assert sorted({int(row["EcritureNum"]) for row in rows}) == [1, 2, 3]
    months = [
        {"issuedFrom": "2026-11-01", "issuedTo": "2026-11-30"},
        {"issuedFrom": "2026-12-01", "issuedTo": "2026-12-31"},
    ]
    told = []
    for month in months:
        answer = export(any_firm, "FEC", filter=month | {"entityId": "entity_1"})
        (content,) = files(any_firm, answer).values()
        told += read.fec(content)
    assert told == rows
    assert codes(export(any_firm, "FEC", ids=[second])) == ["ALREADY_EXPORTED"]


def test_payments_go_with_the_sales_they_settle(any_firm: ApiClient) -> None:
    """DOMAIN §4.6: journal BQ, lettered on both sides; a cancelled payment is turned round."""
    paid, part, note = invoiced(any_firm), invoiced(any_firm), invoiced(any_firm)
    act(any_firm, "invoiceCredit", id=note)
    pay(any_firm, "125.00", reference="VIR 7", allocations=[{"invoiceId": paid, "amount": "120"}])
    wrong = pay(any_firm, "20.00", allocations=[{"invoiceId": part}])["payment"]
    act(any_firm, "paymentCancel", id=wrong["id"], reason="Wrong client")
    pay(any_firm, "60.00", allocations=[{"invoiceId": part}])
    answer = export(any_firm, "FEC", filter={"entityId": "entity_1"}, includePayments=True)
    (content,) = files(any_firm, answer).values()
    rows = read.fec(content)
    bank = [(row["EcritureNum"], row["CompteNum"], read.movement(row), row["EcritureLet"])
            for row in rows if row["JournalCode"] == "BQ"]  # fmt: skip
    number = next(row["PieceRef"] for row in rows if row["EcritureLet"])
    assert bank == [
        ("1", "512000", 125, ""), ("1", "411000", -120, number), ("1", "411000", -5, ""),
        ("2", "512000", 20, ""), ("2", "411000", -20, ""),
        ("3", "512000", -20, ""), ("3", "411000", 20, ""),
        ("4", "512000", 60, ""), ("4", "411000", -60, ""),
    ]  # fmt: skip
    lettered = {row["PieceRef"] for row in rows if row["EcritureLet"]}
    assert len(lettered) == 4, "an invoice and its payment, an invoice and its credit note"
    alone = export(any_firm, "FEC", ids=[part], includePayments=True)
    (content,) = files(any_firm, alone).values()
    some = [row for row in content.decode("iso8859-15").split("\r\n") if row.startswith("BQ")]
    assert len(some) == 6, "the payments that are, or were, set against it"


def test_the_same_documents_make_the_same_files_and_are_warned_of(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    """B32: marked; a second export warns and is byte-identical, whatever the client is called."""
    first, second, *_ = a_year(any_firm)
    before = export(any_firm, "QUICKBOOKS_IIF", ids=[first, second])
    kept = files(any_firm, before)
    query = "query($id: ID!) " + MARKS
    (mark,) = any_firm.query(query, id=first)["invoice"]["exports"]
    assert (mark["format"], mark["author"], mark["exportId"]) == (
        "QUICKBOOKS_IIF", "tests", before["export"]["id"],
    )  # fmt: skip
    calendar.go_to("2026-12-24")
    any_firm.query(
        'mutation { clientUpdate(input: { id: "client_1", name: "Autre nom" }) { node { id } } }'
    )
    again = export(any_firm, "QUICKBOOKS_IIF", ids=[second, first])
    assert files(any_firm, again) == kept
    (warning,) = again["userErrors"]
    assert (warning["code"], warning["severity"]) == ("ALREADY_EXPORTED", "WARNING")
    assert warning["message"].startswith("2 of these documents")
    assert "2026-11-21" in warning["message"]
    assert len(any_firm.query(query, id=first)["invoice"]["exports"]) == 2
    assert export(any_firm, "XERO_CSV", ids=[first])["userErrors"] == []
    listed = any_firm.query("{ exports(format: QUICKBOOKS_IIF) { totalCount nodes { id } } }")
    assert [one["id"] for one in listed["exports"]["nodes"]] == [
        again["export"]["id"], before["export"]["id"],
    ]  # fmt: skip
    one = any_firm.query(
        "query($id: ID!) { accountingExport(id: $id) { invoiceCount } node(id: $id) { id } }",
        id=again["export"]["id"],
    )
    assert (one["accountingExport"]["invoiceCount"], one["node"]["id"]) == (
        2,
        again["export"]["id"],
    )


def test_an_export_asked_for_twice_under_one_key_is_made_once(firm: ApiClient) -> None:
    asked = {"ids": [invoiced(firm)], "idempotencyKey": "december"}
    first, second = export(firm, "CSV", **asked), export(firm, "CSV", **asked)
    assert (first["replayed"], second["replayed"]) == (False, True)
    assert first["export"]["id"] == second["export"]["id"]
    assert second["userErrors"] == []
    other = export(firm, "FEC", **asked)
    assert codes(other) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]


def test_pro_formas_go_to_the_plain_csv_only(firm: ApiClient) -> None:
    """DOMAIN §4.1: a pro forma is in no accounts; the CSV tells its state, and marks nothing."""
    pro_forma = drawn(firm, "PAT-2508")
    for destination in ("QUICKBOOKS_IIF", "XERO_CSV", "FEC"):
        refused = export(firm, destination, ids=[pro_forma["id"]])
        assert codes(refused) == ["EXPORT_NOT_FINAL"]
        assert refused["userErrors"][0]["field"] == ["ids", "0"]
    assert codes(export(firm, "FEC", filter={"states": ["DRAFT"]})) == ["EXPORT_EMPTY"]
    (content,) = files(firm, export(firm, "CSV", filter={"states": ["DRAFT"]})).values()
    rows = read.comma_separated(content, separator=",")
    assert {(row["kind"], row["state"]) for row in rows} == {("PRO_FORMA", "DRAFT")}
    assert {row["project_code"] for row in rows} == {"PAT-2508"}
    assert all(row["contract"] for row in rows)
    answer = firm.query(
        "mutation($id: ID!) { invoiceDelete(id: $id) { deletedId } }", id=pro_forma["id"]
    )
    assert answer["invoiceDelete"]["deletedId"] == pro_forma["id"]


def test_nothing_of_another_firm_is_exported(firm: ApiClient) -> None:
    invoice = invoiced(firm)
    theirs = export(firm, "CSV", ids=[invoice])["export"]["id"]
    stranger = firm.of_another_firm()
    assert codes(export(stranger, "CSV", ids=[invoice])) == ["NOT_FOUND"]
    assert codes(export(stranger, "CSV", **ALL)) == ["EXPORT_EMPTY"]
    for name in ("entity", "client", "project"):
        theirs_too = {f"{name}Id": f"{name}_1"}
        assert codes(export(stranger, "FEC", filter=theirs_too)) == ["NOT_FOUND"]
    assert codes(export(stranger, "FEC", **ALL, includePayments=True)) == ["EXPORT_EMPTY"]
    data = stranger.query(
        "query($id: ID!) { exports { nodes { id } } accountingExport(id: $id) { id }"
        ' accountingSettings(entityId: "entity_1") { version } }',
        id=theirs,
    )
    assert data == {"exports": {"nodes": []}, "accountingExport": None, "accountingSettings": None}


def test_what_cannot_be_exported_is_refused_in_words(firm: ApiClient) -> None:
    assert codes(export(firm, "CSV")) == ["FIELD_REQUIRED"]
    assert codes(export(firm, "CSV", ids=[])) == ["FIELD_REQUIRED"]
    assert codes(export(firm, "CSV", ids=["invoice_1"] * 3, **ALL)) == ["FIELD_REQUIRED"]
    assert codes(export(firm, "CSV", ids=["invoice_998", "invoice_999"])) == ["NOT_FOUND"] * 2
    assert codes(export(firm, "CSV", **ALL, language="de")) == ["FIELD_INVALID"]
    rate = [{"currency": "JPY", "rate": "0"}]
    assert codes(export(firm, "FEC", **ALL, euroRates=rate)) == ["FIELD_INVALID"]
    twice = [{"currency": "USD", "rate": "0.86"}, {"currency": "usd", "rate": "0.90"}]
    (error,) = export(firm, "FEC", **ALL, euroRates=twice)["userErrors"]
    assert (error["code"], error["field"]) == ("FIELD_INVALID", ["euroRates", "1", "currency"])
    many = [f"invoice_{key}" for key in range(1, 10_002)]
    assert codes(export(firm, "CSV", ids=many)) == ["EXPORT_TOO_LARGE"]
    assert codes(export(firm.with_role(Role.PROJECT_MANAGER), "CSV", **ALL)) == [
        "PERMISSION_DENIED"
    ]


def in_dollars(api: ApiClient) -> str:
    """A final invoice of 1,000 dollars with which no euro rate is kept."""
    api.query(CLIENT, input={"id": "client_1", "currency": "USD"})
    invoice: str = blank(api)["id"]
    change(api, invoice, lines=[account_line("1000", tax="EXPORT_262")])
    assert final(api, invoice)["userErrors"] == []
    return invoice


def test_a_currency_without_its_rate_waits_for_one(firm: ApiClient) -> None:
    """DOMAIN §4.6: entries are in euros; a document without VAT may have no rate of its own."""
    invoice = in_dollars(firm)
    refused = export(firm, "FEC", ids=[invoice])
    assert codes(refused) == ["EXPORT_EURO_RATE_MISSING"]
    assert "PAR26-00001, in USD" in refused["userErrors"][0]["message"]
    rates = [{"currency": "usd", "rate": "0.86"}]
    (content,) = files(firm, export(firm, "FEC", ids=[invoice], euroRates=rates)).values()
    assert [(row["Debit"], row["Montantdevise"], row["Idevise"]) for row in read.fec(content)] == [
        ("860,00", "1000,00", "USD"),
        ("0,00", "1000,00", "USD"),
    ]
    assert list(files(firm, export(firm, "QUICKBOOKS_IIF", ids=[invoice]))) == [
        "quickbooks-RIV-PAR-USD.iif"
    ]


def test_an_entity_without_siren_and_a_strange_account_have_no_file_of_entries(
    firm: ApiClient,
) -> None:
    """EXPORT_ACCOUNT_INVALID: CompteNum begins with three digits (LPF A47 A-1, VII)."""
    invoice = invoiced(firm)
    assert set_accounts(firm, receivableAccount="CLIENTS")["userErrors"] == []
    assert codes(export(firm, "FEC", ids=[invoice])) == ["EXPORT_ACCOUNT_INVALID"]
    assert codes(export(firm, "QUICKBOOKS_IIF", ids=[invoice])) == []
    abroad = invoiced(firm, entity="entity_4")
    refused = export(firm, "FEC", filter={"entityId": "entity_4"}, includePayments=True)
    assert codes(refused) == ["EXPORT_SIREN_MISSING"]
    assert codes(export(firm, "XERO_CSV", ids=[abroad])) == []


def test_the_accounts_are_the_usual_ones_until_somebody_sets_them(any_firm: ApiClient) -> None:
    """Defaults; what is left out stays, null brings the usual back; versions are compared."""
    query = (
        "query($id: ID!) { accountingSettings(entityId: $id) { receivableAccount salesJournal"
        " xeroTaxTypes { code name } version } }"
    )
    usual = any_firm.query(query, id="entity_1")["accountingSettings"]
    assert usual == {
        "receivableAccount": "411000", "salesJournal": "VE", "xeroTaxTypes": [], "version": 0,
    }  # fmt: skip
    names = [{"code": "FR-20", "name": "20% (VAT on Income)"}]
    made = set_accounts(
        any_firm,
        expectedVersion=0,
        salesJournal="vt",
        receivableAccount="411100",
        xeroTaxTypes=names,
    )
    assert made["settings"]["version"] == 1
    assert (made["settings"]["salesJournal"], made["settings"]["xeroTaxTypes"]) == ("VT", names)
    assert codes(set_accounts(any_firm, expectedVersion=0, salesJournal="X")) == ["STALE_OBJECT"]
    back = set_accounts(any_firm, expectedVersion=1, receivableAccount=None, xeroTaxTypes=None)
    assert back["settings"]["receivableAccount"] == "411000"
    assert (back["settings"]["salesJournal"], back["settings"]["xeroTaxTypes"]) == ("VT", [])
    wrong = set_accounts(
        any_firm, bankJournal="VT", vatAccount="4 4", quickbooksAccounts=[{"code": "", "name": "x"}]
    )
    assert sorted(codes(wrong)) == ["FIELD_INVALID", "FIELD_INVALID", "FIELD_REQUIRED"]
    assert set_accounts(any_firm, "entity_99")["userErrors"][0]["code"] == "NOT_FOUND"


def at_a_terminal(api: ApiClient, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of a command that writes the entries of the firm into `folder`/out."""
    monkeypatch.setenv("JALON_DATABASE_URL", api.house.database.url)
    monkeypatch.setenv("JALON_FILES_URL", folder.joinpath("files").as_uri())
    monkeypatch.setenv("JALON_SECRET", SECRET)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.chdir(folder)
    return ["export", "--format", "fec", "--output", "out", "--organisation", "test"]


def test_a_terminal_writes_the_files_into_a_folder(
    firm: ApiClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes as the API gives, the same marks and warnings; what is refused ends with 1."""
    asked = at_a_terminal(firm, tmp_path, monkeypatch)
    empty = CliRunner().invoke(app, asked)
    assert (empty.exit_code, "nothing to export" in empty.stderr) == (1, True)
    invoiced(firm)
    ((name, content),) = files(firm, export(firm, "FEC", **ALL)).items()
    period = ["--from", "2026-11-01", "--to", "2026-11-30", "--payments"]
    made = CliRunner().invoke(app, [*asked, *period])
    assert made.exit_code == 0, made.output
    assert tmp_path.joinpath("out", name).read_bytes() == content
    assert "exported in this format already" in made.stderr


def test_a_terminal_can_give_the_rate_that_is_missing(
    firm: ApiClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EXPORT_EURO_RATE_MISSING names the option; --euro-rate USD=0.86 gives what the API gives."""
    asked = at_a_terminal(firm, tmp_path, monkeypatch)
    in_dollars(firm)
    refused = CliRunner().invoke(app, asked)
    assert (refused.exit_code, "--euro-rate" in refused.stderr) == (1, True)
    for told in ("USD", "USD=", "USD=a lot", "=0.86", "USD=0", "USD=NaN"):
        assert CliRunner().invoke(app, [*asked, "--euro-rate", told]).exit_code == 1, told
    assert not tmp_path.joinpath("out").exists()
    rates = ["--euro-rate", "usd=0,86", "--euro-rate", "GBP=1.16"]
    made = CliRunner().invoke(app, [*asked, *rates])
    assert made.exit_code == 0, made.output
    (written,) = tmp_path.joinpath("out").iterdir()
    entries = read.fec(written.read_bytes())
    assert [(row["Debit"], row["Credit"]) for row in entries] == [
        ("860,00", "0,00"),
        ("0,00", "860,00"),
    ]


def test_more_documents_take_no_more_statements(firm: ApiClient) -> None:
    """API.md 14: what an export reads does not grow with what is exported."""
    counted = []
    for _ in range(2):
        keys = [invoiced(firm, f"{place + 1}.00") for place in range(3)]
        pay(firm, "1.20", allocations=[{"invoiceId": keys[0]}])
        with statements(firm) as told:
            answer = export(firm, "FEC", filter={}, includePayments=True)
        assert answer["export"] is not None, answer
        counted.append(len(told))
    # The second one reads, besides, what had gone out before.
    assert counted[1] <= counted[0] + 1, counted
