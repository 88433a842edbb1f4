"""What was invoiced before the takeover comes in by Excel and is not billed again (O04, O36)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.api.takeover.reviews import notes, refusal_codes, reviewed, take, written
from tests.api.takeover.sheets import PROJECT, Cells, book, download, opened, saved
from tests.support.api import ApiClient
from tests.support.documents import DRAW, FINALISE
from tests.support.takeover import CLEAN, PAST, phases_of, project, send, take_in

DAY = date(2026, 2, 28)
PAST_OF = """
query($code: String!) {
  projectByCode(code: $code) {
    contracts { name phases {
      code
      billingHistory {
        id net { amount currency } invoiceDate invoiceNo vatRate gross { amount } paid { amount }
        comment author source phase { code }
      }
      adjustments { id kind amount { amount } hours adjustedOn reason comment source }
    } }
  }
}
"""


def filled(
    api: ApiClient, kind: str, phase: str, *typed: dict[str, Any], code: str = "PAT-2501"
) -> tuple[bytes, int]:
    """The prefilled sheet of `kind` with cells typed on the rows of a phase; the first of them."""
    workbook, sheet = opened(download(api, kind, prefilled=True))
    lines = enumerate(sheet.iter_rows(min_row=2, max_col=6, values_only=True), start=2)
    first = next(number for number, line in lines if (line[2], line[5]) == (code, phase))
    for row, cells in enumerate(typed, start=first):
        for letter, value in cells.items():
            assert not sheet[f"{letter}{row}"].protection.locked
            sheet[f"{letter}{row}"] = value
    return saved(workbook), first


def past_of(api: ApiClient, code: str, phase: str) -> dict[str, Any]:
    """The history and the adjustments of a phase of a project's first contract."""
    found = api.query(PAST_OF, code=code)["projectByCode"]["contracts"][0]["phases"]
    return next(one for one in found if one["code"] == phase)


def figures(api: ApiClient, code: str, phase: str) -> dict[str, Decimal]:
    found = next(one for one in phases_of(project(api, code)) if one["code"] == phase)
    return {
        name: Decimal(value["amount"])
        for name, value in found["figures"].items()
        if isinstance(value, dict)
    }


@pytest.mark.parametrize("kind", PAST)
def test_the_second_upload_of_the_past_writes_nothing(any_firm: ApiClient, kind: str) -> None:
    """O36: each row is known again, and so are the rows that are equal to one another."""
    take_in(any_firm, kind)
    review, rows = reviewed(any_firm, (CLEAN / PAST[kind]).read_bytes())
    assert {row["outcome"] for row in rows.values()} == {"UNCHANGED"}
    assert {row["colour"] for row in rows.values()} == {"GREEN"}
    written(any_firm, review)
    again, _ = reviewed(any_firm, (CLEAN / PAST[kind]).read_bytes())
    assert again["counts"]["create"] == 0


def test_a_past_invoice_told_otherwise_is_warned_of_before_it_counts_twice(
    any_firm: ApiClient,
) -> None:
    """O36, A22: whoever corrects the file and sends it again sees that both would count."""
    where: Cells = {"C": "PAT-2501", "E": "Mission de base", "F": "PRO"}
    past: Cells = {**where, "K": 4600.5, "L": DAY, "M": "2026-0113"}
    other: Cells = {**where, "K": 100, "L": date(2026, 3, 31)}
    take(any_firm, "history", past, other)
    for cells in (
        {"K": 4700},
        {"L": date(2026, 2, 27)},
        {"M": "2026-0115"},
        {"M": None},
        {"M": " 2026-0113", "K": 10, "L": date(2026, 1, 31)},
    ):
        _, rows = reviewed(any_firm, book("history", {**past, **cells}, other))
        assert [row["outcome"] for row in rows.values()] == ["CREATE", "UNCHANGED"]
        assert [notes(row) for row in rows.values()] == [{("POSSIBLE_DUPLICATE", "M")}, set()]
    _, rows = reviewed(any_firm, book("history", {**other, "K": 90}))
    assert rows[2]["userErrors"][0]["message"].endswith("“31/03/2026 · 100.00 EUR”.")
    # Beside the lines that are told as they are recorded, one more of the same invoice is no doubt.
    _, rows = reviewed(any_firm, book("history", past, other, {**past, "K": 10}))
    assert [notes(row) for row in rows.values()] == [set(), set(), set()]
    reduced: Cells = {**where, "K": -50, "L": DAY, "M": "Remise"}
    take(any_firm, "adjustments", reduced)
    _, rows = reviewed(any_firm, book("adjustments", {**reduced, "K": -60}))
    assert notes(rows[2]) == {("POSSIBLE_DUPLICATE", "K")}


def test_a_line_of_a_past_invoice_is_kept_whole_and_counts_as_billed(any_firm: ApiClient) -> None:
    """O36, O04: K to Q by letter; what was billed remains no longer."""
    typed = {"K": 4600.5, "L": DAY, "M": "2026-0113", "N": 20, "O": 5520.6, "P": 1000, "Q": "Soldé"}
    credit = {"K": -100, "L": date(2026, 3, 31), "M": "AV-7"}
    before = figures(any_firm, "PAT-2501", "PRO")
    content, row = filled(any_firm, "history", "PRO", typed, credit)
    review, rows = reviewed(any_firm, content)
    assert sorted(rows) == [row, row + 1]
    assert notes(rows[row]) == set()
    assert notes(rows[row + 1]) == {("AMOUNT_NEGATIVE_HISTORY", "K")}
    written(any_firm, review)
    line, taken_back = past_of(any_firm, "PAT-2501", "PRO")["billingHistory"]
    assert line | {"id": None, "author": None, "source": None} == {
        "id": None,
        "net": {"amount": "4600.50", "currency": "EUR"},
        "invoiceDate": "2026-02-28",
        "invoiceNo": "2026-0113",
        "vatRate": "20",
        "gross": {"amount": "5520.60"},
        "paid": {"amount": "1000.00"},
        "comment": "Soldé",
        "author": None,
        "source": None,
        "phase": {"code": "PRO"},
    }
    assert line["source"].startswith("import ")
    assert taken_back["net"]["amount"] == "-100.00"
    after = figures(any_firm, "PAT-2501", "PRO")
    assert after["history"] == after["alreadyBilled"] == Decimal("4500.50")
    assert after["remainingToBill"] == before["remainingToBill"] - Decimal("4500.50")
    assert after["billableNow"] == before["billableNow"] - Decimal("4500.50")
    node = any_firm.query("query($id: ID!) { node(id: $id) { __typename id } }", id=line["id"])
    assert node["node"] == {"__typename": "BillingHistory", "id": line["id"]}


def test_what_was_invoiced_before_is_not_invoiced_again(any_firm: ApiClient) -> None:
    """O36, F10: quantity = total − already invoiced; the former numbers enter no series of ours."""
    take_in(any_firm, *PAST)
    job = project(any_firm, "PAT-2501")
    remaining = {
        phase["code"]: Decimal(phase["figures"]["remainingToBill"]["amount"])
        for phase in phases_of(job)
    }
    drawn = any_firm.query(DRAW, client=job["client"]["id"], project=job["id"], key=str(uuid4()))
    invoice = drawn["invoiceCreateFromProject"]["invoice"]
    lines = {line["phase"]["code"]: Decimal(line["net"]["amount"]) for line in invoice["lines"]}
    assert lines == {code: amount for code, amount in remaining.items() if amount}
    assert {"APS", "APD"}.isdisjoint(lines)
    final = any_firm.query(FINALISE, id=invoice["id"], key=str(uuid4()))["invoiceFinalise"]
    assert final["invoice"]["number"] == "LYO26-00001"


def test_adjustments_correct_the_fee_and_what_was_billed_and_nothing_else(
    any_firm: ApiClient,
) -> None:
    """O05: the four kinds; hours and cost change no amount."""
    base = {"L": DAY, "M": "Reprise"}
    before = figures(any_firm, "PAT-2501", "PRO")
    for value, kind in ((-350, None), (552, "honoraires"), ("12,5", "heures"), (90, "coût")):
        cells = {"C": "PAT-2501", "F": "PRO", **base, "K": value, "N": kind}
        content = book("adjustments", cells)
        written(any_firm, send(any_firm, content))
    made = past_of(any_firm, "PAT-2501", "PRO")["adjustments"]
    assert [(one["kind"], (one["amount"] or {}).get("amount"), one["hours"]) for one in made] == [
        ("BILLED", "-350.00", None),
        ("FEE", "552.00", None),
        ("HOURS", None, "12.5"),
        ("COST", "90.00", None),
    ]
    after = figures(any_firm, "PAT-2501", "PRO")
    assert after["adjustedFee"] == before["adjustedFee"] + 552
    assert after["alreadyBilled"] == Decimal(-350)
    assert after["history"] == 0


def test_the_history_sheet_gives_a_phase_as_many_rows_as_asked(firm: ApiClient) -> None:
    """O36: several past invoices of one phase are several rows, whose locked cells are the same."""
    counted = {}
    for asked in (None, 1, 12):
        answer = firm.query(
            'mutation($rows: Int) { templateDownload(input: { kind: "history", '
            "rowsPerPhase: $rows }) { download { url } userErrors { code } } }",
            rows=asked,
        )["templateDownload"]
        _, sheet = opened(firm.get(answer["download"]["url"]))
        counted[asked] = sum(1 for cell in sheet["A"][1:] if cell.value)
    assert counted[None] == 3 * counted[1]
    assert counted[12] == 12 * counted[1]


@pytest.mark.parametrize(("kind", "rows"), [("history", 0), ("history", 61), ("clients", 2)])
def test_a_number_of_rows_that_makes_no_sense_is_refused(
    firm: ApiClient, kind: str, rows: int
) -> None:
    answer = firm.query(
        "mutation($kind: String!, $rows: Int) { templateDownload(input: { kind: $kind, "
        "rowsPerPhase: $rows }) { download { url } userErrors { code field message } } }",
        kind=kind,
        rows=rows,
    )["templateDownload"]
    assert answer["download"] is None
    (error,) = answer["userErrors"]
    assert (error["code"], error["field"]) == ("FIELD_INVALID", ["rowsPerPhase"])
    why = "only sheets whose rows are phases have it" if kind == "clients" else "1–60"
    assert error["message"] == f"rowsPerPhase is not valid: {why}."


def test_a_locked_cell_of_the_history_that_was_changed_is_refused(firm: ApiClient) -> None:
    """O33, O36: on the second row of a phase as on the first; each of the nine columns."""
    workbook, sheet = opened(download(firm, "history", prefilled=True))
    sheet.protection.disable()
    tampered = dict(zip(range(3, 30, 3), "BCDEFGHIJ", strict=True))
    for row, letter in tampered.items():
        for place in (row - 1, row):
            sheet[f"K{place}"], sheet[f"L{place}"] = place, DAY
        sheet[f"{letter}{row}"] = 1 if letter == "I" else "CHF" if letter == "J" else "Autre"
    _, rows = reviewed(firm, saved(workbook))
    for row, letter in tampered.items():
        assert (rows[row - 1]["colour"], rows[row]["colour"]) == ("GREEN", "RED")
        assert letter in {column for _, column in notes(rows[row])}


@pytest.mark.parametrize("kind", PAST)
def test_past_billing_before_any_phase_is_out_of_order(firm: ApiClient, kind: str) -> None:
    """O09, O36; on a firm of no records."""
    other = firm.of_another_firm()
    assert refusal_codes(send(other, (CLEAN / PAST[kind]).read_bytes())) == ["IMPORT_ORDER"]


def test_a_sheet_left_empty_and_a_rate_of_former_years(firm: ApiClient) -> None:
    """O36: unfilled rows are nobody's; 19,6 % was a rate once, 33 % never was."""
    assert refusal_codes(send(firm, download(firm, "history", prefilled=True))) == ["FILE_EMPTY"]
    line = {"K": 10, "L": date(2012, 5, 2)}
    typed = ({**line, "N": 19.6}, {**line, "K": 11, "N": 33})
    content, row = filled(firm, "history", "APS", *typed)
    _, rows = reviewed(firm, content)
    assert notes(rows[row]) == set()
    assert notes(rows[row + 1]) == {("VAT_RATE_UNKNOWN", "N")}


PUT_AWAY = pytest.mark.parametrize(
    ("kind", "verb", "cells"),
    [
        ("history", "billingHistory", {"M": "2026-0113"}),
        ("adjustments", "adjustment", {"M": "Avenant", "N": "honoraires"}),
    ],
)


@PUT_AWAY
def test_what_was_put_away_is_warned_of_before_it_counts_again(
    any_firm: ApiClient, kind: str, verb: str, cells: Cells
) -> None:
    """O36, A22: the file it came in is sent again, for the rows that are new in it."""
    row: Cells = {"C": "PAT-2501", "E": "Mission de base", "F": "PRO", "K": 20, "L": DAY, **cells}
    take(any_firm, kind, row, row)
    made, _ = past_of(any_firm, "PAT-2501", "PRO")[
        "billingHistory" if kind == "history" else "adjustments"
    ]
    assert _act(any_firm, f"{verb}Archive", made["id"]) == []
    _, rows = reviewed(any_firm, book(kind, row, row))
    assert [one["outcome"] for one in rows.values()] == ["UNCHANGED", "CREATE"]
    column = "M" if kind == "history" else "K"
    assert ("ARCHIVED_BEFORE", column) in notes(rows[3])
    _, rows = reviewed(any_firm, book(kind, row, {**row, "K": 25}))
    assert "ARCHIVED_BEFORE" not in {code for code, _ in notes(rows[3])}
    assert _act(any_firm, f"{verb}Restore", made["id"]) == []
    _, rows = reviewed(any_firm, book(kind, row, row))
    assert [notes(one) for one in rows.values()] == [set(), set()]


@PUT_AWAY
def test_what_was_put_away_in_another_currency_does_not_come_back(
    any_firm: ApiClient, kind: str, verb: str, cells: Cells
) -> None:
    """DOMAIN §2.1: 20.00 EUR are no 2,000 JPY."""
    take(any_firm, "projects", PROJECT)
    where: Cells = {"B": PROJECT["B"], "A": PROJECT["E"], "C": "Base", "D": "Esquisse", "E": "ESQ"}
    take(any_firm, "phases", {**where, "F": 12500})
    row: Cells = {"C": PROJECT["B"], "F": "ESQ", "K": 20, "L": DAY, **cells}
    take(any_firm, kind, row)
    (made,) = past_of(any_firm, "NEW-0001", "ESQ")[
        "billingHistory" if kind == "history" else "adjustments"
    ]
    assert _act(any_firm, f"{verb}Archive", made["id"]) == []
    take(any_firm, "projects", {**PROJECT, "J": "JPY"})
    assert _act(any_firm, f"{verb}Restore", made["id"]) == ["AMOUNT_CURRENCY_MISMATCH"]
    take(any_firm, "projects", PROJECT)
    assert _act(any_firm, f"{verb}Restore", made["id"]) == []


def _act(api: ApiClient, verb: str, key: str) -> list[str]:
    told = api.query(
        f"mutation($id: ID!) {{ {verb}(input: {{ id: $id }}) {{ userErrors {{ code }} }} }}", id=key
    )
    return [error["code"] for error in told[verb]["userErrors"]]
