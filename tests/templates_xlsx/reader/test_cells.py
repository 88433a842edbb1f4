"""One trait of a cell a test: what the file says of it, and what it is read as."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from domain.errors import Severity
from templates_xlsx.raw import Cell, Shape
from tests.templates_xlsx.reader.books import (
    book_of,
    cell,
    number,
    only_cell,
    refusal_of,
    row,
    rows_of,
    strings,
    text,
    workbook,
)


def one(xml: str, **named: str | None) -> Cell:
    return only_cell(book_of(row(1, xml), **named))


def day(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


# Texts


def test_a_shared_text_is_found_by_its_number() -> None:
    table = strings("<t>un</t>", "<t>deux &amp; trois</t>")
    assert one(cell("A1", "<v>1</v>", kind="s"), strings=table) == Cell("deux & trois")


def test_a_rich_text_is_its_runs_without_how_they_are_pronounced() -> None:
    rich = (
        '<r><t>Réf</t></r><r><rPr><b/></rPr><t xml:space="preserve"> 漢字</t></r>'
        '<rPh sb="0" eb="2"><t>かんじ</t></rPh><phoneticPr fontId="1"/>'
    )
    assert one(cell("A1", "<v>0</v>", kind="s"), strings=strings(rich)).value == "Réf 漢字"
    assert one(cell("A1", f"<is>{rich}</is>", kind="inlineStr")).value == "Réf 漢字"


def test_escaped_characters_are_decoded_and_an_escaped_escape_is_not() -> None:
    assert one(text("A1", "a_x000D_\nb")).value == "a\r\nb"
    assert one(text("A1", "_x005F_x000D_")).value == "_x000D_"
    table = strings("<t>1_x002C_5</t>")
    assert one(cell("A1", "<v>0</v>", kind="s"), strings=table).value == "1,5"


def test_escaped_surrogates_make_one_character_or_none() -> None:
    assert one(text("A1", "_xD83D__xDE00_")).value == "😀"
    assert one(text("A1", "_xD83D_!")).value == "\ufffd!"


def test_an_escaped_nul_is_dropped() -> None:
    assert one(text("A1", "a_x0000_b")).value == "ab"


def test_spaces_of_a_text_are_kept_as_they_are() -> None:
    assert one(text("A1", " 1\u202f234,56\u00a0€ ")).value == " 1\u202f234,56\u00a0€ "


def test_what_looks_like_a_formula_in_a_text_is_a_text() -> None:
    assert one(text("A1", "=1+1")) == Cell("=1+1")


def test_comments_and_character_sections_do_not_part_a_value() -> None:
    assert one(number("A1", "1<!-- -->2")).value == Decimal(12)
    assert one(text("A1", "a<!--x-->b<![CDATA[<c>]]>")).value == "ab<c>"


def test_an_empty_text_is_no_cell() -> None:
    table = strings("<t/>", "<t></t>")
    empty = [
        cell("A1", "<v>0</v>", kind="s"),
        cell("B1", "<v>1</v>", kind="s"),
        text("C1", ""),
        cell("D1", "<v></v>"),
        cell("E1", style="day"),
    ]
    assert rows_of(book_of(row(1, *empty), strings=table)) == []


@pytest.mark.parametrize("inner", ["<v>1.0</v><is><t>1.</t></is>", "<is><t>1.</t></is><v>1.0</v>"])
def test_a_text_written_both_ways_is_the_one_that_its_type_says(inner: str) -> None:
    assert one(cell("A1", inner, kind="inlineStr")) == Cell("1.")
    assert refusal_of(book_of(row(1, cell("A1", inner)))).code == "FILE_UNREADABLE"


# Numbers


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12345678901234567890", "12345678901234567890"),
        ("83212345600012", "83212345600012"),
        ("8.3212345600012E13", "83212345600012"),
        ("1E2", "100"),
        ("12.0", "12"),
        ("100.50", "100.5"),
        ("-0", "0"),
        (" 5 ", "5"),
        ("0.1", "0.1"),
        (".5", "0.5"),
        ("1.25e-7", "1.25E-7"),
        ("0.30000000000000004", "0.3"),
        ("22868.950000000001", "22868.95"),
        ("99999.999999999999", "100000"),
        ("1234567890123456.0", "1234567890123456"),
        ("0.12345678901234567890", "0.1234567890123456789"),
    ],
)
def test_a_number_is_exact_and_given_as_a_spreadsheet_shows_it(written: str, value: str) -> None:
    found = one(number("A1", written))
    assert isinstance(found.value, Decimal)
    assert (str(found.value), found.shape) == (value, Shape.NUMBER)


@pytest.mark.parametrize("written", ["9" * 41, "1E309", "1E9999", "1E-999"])
def test_a_number_beyond_a_spreadsheet_s_refuses_the_file(written: str) -> None:
    issue = refusal_of(book_of(row(1, number("A1", written))))
    assert issue.code == "FILE_UNREADABLE"
    assert issue.severity is Severity.ERROR
    assert issue.facts["place"] == " (Clients, A1)"
    assert (issue.row, issue.column) == (1, "A")


@pytest.mark.parametrize("written", ["abc", "1,5", "1_000", "٣", "--1", "1E99999"])
def test_what_is_no_number_refuses_the_file_and_says_where(written: str) -> None:
    issue = refusal_of(book_of(row(1, number("A1", 1)), row(7, number("C7", written))))
    assert issue.code == "FILE_UNREADABLE"
    assert (issue.row, issue.column, issue.found) == (7, "C", written)


@pytest.mark.parametrize("written", ["NaN", "INF", "-INF"])
def test_a_number_that_is_none_is_an_error_of_its_cell(written: str) -> None:
    assert one(number("A1", written)) == Cell(written, Shape.ERROR)


def test_a_number_in_a_text_format_stays_a_number() -> None:
    assert one(number("A1", 83212345600012, "text")).shape is Shape.NUMBER


def test_an_unknown_style_shows_a_plain_number() -> None:
    assert one('<c r="A1" s="999"><v>5</v></c>') == Cell(Decimal(5), Shape.NUMBER)


# Number formats


@pytest.mark.parametrize(
    ("style", "shape", "zeros"),
    [
        ("percent", Shape.PERCENT, 0),
        ("hour", Shape.TIME, 0),
        ("hours", Shape.TIME, 0),
        ("siret", Shape.NUMBER, 14),
        ("grouped siret", Shape.NUMBER, 14),
        ("phone", Shape.NUMBER, 10),
        ("amount", Shape.NUMBER, 0),
        ("coloured", Shape.NUMBER, 0),
        ("quoted", Shape.NUMBER, 0),
        ("power", Shape.SCIENTIFIC, 0),
        ("engineer", Shape.SCIENTIFIC, 0),
        ("own power", Shape.SCIENTIFIC, 0),
        ("e", Shape.NUMBER, 0),
    ],
)
def test_a_number_format_tells_the_shape_and_the_padding(
    style: str, shape: Shape, zeros: int
) -> None:
    assert one(number("A1", "0.45", style)) == Cell(Decimal("0.45"), shape, zeros=zeros)


@pytest.mark.parametrize("style", ["day", "day and hour", "french day", "long day", "month"])
def test_a_date_format_makes_a_date(style: str) -> None:
    assert one(number("A1", "46347.75", style)) == Cell(day(2026, 11, 21, 18), Shape.DATE)


def test_days_count_from_1904_when_the_workbook_says_so() -> None:
    old_mac = workbook(properties='<workbookPr date1904="1"/>')
    assert one(number("A1", 44885, "day"), workbook=old_mac).value == day(2026, 11, 21)
    assert one(number("A1", 0, "day"), workbook=old_mac).value == day(1904, 1, 1)


@pytest.mark.parametrize(
    ("serial", "value"),
    [
        ("1", day(1900, 1, 1)),
        ("59", day(1900, 2, 28)),
        ("61", day(1900, 3, 1)),
        ("2958465", day(9999, 12, 31)),
        ("46347.354166666664", day(2026, 11, 21, 8, 30)),
        ("46347.99999999999", day(2026, 11, 22)),
    ],
)
def test_a_serial_is_the_day_that_a_spreadsheet_shows(serial: str, value: datetime) -> None:
    assert one(number("A1", serial, "day")).value == value


@pytest.mark.parametrize("serial", ["0.5", "60", "60.5", "-1", "2958466", "1E300"])
def test_a_serial_that_is_no_day_stays_a_number(serial: str) -> None:
    found = one(number("A1", serial, "day"))
    assert (found.value, found.shape) == (Decimal(serial), Shape.NUMBER)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-21", Cell(day(2026, 11, 21), Shape.DATE)),
        ("2026-11-21T08:30:00Z", Cell(day(2026, 11, 21, 8, 30), Shape.DATE)),
        ("06:00:00", Cell(Decimal("0.25"), Shape.TIME)),
        ("bientôt", Cell("bientôt")),
    ],
)
def test_a_date_written_in_iso_is_a_date_or_a_time(written: str, expected: Cell) -> None:
    assert one(cell("A1", f"<v>{written}</v>", kind="d")) == expected


# Booleans, errors, formulas


def test_booleans_are_true_or_false() -> None:
    found = rows_of(
        book_of(row(1, cell("A1", "<v>1</v>", kind="b"), cell("B1", "<v>0</v>", kind="b")))
    )
    assert found[0].cells == {1: Cell(True, Shape.BOOLEAN), 2: Cell(False, Shape.BOOLEAN)}


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#SPILL!"])
def test_an_error_is_kept_with_its_text(error: str) -> None:
    assert one(cell("A1", f"<v>{error}</v>", kind="e")) == Cell(error, Shape.ERROR)


@pytest.mark.parametrize(
    "formula", ["<f>A2*2</f>", '<f t="shared" si="0"/>', '<f t="array" ref="A1">A&amp;B</f>']
)
def test_a_formula_gives_its_stored_value_and_says_so(formula: str) -> None:
    found = one(cell("A1", f"{formula}<v>46347</v>", style="day"))
    assert found == Cell(day(2026, 11, 21), Shape.DATE, formula=True)


@pytest.mark.parametrize("inner", ["<f>A2</f>", "<f>A2</f><v></v>", "<f>A2</f><v/>", "<f/>"])
def test_a_formula_without_a_stored_value_is_no_empty_cell(inner: str) -> None:
    assert one(cell("A1", inner)) == Cell(None, Shape.EMPTY_FORMULA, formula=True)


def test_a_formula_whose_result_is_an_empty_text_is_blank() -> None:
    """A row of formulas giving "" is a blank row (DOMAIN 3.2)."""
    assert rows_of(book_of(row(1, cell("A1", '<f>""</f><v></v>', kind="str")))) == []


def test_an_error_of_a_formula_is_an_error() -> None:
    found = one(cell("A1", "<f>1/0</f><v>#DIV/0!</v>", kind="e"))
    assert found == Cell("#DIV/0!", Shape.ERROR, formula=True)


@pytest.mark.parametrize(
    "wrong",
    [
        cell("A1", "<v>7</v>", kind="s"),
        cell("A1", "<v>-1</v>", kind="s"),
        cell("A1", "<v>2</v>", kind="b"),
        cell("A1", "<v>1</v>", kind="z"),
    ],
)
def test_a_cell_that_is_not_of_its_type_refuses_the_file(wrong: str) -> None:
    issue = refusal_of(book_of(row(1, wrong)))
    assert (issue.code, issue.facts["place"]) == ("FILE_UNREADABLE", " (Clients, A1)")
