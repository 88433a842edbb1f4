"""What an operation selects, worked out once: fields merged, fragments folded in, names known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)
from strawberry.types.field import StrawberryField

from persistence.ready.prepared import NotReady
from schema.view import is_asked

TYPENAME = "__typename"
Truths = Mapping[str, bool]
"""The values of the variables that @skip and @include ask for."""


@dataclass(frozen=True, eq=False, slots=True)
class Chosen:
    """A field of an answer."""

    key: str
    """Its name in the answer: the alias, if it has one."""
    name: str
    """Its name in the row it is taken from; `TYPENAME` for that."""
    type: Any
    below: tuple[Chosen, ...]
    nodes: tuple[FieldNode, ...]
    field: StrawberryField | None

    @property
    def owner(self) -> Any:
        """The type of what stands below it."""
        return get_named_type(self.type)


class Selecting:
    """The selections of one document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, truths: Truths) -> None:
        self._schema = schema
        self._truths = truths
        self._fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }

    def of(self, owner: Any, sets: Sequence[SelectionSetNode]) -> tuple[Chosen, ...]:
        """The fields that `sets` select of an object of the type `owner`; NotReady of others."""
        if not isinstance(owner, GraphQLObjectType):
            raise NotReady(f"{owner} is no object")
        found: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for one in sets:
            self._collect(owner, one, found, seen)
        return tuple(self._chosen(owner, key, nodes) for key, nodes in found.items())

    def _collect(
        self,
        owner: GraphQLObjectType,
        selected: SelectionSetNode,
        found: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for node in selected.selections:
            if not is_asked(node.directives, self._truths):
                continue
            match node:
                case FieldNode():
                    found.setdefault((node.alias or node.name).value, []).append(node)
                case InlineFragmentNode(type_condition=named, selection_set=below):
                    if named is None or self._is_of(owner, named.name.value):
                        self._collect(owner, below, found, seen)
                case FragmentSpreadNode(name=name):
                    fragment = self._fragments[name.value]
                    if name.value not in seen and self._is_of(
                        owner, fragment.type_condition.name.value
                    ):
                        seen.add(name.value)
                        self._collect(owner, fragment.selection_set, found, seen)

    def _chosen(self, owner: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Chosen:
        asked = nodes[0].name.value
        if asked == TYPENAME:
            return Chosen(key, TYPENAME, None, (), tuple(nodes), None)
        known = self._schema.get_field(owner, asked)
        if known is None:
            raise NotReady(asked)
        field = known.extensions.get("strawberry-definition")
        if not isinstance(field, StrawberryField):
            raise NotReady(asked)
        sets = [one.selection_set for one in nodes if one.selection_set is not None]
        below = self.of(get_named_type(known.type), sets) if sets else ()
        return Chosen(key, field.python_name, known.type, below, tuple(nodes), field)

    def _is_of(self, owner: GraphQLObjectType, name: str) -> bool:
        if owner.name == name:
            return True
        other = self._schema.get_type(name)
        return is_abstract_type(other) and self._schema.is_sub_type(other, owner)


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation that is asked for; NotReady where that is not plain."""
    found = [
        one
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode)
        and (name is None or (one.name is not None and one.name.value == name))
    ]
    if len(found) != 1 or found[0].directives:
        raise NotReady("no single operation")
    return found[0]


def conditions_in(document: DocumentNode) -> tuple[str, ...]:
    """The variables that @skip and @include ask for, anywhere in the document."""
    names: dict[str, None] = {}
    left: list[Any] = list(document.definitions)
    while left:
        node = left.pop()
        for one in getattr(node, "directives", None) or ():
            for argument in one.arguments or ():
                if isinstance(argument.value, VariableNode):
                    names[argument.value.name.value] = None
        below = getattr(node, "selection_set", None)
        if below is not None:
            left.extend(below.selections)
    return tuple(names)
