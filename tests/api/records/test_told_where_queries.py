"""What a query is refused for is said of the argument that was given, by its whole path."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.records.calling import QUERIES, filled, named_records, put
from tests.support.api import ApiClient

LISTS = sorted(name for name, field in QUERIES.items() if "page" in field.args)
NOT_REFUSED = {"node", "nodes"}
"""Anything may be asked of these: what is no identifier is not found."""


def asked(name: str, below: str) -> str:
    arguments = QUERIES[name].args
    heads = ", ".join(f"${one}: {argument.type}" for one, argument in arguments.items())
    tails = ", ".join(f"{one}: ${one}" for one in arguments)
    return f"query({heads}) {{ {name}({tails}) {{ {below} }} }}"


def needed(name: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for one, argument in QUERIES[name].args.items():
        if argument.default_value not in (None, ...):
            # As the executor would: a variable that is there must not be null.
            value = argument.default_value
            given[one] = getattr(value, "name", value)
        if str(argument.type).endswith("!") and one not in given:
            given[one] = "batch_1" if one == "batchId" else "import_file_1"
    return given


def refused(api: ApiClient, name: str, below: str, given: dict[str, Any]) -> tuple[str, Any]:
    answer = api.send(asked(name, below), given).json()
    (error,) = answer["errors"]
    return error["extensions"]["code"], error["extensions"].get("field")


PLACES = [
    (name, path)
    for name, field in sorted(QUERIES.items())
    for argument, kind in field.args.items()
    for path in named_records(kind.type, (argument,))
    if name not in NOT_REFUSED
]


@pytest.mark.parametrize(("name", "path"), PLACES)
def test_a_wrong_identifier_is_told_where_it_stands(
    browsed: ApiClient, name: str, path: tuple[Any, ...]
) -> None:
    """ID_INVALID."""
    given = needed(name)
    put(given, QUERIES[name].args, path, "wrong_x")
    where = [str(step) for step in path]
    assert refused(browsed, name, "__typename", given) == ("ID_INVALID", where)


def test_there_are_many_such_places() -> None:
    assert len(PLACES) > 60
    assert len(LISTS) > 25
    assert filled(QUERIES["client"].args["id"].type) == "x"


@pytest.mark.parametrize("name", LISTS)
def test_a_page_that_cannot_be_is_told_of_what_makes_it_so(browsed: ApiClient, name: str) -> None:
    """PAGE_SIZE_INVALID, CURSOR_INVALID, FORWARDS_ONLY."""
    told = []
    for page in ({"first": 0}, {"first": 101}, {"after": "x"}, {"last": 0}, {"before": "x"}):
        given = {**needed(name), "page": page}
        told.append(refused(browsed, name, "nodes { __typename }", given))
    forwards = [
        ("PAGE_SIZE_INVALID", ["page", "first"]),
        ("PAGE_SIZE_INVALID", ["page", "first"]),
        ("CURSOR_INVALID", ["page", "after"]),
    ]
    assert told[:3] == forwards
    if name == "totals":
        assert told[3:] == [("FORWARDS_ONLY", ["page", one]) for one in ("last", "before")]
    else:
        assert told[3:] == [
            ("PAGE_SIZE_INVALID", ["page", "last"]),
            ("CURSOR_INVALID", ["page", "before"]),
        ]
