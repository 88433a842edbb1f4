"""What a template says of one column: how it stands, its hint, its header note and its messages.

Excel keeps 32 characters of a message's title and 255 of a message, and refuses the file beyond.
"""

from __future__ import annotations

from collections.abc import Callable

from templates_xlsx.layouts import whole_layout
from templates_xlsx.sheet import Column, Flag, Setting, Sheet
from words import phrase

TITLE_LIMIT, MESSAGE_LIMIT = 32, 255

FLAG_NAMES = {
    Flag.MANDATORY: "Mandatory",
    Flag.CONDITIONAL: "As the case may be",
    Flag.RECOMMENDED: "Recommended",
    Flag.OPTIONAL: "Optional",
    Flag.REFERENCE: "Locked reference",
}
FLAG_MEANINGS = {
    Flag.MANDATORY: "To be filled on every row: a row that misses it is refused.",
    Flag.CONDITIONAL: "To be filled in the case that its rule tells.",
    Flag.RECOMMENDED: "Strongly advised: the row is imported without it, with a warning.",
    Flag.OPTIONAL: "Not mandatory; filling it is recommended when you know the value.",
    Flag.REFERENCE: "Filled and locked by the system: never change it.",
}


Standing = Callable[[Column], Flag]
"""How a column stands for the firm the template is made for."""


def standing_in(sheet: Sheet, setting: Setting) -> Standing:
    """The flags of `sheet` for a firm (an entity is mandatory from two entities on)."""
    flag = whole_layout(sheet).flag
    return lambda column: flag(column, setting)


def flag_name(flag: Flag, language: str) -> str:
    return phrase(FLAG_NAMES[flag], language)


def rule(column: Column, language: str) -> str:
    """The column's hint; of a locked column, that it is not to be touched."""
    if column.locked:
        return phrase(FLAG_MEANINGS[Flag.REFERENCE], language)
    return column.hint(language)


def rule_in(sheet: Sheet, column: Column, language: str) -> str:
    """The rule of a column of `sheet`, and of its new rows where that is another."""
    told = rule(column, language)
    if column.key not in sheet.free_when_new:
        return told
    return f"{told} " + phrase("On a new row: {rule}", language, rule=column.hint(language))


def example(column: Column, language: str) -> str:
    return phrase("Example: {example}", language, example=column.example) if column.example else ""


def header_note(column: Column, flag: Flag, language: str) -> str:
    """The comment of the header cell."""
    return _lines(flag_name(flag, language), rule(column, language), example(column, language))


def input_title(column: Column, language: str) -> str:
    return _short(column.title(language), TITLE_LIMIT)


def input_message(column: Column, language: str) -> str:
    """What shows beside a cell when it is chosen."""
    return _short(_lines(rule(column, language), example(column, language)), MESSAGE_LIMIT)


def error_message(column: Column, language: str) -> str:
    """What shows when a typed value is refused by the cell."""
    said = phrase(
        "This value does not fit. Expected: {rule}", language, rule=column.kind.say(language)
    )
    return _short(_lines(said, example(column, language)), MESSAGE_LIMIT)


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
