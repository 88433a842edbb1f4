"""Names, codes, addresses (DOMAIN §3.3, §3.6; O34: avoid symbols)."""

from __future__ import annotations

import pytest

from templates_xlsx.kinds import Address, Code, Name, Phone, Ref, Text, Token
from templates_xlsx.raw import Cell
from tests.templates_xlsx.kinds.readings import FRENCH, day, number, outcome, power, text, truth


@pytest.mark.parametrize(
    "name",
    [
        "Foncière des Tilleuls Argentés",
        "Groupe Hôtelier Belle-Étoile & Associés",
        "SCI «\u00a0Les Terrasses de l’Échevin\u00a0»".replace("\u00a0", " "),
        "M. et Mme Lefèvre-Nguyen (Paris)",
        "Kaze Sekkei K.K.",
        "Lot 3/4, n° 12",
        "Luxembourg Kirchwiese S.à r.l.",
        "Bauwerk Süd GmbH",
    ],
)
def test_people_s_names_pass_in_silence(name: str) -> None:
    """O34."""
    assert outcome(Name(), name) == (name, [])


@pytest.mark.parametrize(
    "name",
    [
        "A*B",
        "A?",
        "A<B",
        "A|B",
        'A"B',
        "A\\B",
        "A[1]",
        "A{1}",
        "A:B",
        "A;B",
        "A=B",
        "A`B",
        "Maison 🏠",
    ],
)
def test_symbols_in_names_are_discouraged_and_kept(name: str) -> None:
    """O34."""
    assert outcome(Name(), name) == (name, ["SYMBOL_DISCOURAGED"])


@pytest.mark.parametrize("name", ["+Plus", "-Moins", "@home", "=1+1"])
def test_a_name_that_starts_like_a_formula_is_discouraged(name: str) -> None:
    assert outcome(Name(), name) == (name, ["SYMBOL_DISCOURAGED"])


def test_the_symbols_found_are_named_once() -> None:
    reading = Name().read(text("a*b*c?"), FRENCH)
    assert reading.notes[0].facts["symbols"] == "* ?"


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        ("LOG-2403", "LOG-2403", []),
        ("cli-0013", "CLI-0013", []),
        ("a_b.c", "A_B.C", []),
        ("LOG 2403", "LOG 2403", ["SYMBOL_DISCOURAGED"]),
        ("LOG/2403", "LOG/2403", ["SYMBOL_DISCOURAGED"]),
        ("Été-1", "ÉTÉ-1", ["SYMBOL_DISCOURAGED"]),
        ("TST*01?", None, ["SYMBOL_FORBIDDEN"]),
        ("A'B", None, ["SYMBOL_FORBIDDEN"]),
        ("A&B", None, ["SYMBOL_FORBIDDEN"]),
        ("=A1", None, ["SYMBOL_FORBIDDEN"]),
        ("m²", None, ["SYMBOL_FORBIDDEN"]),
    ],
)
def test_a_code_is_capitals_digits_and_three_marks(
    raw: str, code: str | None, said: list[str]
) -> None:
    """O15, O34."""
    assert outcome(Code(), raw) == (code, said)


def test_a_number_is_a_code_too() -> None:
    assert outcome(Code(), number(706000)) == ("706000", [])
    assert outcome(Code(), number(7, zeros=3)) == ("007", [])


def test_a_code_is_as_long_as_its_column_in_the_database() -> None:
    assert outcome(Code(), "A" * 64) == ("A" * 64, [])
    assert outcome(Code(), "A" * 65) == (None, ["TEXT_TOO_LONG"])


def test_an_address_has_six_lines_at_most() -> None:
    """O11."""
    six = "\n".join("abcdef")
    assert outcome(Address(), six) == (six, [])
    assert outcome(Address(), six + "\ng") == (None, ["TEXT_TOO_LONG"])


def test_a_telephone_number_is_text() -> None:
    assert outcome(Phone(), "+33 1 44 00 11 22") == ("+33 1 44 00 11 22", [])
    assert outcome(Phone(), number(144001122)) == ("144001122", [])


def test_a_reference_is_kept_as_clean_text() -> None:
    assert outcome(Ref("client"), " SCI  L'Orée ") == ("SCI L'Orée", [])
    assert outcome(Ref("project"), "pat-2501") == ("pat-2501", [])
    assert outcome(Token(), " JABC ") == ("JABC", [])


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        (day(2026, 3, 1), "2026-03-01"),
        (truth(True), "Vrai"),
        (truth(False), "Faux"),
        (power("3E+5"), "300000"),
    ],
)
def test_what_a_spreadsheet_took_for_a_date_is_no_code_and_a_doubtful_name(
    cell: Cell, kept: str
) -> None:
    """Of 3-1 it made a date, of 3E5 300000: what was typed is lost; of a remark nothing is."""
    assert outcome(Code(), cell) == (None, ["CODE_NOT_TEXT"])
    for kind in (Name(), Text(), Text(32), Phone()):
        assert outcome(kind, cell) == (kept, ["CELL_NOT_TEXT"])
    assert outcome(Text(2000), cell) == (kept, [])
    assert outcome(Code(), kept) == (kept.upper(), [])
    assert outcome(Name(), kept) == (kept, [])
