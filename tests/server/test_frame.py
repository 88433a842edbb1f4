"""What the frame of a request does in fewer steps is what the libraries would do in more."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, cast

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.bodies import BodyLimits
from server.endpoint import Endpoint
from server.heads import Heads, heads_of
from server.logs import configure_logs, note
from server.refusing import RequestRefused
from server.straight import Straight
from tests.support.api import ApiClient

NAMES = ["host", "accept", "x-request-id"]
RAW = st.lists(
    st.tuples(st.sampled_from(NAMES).map(str.encode), st.sampled_from([b"", b"a", b"\xe9"])),
    max_size=4,
)


@given(RAW)
def test_headers_found_at_once_are_those_found_in_turn(raw: list[tuple[bytes, bytes]]) -> None:
    scope: Scope = {"headers": raw}
    ours, theirs = heads_of(scope), Headers(raw=raw)
    assert heads_of(scope) is ours
    assert isinstance(ours, Heads)
    for name in (*NAMES, "Host", "none"):
        assert (name in ours, ours.get(name)) == (name in theirs, theirs.get(name))
        assert ours.getlist(name) == theirs.getlist(name)
        if name in theirs:
            assert ours[name] == theirs[name]
    with pytest.raises(KeyError):
        ours["none"]


def received(parts: list[bytes], *, wait: float, seconds: float) -> bytes:
    """What an application receives of a body whose parts come one by one."""
    left, found = list(parts), []

    async def come() -> Message:
        await asyncio.sleep(0)
        if len(left) < len(parts):
            await asyncio.sleep(wait)
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        is_more = True
        while is_more:
            message = await receive()
            found.append(message["body"])
            is_more = message["more_body"]

    async def nowhere(message: Message) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "path": "/graphql", "headers": []}
    asyncio.run(BodyLimits(read, seconds=seconds)(scope, come, nowhere))
    return b"".join(found)


def test_a_body_that_comes_bit_by_bit_is_waited_for_but_not_for_ever() -> None:
    assert received([b"a", b"b", b"c"], wait=0.001, seconds=10) == b"abc"
    with pytest.raises(RequestRefused, match="too long"):
        received([b"a", b"b"], wait=10, seconds=0.01)


def test_who_leaves_while_their_body_is_awaited_ends_the_wait() -> None:
    ended = []

    async def come() -> Message:
        try:
            return await asyncio.get_running_loop().create_future()
        finally:
            ended.append(True)

    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    async def leave() -> None:
        scope = {"type": "http", "path": "/graphql", "headers": []}
        task = asyncio.ensure_future(BodyLimits(read)(scope, come, cast(Send, come)))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert ended == [True]


@pytest.mark.parametrize(
    "path", ["/graphql", "/\x1b[2J", "/\x9b\u2028", "/\x7f", '/"é\\', "/\ud800"]
)
def test_a_line_written_plainly_is_that_of_the_processors(
    path: str, capsys: pytest.CaptureFixture[str], in_json: None
) -> None:
    configure_logs(as_json=True)
    facts: dict[str, Any] = {"method": "GET", "path": path, "status": 200, "ms": 1.5}
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        note("request", "r1", **facts)
        structlog.get_logger("jalon").info("request", **facts)
    ours, theirs = capsys.readouterr().err.splitlines()
    assert ours.isascii()
    assert "\x7f" not in ours
    moment = re.compile(r'"timestamp":"[0-9T:.-]+Z"')
    assert moment.sub("", ours) == moment.sub("", theirs)
    assert len(moment.findall(ours)) == len(moment.findall(theirs)) == 1
    assert json.loads(ours)["path"] == path


def test_the_straight_way_is_for_operations_only(api: ApiClient) -> None:
    """All else at the same address goes by the router, with the same rules and marks."""
    straight = api.send("{ __typename }")
    assert (straight.status_code, straight.json()["data"]) == (200, {"__typename": "Query"})
    for method in ("PUT", "DELETE"):
        other = api.http.request(method, "/graphql", headers=api.headers)
        assert other.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"
    refused = api.http.post("/graphql", content="{", headers={"content-type": "application/json"})
    assert refused.status_code == 401
    for answer in (straight, other, refused):
        assert answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("scope", "way"),
    [
        ({}, "straight"),
        ({"method": "PUT"}, "router"),
        ({"method": "GET"}, "router"),
        ({"path": "/graphql/"}, "router"),
        ({"root_path": "/below"}, "router"),
        ({"type": "websocket"}, "router"),
        ({"type": "lifespan"}, "router"),
    ],
)
def test_only_a_plain_operation_goes_past_the_router(scope: dict[str, str], way: str) -> None:
    went = []

    async def router(scope: Scope, receive: Receive, send: Send) -> None:
        went.append("router")

    class Counting:
        async def answer(self, request: Request) -> ASGIApp:
            went.append("straight")
            return nothing

    async def nothing(*_given: object) -> None:
        pass

    straight = Straight(router, path="/graphql", endpoint=cast(Endpoint, Counting()), handlers={})
    whole = {"type": "http", "method": "POST", "path": "/graphql", "headers": [], **scope}
    asyncio.run(straight(whole, cast(Receive, nothing), nothing))
    assert went == [way]
