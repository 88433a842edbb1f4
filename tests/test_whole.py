"""Answers taken whole: the application is told, and says, what the library's client has."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from tests.support.whole import answering_whole


class Echo:
    """Says what it was told in two parts, and listens once more after that."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await Starlette()(scope, receive, send)
            return
        if scope["type"] == "websocket":
            socket = WebSocket(scope, receive, send)
            await socket.accept()
            await socket.send_text("heard")
            await socket.close()
            return
        asked = await receive()
        self.told.append((scope, asked["body"], asked.get("more_body", False)))
        if scope["path"] == "/fails":
            raise LookupError("by the application")
        headers = [(b"content-type", b"text/plain"), (b"x-twice", b"1"), (b"x-twice", b"2")]
        headers.append((b"set-cookie", b"kept=yes"))
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": b"one ", "more_body": True})
        await send({"type": "http.response.body", "body": asked["body"]})
        self.told.append(await receive())


def asked(http: TestClient) -> list[httpx2.Response]:
    return [
        http.get("/caf%C3%A9/x?a=1&b=%20"),
        http.head("/x"),
        http.post("/graphql", json={"query": "é"}, headers={"Authorization": "Bearer x"}),
        http.post("/graphql", data={"map": "{}"}, files={"0": ("a.xlsx", b"\x00\xff")}),
        http.put("https://other:8443/y", content=b"z" * 100_000),
    ]


def as_told(answers: list[httpx2.Response]) -> list[Any]:
    return [
        (one.status_code, one.headers.multi_items(), one.content, one.cookies.get("kept"))
        for one in answers
    ]


def test_an_application_is_told_and_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.urandom", lambda size: b"b" * size)
    ours, librarys = Echo(), Echo()
    with answering_whole(TestClient(ours)) as http:
        said = as_told(asked(http))
    with TestClient(librarys) as http:
        assert said == as_told(asked(http))
    assert ours.told == librarys.told
    assert len(ours.told) == 10


def test_what_the_application_raises_is_raised() -> None:
    with (
        answering_whole(TestClient(Echo())) as http,
        pytest.raises(LookupError, match="by the application"),
    ):
        http.get("/fails")


def test_a_socket_is_opened_as_before() -> None:
    with (
        answering_whole(TestClient(Echo())) as http,
        http.websocket_connect("/socket") as socket,
    ):
        assert socket.receive_text() == "heard"


def test_an_answer_that_is_not_ended_is_an_error() -> None:
    async def stops(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await Starlette()(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one ", "more_body": True})

    with answering_whole(TestClient(stops)) as http, pytest.raises(AssertionError):
        http.get("/")
