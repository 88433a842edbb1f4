"""Files of accounts with a formula in every text, whatever fields there are: none is a formula."""

from __future__ import annotations

import csv
import re
from io import StringIO

import pytest

from documents.accounting import iif, plain_csv, xero
from documents.accounting.entry import Entry
from templates_xlsx.generator import skeleton
from templates_xlsx.returned import workbook
from tests.documents.entries import Sold, document
from tests.documents.hostile_pictures import with_texts
from tests.support.source import PRODUCT, written

FORMULA = re.compile("[=+\\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"-?\d+([.,]\d+)?%?")
ATTACKS = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r\n=1+1", "＝1+1", "–=1")
KEPT = {"currency", "category", "number"}
"""Of these the house gives the values itself."""


def spoilt(attack: str) -> Entry:
    def said(place: str, text: str) -> str:
        return text if place.rpartition(".")[2] in KEPT else attack

    made: Entry = with_texts(document([Sold("1", "100", sku="SKU"), "remark"]), said)
    return made


def cells(content: bytes, encoding: str, separator: str) -> list[str]:
    rows = csv.reader(StringIO(content.decode(encoding), newline=""), delimiter=separator)
    return [cell for row in rows for cell in row]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_of_a_file_for_people_is_a_formula(attack: str) -> None:
    """Formula injection: in the generic CSV, the files of Xero and of QuickBooks."""
    entry = spoilt(attack)
    found = [
        *cells(plain_csv.write([entry], language="fr"), "utf-8-sig", ";"),
        *cells(plain_csv.write([entry], language="en"), "utf-8-sig", ","),
        *cells(xero.write([entry]), "utf-8", ","),
        *cells(iif.write([entry]), iif.ENCODING, "\t"),
    ]
    assert sum("1" in cell for cell in found) > 30
    wrong = [cell for cell in found if FORMULA.match(cell) and not NUMBER.fullmatch(cell)]
    assert wrong == []


def test_no_workbook_of_ours_makes_a_formula_or_a_link_of_a_text() -> None:
    """Templates, prefilled ones and error files: each place that begins a workbook says so."""
    told = {
        "templates_xlsx/generator/skeleton.py": skeleton.WORKBOOK_OPTIONS,
        "templates_xlsx/returned/workbook.py": workbook._OPTIONS,
    }
    assert {one.name for one in written(*PRODUCT) if "with Workbook(" in one.text} == set(told)
    for options in told.values():
        for kind in ("formulas", "urls", "numbers"):
            assert options[f"strings_to_{kind}"] is False
