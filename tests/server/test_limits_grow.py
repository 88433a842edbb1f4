"""A hostile document costs no more than its size, counted in calls, not by the clock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from cProfile import Profile
from typing import Any

from graphql import GraphQLError, specified_rules
from hypothesis import given, settings
from hypothesis import strategies as st

from server.graphql import jalon_schema
from server.limits import TOKENS, QueryTooLarge, parse_within_limits
from server.validating import MISTAKES, validate_briefly
from tests.support.hostile_documents import COMPARED, FAMILIES

SCHEMA: Any = jalon_schema()._schema


def checked(text: str) -> list[GraphQLError]:
    """The limits and the validation of a document, as before anything of it is run."""
    try:
        return validate_briefly(SCHEMA, parse_within_limits(text).document, tuple(specified_rules))
    except QueryTooLarge as refused:
        return [refused]


def calls(act: Callable[[], object]) -> int:
    """How many functions are called meanwhile, of Python and of C."""
    kept, counter = sys.getprofile(), Profile(subcalls=False)
    counter.enable()
    try:
        act()
    finally:
        counter.disable()
        sys.setprofile(kept)
    return sum(one.callcount for one in counter.getstats())


@settings(max_examples=24, deadline=None)
@given(
    family=st.sampled_from(sorted(FAMILIES.keys() - {COMPARED})),
    tokens=st.integers(300, TOKENS // 2 - 100),
)
def test_a_document_twice_as_long_costs_twice_as_much_at_most(family: str, tokens: int) -> None:
    once, twice = FAMILIES[family](tokens), FAMILIES[family](2 * tokens)
    # What is asked for the first time of a schema is looked up once.
    checked(once)
    assert calls(lambda: checked(twice)) <= 2.6 * calls(lambda: checked(once)) + 5_000


@settings(max_examples=24, deadline=None)
@given(family=st.sampled_from(sorted(FAMILIES)), tokens=st.integers(300, TOKENS - 100))
def test_no_document_costs_more_than_its_size_allows(family: str, tokens: int) -> None:
    text = FAMILIES[family](tokens)
    checked(text)
    most = 1_800_000 if family == COMPARED else 100_000 + 350 * tokens
    assert calls(lambda: checked(text)) <= most


def test_a_few_mistakes_are_told_and_that_there_are_more() -> None:
    errors = checked(FAMILIES["unknown fields"](200))
    assert len(errors) == MISTAKES + 1
    assert "Cannot query field" in errors[0].message
    assert "Too many" in errors[-1].message
