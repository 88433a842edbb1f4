"""Symbols in names and codes: avoided, told, refused, and never run (O34)."""

from __future__ import annotations

import pytest

from tests.api.takeover.reviews import notes, project, reviewed, take
from tests.api.takeover.sheets import CLIENT, PROJECT, book, download, opened, without
from tests.support.api import ApiClient

# Symbols


@pytest.mark.parametrize("name", ["Étude * Sud", "[ZAC] Nord", 'La "Halle"', "Lot : 3", "🏠 Toit"])
def test_a_symbol_in_a_name_is_told_and_kept(firm: ApiClient, name: str) -> None:
    """O34: to be avoided, but a name is a name."""
    told = take(firm, "projects", {**PROJECT, "C": name})
    assert notes(told[2]) == {("SYMBOL_DISCOURAGED", "C")}
    found = project(firm, "NEW-0001")
    assert found is not None
    assert found["name"] == name


@pytest.mark.parametrize("name", ["L'Îlot d’Or & Cie", "Œuvre n° 3 (tr. 2)", "Mix-Cité A/B, S.A."])
def test_what_people_are_called_is_no_symbol(firm: ApiClient, name: str) -> None:
    """O34: accents, apostrophes, ampersands and brackets are no reason for an alarm."""
    told = take(firm, "projects", {**PROJECT, "C": name})
    assert told[2]["colour"] == "GREEN"


@pytest.mark.parametrize(
    ("code", "note"),
    [
        ("LOG#1", {("SYMBOL_FORBIDDEN", "B")}),
        ("=LOG1", {("SYMBOL_FORBIDDEN", "B")}),
        ("LOG;1", {("SYMBOL_FORBIDDEN", "B")}),
        ("LOG 1", {("SYMBOL_DISCOURAGED", "B")}),
        ("LOG/É", {("SYMBOL_DISCOURAGED", "B")}),
        ("LOG-1_a.2", set()),
    ],
)
def test_a_symbol_in_a_code_is_told_or_refused(
    firm: ApiClient, code: str, note: set[tuple[str, str]]
) -> None:
    """O34: codes go into file names, exports and addresses."""
    _, rows = reviewed(firm, book("projects", {**PROJECT, "B": code}))
    assert notes(rows[2]) == note


def test_a_name_that_looks_like_a_formula_stays_a_text_in_our_templates(firm: ApiClient) -> None:
    """O34: what a stranger typed must not run when the firm opens its own file."""
    for attack in ('=HYPERLINK("http://evil.example";"x")', "+1+cmd|' /C calc'!A0", "@SUM(1)"):
        take(firm, "clients", {**without(CLIENT, "N"), "B": attack, "C": None})
    _, sheet = opened(download(firm, "clients", prefilled=True))
    names = [row[1] for row in sheet.iter_rows(min_row=2) if row[1].value]
    attacks = [cell for cell in names if str(cell.value)[0] in "=+@"]
    assert len(attacks) == 3
    assert {cell.data_type for cell in attacks} == {"s"}
