"""Questions made at random: any selection of what can be looked up, said in any way.

Aliases, fragments within fragments, conditions, the same field twice, variables or values written
out: everything the language has that leaves the question a valid one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from persistence.reading import Derived
from resolvers.keeping.browsing import NODES
from schema.view import snake
from tests.api.ready.broken_firms import ROWS

_NOUNS = {noun.typename: noun for noun in NODES.values()}


class Questions:
    """An endless supply of them."""

    def __init__(self, schema: GraphQLSchema, random: Random) -> None:
        self._schema = schema
        self._random = random
        query = schema.query_type
        assert query is not None
        self._roots = [name for name, field in query.fields.items() if _is_looked_up(field)]
        self._query = query
        self._cursors: dict[str, list[str]] = {}
        self._fragments: list[str] = []
        self._variables: dict[str, tuple[str, Any]] = {}
        self._absent: set[str] = set()

    def next(self) -> tuple[str, dict[str, Any], str]:
        """A document, its variables, and the field that it begins with."""
        self._fragments, self._variables, self._absent = [], {}, set()
        names = self._random.choices(self._roots, k=self._random.choice((1, 1, 1, 2)))
        fields = "\n".join(f"r{place}: {self._root(name)}" for place, name in enumerate(names))
        head = ", ".join(f"${name}: {kind}" for name, (kind, _) in self._variables.items())
        text = f"query Q{f'({head})' if head else ''} {{ {fields} }}\n" + "\n".join(self._fragments)
        given = {
            name: value for name, (_, value) in self._variables.items() if name not in self._absent
        }
        return text, given, names[0]

    def remember(self, name: str, data: Any) -> None:
        """Keeps the cursors of an answer: pages are asked for after and before them."""
        found = (data or {}).get("r0")
        for mark in ("endCursor", "startCursor"):
            page = found.get("pageInfo") if isinstance(found, dict) else None
            if isinstance(page, dict) and page.get(mark):
                kept = self._cursors.setdefault(name, [])
                kept.append(page[mark])
                del kept[:-20]

    def _root(self, name: str) -> str:
        field = self._query.fields[name]
        given = self._arguments(name, field)
        owner = get_named_type(field.type)
        return f"{name}{given} {self._selection(owner, 4)}"

    def _arguments(self, name: str, field: GraphQLField) -> str:
        parts = []
        for key, argument in field.args.items():
            if not isinstance(argument.type, GraphQLNonNull) and self._random.random() < 0.6:
                continue
            value = self._value(name, key, argument.type)
            if self._random.random() < 0.4:
                variable = f"v{len(self._variables)}"
                self._variables[variable] = (str(argument.type), value)
                parts.append(f"{key}: ${variable}")
            else:
                parts.append(f"{key}: {_written(value, argument.type)}")
        return f"({', '.join(parts)})" if parts else ""

    def _value(self, root: str, key: str, kind: GraphQLInputType) -> Any:
        random = self._random
        if isinstance(kind, GraphQLNonNull):
            return self._value(root, key, kind.of_type)
        if isinstance(kind, GraphQLList):
            return [self._value(root, key, kind.of_type) for _ in range(random.randrange(3))]
        if isinstance(kind, GraphQLEnumType):
            return random.choice(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            if kind.name == "PageInput":
                return self._page(root)
            some = [name for name in kind.fields if random.random() < 0.25]
            return {
                name: self._value(root, name, kind.fields[name].type)
                for name, field in kind.fields.items()
                if name in some or isinstance(field.type, GraphQLNonNull)
            }
        match kind.name:
            case "ID":
                noun = snake(key.removesuffix("Id")) if key != "id" else snake(root)
                return f"{noun}_{random.choice((1_000, 2_000)) + random.randrange(ROWS + 1)}"
            case "Int":
                return random.randrange(1, 9)
            case "Boolean":
                return random.random() < 0.5
            case "Date":
                return "2026-05-05"
        return random.choice(("§", "a", "é", "EUR", "%", ""))

    def _page(self, root: str) -> dict[str, Any]:
        random = self._random
        size = random.choice((1, 2, 3, 5, 8, 50, 0, 101)) if random.random() < 0.9 else 5
        page: dict[str, Any] = {random.choice(("first", "first", "last")): size}
        known = [*self._cursors.get(root, ()), "bm90IGE"]
        if random.random() < 0.5:
            page["after"] = random.choice(known)
        if random.random() < 0.2:
            page["before"] = random.choice(known)
        return page

    def _selection(self, owner: Any, depth: int) -> str:
        """Braces with fields of `owner`, at least one."""
        parts = [self._part(owner, depth) for _ in range(self._random.randrange(1, 6))]
        if owner.name.endswith("Connection") and "nodes" not in str(parts):
            parts.append(
                f"nodes {self._selection(get_named_type(owner.fields['nodes'].type), depth)}"
            )
        return "{ " + " ".join(parts) + " }"

    def _part(self, owner: Any, depth: int) -> str:
        random = self._random
        roll = random.random()
        condition = self._condition()
        if roll < 0.06:
            return f"t{random.randrange(2)}: __typename {condition}"
        if roll < 0.12 and depth > 1:
            on = random.choice((f"on {owner.name}", ""))
            return f"... {on} {condition} {self._selection(owner, depth - 1)}"
        if roll < 0.17 and depth > 1:
            name = f"F{len(self._fragments)}"
            self._fragments.append("")
            place = len(self._fragments) - 1
            body = self._selection(owner, depth - 1)
            self._fragments[place] = f"fragment {name} on {owner.name} {body}"
            return f"...{name} {condition}"
        if roll < 0.2 and self._is_node(owner):
            return f"... on Node {condition} {{ id }}"
        return self._field(owner, depth, condition)

    def _field(self, owner: Any, depth: int, condition: str) -> str:
        random = self._random
        names = [name for name, field in owner.fields.items() if not field.args]
        name = random.choice(names)
        for _ in range(3):
            below = get_named_type(owner.fields[name].type)
            is_deep = isinstance(below, GraphQLObjectType | GraphQLInterfaceType)
            if not (is_deep and depth <= 1) and not (
                _is_derived(owner, name) and random.random() < 0.9
            ):
                break
            name = random.choice(names)
        field = owner.fields[name]
        below = get_named_type(field.type)
        alias = f"{name}{len(str(field.type))}: " if random.random() < 0.2 else ""
        if isinstance(below, GraphQLObjectType):
            selected = self._selection(below, max(depth - 1, 1))
            return f"{alias}{name} {condition} {selected}"
        if isinstance(below, GraphQLInterfaceType):
            return "__typename"
        return f"{alias}{name} {condition}"

    def _condition(self) -> str:
        random = self._random
        if random.random() > 0.06:
            return ""
        word = random.choice(("skip", "include"))
        is_true = random.random() < 0.5
        if random.random() < 0.5:
            return f"@{word}(if: {json.dumps(is_true)})"
        variable = f"c{len(self._variables)}"
        # Left out, it is what it says itself; given all the same, it is what is given.
        kind = random.choice(("Boolean!", "Boolean!", "Boolean! = true", "Boolean! = false"))
        self._variables[variable] = (kind, is_true)
        if "=" in kind and random.random() < 0.7:
            self._absent.add(variable)
        return f"@{word}(if: ${variable})"

    def _is_node(self, owner: Any) -> bool:
        return any(one.name == "Node" for one in getattr(owner, "interfaces", ()))


def _is_looked_up(field: GraphQLField) -> bool:
    owner = get_named_type(field.type)
    if isinstance(field.type, GraphQLNonNull) and isinstance(field.type.of_type, GraphQLList):
        return False
    if owner.name in _NOUNS:
        return True
    nodes = getattr(owner, "fields", {}).get("nodes")
    return nodes is not None and get_named_type(nodes.type).name in _NOUNS


def _is_derived(owner: Any, name: str) -> bool:
    noun = _NOUNS.get(owner.name)
    return noun is not None and isinstance(noun.fields.get(snake(name)), Derived)


def _written(value: Any, kind: Any) -> str:
    """A value as it stands in a document."""
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    match value:
        case list():
            return "[" + ", ".join(_written(one, kind.of_type) for one in value) + "]"
        case Mapping():
            parts = (
                f"{name}: {_written(one, kind.fields[name].type)}" for name, one in value.items()
            )
            return "{" + ", ".join(parts) + "}"
    return str(value) if isinstance(kind, GraphQLEnumType) else json.dumps(value)
