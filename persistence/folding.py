"""Texts looked for as people read them: neither case nor accents count.

Names of which there are many keep their key beside them (`name_key`). Of other texts the database
makes the same key while it looks for them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from domain.likeness import LETTERS, folded


class Folded(FunctionElement[str]):
    """`domain.likeness.folded` of a column."""

    name = "folded"
    type = String()
    inherit_cache = True


def holds(column: Any, text: str) -> ColumnElement[bool]:
    """Whether what stands in a column holds a text."""
    return Folded(column).contains(folded(text), autoescape=True)


def begins(column: Any, text: str) -> ColumnElement[bool]:
    """Whether what stands in a column begins with a text."""
    return Folded(column).startswith(folded(text), autoescape=True)


@compiles(Folded)
def _by_function(element: Folded, compiler: SQLCompiler, **more: Any) -> str:
    """SQLite is given the function by each connection (`persistence.engine`)."""
    return f"folded({compiler.process(element.clauses, **more)})"


@compiles(Folded, "postgresql")
def _by_expression(element: Folded, compiler: SQLCompiler, **more: Any) -> str:
    column = compiler.process(element.clauses, **more)
    whole = _without_accents(f"translate({column}, {_ONE_FOR_ONE})")
    for letter, letters in _SEVERAL.items():
        whole = f"replace({whole}, {_quoted(letter)}, {_quoted(letters)})"
    whole = f"btrim(regexp_replace({whole}, '[[:space:]]+', ' ', 'g'))"
    # What costs most is done to what needs it.
    return (
        f"CASE WHEN {column} ~ {_STOOD_FOR} THEN {whole}"
        f" WHEN {column} ~ '[^ -~]' THEN {_without_accents(column)} ELSE lower({column}) END"
    )


def _without_accents(text: str) -> str:
    return f"lower(regexp_replace(normalize({text}, NFKD), '[\u0300-\u036f]+', '', 'g'))"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_PLAIN = {chr(code): letters or "" for code, letters in LETTERS.items()} | {"ß": "ss", "ς": "σ"}
_SEVERAL = {letter: letters for letter, letters in _PLAIN.items() if len(letters) > 1}
# A database of the plainest locale lowers no letter beyond ASCII.
_SEVERAL |= {letter.upper(): letters for letter, letters in _SEVERAL.items() if letter != "ß"}
_SINGLE = {letter: one for letter, one in _PLAIN.items() if len(one) == 1}
_SINGLE |= {letter.upper(): one for letter, one in _SINGLE.items()}
_DROPPED = "".join(letter for letter, letters in _PLAIN.items() if not letters)
_ONE_FOR_ONE = f"{_quoted(''.join(_SINGLE) + _DROPPED)}, {_quoted(''.join(_SINGLE.values()))}"
"""What `translate` is given: letters that have none to stand for them go."""
_SPACES = "\\s\\s|[\\t-\\r\u00a0\u2000-\u200a\u202f\u205f\u3000]|^ | $"
_STOOD_FOR = _quoted(f"[{''.join(_SINGLE)}{''.join(_SEVERAL)}{_DROPPED}\uff00-\uffef]|{_SPACES}")
"""Of what banks write little has letters that others stand for, or more spaces than one."""
