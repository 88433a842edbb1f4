"""The page of one sheet: what it is for, its columns, and all that may be said of its rows."""

from __future__ import annotations

from collections.abc import Iterator

from domain.errors import IssueKind
from domain.takeover.order import NEEDS
from templates_xlsx.generator.guidance import PURPOSES, filling_rules
from templates_xlsx.generator.template import ROOM
from templates_xlsx.guide import wording
from templates_xlsx.guide.declared import Declared, declared
from templates_xlsx.guide.markdown import bullets, code, link, page, plain, table
from templates_xlsx.issues import EVERY_CELL
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.sheet import Column, Sheet
from words import phrase

_COLUMN_HEADS = ("Column", "Title", "Standing", "Rule", "Example", "What may be said of it")
_CODE_HEADS = ("Code", "Colour", "Said of", "Sentence", "What to do")


def sheet_page(sheet: Sheet, language: str) -> str:
    """The page of `sheet` in `language`, in Markdown."""
    told = declared(sheet)
    return page(
        f"# {plain(sheet.called(language))}",
        phrase(PURPOSES[sheet.kind], language),
        link(phrase("All the sheets", language), "README.md"),
        bullets(_of_the_file(sheet, language)),
        f"## {phrase('Filling in', language)}",
        bullets(map(plain, filling_rules(sheet, language=language, room=ROOM))),
        f"## {phrase('Columns', language)}",
        table(
            [phrase(head, language) for head in _COLUMN_HEADS],
            (_column_row(sheet, column, told, language) for column in sheet.columns),
        ),
        phrase("Besides, of a cell of any column:", language),
        wording.codes(EVERY_CELL, language),
        f"## {phrase('What may be said of a row', language)}",
        table(
            [phrase(head, language) for head in _CODE_HEADS],
            (_code_row(sheet, kind, told, language) for kind in told.kinds),
        ),
    )


def _of_the_file(sheet: Sheet, language: str) -> Iterator[str]:
    sentence = "Sheet “{french}” in French, “{english}” in English."
    yield plain(phrase(sentence, language, french=sheet.fr, english=sheet.en))
    if needed := NEEDS[sheet.kind]:
        yield phrase("To be imported before: {sheets}.", language, sheets=linked(needed, language))
    else:
        yield phrase("No file has to be imported before.", language)


def linked(kinds: tuple[str, ...], language: str) -> str:
    """The sheets of these kinds, each with a link to its page."""
    return ", ".join(link(LAYOUTS[kind].called(language), f"{kind}.md") for kind in kinds)


def _column_row(sheet: Sheet, column: Column, told: Declared, language: str) -> tuple[str, ...]:
    return (
        column.letter,
        f"**{plain(column.title(language))}**",
        wording.standing(sheet, column, language),
        wording.rule(column, language),
        wording.example(column, language),
        wording.codes(told.columns[column.key], language),
    )


def _code_row(sheet: Sheet, kind: IssueKind, told: Declared, language: str) -> tuple[str, ...]:
    return (
        code(kind.code),
        wording.colour(kind.severity, language),
        _place(sheet, kind, told, language),
        wording.sentence(kind, language),
        wording.remedy(kind, language),
    )


def _place(sheet: Sheet, kind: IssueKind, told: Declared, language: str) -> str:
    """The letters of the columns that it is said of; any cell, or the row."""
    if kind in EVERY_CELL:
        return phrase("any cell", language)
    letters = [one.letter for one in sheet.columns if kind in told.columns[one.key]]
    of_row = [phrase("the row", language)] if kind in told.row else []
    return ", ".join([*letters, *of_row])
