"""The variables of an operation, coerced by what is known of their types beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    get_nullable_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

MOST_ERRORS = 50

_AS_THEY_COME: dict[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Types whose values are what was sent, where that is of the class beside them."""


class Variables:
    """Those of one operation."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        self._plain = _plain_of(schema, operation)

    def of(self, given: Mapping[str, Any]) -> VariableValues:
        """The values of `given` as the library has them; GraphQLError where one is none."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, signature, kind, absent in self._plain or ():
            value = given.get(name)
            if value.__class__ is kind:
                sources[name] = VariableValueSource(signature, value)
                coerced[name] = value
            elif absent is not None and name not in given:
                sources[name] = absent
            else:
                break
        else:
            if self._plain is not None:
                return VariableValues(sources, coerced)
        values = get_variable_values(self._schema, self._definitions, dict(given), MOST_ERRORS)
        if isinstance(values, list):
            raise values[0]
        return values


_Plain = tuple[str, GraphQLVariableSignature, type, VariableValueSource | None]


def _plain_of(schema: GraphQLSchema, operation: OperationDefinitionNode) -> list[_Plain] | None:
    """Of each variable its name, signature, class, and what stands for it where it may be left out.

    None where one of them is of another type, or has a default.
    """
    found: list[_Plain] = []
    for definition in operation.variable_definitions or ():
        signature = get_variable_signature(schema, definition)
        if not isinstance(signature, GraphQLVariableSignature) or definition.default_value:
            return None
        is_needed = isinstance(signature.type, GraphQLNonNull)
        kind = _AS_THEY_COME.get(get_nullable_type(signature.type))
        if kind is None:
            return None
        absent = None if is_needed else VariableValueSource(signature)
        found.append((signature.name, signature, kind, absent))
    return found
