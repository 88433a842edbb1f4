"""Lists by page: Relay connections with keyset cursors (API.md 11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import strawberry

from persistence.pages import Page

NodeType = TypeVar("NodeType")


@strawberry.type(
    description="What lies around a page; a cursor is good for its own list and order."
)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None = strawberry.field(description="Give it as `after` for the next page.")


@strawberry.type
class Edge(Generic[NodeType]):
    cursor: str
    node: NodeType


@strawberry.type(description="A page of a list. `nodes` is `edges { node }` without the cursors.")
class Connection(Generic[NodeType]):
    edges: list[Edge[NodeType]]
    nodes: list[NodeType]
    page_info: PageInfo
    total_count: int = strawberry.field(description="Counted only when asked for.")


def connection(page: Page, *, total: Callable[[], int] | None) -> dict[str, Any]:
    """`page` as a connection; `total` is called only when the count was asked for."""
    return {
        "edges": [
            {"cursor": cursor, "node": row}
            for cursor, row in zip(page.cursors, page.rows, strict=True)
        ],
        "nodes": page.rows,
        "page_info": {
            "has_next_page": page.has_next,
            "has_previous_page": page.has_previous,
            "start_cursor": page.cursors[0] if page.cursors else None,
            "end_cursor": page.cursors[-1] if page.cursors else None,
        },
        "total_count": total() if total else 0,
    }
