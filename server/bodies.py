"""How much a request may send, and how slowly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Generator
from functools import partial
from typing import Any

from anyio import move_on_after
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.heads import heads_of
from server.refusing import RequestRefused

MEBIBYTE = 1024 * 1024
UPLOAD_BYTES = 26 * MEBIBYTE
OTHER_BYTES = 2 * MEBIBYTE
GRACE = 15.0
"""Seconds in which nothing at all need come."""
SLOWEST = 16 * 1024
"""Bytes a second after that, on an average: the slowest lines people work with."""
PARTING = 5.0
"""Seconds in which what still comes of a refused body is thrown away, so that its sender can read
why; then the connection is closed."""


class BodyLimits:
    """Refuses bodies that are too large (413) or too slow (408) while they arrive.

    A workbook comes as a multipart form or to /uploads/; nothing else needs that much.
    """

    def __init__(self, app: ASGIApp, seconds: float = GRACE) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, send, self._seconds)
        await self._app(scope, body.receive, body.send)


class _Body:
    """The body of one request, counted as it is received."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, seconds: float) -> None:
        headers = heads_of(scope)
        self._limit = _limit_of(scope["path"], headers.get("content-type", ""))
        announced = headers.get("content-length", "")
        self._announced = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
        self._receive = receive
        self._send = send
        self._seconds = seconds
        self._started = 0.0
        self._size = 0
        self._is_complete = not self._announced and "transfer-encoding" not in headers
        self._is_awaited = "expect" not in headers
        """Whether its sender sends on without being told to."""

    async def receive(self) -> Message:
        # After the body, receiving means waiting for the client to leave: that may take for ever.
        if self._is_complete and self._started:
            return await self._receive()
        self._check(self._announced)
        now = time.monotonic()
        self._started = self._started or now
        until = self._started + self._seconds + self._size / SLOWEST
        coming: Any = self._receive()
        try:
            # What is there already is taken as it is: a timeout takes longer than a small answer.
            waits_for = coming.send(None)
        except StopIteration as here:
            return self._taken(here.value)
        try:
            async with asyncio.timeout(until - now):
                message = await _Begun(coming, waits_for)
        except TimeoutError:
            self._is_awaited = False
            raise RequestRefused(
                408, "BODY_TOO_SLOW", "The request took too long to arrive."
            ) from None
        return self._taken(message)

    def _taken(self, message: Message) -> Message:
        self._note(message)
        self._check(self._size)
        return message

    async def send(self, message: Message) -> None:
        """Answers; who is answered before they were heard is not listened to much longer."""
        if message["type"] == "http.response.start" and not self._is_complete:
            await self._throw_away()
            if not self._is_complete:
                MutableHeaders(scope=message)["Connection"] = "close"
        await self._send(message)

    async def _throw_away(self) -> None:
        most = self._size + self._limit
        if not self._is_awaited or self._announced > 2 * self._limit:
            return
        with move_on_after(PARTING):
            while not self._is_complete and self._size <= most:
                self._note(await self._receive())

    def _note(self, message: Message) -> None:
        self._size += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise RequestRefused(
                413,
                "CONTENT_TOO_LARGE",
                "The request is larger than the {limit} MiB allowed here.",
                limit=self._limit // MEBIBYTE,
            )


class _Begun:
    """A coroutine that was begun already, and waits for something."""

    __slots__ = ("_coming", "_waits_for")

    def __init__(self, coming: Coroutine[Any, Any, Message], waits_for: Any) -> None:
        self._coming = coming
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, Message]:
        waits_for = self._waits_for
        while True:
            try:
                go_on = partial(self._coming.send, (yield waits_for))
            except BaseException as error:
                go_on = partial(self._coming.throw, error)
            try:
                waits_for = go_on()
            except StopIteration as here:
                message: Message = here.value
                return message


def _limit_of(path: str, content_type: str) -> int:
    is_upload = path.startswith("/uploads/") or content_type.lower().startswith("multipart/")
    return UPLOAD_BYTES if is_upload else OTHER_BYTES
