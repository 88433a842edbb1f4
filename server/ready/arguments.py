"""The arguments of a field, made into those of its resolver by functions that are made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any

from graphql import FieldNode, GraphQLField
from graphql.execution.values import VariableValues
from strawberry.scalars import is_scalar
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryList, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.field import StrawberryField

from server.ready.literals import Literals

Convert = Callable[[Any], Any]


class Arguments:
    """What the resolver of a field is called with."""

    def __init__(
        self,
        definition: GraphQLField,
        field: StrawberryField,
        node: FieldNode,
        converter: GraphQLCoreConverter,
    ) -> None:
        self._literals = Literals(definition, node)
        name_of = converter.config.name_converter.from_argument
        self._made = [
            (name_of(one), one.python_name, converter_of(one.type, converter))
            for one in field.arguments
        ]

    def of(self, values: VariableValues) -> dict[str, Any]:
        """The arguments by their Python names, as the library hands them over."""
        given = self._literals.of(values)
        return {
            python: convert(given[name]) for name, python, convert in self._made if name in given
        }


def converter_of(kind: Any, converter: GraphQLCoreConverter) -> Convert:
    """What makes an argument of the type `kind` of a value of the library."""
    if isinstance(kind, StrawberryOptional):
        return converter_of(kind.of_type, converter)
    if isinstance(kind, StrawberryList):
        item = converter_of(kind.of_type, converter)
        return lambda value: None if value is None else [item(one) for one in value]
    if isinstance(kind, StrawberryEnumDefinition) or has_enum_definition(kind):
        return _same
    if has_object_definition(kind):
        made = _of_input(kind, converter)
        if made is not None:
            return made
    elif is_scalar(kind, converter.scalar_registry):
        return _same
    registry, config = converter.scalar_registry, converter.config
    return lambda value: convert_argument(value, kind, registry, config)


def _of_input(kind: Any, converter: GraphQLCoreConverter) -> Convert | None:
    definition = kind.__strawberry_definition__
    if definition.from_input is not None or not definition.is_input:
        return None
    name_of = converter.config.name_converter.from_field
    fields = definition.fields
    made = [
        (
            name_of(one),
            one.python_name,
            converter_of(one.resolve_type(type_definition=definition), converter),
        )
        for one in fields
    ]
    absent = {
        one.python_name: None
        for one in fields
        if one.default_value is MISSING and one.default_factory is MISSING
    }

    def convert(value: Mapping[str, Any] | None) -> Any:
        if value is None:
            return None
        given = {python: make(value[name]) for name, python, make in made if name in value}
        return kind(**(absent | given))

    return convert


def _same(value: Any) -> Any:
    return value
