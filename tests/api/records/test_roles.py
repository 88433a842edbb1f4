"""What each role may do: every field of the API by every role, cell by cell."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from graphql import (
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

from domain.access import PERMISSIONS, SENTENCES, WHOLE_ONLY, Permission, Role, reach_of
from schema.needs import MUTATION_NEEDS, NEEDS, QUERY_NEEDS, SUBSCRIPTION_NEEDS, Need, permits
from schema.view import snake
from tests.api.records.calling import MUTATIONS, QUERIES, SCHEMA, call, filled, required
from tests.support.api import ApiClient

SUBSCRIPTIONS = {} if SCHEMA.subscription_type is None else SCHEMA.subscription_type.fields
DENIED = {"PERMISSION_DENIED", "BEYOND_REACH"}
_firms = count()


def test_every_field_says_what_it_needs() -> None:
    """A field that says nothing cannot be asked for, and is missing in the guide."""
    assert QUERY_NEEDS.keys() == QUERIES.keys()
    assert MUTATION_NEEDS.keys() == MUTATIONS.keys()
    assert SUBSCRIPTION_NEEDS.keys() == SUBSCRIPTIONS.keys()
    assert len(NEEDS) == len(QUERIES) + len(MUTATIONS) + len(SUBSCRIPTIONS)


def test_every_permission_is_told_and_needed_or_announced() -> None:
    assert SENTENCES.keys() == set(Permission)
    assert all(PERMISSIONS[role] <= PERMISSIONS[Role.ADMINISTRATOR] for role in Role)
    # Nobody whose reach is always limited holds what is never theirs.
    for role in (Role.PROJECT_MANAGER, Role.COLLABORATOR):
        assert not PERMISSIONS[role] & WHOLE_ONLY


def expected(role: Role, need: Need, entities: list[int] | None = None) -> set[str]:
    """The refusal that the table foresees."""
    if need.permission not in PERMISSIONS[role]:
        return {"PERMISSION_DENIED"}
    return set() if permits(need, reach_of(role, entities)) else {"BEYOND_REACH"}


def asked(api: ApiClient, name: str) -> set[str]:
    """How a query is denied, if it is."""
    field = QUERIES[name]
    needed = {one: arg for one, arg in field.args.items() if is_required_argument(arg)}
    heads = ", ".join(f"${one}: {arg.type}" for one, arg in needed.items())
    tails = ", ".join(f"{one}: ${one}" for one in needed)
    kind = get_named_type(field.type)
    below = "" if is_leaf_type(kind) else "{ __typename }"
    heads, tails = (f"({one})" if one else "" for one in (heads, tails))
    text = f"query{heads} {{ {name}{tails} {below} }}"
    named = snake(kind.name[0].lower() + kind.name[1:])
    names = {"id": "invoice" if name == "invoiceMailDraft" else named, "importId": "import_file"}
    given = {
        one: f"{names.get(one) or one.removesuffix('Id')}_1"
        if get_named_type(arg.type).name == "ID" and not is_list_type(of(arg.type))
        else filled(arg.type)
        for one, arg in needed.items()
    }
    answer = api.send(text, given).json()
    return {one["extensions"].get("code") for one in answer.get("errors", ())} & DENIED


def of(kind: Any) -> Any:
    return kind.of_type if is_non_null_type(kind) else kind


@pytest.mark.parametrize("entities", [None, [1]], ids=["all entities", "one entity"])
@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_what_it_may_and_nothing_else(
    browsed: ApiClient, role: Role, entities: list[int] | None
) -> None:
    """Every mutation and every query by every role, of the whole firm and of one entity."""
    other = browsed.of_another_firm(f"roles-{role.value.lower()}-{next(_firms)}")
    bearer = other.with_role(role, entity_ids=entities)
    for name, need in MUTATION_NEEDS.items():
        said = {error["code"] for error in call(bearer, name, required(name))["userErrors"]}
        assert said & DENIED == expected(role, need, entities), (name, said)
    for name, need in QUERY_NEEDS.items():
        assert asked(bearer, name) == expected(role, need, entities), name
