"""How a thing, or a page of things, stands in an answer: as JSON.

A page is a connection: `nodes` or `edges`, `pageInfo`, `totalCount`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLObjectType

from persistence.pages import Sort, write_cursor
from persistence.reading import Noun
from persistence.ready.prepared import NotReady
from resolvers.keeping.browsing import NODES
from server.ready.rows import Rows, rows_of
from server.ready.selection import TYPENAME, Chosen
from server.ready.values import require_plain, text_of

_NOUNS = {noun.typename: noun for noun in NODES.values()}


def cursor_of(row: Any, rows: Rows, sort: Sort, of: str) -> str:
    values = {"key": row[rows.extra["id"][0]]}
    for name, (place, convert) in rows.extra.items():
        values[f"_{name}"] = row[place] if convert is None else convert(row[place])
    return write_cursor(values, sort, of)


class ShownThing:
    """How one object is shown."""

    def __init__(self, owner: GraphQLObjectType, chosen: tuple[Chosen, ...]) -> None:
        self._owner = owner
        self._chosen = chosen
        self._rows: Rows | None = None

    def rows(self, noun: Noun, dialect: Any) -> Rows:
        _require_known(noun)
        if self._rows is None:
            self._rows = rows_of(noun, self._owner, self._chosen, dialect)
        return self._rows


Part = Callable[[list[str], list[str], tuple[bool, bool], int], str]
"""Of the nodes, the cursors, whether there is a next and a previous page, and the count."""


class ShownPage:
    """How a connection is shown: `nodes` or `edges`, `pageInfo`, `totalCount`."""

    def __init__(self, chosen: tuple[Chosen, ...], typename: str) -> None:
        self._rows: dict[Sort, Rows] = {}
        self._parts: list[tuple[str, Part]] = []
        self._nodes: Chosen | None = None
        self._all_cursors = self._end_cursors = False
        self.is_counted = False
        for one in chosen:
            self._parts.append((f'"{one.key}":', self._part(one, typename)))
        if self._nodes is None:
            raise NotReady("no nodes")

    def rows(self, noun: Noun, dialect: Any, sort: Sort) -> Rows:
        _require_known(noun)
        known = self._rows.get(sort)
        if known is None:
            assert self._nodes is not None
            extra = tuple(name for name, _ in sort.keys)
            nodes = self._nodes
            known = self._rows[sort] = rows_of(noun, nodes.owner, nodes.below, dialect, extra=extra)
        return known

    def with_cursors(self, rows: list[Any]) -> list[Any]:
        """The rows whose cursors are needed: all, the first and the last, or none."""
        if self._all_cursors or (self._end_cursors and len(rows) < 2):
            return rows
        return [rows[0], rows[-1]] if self._end_cursors else []

    def connection(
        self, nodes: list[str], cursors: list[str], marks: tuple[bool, bool], total: int
    ) -> str:
        parts = [f"{key}{make(nodes, cursors, marks, total)}" for key, make in self._parts]
        return f"{{{','.join(parts)}}}"

    def _part(self, one: Chosen, typename: str) -> Part:
        if one.name == TYPENAME:
            return lambda *_: f'"{typename}"'
        require_plain(one)
        match one.name:
            case "nodes":
                self._note(one)
                return lambda nodes, *_: f"[{','.join(nodes)}]"
            case "edges":
                return self._edges(one)
            case "page_info":
                return self._page_info(one)
            case "total_count":
                self.is_counted = True
                return lambda nodes, cursors, marks, total: str(total)
        raise NotReady(one.name)

    def _edges(self, one: Chosen) -> Part:
        keys = [(f'"{part.key}":', part.name) for part in one.below]
        for part in one.below:
            if part.name == "node":
                require_plain(part)
                self._note(part)
            elif part.name == "cursor":
                self._all_cursors = True
        typename = one.owner.name

        def edge(node: str, cursor: str) -> str:
            known = {"node": node, "cursor": f'"{cursor}"', TYPENAME: f'"{typename}"'}
            return f"{{{','.join([f'{key}{known[name]}' for key, name in keys])}}}"

        def edges(nodes: list[str], cursors: list[str], *_: Any) -> str:
            if not self._all_cursors:
                return f"[{','.join([edge(node, '') for node in nodes])}]"
            return f"[{','.join([edge(*pair) for pair in zip(nodes, cursors, strict=True)])}]"

        return edges

    def _page_info(self, one: Chosen) -> Part:
        typename = one.owner.name
        fields = [(part.key, part.name) for part in one.below]
        self._end_cursors |= any(name in _CURSORS for _, name in fields)

        def page_info(nodes: Any, cursors: list[str], marks: tuple[bool, bool], total: int) -> str:
            known = {
                "has_next_page": marks[0],
                "has_previous_page": marks[1],
                "start_cursor": cursors[0] if cursors else None,
                "end_cursor": cursors[-1] if cursors else None,
                TYPENAME: typename,
            }
            return text_of({key: known[name] for key, name in fields})

        return page_info

    def _note(self, one: Chosen) -> None:
        if self._nodes is not None:
            raise NotReady("nodes are selected twice")
        self._nodes = one


_CURSORS = {"start_cursor", "end_cursor"}

Shown = ShownThing | ShownPage


def shown(chosen: Chosen) -> Shown:
    """How the answer of a field is shown; NotReady of what is neither."""
    owner = chosen.owner
    if not isinstance(owner, GraphQLObjectType):
        raise NotReady(str(owner))
    if owner.name in _NOUNS:
        return ShownThing(owner, chosen.below)
    if owner.name.endswith("Connection"):
        return ShownPage(chosen.below, owner.name)
    raise NotReady(owner.name)


def _require_known(noun: Noun) -> None:
    if _NOUNS.get(noun.typename) is not noun:
        raise NotReady(noun.typename)
