"""Operations made to do harm: refused with a code or ended in time, and never a 500."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import strawberry
from sqlalchemy import text

from domain.access import Permission
from resolvers._mutation import Acting, Payload, write
from resolvers._reading import read
from schema.context import Info
from schema.needs import NEEDS, Need
from server.graphql import make_schema
from tests.persistence.test_deadline import ENDLESS, SOON, nothing_is_left, run_endless
from tests.support.api import ApiClient, open_api

PAGES = "{{ clients(page: {{{0}}}) {{ nodes {{ id }} }} }}"


def fragments(links: int) -> str:
    bomb = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(links))
    return f"{{ ...F0 }} {bomb} fragment F{links} on Query {{ __typename }}"


ATTACKS = {
    "depth": "{ a " * 60 + "}" * 60,
    "brackets": "{ a(b: " + "[" * 5_000,
    "aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(990)) + " }",
    "one field again and again": "{ " + "__typename " * 3_000 + "}",
    "exponential fragments": fragments(98),
    "a circle of fragments": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "one directive 1,000 times": "{ __typename " + "@a " * 1_000 + "}",
    "@include 1,000 times": "{ __typename " + "@include(if: true) " * 500 + "}",
    "directives on many fields": "{ " + " ".join(f"f{n} @b @c" for n in range(600)) + " }",
    "a huge integer": "{ clients(page: {first: " + "9" * 50_000 + "}) { nodes { id } } }",
    "U+0000": '{ node(id: "\\u0000") { id } }',
    "pages in pages": "{ clients(page: {first: 100}) { nodes { projects { nodes { id } } } } }" * 2,
    "variables without end": "query("
    + " ".join(f"$v{n}: Int" for n in range(1_300))
    + ") { __typename }",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_document_is_a_mistake_in_words(api: ApiClient, name: str) -> None:
    answer = api.send(ATTACKS[name])
    assert answer.status_code == 200
    told = answer.json()
    assert "data" not in told
    assert all("INTERNAL_ERROR" not in json.dumps(error) for error in told["errors"])


@pytest.mark.parametrize(
    "variables",
    [
        {f"v{number}": number for number in range(10_000)},
        {"ids": ["client_1"] * 100_000},
        {"a": json.loads("[" * 200 + "]" * 200)},
        {"a": 10**400},
    ],
)
def test_variables_without_end_are_carried_or_refused(api: ApiClient, variables: Any) -> None:
    answer = api.send("{ __typename }", variables)
    codes = [one["extensions"]["code"] for one in answer.json().get("errors", [])]
    assert (answer.status_code, codes) in [
        (200, []),
        (200, ["QUERY_TOO_LARGE"]),
        (400, ["BAD_REQUEST"]),
    ]
    assert (codes == []) == ("v1" in variables or isinstance(variables.get("a"), list))


@pytest.mark.parametrize(
    ("asked", "is_taken"),
    [
        ("first: 100", True),
        ("first: 1000000", False),
        ("first: -1", False),
        ("first: 0", False),
        ("last: 1000000", False),
        ("first: 5, last: 5", False),
    ],
)
def test_a_page_has_a_size_that_can_be_meant(api: ApiClient, asked: str, is_taken: bool) -> None:
    told = api.send(PAGES.format(asked)).json()
    assert ("errors" not in told) == is_taken, told
    if not is_taken:
        assert told["errors"][0]["extensions"]["code"] != "INTERNAL_ERROR"


def test_in_production_there_is_neither_introspection_nor_a_page(
    founded_sqlite_url: str, tmp_path: Path
) -> None:
    with open_api(
        founded_sqlite_url, tmp_path, env="production", public_url="https://a.example"
    ) as api:
        assert "introspection" in api.errors("{ __schema { types { name } } }")[0]["message"]
        assert api.http.get("/graphql", headers={"Accept": "text/html"}).status_code == 401
        assert api.http.get("/graphiql/graphiql.js").status_code == 404


# Too often, too much


def test_who_asks_too_often_is_told_when_to_come_again_before_the_body_is_read(
    founded_sqlite_url: str, tmp_path: Path
) -> None:
    with open_api(founded_sqlite_url, tmp_path, requests_per_minute=3) as api:
        for _ in range(3):
            assert api.send("{ __typename }").status_code == 200
        headers = {**api.headers, "Content-Type": "application/json", "Accept-Language": "fr"}
        answer = api.http.post("/graphql", content=b"[[[", headers=headers)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 20
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert error["message"].startswith("Trop de requêtes. Réessayez dans ")
        other = api.of_another_firm()
        assert other.send("{ __typename }").status_code == 200


def test_who_asks_for_too_much_pays_before_it_is_run(
    founded_sqlite_url: str, tmp_path: Path
) -> None:
    with open_api(founded_sqlite_url, tmp_path, price_per_minute=120) as api:
        text = "{ clients(page: {first: 50}) { nodes { name } } }"
        cost = api.send(text).json()["extensions"]["cost"]
        assert (cost["price"], cost["restoredPerSecond"]) == (101, 2)
        assert 19 <= cost["remaining"] <= 25
        answer = api.send(text)
        assert answer.status_code == 429
        assert 30 <= int(answer.headers["retry-after"]) <= 41
        assert api.send("{ __typename }").json()["data"] == {"__typename": "Query"}


def test_who_guesses_keys_is_stopped_and_others_at_the_same_address_are_not(
    founded_sqlite_url: str, tmp_path: Path
) -> None:
    with open_api(founded_sqlite_url, tmp_path, strangers_per_minute=3) as api:
        assert api.send("{ __typename }").status_code == 200
        told = [
            api.http.post("/graphql", json={}, headers={"Authorization": f"Bearer {guess}"})
            for guess in range(5)
        ]
        assert [one.status_code for one in told] == [401, 401, 401, 429, 429]
        assert int(told[-1].headers["retry-after"]) >= 1
        assert api.send("{ __typename }").status_code == 200


def test_lists_that_are_given_have_a_price(api: ApiClient) -> None:
    bulk = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    told = api.send(bulk, {"ids": ["client_1"] * 1_000}).json()
    assert told["extensions"]["cost"]["price"] >= 10_000
    too_many = api.send("{ __typename }", {"ids": ["client_1"] * 20_001}).json()
    assert too_many["errors"][0]["extensions"]["code"] == "QUERY_TOO_LARGE"


# Too long


@strawberry.type
class Slow:
    @strawberry.field
    async def endless(self, info: Info) -> int:
        await read(info, run_endless)
        return 1

    @strawberry.field
    def quick(self) -> int:
        return 1


@strawberry.type
class Done:
    done: bool
    user_errors: list[str]


@strawberry.type
class SlowActs:
    @strawberry.mutation
    async def rename(self, info: Info) -> Done:
        def act(acting: Acting) -> Payload:
            acting.session.execute(text("UPDATE organisation SET name = 'renamed'"))
            run_endless(acting.session)
            return {"done": True}

        done: Done = await write(info, Permission.READ, act, nothing={"done": False})
        return done


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow fields stand in the table of needs: one that does not is answered to nobody."""
    for name in ("endless", "rename"):
        monkeypatch.setitem(NEEDS, name, Need(Permission.READ))


@pytest.mark.usefixtures("named")
def test_what_takes_too_long_is_ended_in_the_database_and_told_so(
    empty_database_url: str, tmp_path: Path
) -> None:
    """REQUEST_TIMEOUT; what else was asked for is answered, and nothing is written or left."""
    assert ENDLESS
    schema = make_schema(Slow, SlowActs)
    with open_api(empty_database_url, tmp_path, schema=schema, request_seconds=SOON) as api:
        answer = api.in_language("fr").send("{ quick endless }")
        assert answer.status_code == 200
        (error,) = answer.json()["errors"]
        assert error["extensions"] == {"code": "REQUEST_TIMEOUT", "limit": SOON}
        assert error["path"] == ["endless"]
        assert error["message"].startswith("Cela a duré plus que les 0.15 s permises")
        assert api.query("{ quick }") == {"quick": 1}
        (error,) = api.errors("mutation { rename { done } }")
        assert error["extensions"]["code"] == "REQUEST_TIMEOUT"
        nothing_is_left(api.house.database)
        with api.house.database.reading(None) as session:
            names = session.scalars(text("SELECT name FROM organisation")).all()
        assert "renamed" not in names


@pytest.mark.usefixtures("named")
def test_one_who_waits_for_ever_keeps_nobody_else_from_asking(
    founded_sqlite_url: str, tmp_path: Path
) -> None:
    """Forty endless fields of one operation: the other firm is answered meanwhile."""
    schema = make_schema(Slow)
    with open_api(founded_sqlite_url, tmp_path, schema=schema, request_seconds=1) as api:
        other = api.of_another_firm()
        body = {"query": "{ " + " ".join(f"a{n}: endless" for n in range(40)) + " }"}
        portal = api.http.portal
        assert portal is not None
        waiting = portal.start_task_soon(_post, api, body)
        for _ in range(5):
            assert other.query("{ quick }") == {"quick": 1}
            assert not waiting.done()
        assert waiting.result(30)["errors"]


async def _post(api: ApiClient, body: dict[str, Any]) -> Any:
    """The answer of the application itself, asked on its own event loop."""
    content = json.dumps(body).encode()
    told: list[bytes] = []
    headers = {"host": "localhost", "content-type": "application/json", **api.headers}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.7", 1),
        "state": {},
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        told.append(message.get("body", b""))

    await api.http.app(scope, receive, send)
    return json.loads(b"".join(told))
