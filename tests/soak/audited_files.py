"""Whether the files for QuickBooks, Xero and spreadsheets add up to the papers, line by line."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.api.invoices.exporting_acts import export, files
from tests.documents.reading import text_of
from tests.soak.audited_entries import EARLIEST, LATEST
from tests.soak.read_books import Read
from tests.soak.walked_firm import FIRST, Firm, rounded, smallest
from tests.support import accounting_files as read

Row = dict[str, Any]
Sums = defaultdict[Any, Decimal]

_PDF = """
mutation($id: ID!) { invoicePdf(id: $id) { download { url } userErrors { code } } }
"""


def _exported(firm: Firm, kind: str, first: date = EARLIEST, last: date = LATEST) -> list[bytes]:
    period = {"issuedFrom": first.isoformat(), "issuedTo": last.isoformat()}
    told = export(firm.api, kind, filter=period, language="en")
    if told["export"] is None:
        assert [one["code"] for one in told["userErrors"]] == ["EXPORT_EMPTY"], told
        return []
    return list(files(firm.api, told).values())


def judge_files(firm: Firm, books: Read) -> None:
    papers = {one["number"]: one for one in books.final}
    if not papers:
        return
    _judge_csv(firm, papers)
    _judge_quickbooks(firm, papers)
    _judge_xero(firm, papers)


def _rows(firm: Firm, kind: str, *days: date) -> list[Row]:
    return [
        row
        for content in _exported(firm, kind, *days)
        for row in read.comma_separated(content, separator=",")
    ]


def _judge_csv(firm: Firm, papers: dict[str, Row]) -> None:
    whole = _rows(firm, "CSV")
    nets: Sums = defaultdict(Decimal)
    taxes: Sums = defaultdict(Decimal)
    by_rate: Sums = defaultdict(Decimal)
    for row in whole:
        paper = papers[row["invoice_number"]]
        for name in ("net", "vat", "gross"):
            assert Decimal(row[f"invoice_{name}"]) == paper["sign"] * paper[name], row
        if row["line_kind"] == "TEXT":
            continue
        nets[paper["number"]] += Decimal(row["net"])
        taxes[paper["number"]] += Decimal(row["vat_amount"])
        rate = Decimal(row["vat_rate"])
        by_rate[paper["number"], rate] += Decimal(row["vat_amount"])
        exact = Decimal(row["net"]) * rate / 100
        # The largest line of a rate bears what roundings leave.
        assert abs(Decimal(row["vat_amount"]) - exact) < 10 * smallest(row["currency"]), row
    for number, paper in papers.items():
        assert nets[number] == paper["sign"] * paper["net"], number
        assert taxes[number] == paper["sign"] * paper["vat"], number
        told: Sums = defaultdict(Decimal)
        for group in paper["vatGroups"]:
            told[group["rate"]] += paper["sign"] * group["vat"]
        assert all(by_rate[number, rate] == vat for rate, vat in told.items()), number
    middle = FIRST + timedelta(days=firm.chance.randrange(1, 90))
    halves = _rows(firm, "CSV", EARLIEST, middle)
    halves += _rows(firm, "CSV", middle + timedelta(days=1), LATEST)
    assert _counted(halves) == _counted(whole)


def _counted(rows: list[Row]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(row.values()) for row in rows)


def _judge_quickbooks(firm: Firm, papers: dict[str, Row]) -> None:
    found = [entry for file in _exported(firm, "QUICKBOOKS_IIF") for entry in read.iif(file)]
    assert sorted(entry.head["DOCNUM"] for entry in found) == sorted(papers)
    for entry in found:
        paper = papers[entry.head["DOCNUM"]]
        assert entry.sum == 0, entry
        assert Decimal(entry.head["AMOUNT"]) == paper["sign"] * paper["gross"], entry.head
        taxes = [s for s in entry.splits if s["ACCNT"].startswith("4457")]
        vat = sum((Decimal(s["AMOUNT"]) for s in taxes), Decimal(0))
        assert vat == -paper["sign"] * paper["vat"], entry
        for split in entry.splits:
            if split["QNTY"] and split["PRICE"] and "%" not in split["PRICE"]:
                reckoned = rounded(
                    Decimal(split["QNTY"]) * Decimal(split["PRICE"]), paper["currency"]
                )
                assert reckoned == Decimal(split["AMOUNT"]), split


def _judge_xero(firm: Firm, papers: dict[str, Row]) -> None:
    sums: Sums = defaultdict(Decimal)
    totals: dict[str, Decimal] = {}
    for row in _rows(firm, "XERO_CSV"):
        number, currency = row["*InvoiceNumber"], row["Currency"]
        totals[number] = Decimal(row["Total"])
        net = Decimal(row["*Quantity"]) * Decimal(row["*UnitAmount"])
        net *= 1 - Decimal(row["Discount"] or 0) / 100
        sums[number] += rounded(net, currency) + Decimal(row["TaxAmount"])
    assert set(totals) == set(papers)
    for number, paper in papers.items():
        assert totals[number] == paper["sign"] * paper["gross"] == sums[number], (
            number, totals[number], sums[number],
        )  # fmt: skip


def judge_printed(firm: Firm, books: Read, most: int = 2) -> None:
    """The totals of some papers stand on them as they are told."""
    for paper in firm.chance.sample(books.final, min(most, len(books.final))):
        answer = firm.api.query(_PDF, id=paper["id"])["invoicePdf"]
        assert answer["userErrors"] == [], answer
        text = text_of(firm.api.get(answer["download"]["url"])).replace(" ", "")
        assert paper["number"].replace(" ", "") in text
        taxes = [group["vat"] for group in paper["vatGroups"]]
        for amount in (paper["net"], paper["gross"], *taxes):
            told = f"{amount:f}".replace(".", ",").replace("-", "−")
            assert told in text, (paper["number"], amount, text)
