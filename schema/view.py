"""What a query asks for, as the tree of fields that reading follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionNode,
    ValueNode,
    VariableNode,
)
from strawberry import Info

from persistence.reading import Wanted


def wanted(info: Info[Any, Any], *path: str) -> Wanted:
    """The fields selected below the present one, by Python name, at `path`.

    Fragments are folded in; what @skip and @include leave out is not among them.
    """
    # The library hands its resolvers the plain values, whatever its types say.
    raw: Any = info._raw_info
    tree: dict[str, Any] = {}
    for node in raw.field_nodes:
        if node.selection_set is not None:
            below = node.selection_set.selections
            _Tree(raw.fragments, raw.variable_values).collect(below, tree, set())
    for name in path:
        tree = tree.get(name, {})
    return tree


def wanted_of_nodes(info: Info[Any, Any]) -> Wanted:
    """The fields selected on the nodes of a connection, by `edges { node }` and by `nodes`."""
    merged: dict[str, Any] = {}
    for found in (wanted(info, "edges", "node"), wanted(info, "nodes")):
        _merge(merged, found)
    return merged


class _Tree:
    """Collects what is selected into a tree."""

    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self._fragments = fragments
        self._variables = variables

    def collect(
        self, selections: Iterable[SelectionNode], tree: dict[str, Any], entered: set[str]
    ) -> None:
        for selection in selections:
            if not is_asked(selection.directives, self._variables):
                continue
            match selection:
                case FieldNode(name=name, selection_set=below):
                    branch = tree.setdefault(snake(name.value), {})
                    if below is not None:
                        self.collect(below.selections, branch, entered)
                case InlineFragmentNode(selection_set=below):
                    self.collect(below.selections, tree, entered)
                case FragmentSpreadNode(name=name) if name.value not in entered:
                    below = self._fragments[name.value].selection_set
                    self.collect(below.selections, tree, entered | {name.value})


def is_asked(directives: Iterable[DirectiveNode] | None, variables: Mapping[str, Any]) -> bool:
    """Whether @skip and @include leave what carries them in the answer."""
    for one in directives or ():
        if one.name.value in ("skip", "include"):
            (condition,) = one.arguments or ()
            if _is_true(condition.value, variables) == (one.name.value == "skip"):
                return False
    return True


def _is_true(value: ValueNode, variables: Mapping[str, Any]) -> bool:
    match value:
        case BooleanValueNode(value=is_true):
            return is_true
        case VariableNode(name=name):
            return bool(variables[name.value])
    raise TypeError(value.kind)


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
