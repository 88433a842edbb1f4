"""The rows: every value as XlsxWriter's plain loop would have written it, and no formula."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from templates_xlsx.generator import Prefilled, write_template
from templates_xlsx.generator.rows import RowPrinter, _escaped
from templates_xlsx.seal import ENVELOPE_PROPERTY
from tests.templates_xlsx.generator.conftest import Opened
from tests.templates_xlsx.generator.sheets import (
    ADDRESS,
    CLIENT_ROWS,
    CLIENTS,
    ISSUED,
    SEAL,
    SETTING,
    plainly_written,
)


def looks(worksheet: Worksheet, rows: int) -> list[Any]:
    """Everything of the cells that a person could notice."""
    return [
        (
            cell.coordinate,
            cell.value,
            cell.data_type,
            cell.protection.locked,
            cell.number_format,
            cell.fill.fgColor.rgb,
            cell.font.b,
            cell.alignment.wrap_text,
        )
        for row in worksheet.iter_rows(min_row=1, max_row=rows)
        for cell in row
    ]


def tints(worksheet: Worksheet) -> list[Any]:
    return [
        (str(area.sqref), rule.formula, rule.dxf.fill.bgColor.rgb)
        for area in worksheet.conditional_formatting
        for rule in area.rules
    ]


# ---- values
@pytest.mark.parametrize("rows", [(), CLIENT_ROWS], ids=["empty", "prefilled"])
def test_the_template_is_what_xlsxwriter_would_have_written(
    opened: Opened, rows: tuple[Prefilled, ...]
) -> None:
    ours, plain = opened(CLIENTS, rows), load_workbook(plainly_written(CLIENTS, rows, room=40))
    assert_same(ours, plain, rows=len(rows) + 42)


def assert_same(ours: Workbook, plain: Workbook, rows: int) -> None:
    assert ours.sheetnames == plain.sheetnames
    mine, its = ours.active, plain.active
    assert looks(mine, rows) == looks(its, rows)
    assert mine.freeze_panes == its.freeze_panes
    assert mine.auto_filter.ref == its.auto_filter.ref
    assert mine.protection == its.protection
    assert mine.data_validations == its.data_validations
    assert tints(mine) == tints(its)
    assert mine.print_title_rows == its.print_title_rows
    for name in ours.sheetnames[1:]:
        hidden, its_hidden = ours[name], plain[name]
        assert [c.value for row in hidden for c in row] == [
            c.value for row in its_hidden for c in row
        ]
        assert hidden.sheet_state == its_hidden.sheet_state
    assert ours.properties.created == plain.properties.created
    assert ours.custom_doc_props.names == plain.custom_doc_props.names == [ENVELOPE_PROPERTY]
    assert [p.value for p in ours.custom_doc_props] == [p.value for p in plain.custom_doc_props]


def test_formulas_in_names_are_written_as_text(opened: Opened) -> None:
    worksheet = opened(CLIENTS, CLIENT_ROWS).active
    assert (worksheet["B3"].value, worksheet["B3"].data_type) == ("=SUM(A1:A9)", "s")
    assert (worksheet["F3"].value, worksheet["F3"].data_type) == ("-12", "s")


def test_identifiers_keep_their_zeros_and_addresses_their_lines(opened: Opened) -> None:
    worksheet = opened(CLIENTS, CLIENT_ROWS).active
    assert worksheet["H2"].value == "00012345600012"
    assert worksheet["H2"].number_format == "@"
    assert worksheet["D2"].value == ADDRESS
    assert worksheet["D2"].alignment.wrap_text
    assert worksheet.row_dimensions[2].height == 30
    assert worksheet["I2"].value == 1200.5


texts = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30)


@settings(max_examples=12, deadline=None)
@given(st.lists(texts | st.sampled_from([" a", "b\n", "_x0041_", "a & b", "<t>"]), max_size=12))
def test_any_text_comes_back_as_plain_xlsxwriter_writes_it(names: list[str]) -> None:
    """Spaces at the ends, control characters and texts that look like escapes included."""
    rows = [Prefilled(number, {"name": name}) for number, name in enumerate(names)]
    out = BytesIO()
    write_template(
        out,
        sheet=CLIENTS,
        setting=SETTING,
        seal=SEAL,
        issued=ISSUED,
        rows=rows,
        room=0,
        locale="fr",
    )
    # openpyxl undoes the escape of an underscore in shared texts, as XlsxWriter writes them, only.
    ours = [(c.value or "").replace("x005F_", "") for c in load_workbook(out).active["B"]]
    plain = load_workbook(plainly_written(CLIENTS, rows, room=0)).active
    assert ours == [c.value or "" for c in plain["B"]]


def test_texts_that_no_xml_can_hold_are_escaped_as_spreadsheets_do() -> None:
    assert _escaped("a\x01b") == "a_x0001_b"
    assert _escaped("_x0041_x0042_") == "_x005F_x0041_x005F_x0042_"
    assert _escaped("a\r\nb\rc") == "a\nb\nc"
    assert _escaped("<&>") == "&lt;&amp;&gt;"
    assert _escaped("\ud83d!") == "\ufffd!"
    assert len(_escaped("é" * 40_000)) == 32_767


def test_a_number_that_is_none_is_refused_rather_than_written() -> None:
    printer = RowPrinter(["A"], [1])
    with pytest.raises(ValueError, match="not a number"):
        list(printer.printed([[Decimal("NaN")]]))


@pytest.mark.parametrize("value", [Decimal("1E+3"), Decimal("0.000001"), 7, 0, Decimal("-12.50")])
def test_numbers_are_written_plainly(value: Decimal | int) -> None:
    (xml,) = RowPrinter(["A"], [1]).printed([[value]])
    written = xml.decode().split("<v>")[1].split("</v>")[0]
    assert Decimal(written) == value
    assert "E" not in written
