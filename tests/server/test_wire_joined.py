"""An answer leaves in one piece, and its head does not wait for a body that takes its time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
import uvicorn

from server.wire import COPIED, Joined, Patient

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Recording:
    """The transport beneath: what it was given to send, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, content: bytes) -> None:
        assert not self.is_closed
        self.pieces.append(content)

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        self.write(b"".join(parts))

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


async def answered(app: Application, asked: bytes, *, is_all: bool = False) -> bytes:
    """All that a server with `app` answers to `asked` until it closes the connection.

    `is_all`: the server hears with it that nothing more is asked.
    """
    config = uvicorn.Config(app, http=Patient, lifespan="off", log_config=None)
    config.load()
    state = uvicorn.server.ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: Patient(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        writer.write(asked)
        if is_all:
            writer.write_eof()
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()
        server.close()


def get(path: bytes = b"/", method: bytes = b"GET", *, last: bool = True) -> bytes:
    closing = b"Connection: close\r\n" if last else b""
    return method + b" " + path + b" HTTP/1.1\r\nHost: a\r\n" + closing + b"\r\n"


@pytest.mark.parametrize("size", [0, 5, COPIED, COPIED + 1])
def test_a_head_and_what_follows_at_once_are_one_piece(size: int) -> None:
    beneath, body = Recording(), b"x" * size

    async def send() -> None:
        joined = Joined(cast(Any, beneath), asyncio.get_running_loop())
        joined.write(b"head ")
        assert beneath.pieces == []
        joined.write(body)
        assert beneath.pieces == [b"head " + body]
        joined.write(b"more")
        await asyncio.sleep(0)
        assert beneath.pieces == [b"head " + body, b"more"]

    asyncio.run(send())


def test_a_head_whose_body_takes_its_time_leaves_in_the_next_turn() -> None:
    beneath = Recording()

    async def send() -> None:
        joined = Joined(cast(Any, beneath), asyncio.get_running_loop())
        joined.write(b"head")
        await asyncio.sleep(0)
        assert beneath.pieces == [b"head"]
        joined.write(b"body")
        assert beneath.pieces == [b"head", b"body"]

    asyncio.run(send())


def test_a_head_leaves_before_its_connection_is_closed_and_nothing_after() -> None:
    beneath, gone = Recording(), Recording()

    async def send() -> None:
        loop = asyncio.get_running_loop()
        joined, lost = Joined(cast(Any, beneath), loop), Joined(cast(Any, gone), loop)
        joined.write(b"head")
        joined.close()
        lost.write(b"head")
        gone.close()
        await asyncio.sleep(0)
        assert lost.is_closing()

    asyncio.run(send())
    assert (beneath.pieces, beneath.is_closed) == ([b"head"], True)
    assert gone.pieces == []


async def echoing(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the address; "/slow" a moment after its head, "/none" with no body."""
    body = scope["path"].encode()
    status = 204 if body == b"/none" else 200
    headers = [] if status == 204 else [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if body == b"/slow":
        await asyncio.sleep(0.01)
    await send({"type": "http.response.body", "body": b"" if status == 204 else body})


def test_answers_come_whole_and_in_their_order() -> None:
    asked = get(b"/a", last=False) + get(b"/slow", last=False) + get(b"/none", last=False)
    found = asyncio.run(answered(echoing, asked + get(b"/d")))
    heads = [part.partition(b"\r\n\r\n") for part in found.split(b"HTTP/1.1 ")[1:]]
    told = [(head[:3], body) for head, _, body in heads]
    assert told == [(b"200", b"/a"), (b"200", b"/slow"), (b"204", b""), (b"200", b"/d")]


def test_a_head_that_is_all_there_is_leaves_too() -> None:
    found = asyncio.run(answered(echoing, get(b"/a", b"HEAD")))
    assert found.startswith(b"HTTP/1.1 200")
    assert found.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("method", [b"HEAD", b"GET"])
def test_who_asks_and_closes_their_side_is_answered(method: bytes) -> None:
    found = asyncio.run(answered(echoing, get(b"/a", method, last=False), is_all=True))
    assert found.startswith(b"HTTP/1.1 200")


def test_a_head_that_is_all_there_is_leaves_though_the_server_stops_meanwhile() -> None:
    async def stopping(scope: Any, receive: Any, send: Any) -> None:
        await echoing(scope, receive, send)
        send.__self__.on_response.__self__.shutdown()

    found = asyncio.run(answered(stopping, get(b"/a", b"HEAD", last=False)))
    assert found.startswith(b"HTTP/1.1 200")


def test_who_waits_to_be_told_to_go_on_is_told() -> None:
    async def reading(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await echoing(scope, receive, send)

    head = b"POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n"
    found = asyncio.run(answered(reading, head + b"Connection: close\r\n\r\nx"))
    assert found.startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert found.count(b"HTTP/1.1 ") == 2
    assert found.endswith(b"\r\n\r\n/a")
