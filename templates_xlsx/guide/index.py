"""The page about all the sheets: their order, how to fill them, the colours, what stops a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from domain.errors import KINDS, IssueKind, Scope
from domain.takeover.order import NEEDS
from templates_xlsx.generator import palette
from templates_xlsx.generator.guidance import ORDER, PURPOSES, filling_rules
from templates_xlsx.generator.template import ROOM
from templates_xlsx.generator.wording import FLAG_MEANINGS, flag_name
from templates_xlsx.guide import wording
from templates_xlsx.guide.declared import in_order
from templates_xlsx.guide.markdown import bullets, code, link, page, plain, table
from templates_xlsx.guide.sheet_page import linked
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.reader.refusals import (
    FILE_TOO_LARGE,
    FILE_TYPE_UNSUPPORTED,
    FILE_UNREADABLE,
    TooLarge,
    Unreadable,
    Unsupported,
)
from templates_xlsx.sheet import Flag, Sheet
from words import phrase

FILE_NAME = "README.md"
"""Shown where the folder is opened."""

_HUES = {
    Flag.MANDATORY: "dark petrol blue",
    Flag.CONDITIONAL: "petrol blue",
    Flag.RECOMMENDED: "sand",
    Flag.OPTIONAL: "pale blue",
    Flag.REFERENCE: "grey",
}
"""The colours of the palette as one calls them."""

_REASONS: dict[IssueKind, type[StrEnum]] = {
    FILE_UNREADABLE: Unreadable,
    FILE_TYPE_UNSUPPORTED: Unsupported,
    FILE_TOO_LARGE: TooLarge,
}


def index_page(language: str) -> str:
    """The page about all the sheets in `language`, in Markdown."""
    return page(
        f"# {phrase('The sheets to be filled in', language)}",
        phrase("Made from the columns as the program reads them; not to be edited.", language),
        f"## {phrase('Order of the files', language)}",
        phrase("Import the files in this order: each refers to those before it.", language),
        _table(
            ("No.", "Sheet", "What it is for", "To be imported before"), _sheets(language), language
        ),
        phrase("Two sheets of one number are two layouts of the same; fill in one.", language),
        phrase(
            "All of them may come in one workbook: the order is then seen to, and it is written as "
            "a whole or not at all.",
            language,
        ),
        f"## {phrase('Filling in', language)}",
        bullets(map(plain, _common_rules(language))),
        phrase(
            "Columns are recognised by their titles, French or English, in any order.", language
        ),
        f"## {phrase('Colours', language)}",
        phrase("The titles of a template, by how their column stands:", language),
        _table(("Standing", "Colour", "Meaning"), _legend(language), language),
        phrase("The rows of a file, once it was read:", language),
        _table(("Colour", "Meaning"), _colours(language), language),
        f"## {phrase('What may be said of a whole file', language)}",
        phrase("Of a file with a red note, nothing is imported.", language),
        _table(("Code", "Colour", "Sentence", "What to do"), _of_files(language), language),
        *_reasons(language),
    )


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]], language: str) -> str:
    return table([phrase(head, language) for head in heads], rows)


def _sheets(language: str) -> Iterator[tuple[str, ...]]:
    for sheet in sorted(LAYOUTS.values(), key=_number):
        yield (
            str(_number(sheet)),
            link(sheet.called(language), f"{sheet.kind}.md"),
            plain(phrase(PURPOSES[sheet.kind], language)),
            linked(NEEDS[sheet.kind], language) or "–",
        )


def _number(sheet: Sheet) -> int:
    """The place in the order of import; the second layout of the clients has that of the first."""
    kind = "clients" if sheet.kind == "clients_fusion" else sheet.kind
    return 1 + list(ORDER).index(kind)


def _common_rules(language: str) -> list[str]:
    """The rules of filling that hold for each sheet."""
    all_rules = [
        list(filling_rules(sheet, language=language, room=ROOM)) for sheet in LAYOUTS.values()
    ]
    return [rule for rule in all_rules[0] if all(rule in rules for rules in all_rules)]


def _legend(language: str) -> Iterator[tuple[str, ...]]:
    for flag in Flag:
        shade = code(palette.chip(flag)["bg_color"])
        hue = f"{phrase(_HUES[flag], language)} {shade}"
        yield flag_name(flag, language), hue, phrase(FLAG_MEANINGS[flag], language)
    yield (
        phrase("To be completed", language),
        f"{phrase('pale orange', language)} {code(palette.MISSING)}",
        phrase("A mandatory cell still empty in a row that was begun.", language),
    )


def _colours(language: str) -> Iterator[tuple[str, ...]]:
    for severity, meaning in wording.COLOUR_MEANINGS.items():
        yield wording.colour(severity, language), phrase(meaning, language)


def _of_files(language: str) -> Iterator[tuple[str, ...]]:
    for kind in in_order(kind for kind in KINDS.values() if kind.scope is Scope.FILE):
        yield (
            code(kind.code),
            wording.colour(kind.severity, language),
            wording.sentence(kind, language),
            wording.remedy(kind, language),
        )


def _reasons(language: str) -> Iterator[str]:
    """Why a file is refused before it is read, of each code that has several reasons."""
    for kind, reasons in _REASONS.items():
        yield phrase("The reasons of {code}:", language, code=code(kind.code))
        yield bullets(plain(phrase(reason, language)) for reason in reasons)
