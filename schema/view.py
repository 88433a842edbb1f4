"""What a query asks for, as the tree of fields that reading follows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode
from strawberry import Info

from persistence.reading import Wanted


def wanted(info: Info[Any, Any], *path: str) -> Wanted:
    """The fields selected below the present one, by Python name, at `path`.

    Fragments are folded in; @skip and @include are not weighed: a field too many is read, never
    one too few.
    """
    tree = _tree(info._raw_info.field_nodes, info._raw_info.fragments)
    for name in path:
        tree = tree.get(name, {})
    return tree


def wanted_of_nodes(info: Info[Any, Any]) -> Wanted:
    """The fields selected on the nodes of a connection, by `edges { node }` and by `nodes`."""
    merged: dict[str, Any] = {}
    for found in (wanted(info, "edges", "node"), wanted(info, "nodes")):
        _merge(merged, found)
    return merged


def _tree(
    nodes: Iterable[FieldNode], fragments: dict[str, FragmentDefinitionNode]
) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for node in nodes:
        if node.selection_set is not None:
            _collect(node.selection_set.selections, fragments, tree, set())
    return tree


def _collect(
    selections: Iterable[Any],
    fragments: dict[str, FragmentDefinitionNode],
    tree: dict[str, Any],
    entered: set[str],
) -> None:
    for selection in selections:
        match selection:
            case FieldNode(name=name, selection_set=below):
                branch = tree.setdefault(snake(name.value), {})
                if below is not None:
                    _collect(below.selections, fragments, branch, entered)
            case InlineFragmentNode(selection_set=below):
                _collect(below.selections, fragments, tree, entered)
            case FragmentSpreadNode(name=name) if name.value not in entered:
                fragment = fragments[name.value]
                _collect(fragment.selection_set.selections, fragments, tree, entered | {name.value})


def _merge(into: dict[str, Any], other: Wanted) -> None:
    for name, below in other.items():
        _merge(into.setdefault(name, {}), below)


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """The Python name of a GraphQL field: billingAddress -> billing_address."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@lru_cache(maxsize=4096)
def camel(name: str) -> str:
    """The GraphQL name of a Python field: billing_address -> billingAddress."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
