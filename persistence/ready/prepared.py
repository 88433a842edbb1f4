"""A statement as text, and where each of its values comes from.

Here stands all that is not promised by the library: how it tells two conditions of one structure,
and which place in the text holds which of their values. tests/api/ready/test_statements.py holds it
to what we believe of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Select

from persistence.scoping import CRITERIA_OF_ANY

Convert = Callable[[Any], Any]

_SLOW = re.compile(r"\b(?:LIKE|lower|upper|substr|instr|replace)\b", re.IGNORECASE)

OURS = "jalon_"
"""How the names of values begin that are bound by name: of the firm, of a limit, of keys."""


class NotReady(Exception):
    """This is read the ordinary way: no statement, or no plan, is made ready for it."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A statement with its values, as the driver takes them."""

    text: str
    values: Any
    is_quick: bool = True
    """Whether a step of it is a short one: none looks through texts, or calls a function."""


class Prepared:
    """The text of a statement, and where each of its values comes from."""

    def __init__(
        self, text: str, sources: list[tuple[str, Any, Any, Convert | None]], *, is_named: bool
    ) -> None:
        self._text = text
        self._is_quick = _SLOW.search(text) is None
        self._sources = sources
        self._is_named = is_named

    def bound(self, given: Any, ours: dict[str, Any]) -> Bound:
        values = []
        for _, place, part, convert in self._sources:
            if place.__class__ is str:
                value = ours[place]
            elif place is None:
                value = part
            else:
                value = given[place].effective_value
                if part is not None:
                    value = value[part]
            values.append(value if convert is None else convert(value))
        if not self._is_named:
            return Bound(self._text, values, self._is_quick)
        names = (source[0] for source in self._sources)
        return Bound(self._text, dict(zip(names, values, strict=True)), self._is_quick)


def key_of(condition: Any) -> Any:
    """The structure of conditions, with their values beside it."""
    key = condition._generate_cache_key()
    if key is None:
        raise NotReady("the conditions have no structure of their own")
    return key


def prepare(statement: Select[Any], key: Any, dialect: Dialect) -> Prepared:
    # Here, and nowhere else, every statement is kept to the organisation that it is bound to.
    compiled: Any = statement.options(*CRITERIA_OF_ANY).compile(
        dialect=dialect, cache_key=key, compile_kwargs={"render_postcompile": True}
    )
    (match, *_rest) = compiled._cache_key_bind_match
    origin: dict[str, tuple[int, Any]] = {}
    for index, ours in enumerate(key.bindparams):
        for bind in match[ours]:
            origin[compiled.bind_names[bind]] = (index, bind)
    sources = []
    for name in compiled.positiontup or compiled.params:
        sources.append((name, *_source(name, compiled, origin, dialect)))
    return Prepared(compiled.string, sources, is_named=compiled.positiontup is None)


def _source(
    name: str, compiled: Any, origin: dict[str, tuple[int, Any]], dialect: Dialect
) -> tuple[Any, Any, Convert | None]:
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
