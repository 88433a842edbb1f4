"""Whatever a limited caller asks in whatever field, what is out of their reach is not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    get_named_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
)

from domain.records import Record
from persistence.reach import SEEN
from resolvers.keeping.browsing import NODES
from tests.api.access.scene import MARK, OWN, Scene, kept
from tests.api.records.calling import MUTATIONS, QUERIES, call, put, required
from tests.api.records.test_other_firms import NOUN_OF, OWN_ID, PLACES
from tests.support.api import ApiClient

DEEP = 4


@pytest.fixture
def scene(sqlite_scene: Scene) -> Scene:
    return sqlite_scene


def test_every_class_of_record_says_by_what_it_is_within_reach() -> None:
    assert set(SEEN) == {mapper.class_ for mapper in Record.registry.mappers}


def selected(kind: Any, depth: int = DEEP, above: tuple[str, ...] = ()) -> str:
    """All fields of a type that need nothing, as deep as asked; no type within itself."""
    parts = []
    for name, field in kind.fields.items():
        below = get_named_type(field.type)
        if any(is_required_argument(one) for one in field.args.values()):
            continue
        if is_leaf_type(below):
            parts.append(name)
        elif is_object_type(below) and depth > 1 and below.name not in above:
            inner = selected(below, depth - 1, (*above, kind.name))
            parts += [f"{name} {{ {inner} }}"] if inner else []
    return " ".join(parts)


def questions() -> Iterator[str]:
    """Every list and every query that needs nothing but a choice, a few fields at a time."""
    for name, field in QUERIES.items():
        kind = get_named_type(field.type)
        if any(is_required_argument(one) for one in field.args.values()) or is_leaf_type(kind):
            continue
        choice = "(page: { first: 5 }" if "page" in field.args else ""
        if name == "invoices":
            choice += ", filter: { states: null }"
        choice += ")" if choice else ""
        if name in ("clients", "projects", "contracts", "phases", "timeEntries", "invoices"):
            depth = 3
        else:
            depth = 4
        below = get_named_type(kind.fields["nodes"].type) if "nodes" in kind.fields else kind
        for one, part in below.fields.items():
            inner = get_named_type(part.type)
            if any(is_required_argument(arg) for arg in part.args.values()):
                continue
            told = one if is_leaf_type(inner) else None
            if is_object_type(inner):
                told = f"{one} {{ {selected(inner, depth - 2)} }}"
            if told is not None:
                asked = f"nodes {{ {told} }}" if "nodes" in kind.fields else told
                yield f"{{ {name}{choice} {{ {asked} }} }}"


@pytest.mark.parametrize("who", ["manager", "worker"])
def test_no_list_tells_of_what_is_out_of_reach(scene: Scene, who: str) -> None:
    caller: ApiClient = getattr(scene, who)
    told = 0
    for asked in questions():
        answer = caller.send(asked).json()
        said = {one["extensions"].get("code") for one in answer.get("errors", ())}
        assert said <= {"BEYOND_REACH", "PERMISSION_DENIED"}, (asked, answer)
        assert MARK not in json.dumps(answer), asked
        told += not said
    assert told > 60
    codes = {
        one["code"] for one in caller.query("{ projects { nodes { code } } }")["projects"]["nodes"]
    }
    assert codes == set(OWN)
    assert MARK in scene.admin.send("{ projects { nodes { name } } }").text


@pytest.mark.parametrize("who", ["manager", "worker"])
def test_no_identifier_finds_what_is_out_of_reach(scene: Scene, who: str) -> None:
    """By `node`, and of a mixed paper neither the head nor its lines."""
    caller: ApiClient = getattr(scene, who)
    asked = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    for noun, key in scene.outside.items():
        [found] = caller.query(asked, ids=[key])["nodes"]
        assert found is None, noun
        if noun in NODES:
            assert scene.admin.query(asked, ids=[key])["nodes"][0] is not None
    lines = "query($id: ID!) { invoice(id: $id) { lines { id } } }"
    mixed = scene.admin.query(lines, id=scene.mixed)["invoice"]["lines"]
    found = caller.query(asked, ids=[scene.mixed, *(one["id"] for one in mixed)])["nodes"]
    assert found == [None] * 3
    [own] = caller.query(asked, ids=[scene.own])["nodes"]
    assert (own is not None) is (who == "manager")


@pytest.mark.parametrize("who", ["manager", "worker"])
def test_no_mutation_reaches_out(scene: Scene, who: str) -> None:
    """Each place for an identifier, with one that is out of reach: nothing is told or changed."""
    caller: ApiClient = getattr(scene, who)
    before = kept(scene.admin)
    for name, path in PLACES:
        place = next(step for step in reversed(path) if isinstance(step, str))
        noun = NOUN_OF.get(place) or OWN_ID.get(name, "")
        keys = [scene.outside[noun]] if noun in scene.outside else []
        keys += [scene.mixed] if noun == "invoice" else []
        for key in keys:
            given = required(name)
            put(given, MUTATIONS[name].args, path, key)
            answer = call(caller, name, given)
            assert MARK not in json.dumps(answer), name
            said = [one["code"] for one in answer["userErrors"]]
            for result in answer.get("results", ()):
                assert result["node"] is None, (name, path)
                said += [one["code"] for one in result["userErrors"]]
            assert said, (name, path, answer)
            for thing in ("node", "invoice", "phase", "handover", "importFile", "mail"):
                assert answer.get(thing) is None, (name, path)
    assert kept(scene.admin) == before
