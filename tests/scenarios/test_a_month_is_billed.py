"""The page “Créer des lots de factures” lived in its order, row by row, with the jobs at work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from server.long_work import at_work
from tests.api.batches.acts import (
    act,
    choose,
    codes,
    contracts,
    done,
    listed,
    proposals,
    sums,
    the_batch,
    told,
)
from tests.api.batches.example import example
from tests.api.invoices.acts import account_line, change
from tests.api.invoices.mail_acts import send
from tests.api.records.asking import done as recorded
from tests.support.api import ApiClient, open_api
from tests.support.documents import PDF
from tests.support.mailbox import SENDER
from tests.support.prepared import Calendar

Row = dict[str, Any]
UNFINISHED = ("QUEUED", "RUNNING")


@pytest.fixture
def sitting(prepared_sqlite_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    """A firm of sixty-odd contracts and the three of DOMAIN §2.5; a list of so many is a job."""
    with (
        open_api(prepared_sqlite_url, tmp_path, clock=Calendar(), mail_from=SENDER) as api,
        at_work(replace(api.house, contracts_at_once=20), every=0.05) as house,
    ):
        app: Any = api.http.app
        app.state.house = house
        yield api


def settled(api: ApiClient, batch: Row, wanted: str = "SUCCEEDED") -> Row:
    """The batch once its last job has ended, as a page that polls would see it."""
    patience = time.monotonic() + 60
    while (found := the_batch(api, batch["id"]))["job"]["status"] in UNFINISHED:
        assert time.monotonic() < patience, found
        time.sleep(0.05)
    assert found["job"]["status"] == wanted, found
    return found


def test_a_month_is_billed_in_one_sitting(sitting: ApiClient) -> None:
    """B03–B29 in the order of the page; a refusal on the way costs nothing."""
    api = sitting
    made = example(api)
    batch = a_new_batch_lists_what_is_due(api)
    rows = its_columns_say_what_each_contract_owes(api, batch, made)
    boxes_padlocks_and_half_boxes(api, batch, rows)
    the_list_is_filtered(api, batch, made)
    batch = contracts_and_items_are_ticked_and_unticked(api, batch, made)
    invoices = the_batch_is_named_and_run(api, batch)
    unwanted_invoices_are_removed(api, batch, invoices)
    batch = one_invoice_per_client(api, batch)
    invoices = the_invoices_are_generated(api, batch)
    an_invoice_is_opened_and_changed(api, batch, invoices[-1])
    it_is_printed_and_sent(api, invoices[0])
    the_batch_is_made_final(api, batch)


def a_new_batch_lists_what_is_due(api: ApiClient) -> Row:
    """B03 B04 B22: “Nouveau lot de factures”; the list takes a moment, which can be watched."""
    batch = listed(api, "Nouveau lot")
    assert (batch["state"], batch["job"]["kind"]) == ("PLANNING", "BATCH_PLAN")
    batch = settled(api, batch)
    assert batch["state"] == "SELECTING"
    chosen = contracts(api, batch["id"], selected=True)
    assert all(item["selected"] is item["selectable"] for one in chosen for item in one["items"])
    overdue = [one for one in chosen if (one["items"][0]["periodEnd"] or "9") < "2026-09-30"]
    assert overdue != []
    return batch


def its_columns_say_what_each_contract_owes(
    api: ApiClient, batch: Row, made: dict[str, str]
) -> dict[str, Row]:
    """B05 B06 B07 B08 B09: client, contract, type, solde total, solde sélectionné."""
    rows = {one["contract"]["id"]: one for one in contracts(api, batch["id"])}
    seen = {
        letter: (
            *(rows[key]["client"]["name"], rows[key]["contract"]["name"], rows[key]["type"]),
            *(rows[key]["totalBalance"]["amount"], rows[key]["selectedBalance"]["amount"]),
        )
        for letter, key in made.items()
    }
    assert seen == {
        "A": ("Client EX-X", "Contrat EX-A", "FIXED_FEE_PROGRESS", "3611.00", "3611.00"),
        "B": ("Client EX-X", "Contrat EX-B", "RETAINER", "2300.00", "2300.00"),
        "C": ("Client EX-Y", "Contrat EX-C", "TIME_AND_MATERIALS", "4760.00", "4760.00"),
    }
    assert {row["type"] for row in rows.values()} == {
        *("FIXED_FEE_PROGRESS", "RETAINER", "TIME_AND_MATERIALS", "PREPAID_HOURS")
    }
    owed: dict[str, Decimal] = {}
    for row in rows.values():
        if row["selectedItems"]:
            amount = Decimal(row["selectedBalance"]["amount"])
            owed[row["currency"]] = owed.get(row["currency"], Decimal(0)) + amount
    assert owed == {currency: net for currency, (net, _) in told(batch).items()}
    return rows


def boxes_padlocks_and_half_boxes(api: ApiClient, batch: Row, rows: dict[str, Row]) -> None:
    """B16 B17 B18: white box, padlock, black box; what is locked cannot be ticked."""
    by_state: dict[str, list[Row]] = {}
    for row in rows.values():
        by_state.setdefault(row["state"], []).append(row)
    assert by_state.keys() == {"SELECTABLE", "PARTIAL", "LOCKED"}
    assert all(item["selectable"] for row in by_state["SELECTABLE"] for item in row["items"])
    assert not any(item["selectable"] for row in by_state["LOCKED"] for item in row["items"])
    half = next(row for row in by_state["PARTIAL"] if row["type"] == "RETAINER")
    open_item = next(item for item in half["items"] if not item["selectable"])
    assert open_item["blockers"][0]["code"] == "OPEN_PERIOD"
    for named in (
        {"items": [open_item["key"]]},
        {"contractIds": [by_state["LOCKED"][0]["contract"]["id"]]},
    ):
        choice = [{"selected": True, **named}]
        assert codes(act(api, "batchSelect", id=batch["id"], choices=choice))[0] == "ITEM_LOCKED"


def the_list_is_filtered(api: ApiClient, batch: Row, made: dict[str, str]) -> None:
    """B20: by type, taxable, customer and period, as the page does."""
    found = contracts(api, batch["id"], taxable=False, types=["TIME_AND_MATERIALS"])
    assert [one["contract"]["id"] for one in found] == [made["C"]]
    client = found[0]["client"]["id"]
    assert contracts(api, batch["id"], clientId=client) == found
    september = {"start": "2026-09-01", "end": "2026-09-30"}
    assert made["B"] in {
        one["contract"]["id"] for one in contracts(api, batch["id"], period=september)
    }


def contracts_and_items_are_ticked_and_unticked(
    api: ApiClient, batch: Row, made: dict[str, str]
) -> Row:
    """B10–B15 B19 B21: unfolded, reviewed, unselected; the figures follow each click."""
    only = [
        {"selected": False, "filter": {}},
        {"selected": True, "contractIds": [made["A"], made["B"]]},
    ]
    two = choose(api, batch["id"], *only)["totals"]
    (opened,) = contracts(api, batch["id"], contractId=made["B"])
    october = opened["items"][1]["key"]
    less = choose(api, batch["id"], {"selected": False, "items": [october]})["totals"]
    all_of_it = choose(
        api,
        batch["id"],
        {"selected": True, "items": [october]},
        {"selected": True, "contractIds": [made["C"]]},
    )
    names = ("invoices", "tickets", "hours", "net", "vat", "gross")
    assert [
        tuple(one[name]["amount"] if isinstance(one[name], dict) else one[name] for name in names)
        for one in (*two, *less, *all_of_it["totals"])
    ] == [
        (2, 0, "0", "5911.00", "1182.20", "7093.20"),
        (2, 0, "0", "4411.00", "882.20", "5293.20"),
        (3, 14, "56", "10671.00", "1182.20", "11853.20"),
    ]
    # The rest of the firm's month too, but what is not in euros.
    return choose(
        api, batch["id"], {"selected": True, "filter": {"currency": "EUR", "text": "PAT-24"}}
    )


def the_batch_is_named_and_run(api: ApiClient, batch: Row) -> list[Row]:
    """B23 B24: “Enregistrer sous”, “Exécuter”: the invoices appear, and what they hold is held."""
    named = done(api, "batchUpdate", id=batch["id"], name="Novembre 2026")
    run = done(api, "batchRun", id=batch["id"], planHash=named["planHash"])
    assert (run["name"], run["state"]) == ("Novembre 2026", "SAVED")
    invoices = proposals(api, batch["id"])
    assert sums(invoices) == told(named)
    assert len(invoices) == named["totals"][0]["invoices"]
    return invoices


def unwanted_invoices_are_removed(api: ApiClient, batch: Row, invoices: list[Row]) -> None:
    """B25: “Supprimer”: out of the batch, and due again."""
    unwanted = next(one for one in invoices if not one["client"]["name"].startswith("Client EX"))
    after = done(api, "batchDrop", id=batch["id"], invoiceIds=[unwanted["id"]])
    net = told(after)["EUR"][0]
    assert net == sums(invoices)["EUR"][0] - Decimal(unwanted["net"]["amount"])
    keys = {item["key"] for item in unwanted["items"]}
    due = api.query(
        "query($id: ID!) { billables(filter: { clientId: $id }) {"
        " nodes { items { key selectable } } } }",
        id=unwanted["client"]["id"],
    )["billables"]["nodes"]
    ready = {item["key"] for one in due for item in one["items"] if item["selectable"]}
    assert keys <= ready


def one_invoice_per_client(api: ApiClient, batch: Row) -> Row:
    """B26: “Une facture par client”, never of two entities; each that is apart says why."""
    before = the_batch(api, batch["id"])
    found = done(api, "batchUpdate", id=batch["id"], grouping="PER_CLIENT")
    assert found["totals"][0]["net"] == before["totals"][0]["net"]
    assert found["totals"][0]["invoices"] < before["totals"][0]["invoices"]
    of_x = [one for one in proposals(api, batch["id"]) if one["client"]["name"] == "Client EX-X"]
    assert [(one["contracts"], one["net"]["amount"], one["vat"]["amount"]) for one in of_x] == [
        (2, "5911.00", "1182.20")
    ]
    return found


def the_invoices_are_generated(api: ApiClient, batch: Row) -> list[Row]:
    """B27: “Générer des factures”: pro formas to the cent of what was seen."""
    asked = done(api, "batchGenerate", id=batch["id"])
    assert asked["job"]["kind"] == "BATCH_GENERATE"
    after = settled(api, batch)
    assert (after["state"], told(after)) == ("GENERATED", told(batch))
    invoices = proposals(api, batch["id"])
    assert sums(invoices, of="invoice") == told(batch)
    assert {one["invoice"]["state"] for one in invoices} == {"DRAFT"}
    mine = sorted(
        (one for one in invoices if one["client"]["name"].startswith("Client EX")),
        key=lambda one: one["client"]["name"],
    )
    assert [one["invoice"]["gross"]["amount"] for one in mine] == ["7093.20", "4760.00"]
    return mine


def an_invoice_is_opened_and_changed(api: ApiClient, batch: Row, row: Row) -> None:
    """B28: “Modifier”: a pro forma is edited as any other, and the batch counts it so."""
    before = told(the_batch(api, batch["id"]))["EUR"][0]
    changed = change(api, row["invoice"]["id"], lines=[account_line("4800.00")])
    assert changed["invoice"]["net"]["amount"] == "4800.00"
    assert told(the_batch(api, batch["id"]))["EUR"][0] == before + 40


def it_is_printed_and_sent(api: ApiClient, row: Row) -> None:
    """B29: from the foot of an invoice: its PDF, and its e-mail."""
    printed = api.query(PDF, id=row["invoice"]["id"])["invoicePdf"]
    paper = PdfReader(BytesIO(api.get(printed["download"]["url"])))
    assert row["invoice"]["proFormaNumber"] in "".join(page.extract_text() for page in paper.pages)
    mail = send(api, row["invoice"]["id"], to=["compta@client.test"])
    assert (mail["userErrors"], mail["mail"]["state"]) == ([], "QUEUED")


def the_batch_is_made_final(api: ApiClient, batch: Row) -> None:
    """B29: the whole batch, in its order: numbers without a gap; asked again, none is left."""
    done(api, "batchFinalise", id=batch["id"])
    settled(api, batch)
    invoices = proposals(api, batch["id"])
    numbers: dict[str, list[int]] = {}
    for one in invoices:
        assert one["invoice"]["state"] == "READY"
        series, _, place = one["invoice"]["number"].partition("-")
        numbers.setdefault(series, []).append(int(place))
    assert all(some == list(range(1, len(some) + 1)) for some in numbers.values())
    assert codes(act(api, "batchFinalise", id=batch["id"])) == ["BATCH_EMPTY"]
    found = api.query('{ clientByCode(code: "EX-X") { id } }')["clientByCode"]["id"]
    recorded(api, "clientUpdate", id=found, contactName="Ida", contactEmail="ida@x.test")
    of_x = next(one["id"] for one in invoices if one["client"]["name"] == "Client EX-X")
    done(api, "batchSend", id=batch["id"], invoiceIds=[of_x])
    settled(api, batch)
    mails = api.query("{ invoiceMails { nodes { to invoice { number } } } }")["invoiceMails"]
    assert mails["nodes"][0]["to"] == ["ida@x.test"]
    assert listed(api, "Encore", filter={"text": "Client EX-X"})["totals"] == []
