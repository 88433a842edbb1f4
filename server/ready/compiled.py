"""Objects of an answer made from their rows by code written for the selection.

For what no plan reads (sums, batches, the payloads of mutations) the executor is the library's; but
where a resolver gave it a row, all that is taken from the row as it stands there is completed by
one function. Where anything is not as its type says, the executor completes that object itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import finalize

import structlog
from graphql import DocumentNode, FieldNode, GraphQLObjectType, GraphQLSchema

from persistence.ready.prepared import NotReady
from server.ready.selection import Selecting, conditions_in
from server.ready.values import Names, Surprise, object_of

log = structlog.get_logger("jalon")

Complete = Callable[[Any], Any]


@dataclass(eq=False, slots=True)
class Made:
    """The functions of one operation, by type and by the numbers of nodes."""

    is_varied: bool
    """Whether variables say which of its nodes are asked.

    Any number of nodes that are asked in one place come in twice as many ways with each: only of
    one that stands by itself is a function made.
    """
    known: dict[Any, Complete | None] = field(default_factory=dict)


class Completers:
    """The functions of the operations that are kept, by the nodes they are for.

    They hold no operation and go with it: it is its document that is weighed and forgotten.
    """

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()
        self._known: dict[int, Made] = {}

    def of(self, operation: Any, fragments: Any) -> Made:
        """Those of an operation, whose nodes live with it."""
        number = id(operation)
        known = self._known.get(number)
        if known is None:
            document = DocumentNode(definitions=(operation, *fragments.values()))
            known = self._known[number] = Made(bool(conditions_in(document)))
            # At once, before another takes its number. As keys, operations would be compared whole.
            finalize(operation, self._known.pop, number, None)
        return known

    def note(self, key: Any, error: Exception) -> None:
        """Tells of a fault of a function, once for each kind of object and of fault."""
        fault = (key[0], type(error).__name__)
        if not isinstance(error, Surprise) and fault not in self._told and len(self._told) < 1_000:
            self._told.add(fault)
            log.warning("object not completed", type=fault[0], error=fault[1], exc_info=error)


def completer(
    schema: GraphQLSchema, fragments: Any, owner: GraphQLObjectType, nodes: Sequence[FieldNode]
) -> Complete | None:
    """What completes a row as an object of `owner`; None where the executor has to."""
    document = DocumentNode(definitions=tuple(fragments.values()))
    sets = [one.selection_set for one in nodes if one.selection_set is not None]
    names = Names(with_lists=False)
    try:
        # Whatever depends on a variable is the executor's: there are no truths to go by.
        fields = Selecting(schema, document, {}).of(owner, sets)
        made = object_of(names, owner, "row", fields)
    except (NotReady, KeyError):
        return None
    function: Complete = names.function("complete", f"def complete(row):\n    return {made}\n")
    return function
