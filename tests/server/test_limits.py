"""Queries that are too large: told apart in one pass, before anything is run or compared."""

from __future__ import annotations

from traceback import walk_tb

import pytest
from graphql import GraphQLError, get_introspection_query

from server.graphql import jalon_schema
from server.limits import (
    ACT,
    ALIASES,
    BRACKETS,
    DEPTH,
    DOCUMENT_BYTES,
    FRAGMENTS,
    ITEM,
    PRICE,
    REPEATS,
    SELECTIONS,
    TOKENS,
    QueryTooLarge,
    parse_within_limits,
)
from server.list_sizes import SIZES, shapes_of
from server.rates import Allowance
from tests.support.api import ApiClient


def nested(levels: int) -> str:
    return "{ a " * levels + "}" * levels


def refused_for(text: str) -> str:
    with pytest.raises(QueryTooLarge) as refused:
        parse_within_limits(text)
    extensions = refused.value.extensions or {}
    assert extensions["code"] == "QUERY_TOO_LARGE"
    return str(extensions["of"])


def test_a_query_is_sixteen_fields_deep_at_most() -> None:
    assert parse_within_limits(nested(DEPTH)).price == DEPTH
    assert refused_for(nested(DEPTH + 1)) == "levels of fields"


def test_depth_counts_through_fragments() -> None:
    half = nested(DEPTH // 2).replace("}" * (DEPTH // 2), "{ ...F }" + "}" * (DEPTH // 2))
    parse_within_limits(f"{half} fragment F on T {nested(DEPTH // 2)}")
    assert refused_for(f"{half} fragment F on T {nested(DEPTH // 2 + 1)}") == "levels of fields"


def test_aliases_count_each_time_their_fragment_is_spread() -> None:
    aliased = " ".join(f"a{number}: x" for number in range(ALIASES // 2))
    parse_within_limits(f"{{ a {{ ...F }} b {{ ...F }} }} fragment F on T {{ {aliased} }}")
    more = f"{{ a {{ ...F }} b {{ ...F }} c: d }} fragment F on T {{ {aliased} }}"
    assert refused_for(more) == "aliases"


def test_a_document_has_so_many_tokens_and_bytes() -> None:
    fields = " ".join(f"f{number}" for number in range(TOKENS - 2))
    parse_within_limits(f"{{{fields}}}")
    assert refused_for(f"{{{fields} one}}") == "tokens"
    assert refused_for("#" + "é" * (DOCUMENT_BYTES // 2)) == "bytes"


def test_brackets_deep_enough_to_break_a_parser_are_refused_before_parsing() -> None:
    assert refused_for("{a(b:" + "[" * 100_000).startswith("brackets")
    assert refused_for("{" * (BRACKETS + 1)).startswith("brackets")


def test_a_bomb_of_nested_fragments_is_refused_and_costs_nothing() -> None:
    # Each spreads the next twice: unfolded, 2^99 selections. An exponential limit would not end.
    links = (f"fragment F{n} on T {{ ...F{n + 1} ...F{n + 1} }}" for n in range(FRAGMENTS - 1))
    bomb = "{ ...F0 } " + " ".join(links) + f" fragment F{FRAGMENTS - 1} on T "
    assert refused_for(bomb + "{ x }") == "times one field in one place"
    assert refused_for(bomb + "{ ... on T { __typename } }") == "times one field in one place"


def test_a_bomb_of_fragments_through_fields_is_refused() -> None:
    links = (f"fragment F{n} on T {{ a {{ ...F{n + 1} }} b {{ ...F{n + 1} }} }}" for n in range(14))
    bomb = "{ ...F0 } " + " ".join(links) + " fragment F14 on T { x }"
    assert refused_for(bomb) == "selections, fragments unfolded"
    assert SELECTIONS < 2**14


def test_fragments_are_few() -> None:
    many = " ".join(f"fragment F{number} on T {{ x }}" for number in range(FRAGMENTS + 1))
    assert refused_for(f"{{ x }} {many}") == "fragments"


def test_one_field_is_not_repeated_without_end() -> None:
    # Validation compares every two of them.
    parse_within_limits("{ " + "a " * REPEATS + "}")
    assert refused_for("{ " + "a " * (REPEATS + 1) + "}") == "times one field in one place"
    spread = "{ " + "...F " * (REPEATS + 1) + "} fragment F on T { a }"
    assert refused_for(spread) == "times one field in one place"


@pytest.mark.parametrize("text", ["{ " + "a " * (REPEATS + 1) + "}", "{ a " + "b " * REPEATS])
def test_what_is_refused_is_let_go_though_its_error_is_kept(text: str) -> None:
    """Who waits for a thread keeps its error in a circle, whose frames keep what was parsed."""
    with pytest.raises(GraphQLError) as refused:
        parse_within_limits(text)
    _, *below = [frame.f_code.co_name for frame, _ in walk_tb(refused.value.__traceback__)]
    assert below == ["parse_within_limits"]


def test_a_circle_of_fragments_is_left_to_validation(api: ApiClient) -> None:
    circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    parse_within_limits(circle)
    assert "within itself" in api.errors(circle)[0]["message"]


def test_a_text_that_no_database_keeps_is_refused() -> None:
    with pytest.raises(GraphQLError, match=r"U\+0000"):
        parse_within_limits('{ a(b: "\\u0000") }')


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("{ a b { c } }", 3),
        ("{ things { nodes { name } } }", 1 + 50 * 2),
        ("{ things(page: {first: 10}) { nodes { name } } }", 1 + 10 * 2),
        ("{ things(last: 7) { edges { node { name } } } }", 1 + 7 * 3),
        ("query($n: Int) { things(first: $n) { nodes { name } } }", 1 + 100 * 2),
        ("query($p: P) { things(page: $p) { nodes { name } } }", 1 + 100 * 2),
        ("{ things(first: 999999999999) { nodes { name } } }", 1 + 50 * 2),
        ("{ things(first: 2) { ...F } } fragment F on T { nodes { name } }", 1 + 2 * 2),
        ("{ thing(id: 1) { ...F } } fragment F on T { name }", 2),
        ("mutation { act { name } }", 2 + ACT),
        ("mutation { a: act b: act }", 2 + 2 * ACT),
        ('{ things(ids: ["a", "b"], in: {numbers: [1, 2, 3]}) { name } }', 2 + 2 * ITEM + 3),
    ],
)
def test_the_price_is_what_a_query_may_bring(text: str, price: int) -> None:
    assert parse_within_limits(text).price == price


def test_a_limit_is_told_in_the_language_of_the_caller(api: ApiClient) -> None:
    (error,) = api.in_language("fr").errors(nested(DEPTH + 1))
    assert error["message"].endswith("au plus 16 niveaux de champs.")
    assert error["extensions"] == {
        "code": "QUERY_TOO_LARGE",
        "limit": 16,
        "of": "levels of fields",
    }


def test_a_price_beyond_the_limit_is_refused() -> None:
    names = " ".join(f"f{number}" for number in range(21))
    deep = f"{{ a(first: 100) {{ nodes {{ b(first: 100) {{ nodes {{ {names} }} }} }} }} }}"
    assert refused_for(deep) == "values by its price"
    assert parse_within_limits("{ a }").price < PRICE


def test_lists_without_pages_count_with_their_size() -> None:
    changes = "changes { recordId fields { field before after } }"

    def priced(count: int, first: int) -> int:
        again = " ".join(f"a{number}: {changes}" for number in range(count))
        text = f"{{ auditEntries(page: {{first: {first}}}) {{ nodes {{ {again} }} }} }}"
        return parse_within_limits(text, shapes_of(jalon_schema()._schema)).price

    assert priced(1, 10) == 1 + 10 * (1 + 1 + 50 * (1 + 1 + 10 * 3))
    assert priced(1, 100) < PRICE
    with pytest.raises(QueryTooLarge, match="price"):
        priced(15, 100)


def test_each_list_of_the_table_is_one() -> None:
    shapes = shapes_of(jalon_schema()._schema)
    for name, size in SIZES.items():
        owner, _, field = name.partition(".")
        assert shapes[owner][field][1] == size


def test_the_price_is_told_with_the_answer(api: ApiClient) -> None:
    answer = api.send("{ clients(page: {first: 10}) { nodes { id name } } }").json()
    cost = answer["extensions"]["cost"]
    assert cost["price"] == 1 + 10 * 3
    assert cost["limit"] == PRICE
    assert Allowance().price - 31 <= cost["remaining"] <= Allowance().price
    assert cost["restoredPerSecond"] == Allowance().price // 60


def test_the_usual_introspection_is_within_the_limits() -> None:
    parse_within_limits(
        get_introspection_query(
            specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True
        )
    )
