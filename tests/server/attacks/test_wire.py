"""Connections that are slow, endless or silent, against the real protocol on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from server.wire import HEAD_BYTES, Patient

SOON = 0.2


class Hasty(Patient):
    head_seconds = SOON
    taking_seconds = SOON


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """Answers how many bytes came; "/large" 64 MiB, "/unread" before they came. Takes sockets."""
    if scope["type"] != "http":
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        return
    size, more = 0, scope["path"] != "/unread"
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/large":
        for _ in range(64):
            await send({"type": "http.response.body", "body": b" " * 2**20, "more_body": True})
    await send({"type": "http.response.body", "body": b"%d" % size})


@asynccontextmanager
async def served() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """One connection to a server of this loop."""
    config = uvicorn.Config(answering, http=Hasty, lifespan="off", log_config=None)
    config.load()
    state = uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Hasty(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()
        await asyncio.sleep(0)
        for task in list(state.tasks):
            task.cancel()


def run(attack: Any) -> None:
    async def within_seconds() -> None:
        async with asyncio.timeout(20):
            await attack()

    asyncio.run(within_seconds())


def test_who_says_nothing_is_not_listened_to_for_ever() -> None:
    async def attack() -> None:
        async with served() as (reader, _):
            assert await reader.read() == b""

    run(attack)


def test_headers_that_trickle_in_are_cut_off() -> None:
    async def attack() -> None:
        async with served() as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\n")
            ended = asyncio.ensure_future(reader.read())
            while not ended.done():
                writer.write(b"X-A: b\r\n")
                await asyncio.wait({ended}, timeout=SOON / 10)
            # What was on its way when the connection was closed may have it reset.
            if not isinstance(ended.exception(), ConnectionError):
                assert ended.result() == b""

    run(attack)


def test_a_second_request_is_waited_for_no_longer_than_the_first() -> None:
    async def attack() -> None:
        async with served() as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nX-")
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 200")
            assert answer.count(b"HTTP/1.1") == 1

    run(attack)


@pytest.mark.parametrize(
    ("asked", "more"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\r\n"),
        (b"POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n", b"x"),
    ],
)
@pytest.mark.parametrize("is_once", [True, False])
def test_who_was_answered_does_not_stay_by_sending_what_is_no_request(
    asked: bytes, more: bytes, is_once: bool
) -> None:
    async def attack() -> None:
        async with served() as (reader, writer):
            writer.write(asked)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.write(more)
            ended = asyncio.ensure_future(reader.read())
            while not ended.done():
                await asyncio.wait({ended}, timeout=SOON / 10)
                if not is_once:
                    writer.write(more)
            # What was on its way when the connection was closed may have it reset.
            assert isinstance(ended.exception(), ConnectionError | None)

    run(attack)


def test_a_body_that_is_answered_unread_and_a_request_after_it() -> None:
    async def attack() -> None:
        async with served() as (reader, writer):
            writer.write(b"POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
            assert (await reader.readuntil(b"0\r\n\r\n")).endswith(b"\r\n0\r\n0\r\n\r\n")
            writer.write(b"x")
            await asyncio.sleep(SOON / 2)
            writer.write(b"x\r\n")
            # What waited for the body does not cut off what comes after it.
            await asyncio.sleep(SOON * 3 / 4)
            writer.write(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 200")

    run(attack)


def test_a_connection_that_becomes_a_socket_after_an_answer_stays() -> None:
    async def attack() -> None:
        async with served() as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await reader.readuntil(b"\r\n0\r\n\r\n")
            key = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n" + key
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n" + upgrade + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(3 * SOON):
                    await reader.read()

    run(attack)


def test_headers_without_end_are_refused() -> None:
    async def attack() -> None:
        async with served() as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nX-A: " + b"a" * HEAD_BYTES)
            assert (await reader.read()).startswith(b"HTTP/1.1 431")

    run(attack)


def test_a_large_body_right_behind_small_headers_is_no_header() -> None:
    async def attack() -> None:
        async with served() as (reader, writer):
            size = 4 * HEAD_BYTES
            head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size
            writer.write(head + b" " * size + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            assert answer.count(b"HTTP/1.1 200") == 2
            assert b"\r\n%d" % size in answer

    run(attack)


def test_who_does_not_take_an_answer_is_left() -> None:
    async def attack() -> None:
        async with served() as (reader, writer):
            writer.write(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            transport: Any = writer.transport
            transport.pause_reading()
            await asyncio.sleep(3 * SOON)
            transport.resume_reading()
            taken = 0
            try:
                while portion := await reader.read(2**20):
                    taken += len(portion)
            except ConnectionError:
                pass
            assert taken < 60 * 2**20

    run(attack)
