"""A document that is kept, with its plan, takes no more than the room of its tokens says."""

from __future__ import annotations

import gc
import tracemalloc
from collections import OrderedDict
from itertools import count

import pytest

from persistence.ready import statements
from server import breathing
from server.graphql import documents_of, jalon_schema
from server.limits import parse_within_limits
from tests.soak.offices import PAGE
from tests.support.api import ApiClient

A_TOKEN = 1_024
"""Bytes: KEPT_TOKENS of them are the 60 MB that are promised there."""

MANY = 20


def test_a_document_with_joins_and_lists_takes_a_kilobyte_a_token(browsed: ApiClient) -> None:
    numbers = count()

    def ask(times: int) -> str:
        for _ in range(times):
            text = PAGE.replace("invoices(", f"page{next(numbers)}: invoices(")
            browsed.query(text)
        return text

    text = ask(3)
    tracemalloc.start()
    try:
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        ask(MANY)
        gc.collect()
        taken = (tracemalloc.get_traced_memory()[0] - before) / MANY
    finally:
        tracemalloc.stop()
    assert taken <= A_TOKEN * parse_within_limits(text).tokens


def test_documents_that_wish_the_same_share_statements(
    any_firm: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is forgotten with a document leaves none behind, and a new one writes none."""
    monkeypatch.setattr(statements, "_prepared", OrderedDict())
    made = []
    for name in ("first", "second", "third"):
        page = "clients { totalCount nodes { id contacts { name } } }"
        (found,) = any_firm.query(f"{{ {name}: {page} }}").values()
        key = found["nodes"][0]["id"]
        any_firm.query(f'{{ {name}: client(id: "{key}") {{ name }} }}')
        made.append(len(statements._prepared))
    # The page, its count, the contacts below it; a client.
    assert made == [4, 4, 4]


def test_what_completes_a_document_is_forgotten_with_it(
    browsed: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents that no plan answers are weighed too, and nothing else holds what they were."""
    kept = documents_of(jalon_schema(introspection=True))._known
    known = breathing._completers._known
    numbers = count()

    def ask(times: int) -> None:
        for _ in range(times):
            names = (f"a{next(numbers)}: invoiced {{ amount currency }}" for _ in range(60))
            browsed.query(f"{{ totals {{ nodes {{ currency {' '.join(names)} }} }} }}")

    ask(2)
    before = len(known)
    # For four of them, of 429 tokens each.
    monkeypatch.setattr(kept, "_room", 2_000)
    ask(8)
    assert len(kept._trial.known) <= 4
    assert len(known) <= before + 2


def test_conditions_make_no_more_functions_than_there_are_nodes(browsed: ApiClient) -> None:
    """Eight nodes in one place, each on a condition of its own, can be asked in 256 ways."""
    names = [f"c{number}" for number in range(8)]
    head = ", ".join(f"${name}: Boolean!" for name in names)
    asked = "".join(f"nodes @include(if: ${name}) {{ {name}: currency }} " for name in names)
    text = f"query({head}) {{ totals {{ nodes {{ currency }} {asked} }} }}"
    known = breathing._completers._known
    before = set(known)
    for way in range(40):
        browsed.query(text, **{name: bool(way >> place & 1) for place, name in enumerate(names)})
    (made,) = [known[number].known for number in known if number not in before]
    assert 0 < len(made) <= len(names) + 2
