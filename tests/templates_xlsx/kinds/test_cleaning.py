"""The row "every cell" of DOMAIN §3.3."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates_xlsx.kinds import Address, Text
from templates_xlsx.kinds.cleaning import cleaned, cleaned_lines, looks_wrongly_decoded, shown
from templates_xlsx.raw import Cell, Shape
from tests.templates_xlsx.kinds.readings import day, number, outcome, percent, time, truth

few = settings(max_examples=100, deadline=None)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  Foncière   des Tilleuls ", "Foncière des Tilleuls"),
        ("a\u00a0b\u202fc\u2009d", "a b c d"),
        ("Ame\u0301lie", "Amélie"),
        ("a\u200bb\u00adc\ufeffd", "abcd"),
        ("a\x00b\x07c", "abc"),
        ("tab\tand\nline", "tab and line"),
        ("14 rue_x000D_\n", "14 rue"),
        ("-", ""),
        ("--", ""),
        ("—", ""),
        (" ? ", ""),
        ("   ", ""),
        ("\u00a0", ""),
        ("N/A", "N/A"),
        ("--a", "--a"),
    ],
)
def test_a_cell_is_read_as_the_person_meant_it(raw: str, text: str) -> None:
    assert cleaned(raw) == text


@few
@given(st.text(max_size=60))
def test_a_clean_text_stays_as_it_is(raw: str) -> None:
    text = cleaned(raw)
    assert cleaned(text) is text or cleaned(text) == ""
    assert "  " not in text
    assert text == text.strip()


def test_a_text_with_nothing_to_clean_is_not_copied() -> None:
    text = "Foncière des Tilleuls Argentés"
    assert cleaned(text) is text


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        ("14 rue des Tilleuls\n75011 Paris", "14 rue des Tilleuls\n75011 Paris"),
        ("200 quai du Large  \r\n 76600 Le Havre\n", "200 quai du Large\n76600 Le Havre"),
        ("a\r\rb\n\n\nc", "a\nb\nc"),
        ("a_x000D_\nb", "a\nb"),
        ("a_x000D_b", "a\nb"),
        ("a\u2028b", "a\nb"),
        ("-", ""),
    ],
)
def test_an_address_keeps_its_lines_and_drops_empty_ones(raw: str, lines: str) -> None:
    assert cleaned_lines(raw) == lines


@pytest.mark.parametrize(
    "text", ["FonciÃ¨re", "Ã©tude", "SociÃ©tÃ©", "lâ€™orÃ©e", "NÂ° 5", "a\ufffdb"]
)
def test_a_wrongly_decoded_text_is_told_and_kept(text: str) -> None:
    assert looks_wrongly_decoded(text)
    assert outcome(Text(), text) == (text, ["TEXT_MOJIBAKE"])


@pytest.mark.parametrize(
    "text", ["Âge d'Or", "ÂGE", "São Paulo", "Åkerlund", "CHÂTEAU", "Laß", "Ã"]
)
def test_letters_that_exist_are_no_mojibake(text: str) -> None:
    assert not looks_wrongly_decoded(text)


def test_a_text_is_never_cut() -> None:
    assert outcome(Text(), "a" * 255) == ("a" * 255, [])
    assert outcome(Text(), "a" * 256) == (None, ["TEXT_TOO_LONG"])
    assert outcome(Text(2000), "a" * 2000) == ("a" * 2000, [])
    assert outcome(Address(), "a" * 500) == ("a" * 500, [])
    assert outcome(Address(), "a" * 501) == (None, ["TEXT_TOO_LONG"])


def test_an_error_and_a_formula_without_value_are_told() -> None:
    assert outcome(Text(), Cell("#REF!", Shape.ERROR)) == (None, ["CELL_ERROR"])
    unfilled = Cell(None, Shape.EMPTY_FORMULA, formula=True)
    assert outcome(Text(), unfilled) == (None, ["FORMULA_NO_VALUE"])


def test_an_empty_cell_says_nothing() -> None:
    assert outcome(Text(), "  ") == (None, [])


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (number("12500.50"), "12500.5"),
        (number("1.25E+4"), "12500"),
        (number("0.30000000000000004"), "0.3"),
        (number(1000, zeros=5), "01000"),
        (percent("0.45"), "45%"),
        (percent("0.055"), "5.5%"),
        (time("0.3125"), "7:30"),
        (day(2026, 10, 31), "2026-10-31"),
        (day(2026, 10, 31, 8, 5), "2026-10-31 08:05:00"),
        (truth(True), "Vrai"),
        (Cell("  as typed "), "  as typed "),
    ],
)
def test_a_raw_cell_is_shown_as_text(cell: Cell, text: str) -> None:
    assert shown(cell, "fr") == text


def test_a_number_in_a_text_column_gives_its_digits() -> None:
    assert outcome(Text(), number(75011)) == ("75011", [])
    assert outcome(Text(), number(1000, zeros=5)) == ("01000", [])
    assert outcome(Text(), Cell(Decimal("33144001122"), Shape.NUMBER)) == ("33144001122", [])
