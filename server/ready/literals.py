"""The arguments of one field as they stand in its document, put together beforehand.

What holds no variable is coerced once; into the rest, variables are put where they stand: as an
argument, or as a field of an object that is one. Anything else is left to the library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    ObjectFieldNode,
    ObjectValueNode,
    Undefined,
    VariableNode,
    get_nullable_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.utilities import coerce_input_literal


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable that stands by itself."""

    name: str
    is_needed: bool
    """Whether it may not be null there."""

    def put(self, place: str, coerced: Mapping[str, Any], into: dict[str, Any]) -> bool:
        """Whether it could be put: one that was not given has a default of its place, or none."""
        value = coerced.get(self.name, Undefined)
        if value is Undefined or (value is None and self.is_needed):
            return False
        into[place] = value
        return True


@dataclass(frozen=True, slots=True)
class _Object:
    """An object some of whose fields are variables."""

    rest: dict[str, Any]
    fields: list[tuple[str, _Variable]]

    def put(self, place: str, coerced: Mapping[str, Any], into: dict[str, Any]) -> bool:
        made = into[place] = dict(self.rest)
        return all(
            one.put(name, coerced, made) or one.name not in coerced for name, one in self.fields
        )


class Literals:
    """The arguments of one field."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition = definition
        self._node = node
        written = {one.name.value: one.value for one in node.arguments or ()}
        varying = {name for name, value in written.items() if asks_variables(value)}
        args = definition.args
        constant = {name: arg for name, arg in args.items() if name not in varying}
        self._constant = get_argument_values(GraphQLField(definition.type, args=constant), node)
        found = [(name, _found(args[name].type, written[name])) for name in sorted(varying)]
        self._put = [(name, one) for name, one in found if one is not None]
        self._is_plain = len(self._put) == len(found)

    def of(self, values: VariableValues) -> dict[str, Any]:
        """The values of the arguments by their names, as the library has them."""
        if self._is_plain:
            given = dict(self._constant)
            for name, one in self._put:
                if not one.put(name, values.coerced, given):
                    break
            else:
                return given
        return get_argument_values(self._definition, self._node, values)


def _found(kind: Any, value: Any) -> _Variable | _Object | None:
    """How a value with variables is made; None where that is not known here."""
    if isinstance(value, VariableNode):
        return _Variable(value.name.value, isinstance(kind, GraphQLNonNull))
    bare = get_nullable_type(kind)
    if (
        not isinstance(bare, GraphQLInputObjectType)
        or bare.is_one_of
        or bare.out_type is not GraphQLInputObjectType.out_type
        or not isinstance(value, ObjectValueNode)
    ):
        return None
    varying = [one for one in value.fields if asks_variables(one.value)]
    if any(not isinstance(one.value, VariableNode) for one in varying):
        return None
    rest = coerce_input_literal(_without(value, varying), bare)
    if rest is Undefined:
        return None
    return _Object(rest, [_field(bare, one) for one in varying])


def _field(owner: GraphQLInputObjectType, node: ObjectFieldNode) -> tuple[str, _Variable]:
    assert isinstance(node.value, VariableNode)
    name = node.name.value
    field = owner.fields[name]
    is_needed = isinstance(field.type, GraphQLNonNull)
    return field.out_name or name, _Variable(node.value.name.value, is_needed)


def _without(value: ObjectValueNode, fields: Iterable[ObjectFieldNode]) -> ObjectValueNode:
    left_out = {id(one) for one in fields}
    return ObjectValueNode(fields=tuple(one for one in value.fields if id(one) not in left_out))


def asks_variables(value: Any) -> bool:
    """Whether the value of an argument, as it is written, holds a variable."""
    match value:
        case VariableNode():
            return True
        case ObjectValueNode(fields=fields):
            return any(asks_variables(one.value) for one in fields)
    return any(asks_variables(one) for one in getattr(value, "values", ()))
