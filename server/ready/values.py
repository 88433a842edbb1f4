"""Code that turns values into those of an answer, as the executor of the library would.

Each function here writes an expression over a name; its constants stand in a `Names`. Whatever
does not come as it should raises `Surprise`, or anything else: the library then does it all anew,
and its errors are the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from domain.money import CURRENCIES, from_minor
from persistence.ready.prepared import NotReady
from server.graphql_rows import read_field
from server.ready.selection import TYPENAME, Chosen

REMEMBERED = 512
"""Values kept of one column: dates, states and rates come again and again."""


class Surprise(Exception):
    """A value is not what its type says."""


def surprise() -> Any:
    """Raises: an expression that has nothing to say."""
    raise Surprise


class Memo(dict[Any, Any]):
    """What a function makes of each value, worked out once."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, value: Any) -> Any:
        made = self._make(value)
        if len(self) >= REMEMBERED:
            self.clear()
        self[value] = made
        return made


def text_of(value: Any) -> str:
    """A value of an answer as JSON."""
    return orjson.dumps(value).decode()


class _Known(dict[str, str]):
    """The currencies as JSON; an unknown one is a surprise."""

    def __missing__(self, currency: Any) -> Any:
        return surprise()


def _amount(minor: int, currency: str) -> str:
    return f'"{from_minor(minor, currency)}"'


AT_HAND: dict[str, Any] = {
    "null": "null",
    "text_of": text_of,
    "quoted": encode_basestring,
    "known": _Known({currency: text_of(currency) for currency in CURRENCIES}),
    "two": {currency for currency, decimals in CURRENCIES.items() if decimals == 2},
    "cents": [f".{cents:02d}" for cents in range(100)],
    "other": _amount,
}
"""What code that writes JSON may name: a text as JSON, currencies and amounts among it."""


class Names:
    """The constants of a piece of code, each under a name of its own."""

    def __init__(self, *, with_lists: bool = True) -> None:
        self.with_lists = with_lists
        """Whether lists of objects are made here; else they are the executor's."""
        self.known: dict[str, Any] = {"surprise": surprise}
        self._count = 0

    def new(self, prefix: str = "v") -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def of(self, value: Any, prefix: str = "g") -> str:
        name = self.new(prefix)
        self.known[name] = value
        return name

    def function(self, name: str, source: str) -> Any:
        """The function `name` that `source` defines over these constants."""
        exec(compile(source, f"<ready {name}>", "exec"), self.known)
        return self.known.pop(name)


def leaf(kind: Any) -> Callable[[Any], Any]:
    """How a value that is not null is written in an answer."""
    coerce = kind.coerce_output_value

    def written(value: Any) -> Any:
        if isinstance(value, Exception):
            return surprise()
        made = coerce(value)
        return surprise() if made is None or made.__class__ not in _PLAIN else made

    return written


_AS_THEY_ARE = {"String": "str", "Boolean": "bool"}
_PLAIN = {str, int, float, bool, dict, list}


def value_of(names: Names, kind: Any, source: str, chosen: Chosen) -> str:
    """An expression for a value of the type `kind` that the expression `source` gives."""
    is_needed = isinstance(kind, GraphQLNonNull)
    bare = kind.of_type if is_needed else kind
    empty = "surprise()" if is_needed else "None"
    value = names.new()
    given = f"({value} := {source})"
    if is_leaf_type(bare):
        if bare.name in _AS_THEY_ARE:
            is_that = f"{given}.__class__ is {_AS_THEY_ARE[bare.name]}"
            return f"({value} if {is_that} else {_null(value, empty)})"
        write = leaf(bare)
        if isinstance(bare, GraphQLEnumType):
            written = f"{names.of(Memo(write))}[{value}]"
        else:
            written = f"{names.of(write)}({value})"
        return f"({empty} if {given} is None else {written})"
    if isinstance(bare, GraphQLList):
        if not names.with_lists and not is_leaf_type(get_named_type(bare)):
            raise NotReady("a list is completed a slice at a time")
        item = names.new()
        made = value_of(names, bare.of_type, item, chosen)
        listed = f"{given}.__class__ is list or {value}.__class__ is tuple"
        return f"([{made} for {item} in {value}] if {listed} else {_null(value, empty)})"
    if isinstance(bare, GraphQLObjectType):
        made = object_of(names, bare, value, chosen.below)
        return f"({made} if {given}.__class__ is dict else {_null(value, empty)})"
    raise NotReady(str(kind))


def object_of(
    names: Names, owner: GraphQLObjectType, source: str, fields: tuple[Chosen, ...]
) -> str:
    """An expression for an object of which the row stands in the name `source`."""
    parts = []
    for one in fields:
        if one.name == TYPENAME:
            made = repr(owner.name)
        else:
            require_plain(one)
            made = value_of(names, one.type, f"{source}[{one.name!r}]", one)
        parts.append(f"{one.key!r}: {made}")
    written = "{" + ", ".join(parts) + "}"
    if owner.is_type_of is None:
        return written
    # A thing with an identifier says of which type it is.
    return f"({written} if {source}['__typename'] == {owner.name!r} else surprise())"


def require_plain(one: Chosen) -> None:
    """NotReady unless the field is taken from its row as it stands there."""
    field = one.field
    if field is None or not field.is_basic_field or field.arguments:
        raise NotReady(one.name)
    if field.default_resolver is not read_field:
        raise NotReady(one.name)


def _null(value: str, empty: str) -> str:
    return f"({empty} if {value} is None else surprise())"
