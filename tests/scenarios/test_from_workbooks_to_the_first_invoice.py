"""A firm's own workbooks become its records; one project becomes its first legal invoice."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from pypdf import PdfReader

from tests.support.api import ApiClient, open_api
from tests.support.documents import DRAW, FINALISE, PDF
from tests.support.takeover import (
    CLEAN,
    PAST,
    WORKBOOKS,
    confirm,
    phases_of,
    project,
    send,
    take_in,
)

AMOUNTS = {
    "fee": "fee",
    "adjustedFee": "adjusted_fee",
    "history": "history",
    "alreadyBilled": "already_billed",
    "remainingToBill": "remaining_to_bill",
    "earned": "earned",
    "billableNow": "billable_now",
    "overBilled": "overbilled",
}
"""The figures of a phase, and what the truth calls them."""
TODAY = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def api(empty_database_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    with open_api(empty_database_url, tmp_path, clock=lambda: TODAY) as client:
        yield client


def test_every_row_of_the_clean_workbooks_passes_without_a_warning(api: ApiClient) -> None:
    """O07–O31, O36, A20, A25: the counts are those of the truth file; nothing is written before."""
    truth = {
        entry["template"]: entry["counts"]
        for entry in json.loads((CLEAN / "truth.json").read_text())["files"]
    }
    for kind, filename in {**WORKBOOKS, **PAST}.items():
        review = send(api, (CLEAN / filename).read_bytes(), filename=filename)
        expected = truth[kind]["accepted"]
        assert review["kind"] == kind
        assert review["state"] == "REVIEW"
        counts = review["counts"]
        assert (counts["green"], counts["yellow"], counts["red"]) == (expected, 0, 0)
        answer = confirm(api, review)
        assert answer["userErrors"] == []
        assert answer["importFile"]["state"] == "APPLIED"


def test_the_figures_of_every_phase_are_those_of_the_truth(api: ApiClient) -> None:
    """O02, O03, O05, O23–O28, O36: fees, progress, past billing: F1–F6 to the cent, all phases."""
    take_in(api, *WORKBOOKS, *PAST)
    expected = json.loads((CLEAN / "expected_totals.json").read_text())["fixed_fee_phases"]
    by_project = defaultdict(list)
    for entry in expected:
        by_project[entry["project"]].append(entry)
    for code, entries in by_project.items():
        phases = {
            (contract["name"], phase["code"]): phase
            for contract in project(api, code)["contracts"]
            for phase in contract["phases"]
        }
        for entry in entries:
            phase = phases[(entry["contract"], entry["phase"])]
            found = {"fee": phase["fee"]} | phase["figures"]
            assert phase["fee"]["currency"] == entry["currency"]
            shown = {name: Decimal(found[name]["amount"]) for name in AMOUNTS}
            assert shown == {name: Decimal(entry[told]) for name, told in AMOUNTS.items()}, entry
    assert len(expected) > 250


def test_a_project_becomes_a_legal_invoice_with_its_paper(api: ApiClient) -> None:
    """F01, F06, F09–F12, F20, F23, F25: drawn, numbered, frozen, printed, handed over.

    F09 F10 F11 F12 are the lines, their quantities, taxes and accounts.
    """
    take_in(api)
    job = project(api, "PAT-2501")
    remaining = {
        phase["code"]: Decimal(phase["figures"]["remainingToBill"]["amount"])
        for phase in phases_of(job)
    }
    drawn = api.query(
        DRAW, client=job["client"]["id"], project=job["id"], key=str(uuid4()), basis="REMAINING"
    )["invoiceCreateFromProject"]
    invoice = drawn["invoice"]
    assert invoice["proFormaNumber"] == "PF-000001"
    assert invoice["number"] is None
    by_phase = {line["phase"]["code"]: line for line in invoice["lines"]}
    for code, line in by_phase.items():
        assert Decimal(line["net"]["amount"]) == remaining[code]
        assert line["taxCode"]["code"]
        assert line["ledgerAccount"]
    paper = PdfReader(BytesIO(_pdf(api, invoice["id"])))
    assert "PRO FORMA" in paper.pages[0].extract_text()

    final = api.query(FINALISE, id=invoice["id"], key=str(uuid4()))["invoiceFinalise"]
    assert final["userErrors"] == []
    number = final["invoice"]["number"]
    assert number == "LYO26-00001"
    assert final["invoice"]["state"] == "READY"
    assert final["invoice"]["issueDate"] == "2026-11-21"
    assert final["invoice"]["deletable"] is False

    printed = _pdf(api, invoice["id"])
    assert _pdf(api, invoice["id"]) == printed
    text = _plain("\n".join(page.extract_text() for page in PdfReader(BytesIO(printed)).pages))
    assert number in text
    assert _french(invoice["gross"]["amount"]) in text
    for group in invoice["vatGroups"]:
        assert _french(group["base"]["amount"]) in text
        assert _french(group["vat"]["amount"]) in text

    after = project(api, "PAT-2501")
    assert all(
        Decimal(phase["figures"]["remainingToBill"]["amount"]) == 0
        for phase in phases_of(after)
        if phase["code"] in by_phase
    )
    waiting = api.query("{ handovers { nodes { id invoice { number state } } } }")["handovers"]
    assert [entry["invoice"]["number"] for entry in waiting["nodes"]] == [number]
    taken = api.query(
        "mutation($id: ID!) { handoverAcknowledge(id: $id) { handover { invoice { state } } } }",
        id=waiting["nodes"][0]["id"],
    )["handoverAcknowledge"]["handover"]
    assert taken["invoice"]["state"] == "FINAL"
    assert api.query("{ handovers { nodes { id } } }")["handovers"]["nodes"] == []


def test_the_same_project_cannot_be_billed_twice(api: ApiClient) -> None:
    """F10, F19: what one pro forma holds, the next cannot take; the other invoice is named."""
    take_in(api)
    job = project(api, "PAT-2501")
    draw = {"client": job["client"]["id"], "project": job["id"]}
    first = api.query(DRAW, **draw, key=str(uuid4()))["invoiceCreateFromProject"]
    assert first["invoice"]["otherInvoices"] == []
    second = api.query(DRAW, **draw, key=str(uuid4()))["invoiceCreateFromProject"]
    assert second["invoice"] is None
    assert [error["code"] for error in second["userErrors"]] == ["NOTHING_TO_INVOICE"]
    others = api.query(
        "query($id: ID!) { invoice(id: $id) { otherInvoices { number } } }",
        id=first["invoice"]["id"],
    )
    assert others["invoice"]["otherInvoices"] == []


def _pdf(api: ApiClient, invoice_id: str) -> bytes:
    answer = api.query(PDF, id=invoice_id)["invoicePdf"]
    assert answer["userErrors"] == []
    return api.get(answer["download"]["url"])


def _plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def _french(amount: str) -> str:
    whole, _, cents = amount.partition(".")
    return f"{int(whole):,}".replace(",", " ") + f",{cents}"
