"""The three reads that servers are compared by, and the requests that ask for them in turn.

page   50 invoices, each with 8 values, its client (3), its project (3), its 4 lines (4 each)
list   1,000 invoices of 10 values each: ten pages of the largest size in one document
one    one invoice with the 30 values of the page
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import orjson

PAGE = 50
LARGEST = 100
PAGES_A_LIST = 10

_HEAD = (
    "id proFormaNumber state issueDate dueDate net { amount } vat { amount } gross { amount } "
    "client { id code name } project { id code name } "
    "lines { position description quantity net { amount } }"
)
_ROW = (
    "id proFormaNumber state kind issueDate dueDate net { amount } vat { amount } "
    "gross { amount currency }"
)


def _list_document() -> str:
    places = range(PAGES_A_LIST)
    variables = ", ".join(f"$a{place}: String" for place in places)
    pages = " ".join(
        f"p{place}: invoices(page: {{first: {LARGEST}, after: $a{place}}}) {{ nodes {{ ...Row }} }}"
        for place in places
    )
    return f"query List({variables}) {{ {pages} }} fragment Row on Invoice {{ {_ROW} }}"


DOCUMENTS = {
    "page": "query Page($after: String) "
    f"{{ invoices(page: {{first: {PAGE}, after: $after}}) {{ nodes {{ {_HEAD} }} }} }}",
    "list": _list_document(),
    "one": f"query One($id: ID!) {{ invoice(id: $id) {{ {_HEAD} }} }}",
}
VALUES = {"page": PAGE * 30, "list": PAGES_A_LIST * LARGEST * 10, "one": 30}


def cursor(key: int) -> str:
    """The cursor after the invoice with this number, in a list sorted by it."""
    return base64.urlsafe_b64encode(orjson.dumps(["invoice.id-", key, key])).decode().rstrip("=")


def key_of(cursor: str) -> int:
    padded = cursor + "=" * (-len(cursor) % 4)
    return int(orjson.loads(base64.urlsafe_b64decode(padded))[2])


@dataclass(frozen=True)
class Asked:
    """Requests of one kind, written out, for different parts of the list."""

    kind: str
    requests: list[bytes]


def asked(kind: str, keys: list[int], token: str, *, count: int = 64) -> Asked:
    """`count` different requests in a list whose invoices have these `keys`, as they are sorted."""
    span = {"page": PAGE, "list": PAGES_A_LIST * LARGEST, "one": 1}[kind]
    # A place has another place before it, whose cursor it comes after.
    room = len(keys) - span - 1
    if room < 1:
        raise SystemExit(f"too few invoices for a {kind}")
    places = sorted({1 + place * 7919 % room for place in range(count)})
    return Asked(kind, [_request(kind, keys, place, token) for place in places])


def _request(kind: str, keys: list[int], place: int, token: str) -> bytes:
    variables: dict[str, Any]
    if kind == "one":
        variables = {"id": f"invoice_{keys[place]}"}
    elif kind == "page":
        variables = {"after": cursor(keys[place - 1])}
    else:
        after = (place - 1 + LARGEST * page for page in range(PAGES_A_LIST))
        variables = {f"a{page}": cursor(keys[at]) for page, at in enumerate(after)}
    asked = {
        "query": DOCUMENTS[kind],
        "operationName": kind.capitalize(),
        "variables": variables,
    }
    body = orjson.dumps(asked)
    head = (
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def count_values(answer: Any) -> int:
    """How many values an answer holds."""
    match answer:
        case dict():
            return sum(map(count_values, answer.values()))
        case list():
            return sum(map(count_values, answer))
    return 1
