"""Variables and arguments that plans put together beforehand are those of the library."""

from __future__ import annotations

from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)
from graphql.execution.values import get_argument_values, get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from server.ready.literals import Literals
from server.ready.variables import Variables

SCHEMA = build_schema("""
input Page { first: Int = 50, after: String, must: String! = "m", deep: Page }
input Strict { id: ID! }
input Only @oneOf { a: String, b: Int }
enum State { DRAFT FINAL }
type Query {
  f(text: String = "t", id: ID, flag: Boolean! = true, page: Page, ids: [ID!], state: State,
    strict: Strict, only: Only, number: Int): String
}
""")
DOCUMENTS = [
    "query ($a: String, $b: ID, $c: Boolean!) { f(text: $a, id: $b, flag: $c) }",
    "query ($a: ID!, $b: String) { f(id: $a, page: {first: 3, after: $b}) }",
    "query ($a: String) { f(page: {after: $a, deep: {after: $a}}, state: FINAL) }",
    'query ($a: String = "x", $b: Boolean = false) { f(text: $a, flag: $b) }',
    "query ($a: Int, $b: [ID!], $c: State) { f(number: $a, ids: $b, state: $c) }",
    "query ($a: ID!, $b: Page) { f(strict: {id: $a}, page: $b, ids: [$a, 4]) }",
    "query ($a: String!) { f(page: {must: $a}, only: {a: $a}) }",
    "query ($a: Int) { f(page: {first: $a, after: null}, number: 7) }",
    "query ($a: ID) { f(id: $a, ids: 3) }",
    "{ f(id: 7, page: {}) }",
]
OPERATIONS = [parse(one) for one in DOCUMENTS]
TEXTS = st.sampled_from(["", "x", "FINAL", "é"])
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 3, 2**31, 2.5]),
    st.lists(st.sampled_from(["a", 1, None]), max_size=2),
    st.fixed_dictionaries({}, optional={"first": st.sampled_from([1, None, "2"])}),
)
SENT = st.fixed_dictionaries({}, optional=dict.fromkeys("abcd", TEXTS | ODD)) | (
    st.fixed_dictionaries({"a": TEXTS}, optional={"b": TEXTS, "c": st.booleans()})
)


def test_the_documents_are_valid() -> None:
    assert [validate(SCHEMA, one) for one in OPERATIONS] == [[]] * len(OPERATIONS)


@given(SENT)
def test_they_are_those_of_the_library(sent: dict[str, Any]) -> None:
    for document in OPERATIONS:
        operation: Any = document.definitions[0]
        assert told(ready, operation, sent) == told(plain, operation, sent)


def asked_field() -> GraphQLField:
    assert SCHEMA.query_type is not None
    return SCHEMA.query_type.fields["f"]


def ready(operation: OperationDefinitionNode, sent: dict[str, Any]) -> Any:
    values = Variables(SCHEMA, operation).of(sent)
    literals = Literals(asked_field(), field_of(operation))
    first = literals.of(values)
    assert literals.of(values) == first
    return values, first


def plain(operation: OperationDefinitionNode, sent: dict[str, Any]) -> Any:
    values = get_variable_values(SCHEMA, operation.variable_definitions or (), sent, 50)
    if isinstance(values, list):
        raise values[0]
    return values, get_argument_values(asked_field(), field_of(operation), values)


def field_of(operation: OperationDefinitionNode) -> FieldNode:
    (node,) = operation.selection_set.selections
    assert isinstance(node, FieldNode)
    return node


def told(find: Any, operation: OperationDefinitionNode, sent: dict[str, Any]) -> Any:
    """What was found, class by class (1 is not True), or what was said instead."""
    try:
        values, arguments = find(operation, sent)
    except GraphQLError as error:
        return error.message
    sources = {name: source.value for name, source in values.sources.items()}
    return [classed(one) for one in (sources, values.coerced, arguments)]


def classed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: classed(one) for name, one in value.items()}
    if isinstance(value, list):
        return [classed(one) for one in value]
    return type(value).__name__, value
