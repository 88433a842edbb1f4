"""The floors of the three reads: endpoints written by hand, which know one firm and ask for no key.

`statement`: one SQL statement of ours returns the whole answer as JSON, which is sent as it is.
`rows`: the rows of one or two statements, put together in Python and written by orjson.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from _shared.plain_endpoint import Fetch, fetching
from _shared.reads import LARGEST, PAGE, PAGES_A_LIST, key_of

_KIND = """CASE i.kind WHEN '380' THEN 'INVOICE' WHEN '381' THEN 'CREDIT_NOTE' ELSE 'DEPOSIT' END"""
_WHERE = "organisation_id = {firm} AND state IN ('DRAFT', 'SENT', 'READY')"
_COLUMNS = """id, pro_forma_number, state, kind, issue_date, due_date, net_minor, vat_minor,
  gross_minor, currency, client_id, project_id"""

_SQLITE_LINES = """(SELECT json_group_array(json_object(
  'position', l.position, 'description', l.description,
  'quantity', rtrim(rtrim(printf('%d.%04d', l.quantity / 10000, l.quantity % 10000), '0'), '.'),
  'net', json_object('amount', printf('%d.%02d', l.net_minor / 100, l.net_minor % 100))))
  FROM (SELECT position, description, quantity, net_minor FROM invoice_line
    WHERE organisation_id = {firm} AND invoice_id = i.id ORDER BY position) l)"""
_SQLITE_AMOUNTS = """
  'net', json_object('amount', printf('%d.%02d', i.net_minor / 100, i.net_minor % 100)),
  'vat', json_object('amount', printf('%d.%02d', i.vat_minor / 100, i.vat_minor % 100)),
  'gross', json_object('amount', printf('%d.%02d', i.gross_minor / 100, i.gross_minor % 100)"""
_SQLITE_HEAD = f"""json_object('id', 'invoice_' || i.id, 'proFormaNumber', i.pro_forma_number,
  'state', i.state, 'issueDate', i.issue_date, 'dueDate', i.due_date, {_SQLITE_AMOUNTS}),
  'client', json_object('id', 'client_' || c.id, 'code', c.code, 'name', c.name),
  'project', json_object('id', 'project_' || p.id, 'code', p.code, 'name', p.name),
  'lines', {_SQLITE_LINES})"""
_SQLITE_ROW = f"""json_object('id', 'invoice_' || i.id, 'proFormaNumber', i.pro_forma_number,
  'state', i.state, 'kind', {_KIND}, 'issueDate', i.issue_date, 'dueDate', i.due_date,
  {_SQLITE_AMOUNTS}, 'currency', i.currency))"""
_JOINED = """LEFT JOIN client c ON c.id = i.client_id LEFT JOIN project p ON p.id = i.project_id"""
_SQLITE = {
    "page": f"""SELECT '{{{{"data":{{{{"invoices":{{{{"nodes":' || json_group_array({_SQLITE_HEAD})
      || '}}}}}}}}}}}}' FROM (SELECT {_COLUMNS} FROM invoice WHERE {_WHERE} AND id < ?
      ORDER BY id DESC LIMIT {PAGE}) i {_JOINED}""",
    "list": """SELECT '{{"data":{{' || """
    + " || ',' || ".join(
        f"""'"p{page}":{{{{"nodes":' || (SELECT json_group_array({_SQLITE_ROW})
          FROM (SELECT {_COLUMNS} FROM invoice WHERE {_WHERE} AND id < ? ORDER BY id DESC
          LIMIT {LARGEST}) i) || '}}}}'"""
        for page in range(PAGES_A_LIST)
    )
    + " || '}}}}'",
    "one": f"""SELECT '{{{{"data":{{{{"invoice":' || {_SQLITE_HEAD} || '}}}}}}}}' FROM invoice i
      {_JOINED} WHERE i.id = ? AND i.organisation_id = {{firm}}""",
}

_PG_LINES = """(SELECT string_agg(format('{{"position":%s,"description":%s,"quantity":"%s",'
  '"net":{{"amount":"%s"}}}}', l.position, to_json(l.description), trim_scale(l.quantity / 10000.0),
  round(l.net_minor / 100.0, 2)), ',' ORDER BY l.position) FROM invoice_line l
  WHERE l.organisation_id = {firm} AND l.invoice_id = i.id)"""
_PG_AMOUNTS = """'"net":{{"amount":"%s"}},"vat":{{"amount":"%s"}},"gross":{{"amount":"%s"'"""
_PG_SUMS = """round(i.net_minor / 100.0, 2), round(i.vat_minor / 100.0, 2),
  round(i.gross_minor / 100.0, 2)"""
_PG_HEAD = f"""format('{{{{"id":"invoice_%s","proFormaNumber":"%s","state":"%s","issueDate":"%s",'
  '"dueDate":"%s",'
  {_PG_AMOUNTS}
  '}}}},"client":{{{{"id":"client_%s","code":%s,"name":%s}}}},'
  '"project":{{{{"id":"project_%s","code":%s,"name":%s}}}},"lines":[%s]}}}}',
  i.id, i.pro_forma_number, i.state, i.issue_date, i.due_date, {_PG_SUMS},
  c.id, to_json(c.code), to_json(c.name), p.id, to_json(p.code), to_json(p.name), {_PG_LINES})"""
_PG_ROW = f"""format('{{{{"id":"invoice_%s","proFormaNumber":"%s","state":"%s","kind":"%s",'
  '"issueDate":"%s","dueDate":"%s",'
  {_PG_AMOUNTS}
  ',"currency":"%s"}}}}}}}}', i.id, i.pro_forma_number, i.state, {_KIND}, i.issue_date, i.due_date,
  {_PG_SUMS}, i.currency)"""
_POSTGRESQL = {
    "page": f"""SELECT '{{{{"data":{{{{"invoices":{{{{"nodes":[' || string_agg({_PG_HEAD}, ','
      ORDER BY i.id DESC) || ']}}}}}}}}}}}}' FROM (SELECT {_COLUMNS} FROM invoice
      WHERE {_WHERE} AND id < ?
      ORDER BY id DESC LIMIT {PAGE}) i {_JOINED}""",
    "list": """SELECT '{{"data":{{' || """
    + " || ',' || ".join(
        f"""'"p{page}":{{{{"nodes":[' || (SELECT string_agg({_PG_ROW}, ',' ORDER BY i.id DESC)
          FROM (SELECT {_COLUMNS} FROM invoice WHERE {_WHERE} AND id < ? ORDER BY id DESC
          LIMIT {LARGEST}) i) || ']}}}}'"""
        for page in range(PAGES_A_LIST)
    )
    + " || '}}}}'",
    "one": f"""SELECT '{{{{"data":{{{{"invoice":' || {_PG_HEAD} || '}}}}}}}}' FROM invoice i
      {_JOINED} WHERE i.id = ? AND i.organisation_id = {{firm}}""",
}

_HEADS = f"""SELECT i.id, i.pro_forma_number, i.state, i.issue_date, i.due_date, i.net_minor,
  i.vat_minor, i.gross_minor, c.id, c.code, c.name, p.id, p.code, p.name
FROM invoice i JOIN client c ON c.id = i.client_id JOIN project p ON p.id = i.project_id
WHERE i.{_WHERE.replace("{firm} AND ", "{firm} AND i.")} """
_PAGE_OF_HEADS = f"{_HEADS} AND i.id < ? ORDER BY i.id DESC LIMIT {PAGE}"
_ONE_HEAD = f"{_HEADS.partition(' AND i.state')[0]} AND i.id = ?"
_LINES_OF = """SELECT invoice_id, position, description, quantity, net_minor FROM invoice_line
WHERE organisation_id = {firm} AND invoice_id IN ({marks}) ORDER BY invoice_id, position"""
_ROWS = f"""SELECT id, pro_forma_number, state, kind, issue_date, due_date, net_minor, vat_minor,
  gross_minor, currency FROM invoice WHERE {_WHERE} AND id < ? ORDER BY id DESC LIMIT {LARGEST}"""
_KINDS = {"380": "INVOICE", "381": "CREDIT_NOTE", "386": "DEPOSIT"}

Answer = Callable[[Fetch, str, dict[str, Any]], Awaitable[bytes]]


def plain_reads(url: str, organisation_id: int, floor: str) -> Starlette:
    """The application of `floor`, "statement" or "rows", at the address the product has."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with fetching(url) as app.state.fetch:
            yield

    find = (
        _by_statement(url, organisation_id) if floor == "statement" else _by_rows(organisation_id)
    )

    async def answer(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        kind = asked["operationName"].lower()
        content = await find(request.app.state.fetch, kind, asked["variables"])
        return Response(content, media_type="application/json")

    return Starlette(routes=[Route("/graphql", answer, methods=["POST"])], lifespan=lifespan)


def _keys(variables: dict[str, Any]) -> list[int]:
    """The numbers that the cursors or the identifier of a request stand for."""
    if "id" in variables:
        return [int(variables["id"].rpartition("_")[2])]
    return [key_of(cursor) for cursor in variables.values()]


def _by_statement(url: str, organisation_id: int) -> Answer:
    written = _SQLITE if url.startswith("sqlite") else _POSTGRESQL
    statements = {kind: text.format(firm=organisation_id) for kind, text in written.items()}

    async def find(fetch: Fetch, kind: str, variables: dict[str, Any]) -> bytes:
        rows = await fetch(statements[kind], _keys(variables))
        return str(rows[0][0]).encode()

    return find


def _by_rows(organisation_id: int) -> Answer:
    page, one, rows = (
        text.format(firm=organisation_id) for text in (_PAGE_OF_HEADS, _ONE_HEAD, _ROWS)
    )

    async def heads(fetch: Fetch, statement: str, key: int) -> list[dict[str, Any]]:
        found = await fetch(statement, [key])
        keys = [row[0] for row in found]
        lines: dict[int, list[dict[str, Any]]] = {each: [] for each in keys}
        marks = ", ".join("?" * len(keys))
        below = await fetch(_LINES_OF.format(firm=organisation_id, marks=marks), keys)
        for invoice, position, description, quantity, net in below:
            lines[invoice].append(
                {
                    "position": position,
                    "description": description,
                    "quantity": _number(quantity),
                    "net": {"amount": _amount(net)},
                }
            )
        return [_head(row, lines[row[0]]) for row in found]

    async def find(fetch: Fetch, kind: str, variables: dict[str, Any]) -> bytes:
        data: dict[str, Any]
        keys = _keys(variables)
        if kind == "one":
            data = {"invoice": (await heads(fetch, one, keys[0]))[0]}
        elif kind == "page":
            data = {"invoices": {"nodes": await heads(fetch, page, keys[0])}}
        else:
            data = {
                f"p{place}": {"nodes": [_row(row) for row in await fetch(rows, [key])]}
                for place, key in enumerate(keys)
            }
        return orjson.dumps({"data": data})

    return find


def _head(row: Any, lines: list[dict[str, Any]]) -> dict[str, Any]:
    key, number, state, issued, due, net, vat, gross, *parties = row
    client, client_code, client_name, project, project_code, project_name = parties
    return {
        "id": f"invoice_{key}",
        "proFormaNumber": number,
        "state": state,
        "issueDate": issued,
        "dueDate": due,
        "net": {"amount": _amount(net)},
        "vat": {"amount": _amount(vat)},
        "gross": {"amount": _amount(gross)},
        "client": {"id": f"client_{client}", "code": client_code, "name": client_name},
        "project": {"id": f"project_{project}", "code": project_code, "name": project_name},
        "lines": lines,
    }


def _row(row: Any) -> dict[str, Any]:
    key, number, state, kind, issued, due, net, vat, gross, currency = row
    return {
        "id": f"invoice_{key}",
        "proFormaNumber": number,
        "state": state,
        "kind": _KINDS[kind],
        "issueDate": issued,
        "dueDate": due,
        "net": {"amount": _amount(net)},
        "vat": {"amount": _amount(vat)},
        "gross": {"amount": _amount(gross), "currency": currency},
    }


def _amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _number(scaled: int) -> str:
    whole, rest = divmod(scaled, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0") if rest else str(whole)
