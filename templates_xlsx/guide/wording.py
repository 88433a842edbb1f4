"""The guide in words: how a column stands, its rule and example, what an issue says in general."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from domain.errors import IssueKind, Severity
from templates_xlsx.generator import wording
from templates_xlsx.guide.declared import (
    AS_A_RULE,
    NO_VAT_NUMBER_NEEDED,
    SEVERAL_ENTITIES,
    in_order,
)
from templates_xlsx.guide.markdown import code, lines, plain
from templates_xlsx.kinds import Choice, YesNo
from templates_xlsx.layouts import whole_layout
from templates_xlsx.layouts.rules.telling import Rule
from templates_xlsx.raw import Cell
from templates_xlsx.sheet import Column, Flag, Sheet
from words import phrase

COLOURS = {Severity.ERROR: "Red", Severity.WARNING: "Yellow", Severity.INFO: "Information"}
COLOUR_MEANINGS = {
    Severity.ERROR: "The row is not imported: correct it, or leave it out.",
    Severity.WARNING: "The row is imported as its warning says; you may leave it out instead.",
    Severity.INFO: "Nothing is asked of you: you are told how the file was read.",
}
"""What becomes of a row of which it is said (A21, A22)."""

_REMEDIES = {
    Severity.ERROR: "Correct it, or leave the row out.",
    Severity.WARNING: "Look at it, and correct it if need be.",
    Severity.INFO: "Nothing.",
}
"""What to do where the kind of issue has no remedy of its own."""

_FIRM_CASES = (
    (SEVERAL_ENTITIES, "{standing} when your firm has several entities"),
    (NO_VAT_NUMBER_NEEDED, "{standing} when your firm does not require VAT numbers"),
)
_CELL_CASE = "{standing} when “{column_title}” is “{value}”"

_FACTS = re.compile(r"\{\w+\}(?: ?\{\w+\})*")


def standing(sheet: Sheet, column: Column, language: str) -> str:
    """How a column stands, in each case there is."""
    flag = whole_layout(sheet).flag(column, AS_A_RULE)
    cases = list(_cases(sheet, column, flag, language))
    usual = () if flag is Flag.CONDITIONAL and cases else (wording.flag_name(flag, language),)
    return lines(*usual, *cases)


def _cases(sheet: Sheet, column: Column, usual: Flag, language: str) -> Iterator[str]:
    layout = whole_layout(sheet)
    for firm, sentence in _FIRM_CASES:
        flag = layout.flag(column, firm)
        if flag is not usual:
            yield phrase(sentence, language, standing=wording.flag_name(flag, language))
    for rule in layout.rules:
        if rule.when is not None and column in rule.columns:
            yield _case(sheet, rule, rule.when, language)


def _case(sheet: Sheet, rule: Rule, when: tuple[str, object], language: str) -> str:
    """The case that another cell of the row makes: what is red then makes a cell mandatory."""
    key, value = when
    is_red = any(kind.severity is Severity.ERROR for kind in rule.codes)
    other = sheet.column(key)
    said = phrase(
        _CELL_CASE,
        language,
        standing=wording.flag_name(Flag.MANDATORY if is_red else Flag.RECOMMENDED, language),
        column_title=other.title(language),
        value=other.kind.write(value, language),
    )
    return plain(said)


def rule(column: Column, language: str) -> str:
    """What a column is for, then what its cells may hold."""
    told = wording.rule(column, language)
    of_kind = "" if column.locked else column.kind.say(language)
    return lines(plain(told), plain(of_kind) if of_kind != told else "")


def example(column: Column, language: str) -> str:
    """An example, a word of a list in the language of the page."""
    if not isinstance(column.kind, Choice | YesNo):
        return plain(column.example)
    value = column.kind.read(Cell(column.example), AS_A_RULE).value
    return plain(str(column.kind.write(value, language) or ""))


def codes(kinds: Iterable[IssueKind], language: str) -> str:
    """Codes under the name of their colour, a line each."""
    found = in_order(kinds)
    by_colour = (
        (severity, [code(kind.code) for kind in found if kind.severity is severity])
        for severity in COLOURS
    )
    said = (
        phrase(
            "{colour}: {codes}", language, colour=colour(severity, language), codes=", ".join(names)
        )
        for severity, names in by_colour
        if names
    )
    return lines(*said)


def colour(severity: Severity, language: str) -> str:
    return phrase(COLOURS[severity], language)


def sentence(kind: IssueKind, language: str) -> str:
    """What it says, whatever it is said of."""
    return _of_anything(kind.sentence, language)


def remedy(kind: IssueKind, language: str) -> str:
    """What to do about it."""
    return _of_anything(kind.fix or _REMEDIES[kind.severity], language)


def _of_anything(text: str, language: str) -> str:
    """A sentence with an ellipsis for its facts."""
    said = _FACTS.sub("…", phrase(text, language))
    return plain(said.replace("….", "…"))
