"""A statement as text, and where each of its values comes from.

Here stands all that is not promised by the library: how it tells two conditions of one structure,
and which place in the text holds which of their values. tests/api/ready/test_statements.py holds it
to what we believe of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import JSON, Boolean, Date, DateTime, Dialect, Integer, Select, String

from persistence.scoping import CRITERIA_OF_ANY

Convert = Callable[[Any], Any]

Source = tuple[str | int | None, Any, Convert | None]
"""Where a value comes from: its name, or its place among those of a condition; which part of it,
where it is a list; and how the driver wants it. Without either it is the part itself."""

_SLOW = re.compile(r"\b(?:LIKE|lower|upper|substr|instr|replace)\b", re.IGNORECASE)

OURS = "jalon_"
"""How the names of values begin that are bound by name: of the firm, of a limit, of keys."""


SHORT = 2_000
"""Rows of one statement in a short read; what has more is no short one."""

MOST_COLUMNS = 100
"""Of rows that are asked for as one value: a function of SQLite takes 127 arguments by default."""


_TOLD_ALIKE = {String, Integer, Boolean, Date, DateTime, JSON}
"""Kinds whose values SQLite tells as the same texts and whole numbers in JSON as it does itself."""


class NotReady(Exception):
    """This is read the ordinary way: no statement, or no plan, is made ready for it."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A statement with its values, as the driver takes them."""

    text: str
    values: Any
    is_quick: bool = True
    """Whether a step of it is a short one: none looks through texts, or calls a function."""
    gathered: str | None = None
    """The same statement, which gives all its rows as one value, in JSON; SQLite's only."""


Rows = list[Any]

Steps = Generator[Bound, Rows, Any]
"""What asks for the rows of one statement after the other, and makes something of them."""


class Blown(Exception):
    """A read took longer than it was given; nothing is known of what it would have found."""


class Prepared:
    """The text of a statement, and where each of its values comes from."""

    def __init__(self, text: str, sources: list[Source], *, gathered: str | None = None) -> None:
        self._text = text
        self._gathered = gathered
        self._is_quick = _SLOW.search(text) is None
        self._sources = sources

    def bound(self, given: Any, named: Mapping[str, Any]) -> Bound:
        """With the values of a condition, by place, and those that have a name."""
        values = []
        for place, part, convert in self._sources:
            if place is None:
                value = part
            else:
                value = named[place] if isinstance(place, str) else given[place].effective_value
                if part is not None:
                    value = value[part]
            values.append(value if convert is None else convert(value))
        return Bound(self._text, values, self._is_quick, self._gathered)


def key_of(condition: Any) -> Any:
    """The structure of conditions, with their values beside it."""
    key = condition._generate_cache_key()
    if key is None:
        raise NotReady("the conditions have no structure of their own")
    return key


def prepare(
    statement: Select[Any], key: Any, dialect: Dialect, *, gathers: int | None = None
) -> Prepared:
    """A statement whose rows may be asked for as one value, as long as they are at most `gathers`.

    With one row more than that, where they are more.
    """
    # Here, and nowhere else, every statement is kept to the organisation that it is bound to.
    compiled: Any = statement.options(*CRITERIA_OF_ANY).compile(
        dialect=placed(dialect, "numeric_dollar"),
        cache_key=key,
        compile_kwargs={"render_postcompile": True},
    )
    (match, *_rest) = compiled._cache_key_bind_match
    origin: dict[str, tuple[int, Any]] = {}
    for index, ours in enumerate(key.bindparams):
        for bind in match[ours]:
            origin[compiled.bind_names[bind]] = (index, bind)
    sources = [_source(name, compiled, origin, dialect) for name in compiled.positiontup]
    text = compiled.string
    gathered = None
    if gathers is not None and dialect.name == "sqlite":
        gathered = _gathered(statement, text, gathers)
    return Prepared(text, sources, gathered=gathered)


@cache
def placed(dialect: Dialect, style: str) -> Dialect:
    """As `dialect`, with values by their places: `?`, or as `style` says on PostgreSQL.

    That is `%s` for its driver (format), `$1` for itself (numeric_dollar).
    """
    kind: Any = type(dialect)
    return dialect if dialect.positional else kind(paramstyle=style)


def _gathered(statement: Select[Any], text: str, most: int) -> str | None:
    """A statement that gives the rows of another as one JSON list of lists, in their order.

    The driver lets go of the interpreter at each row, and beside a thread that computes each waits
    its turn to go on. None where JSON may not tell values as the driver does (fractions of the
    machine's, bytes). SQLite keeps the order of what an aggregate goes through
    (https://www.sqlite.org/optoverview.html, "Omit ORDER BY on subqueries").
    """
    columns = statement.selected_columns
    if len(columns) > MOST_COLUMNS:
        return None
    if any(one.type._type_affinity not in _TOLD_ALIKE for one in columns):
        return None
    names = ", ".join(f"c{number}" for number in range(len(columns)))
    limited = text if statement._limit_clause is not None else f"{text} LIMIT {most + 1}"
    return (
        f"WITH found({names}) AS ({limited}) "
        f"SELECT json_group_array(json_array({names})) FROM found"
    )


def _source(
    name: str, compiled: Any, origin: dict[str, tuple[int, Any]], dialect: Dialect
) -> Source:
    """Where the value `name` comes from: a name of ours, a place (and part), or a constant."""
    if name.startswith(OURS):
        return name, None, _writer(compiled.binds[name], dialect)
    part: int | None = None
    found = origin.get(name)
    if found is None:
        # A list is written out: state_1 -> state_1_1, state_1_2, …
        base, _, last = name.rpartition("_")
        if base in origin and origin[base][1].expanding:
            found, part = origin[base], int(last) - 1
    if found is None:
        bind = compiled.binds[name]
        return None, compiled.params[name], _writer(bind, dialect)
    index, bind = found
    return index, part, _writer(bind, dialect)


def _writer(bind: Any, dialect: Dialect) -> Convert | None:
    convert: Convert | None = bind.type.dialect_impl(dialect).bind_processor(dialect)
    return convert
