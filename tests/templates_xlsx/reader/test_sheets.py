"""What a workbook says around its cells: sheets, columns, protection, merges, blank rows."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
import xlsxwriter

from templates_xlsx.raw import Cell, RawRow, Shape
from templates_xlsx.reader import open_book
from tests.templates_xlsx.reader.books import (
    MAIN,
    SHEET1,
    STRICT,
    STRINGS,
    book_of,
    cell,
    number,
    parts,
    row,
    rows_of,
    sheet,
    strings,
    text,
    workbook,
    zipped,
)

ONE_ROW = row(1, number("A1", 1))
ONE_CELL = {1: Cell(Decimal(1), Shape.NUMBER)}


def values(upload: bytes) -> dict[int, dict[int, object]]:
    return {
        found.number: {column: cell.value for column, cell in found.cells.items()}
        for found in rows_of(upload)
    }


def merged(upload: bytes) -> set[tuple[int, int]]:
    return {
        (found.number, column)
        for found in rows_of(upload)
        for column, cell in found.cells.items()
        if cell.merged
    }


# Sheets


def test_sheets_come_in_order_with_their_states_and_all_can_be_read() -> None:
    listed = workbook(
        'name="Clients"', 'name="Notes &amp; suite" state="hidden"', 'name="_j" state="veryHidden"'
    )
    sheets = [sheet(row(1, number("A1", n))) for n in (1, 2, 3)]
    book = open_book(zipped(parts(*sheets, workbook=listed)))
    assert [(found.name, found.state) for found in book.sheets] == [
        ("Clients", "visible"),
        ("Notes & suite", "hidden"),
        ("_j", "veryHidden"),
    ]
    assert [rows_of(book, n)[0].cells[1].value for n in range(3)] == [1, 2, 3]
    assert book.form == "xlsx"
    assert book.issues == ()


def test_a_seal_of_custom_properties_and_a_very_hidden_sheet_is_read() -> None:
    out = BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    made.add_worksheet("Clients").protect()
    seal = made.add_worksheet("_sceau")
    seal.very_hidden()
    seal.write_string(0, 0, "abc_x0041_")
    made.set_custom_property("jalon", "clé & signature")
    made.set_custom_property("version", 3)
    made.set_custom_property("final", True)
    made.close()
    book = open_book(out.getvalue())
    assert book.custom_properties == {"jalon": "clé & signature", "version": "3", "final": "true"}
    assert [(found.name, found.state, found.protected) for found in book.sheets] == [
        ("Clients", "visible", True),
        ("_sceau", "veryHidden", False),
    ]
    assert rows_of(book, 1) == [RawRow(1, {1: Cell("abc_x0041_")})]


@pytest.mark.parametrize(
    ("attributes", "protected"),
    [('sheet="1" password="CC3D"', True), ('sheet="true"', True), ('objects="1"', False)],
)
def test_a_sheet_is_protected_when_its_cells_are(attributes: str, protected: bool) -> None:
    upload = book_of(ONE_ROW, after=f"<sheetProtection {attributes}/>")
    assert open_book(upload).sheets[0].protected is protected


def test_hidden_columns_are_told_and_read() -> None:
    columns = (
        '<cols><col min="2" max="3" hidden="1"/><col min="4" max="4" width="9"/>'
        '<col min="250" max="16384" hidden="true"/></cols>'
    )
    found = open_book(book_of(row(1, number("B1", 1)), before=columns)).sheets[0]
    assert found.hidden_columns == frozenset({2, 3, *range(250, 257)})
    assert [line.cells[2].value for line in found.rows()] == [1]


def test_hidden_rows_are_told_and_read() -> None:
    upload = book_of(row(1, number("A1", 1), attributes=' hidden="1"'), row(2, number("A2", 2)))
    assert [(found.number, found.hidden) for found in rows_of(upload)] == [(1, True), (2, False)]


# Ways of writing


def test_a_wrong_dimension_is_not_believed() -> None:
    upload = book_of(ONE_ROW, row(9, number("F9", 2)), before='<dimension ref="A1"/>')
    assert values(upload) == {1: {1: 1}, 9: {6: 2}}


def test_rows_and_cells_without_references_follow_one_another() -> None:
    loose = "<row><c><v>1</v></c><c/><c><v>2</v></c></row><row><c><v>3</v></c></row>"
    assert values(book_of(loose)) == {1: {1: 1, 3: 2}, 2: {1: 3}}


def test_a_strict_workbook_is_read() -> None:
    assert rows_of(zipped(parts(sheet(ONE_ROW, namespace=STRICT)))) == [RawRow(1, ONE_CELL)]


def test_tags_with_a_prefix_are_read() -> None:
    xml = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:cols><x:col min="1" max="1" hidden="1"/></x:cols>'
        '<x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c><x:c r="B1" t="inlineStr">'
        "<x:is><x:t>p</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert values(zipped(parts(xml))) == {1: {1: 1, 2: "p"}}
    assert open_book(zipped(parts(xml))).sheets[0].hidden_columns == {1}


def test_a_second_prefix_for_the_same_names_loses_nothing() -> None:
    xml = sheet('<y:row r="1"><y:c r="A1"><y:v>1</y:v></y:c></y:row>' + row(2, number("A2", 2)))
    xml = xml.replace("<worksheet ", f'<worksheet xmlns:y="{MAIN}" ')
    with_comment = xml.replace("<sheetData>", "<!-- --><sheetData>")
    assert values(zipped(parts(with_comment))) == {1: {1: 1}, 2: {1: 2}}
    # Without the comment the part is cut by its first prefix: refused rather than half read.
    with pytest.raises(Exception, match="FILE_UNREADABLE"):
        rows_of(zipped(parts(xml)))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1"])
def test_a_part_may_be_in_another_encoding(encoding: str) -> None:
    declared = {"latin-1": "iso-8859-1", "utf-8-sig": "UTF-8"}.get(encoding, "UTF-16")
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    xml = mark + sheet(row(1, text("A1", "Été"))).replace("UTF-8", declared)
    named = parts("") | {SHEET1: xml.encode(encoding)}
    assert values(zipped(named)) == {1: {1: "Été"}}


def test_elements_that_are_not_cells_are_passed_over() -> None:
    extended = cell("A1", "<v>1</v><extLst><ext><v>9</v></ext></extLst>")
    assert values(book_of(row(1, extended))) == {1: {1: 1}}


def test_a_workbook_without_styles_or_shared_texts_is_read() -> None:
    upload = book_of(row(1, number("A1", 46347), text("B1", "x")), styles=None, strings=None)
    assert values(upload) == {1: {1: 46347, 2: "x"}}


def test_part_names_in_another_case_or_with_backslashes_are_found() -> None:
    named = parts(sheet(row(1, cell("A1", "<v>0</v>", kind="s"))), strings=strings("<t>k</t>"))
    named["XL\\Worksheets\\Sheet1.XML"] = named.pop(SHEET1)
    named["xl/SHAREDstrings.xml"] = named.pop(STRINGS)
    assert values(zipped(named)) == {1: {1: "k"}}


def test_macros_and_chart_sheets_are_left_aside() -> None:
    named = parts(sheet(ONE_ROW), workbook=workbook('name="Clients"', 'name="Courbe"'))
    rels = str(named["xl/_rels/workbook.xml.rels"])
    chart = '<Relationship Id="rId2" Type="x/chartsheet" Target="chartsheets/sheet1.xml"/>'
    named["xl/_rels/workbook.xml.rels"] = rels.replace("</Rel", chart + "</Rel")
    named["xl/vbaProject.bin"] = b"\0macro"
    assert [found.name for found in open_book(zipped(named)).sheets] == ["Clients"]


# Merged areas


def merges(*areas: str) -> str:
    inner = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    return f"<mergeCells>{inner}</mergeCells>"


def test_a_vertical_merge_gives_its_value_to_every_filled_row() -> None:
    """
    | A (merged 2 to 4) | B |
    |-------------------|---|
    | Tilleuls          | 1 |
    |                   | 2 |
    |                   |   |
    | other             | 3 |
    """
    upload = book_of(
        row(2, text("A2", "Tilleuls"), number("B2", 1)),
        row(3, number("B3", 2)),
        row(4, cell("A4", style="day")),
        row(5, text("A5", "other"), number("B5", 3)),
        after=merges("A2:A4"),
    )
    assert values(upload) == {
        2: {1: "Tilleuls", 2: 1},
        3: {1: "Tilleuls", 2: 2},
        5: {1: "other", 2: 3},
    }
    assert merged(upload) == {(3, 1)}


def test_only_the_column_of_the_value_is_filled_and_columns_stay_in_order() -> None:
    upload = book_of(
        row(1, text("B1", "x"), number("D1", 1)),
        row(2, number("A2", 2), number("D2", 3)),
        after=merges("B1:C2", "A1:Z1"),
    )
    assert [list(found.cells) for found in rows_of(upload)] == [[2, 4], [1, 2, 4]]


def test_a_hidden_value_under_a_merge_is_not_what_the_sheet_shows() -> None:
    upload = book_of(row(1, number("A1", 1)), row(2, number("A2", 9)), after=merges("A1:A2"))
    assert values(upload) == {1: {1: 1}, 2: {1: 1}}


def test_merges_of_formulas_dates_and_nothing_follow_their_first_cell() -> None:
    upload = book_of(
        row(1, cell("A1", "<f>B1</f>"), number("C1", 1)),
        row(2, number("C2", 2)),
        after=merges("A1:A2", "B1:B2"),
    )
    second = rows_of(upload)[1].cells
    assert second[1] == Cell(None, Shape.EMPTY_FORMULA, formula=True, merged=True)
    assert 2 not in second


def test_a_merge_over_the_whole_sheet_costs_nothing() -> None:
    upload = book_of(ONE_ROW, row(1_048_576, number("B1048576", 2)), after=merges("A1:XFD1048576"))
    assert values(upload) == {1: {1: 1}, 1_048_576: {1: 1, 2: 2}}


# Blank rows


def test_a_stray_formatted_cell_far_away_is_not_there() -> None:
    upload = book_of(ONE_ROW, row(1_048_576, cell("XFD1048576", style="day")))
    assert rows_of(upload) == [RawRow(1, ONE_CELL)]


@pytest.mark.parametrize("gap", [40, 4_000])
def test_blank_formatted_rows_are_passed_over_wherever_they_are(gap: int) -> None:
    def blank(first: int) -> list[str]:
        return [
            row(index, cell(f"A{index}", style="day"), cell(f"B{index}", style="day"))
            for index in range(first, first + gap)
        ]

    upload = book_of(
        ONE_ROW, *blank(2), row(9_000, text("A9000", "fin")), *blank(9_001), row(20_000)
    )
    assert values(upload) == {1: {1: 1}, 9_000: {1: "fin"}}


@pytest.mark.parametrize("blank", ["<row></row>", "<row/>", "<row><c/></row>"])
def test_blank_rows_without_a_number_count_all_the_same(blank: str) -> None:
    upload = book_of(ONE_ROW, blank * 500, "<row><c><v>2</v></c></row>")
    assert values(upload) == {1: {1: 1}, 502: {1: 2}}
    numbered = row(1_000, cell("A1000", style="day"))
    upload = book_of(ONE_ROW, row(7), numbered, blank * 9_000, "<row><c><v>2</v></c></row>")
    assert values(upload) == {1: {1: 1}, 10_001: {1: 2}}
