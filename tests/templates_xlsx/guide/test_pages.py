"""The pages of the guide say every column and every code, in both languages."""

from __future__ import annotations

import re

import pytest

from domain.errors import KINDS, Scope
from templates_xlsx.guide import declared, guide
from templates_xlsx.guide.markdown import plain
from templates_xlsx.layouts import LAYOUTS
from words import LANGUAGES

PAGES = guide()
PLACES = [(language, kind) for language in LANGUAGES for kind in LAYOUTS]


def page(language: str, name: str) -> list[str]:
    return PAGES[f"{language}/{name}.md"].splitlines()


def cells(line: str) -> list[str]:
    """The cells of a line of a table; a bar that is written with a backslash is text."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def row(language: str, name: str, first: str) -> list[str]:
    """The line of a table that begins with `first`."""
    (found,) = (line for line in page(language, name) if line.startswith(f"| {first} |"))
    return cells(found)


def test_there_is_a_page_for_each_sheet_and_language_and_one_for_all() -> None:
    expected = {f"{language}/{kind}.md" for language, kind in PLACES}
    assert set(PAGES) == expected | {f"{language}/README.md" for language in LANGUAGES}
    assert guide() == PAGES


@pytest.mark.parametrize(("language", "kind"), PLACES)
def test_a_sheet_s_page_has_all_its_columns(language: str, kind: str) -> None:
    """O10–O31: letter, title, rule and codes of each column."""
    told = declared(LAYOUTS[kind])
    for column in LAYOUTS[kind].columns:
        letter, title, standing, rule, _, codes = row(language, kind, column.letter)
        assert (letter, title) == (column.letter, f"**{plain(column.title(language))}**")
        assert standing
        assert rule
        named = set(re.findall(r"`(\w+)`", codes))
        assert named == {kind.code for kind in told.columns[column.key]}


@pytest.mark.parametrize(("language", "kind"), PLACES)
def test_a_sheet_s_page_explains_every_code_it_names(language: str, kind: str) -> None:
    named = set(re.findall(r"`([A-Z_]+)`", PAGES[f"{language}/{kind}.md"]))
    assert named == {one.code for one in declared(LAYOUTS[kind]).kinds}
    for code in named:
        _, colour, place, sentence, remedy = row(language, kind, f"`{code}`")
        assert colour
        assert place
        assert sentence
        assert remedy


@pytest.mark.parametrize("name", PAGES)
def test_every_table_is_whole_and_no_fact_is_left_unsaid(name: str) -> None:
    heads: int | None = None
    for line in PAGES[name].splitlines():
        if not line.startswith("|"):
            heads = None
            continue
        heads = heads or len(cells(line))
        assert len(cells(line)) == heads, line
    assert not re.search(r"\{\w+\}|\[\[|…\.|… …", PAGES[name])


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_page(name: str) -> None:
    folder = name.split("/")[0]
    for target in re.findall(r"\]\(([^)]+)\)", PAGES[name]):
        assert f"{folder}/{target}" in PAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_index_explains_every_code_of_a_whole_file(language: str) -> None:
    codes = {kind.code for kind in KINDS.values() if kind.scope is Scope.FILE}
    text = PAGES[f"{language}/README.md"]
    assert codes <= set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))


def test_the_index_tells_the_order_of_import() -> None:
    """O08, O09: the two layouts of the clients have one number."""
    lines = [cells(line) for line in page("en", "README") if re.match(r"\| \d", line)]
    assert [(number, sheet.split("(")[1]) for number, sheet, _, _ in lines[:4]] == [
        ("1", "clients.md)"),
        ("1", "clients_fusion.md)"),
        ("2", "projects.md)"),
        ("3", "phases.md)"),
    ]
    assert lines[-1][3].count(".md") == 3


def test_what_depends_on_the_firm_or_on_another_cell_is_said() -> None:
    assert row("en", "phases", "A")[2] == "Mandatory when your firm has several entities"
    assert row("fr", "phases", "A")[2] == "Obligatoire si votre agence a plusieurs entités"
    assert row("en", "phases", "Q")[2] == "Mandatory when “Billing method” is “prepaid hours”"
    assert row("en", "phases", "P")[2] == "As the case may be"
    assert row("en", "projects", "L")[2] == "Recommended when “VAT rate” is “0”"
    assert row("en", "clients", "G")[2] == (
        "Mandatory<br>Recommended when your firm does not require VAT numbers"
    )


def test_examples_of_lists_are_in_the_language_of_the_page() -> None:
    assert row("fr", "phases", "H")[4] == "avancement"
    assert row("en", "phases", "H")[4] == "progress"
    assert row("en", "collaborators", "N")[4] == "Yes"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a | b", r"a \| b"), ("- _ and *", r"- \_ and \*"), ("<x>", r"\<x\>"), ("a\nb", "a<br>b")],
)
def test_a_text_shows_as_it_is(text: str, shown: str) -> None:
    assert plain(text) == shown
