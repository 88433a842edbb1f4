"""Calls of mutations made from the schema alone: what they must be given, naming nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from graphql import (
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    Undefined,
    ast_from_value,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
    print_ast,
)

from server.graphql import jalon_schema
from tests.support.api import ApiClient

SCHEMA = jalon_schema()._schema
assert SCHEMA.query_type is not None
assert SCHEMA.mutation_type is not None
QUERIES = SCHEMA.query_type.fields
MUTATIONS = SCHEMA.mutation_type.fields

SCALARS: dict[str, Any] = {
    "String": "x",
    "Int": 1,
    "Boolean": True,
    "Decimal": "1",
    "Date": "2026-11-21",
    "ID": "x",
}


def named_records(kind: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places in an input where a record is named by its identifier."""
    inner = get_named_type(kind)
    if isinstance(inner, GraphQLInputObjectType):
        within = (*path, 0) if _is_list(kind) else path
        for name, field in inner.fields.items():
            yield from named_records(field.type, (*within, name))
    elif inner.name == "ID" and path and path[-1] != "idempotencyKey":
        yield (*path, 0) if _is_list(kind) else path


def _is_list(kind: Any) -> bool:
    return is_list_type(kind) or (is_non_null_type(kind) and is_list_type(kind.of_type))


def filled(kind: Any) -> Any:
    """A value of an input type with its required fields, and nothing that exists."""
    if is_non_null_type(kind):
        kind = kind.of_type
    if isinstance(kind, GraphQLList):
        return []
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: str(uuid4()) if name == "idempotencyKey" else filled(field.type)
            for name, field in kind.fields.items()
            if is_required_input_field(field)
        }
    if isinstance(kind, GraphQLScalarType):
        return SCALARS.get(kind.name)
    return next(iter(kind.values))


def element(kind: GraphQLNamedType) -> Any:
    return filled(kind)


def put(given: dict[str, Any], kind: Any, path: tuple[Any, ...], value: Any) -> None:
    """Puts `value` at `path` of `given`, filling in what must stand around it."""
    step, *rest = path
    fields = kind if isinstance(kind, dict) else get_named_type(kind).fields
    inner = fields[step].type
    if not rest:
        given[step] = value
        return
    if rest[0] == 0:
        following = tuple(rest[1:])
        if not following:
            given[step] = [value]
            return
        item = element(get_named_type(inner))
        given[step] = [item]
        put(item, inner, following, value)
        return
    if not isinstance(given.get(step), dict):
        given[step] = filled(get_named_type(inner))
    put(given[step], inner, tuple(rest), value)


def selection(name: str) -> str:
    payload = get_named_type(MUTATIONS[name].type)
    assert isinstance(payload, GraphQLObjectType)
    asked = "userErrors { code field } "
    if "results" in payload.fields:
        asked += "results { outcome node { id } userErrors { code field } } "
    for thing in ("node", "invoice", "phase", "handover", "importFile", "mail", "delivery"):
        if thing in payload.fields:
            asked += f"{thing} {{ id }} "
    return asked


def call(api: ApiClient, name: str, given: dict[str, Any]) -> dict[str, Any]:
    # What is left out is not there: a default that is no null stands for it.
    arguments = {one: kind for one, kind in MUTATIONS[name].args.items() if one in given}
    heads = ", ".join(f"${one}: {argument.type}" for one, argument in arguments.items())
    tails = ", ".join(f"{one}: ${one}" for one in arguments)
    asked = f"mutation({heads}) {{ {name}({tails}) {{ {selection(name)} }} }}"
    answer: dict[str, Any] = api.query(asked.replace("()", ""), **given)[name]
    return answer


def required(name: str) -> dict[str, Any]:
    return {
        one: filled(argument.type)
        for one, argument in MUTATIONS[name].args.items()
        if is_required_argument(argument)
    }


def declared(argument: GraphQLArgument) -> str:
    """The type of a variable for it, with what stands for it where it is left out."""
    usual = argument.default_value
    value = None if usual in (None, Undefined) else ast_from_value(usual, argument.type)
    return f"{argument.type} = {print_ast(value)}" if value else str(argument.type)


def operation(name: str) -> str:
    """A mutation with all its arguments, which asks for nothing but what it refuses."""
    arguments = MUTATIONS[name].args
    heads = ", ".join(f"${one}: {declared(argument)}" for one, argument in arguments.items())
    tails = ", ".join(f"{one}: ${one}" for one in arguments)
    payload = get_named_type(MUTATIONS[name].type)
    assert isinstance(payload, GraphQLObjectType)
    results = "results { userErrors { code message } }" if "results" in payload.fields else ""
    asked = f"userErrors {{ code message }} {results}"
    return f"mutation({heads}) {{ {name}({tails}) {{ {asked} }} }}"
