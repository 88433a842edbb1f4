"""The floor of the page of invoices: an endpoint written by hand for one question, rows and orjson.

No key, no schema, no choice of fields: it answers the page that `page_of_invoices.py` asks for, of
the one organisation it was made for, and refuses nothing.
"""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import orjson
import psycopg
from sqlalchemy.engine import make_url
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CONNECTIONS = 8
PAGE = 50
_BEFORE_ALL = 2**62

_HEADS = """
SELECT i.id, i.pro_forma_number, i.state, i.kind, i.issue_date, i.due_date, i.net_minor,
       i.gross_minor, i.currency, c.id, c.code, c.name, p.id, p.code, p.name
FROM invoice i
JOIN client c ON c.id = i.client_id
LEFT JOIN project p ON p.id = i.project_id
WHERE i.organisation_id = ? AND i.id < ? AND i.state IN ('DRAFT', 'SENT', 'READY')
ORDER BY i.id DESC LIMIT 51
"""
_LINES = """
SELECT invoice_id, position, description, quantity, net_minor, currency
FROM invoice_line
WHERE organisation_id = ? AND invoice_id IN ({})
ORDER BY invoice_id, position
"""
_KINDS = {"380": "INVOICE", "381": "CREDIT_NOTE", "386": "DEPOSIT"}

Rows = Sequence[Sequence[Any]]
Fetch = Callable[[str, Sequence[Any]], Awaitable[Rows]]


def plain_endpoint(url: str, organisation_id: int) -> Starlette:
    """The application on the database `url`, at the address the product has."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with fetching(url) as app.state.fetch:
            yield

    async def answer(request: Request) -> Response:
        variables = orjson.loads(await request.body())["variables"]
        data = await _page(request.app.state.fetch, organisation_id, variables.get("after"))
        return Response(orjson.dumps({"data": data}), media_type="application/json")

    return Starlette(routes=[Route("/graphql", answer, methods=["POST"])], lifespan=lifespan)


def fetching(url: str) -> AbstractAsyncContextManager[Fetch]:
    """What runs a statement with `?` on the database `url` and returns all its rows."""
    return (_sqlite if make_url(url).get_backend_name() == "sqlite" else _postgres)(url)


@asynccontextmanager
async def _sqlite(url: str) -> AsyncIterator[Fetch]:
    connection = sqlite3.connect(str(make_url(url).database))
    connection.execute("PRAGMA mmap_size=268435456")
    connection.execute("PRAGMA cache_size=-65536")

    async def fetch(statement: str, values: Sequence[Any]) -> Rows:
        return connection.execute(statement, values).fetchall()

    yield fetch
    connection.close()


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[Fetch]:
    text = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    free: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await psycopg.AsyncConnection.connect(text, autocommit=True))

    async def fetch(statement: str, values: Sequence[Any]) -> Rows:
        connection = await free.get()
        marked = statement.replace("%", "%%").replace("?", "%s").encode()
        try:
            cursor = await connection.execute(marked, values)
            return await cursor.fetchall()
        finally:
            free.put_nowait(connection)

    yield fetch
    while not free.empty():
        await free.get_nowait().close()


async def _page(fetch: Fetch, organisation_id: int, after: str | None) -> dict[str, Any]:
    beyond = _BEFORE_ALL if after is None else _key_of(after)
    heads = await fetch(_HEADS, (organisation_id, beyond))
    more, heads = len(heads) > PAGE, heads[:PAGE]
    keys = [head[0] for head in heads]
    lines: dict[int, list[dict[str, Any]]] = {key: [] for key in keys}
    marks = ", ".join("?" * len(keys))
    for invoice, position, description, quantity, net, currency in await fetch(
        _LINES.format(marks), (organisation_id, *keys)
    ):
        lines[invoice].append(
            {
                "position": position,
                "description": description,
                "quantity": _number(quantity),
                "net": _money(net, currency),
            }
        )
    nodes = [_invoice(head, lines[head[0]]) for head in heads]
    end = {"hasNextPage": more, "endCursor": _cursor(keys[-1])}
    return {"invoices": {"nodes": nodes, "pageInfo": end}}


def _invoice(head: Sequence[Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    key, number, state, kind, issued, due, net, gross, currency, *parties = head
    client, client_code, client_name, project, project_code, project_name = parties
    return {
        "id": f"invoice_{key}",
        "proFormaNumber": number,
        "state": state,
        "kind": _KINDS[kind],
        "issueDate": issued,
        "dueDate": due,
        "net": _money(net, currency),
        "gross": _money(gross, currency),
        "client": {"id": f"client_{client}", "code": client_code, "name": client_name},
        "project": {"id": f"project_{project}", "code": project_code, "name": project_name},
        "lines": lines,
    }


def _money(minor: int, currency: str) -> dict[str, str]:
    return {"amount": f"{minor // 100}.{minor % 100:02d}", "currency": currency}


def _number(scaled: int) -> str:
    whole, rest = divmod(scaled, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0") if rest else str(whole)


def _cursor(key: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(["invoice.id-", key, key])).decode().rstrip("=")


def _key_of(cursor: str) -> int:
    padded = cursor + "=" * (-len(cursor) % 4)
    return int(orjson.loads(base64.urlsafe_b64decode(padded))[2])
