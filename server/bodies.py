"""How much a request may send, and how long it may take over it."""

from __future__ import annotations

import time

from anyio import fail_after
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.refusing import RequestRefused

MEBIBYTE = 1024 * 1024
UPLOAD_BYTES = 26 * MEBIBYTE
OTHER_BYTES = 2 * MEBIBYTE
BODY_SECONDS = 60.0


class BodyLimits:
    """Refuses bodies that are too large (413) or too slow (408) while they arrive.

    A workbook comes as a multipart form or to /uploads/; nothing else needs that much.
    """

    def __init__(self, app: ASGIApp, seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._app(scope, _Body(scope, receive, self._seconds).receive, send)


class _Body:
    """The body of one request, counted as it is received."""

    def __init__(self, scope: Scope, receive: Receive, seconds: float) -> None:
        headers = Headers(scope=scope)
        self._limit = _limit_of(scope["path"], headers.get("content-type", ""))
        self._announced = headers.get("content-length", "")
        self._receive = receive
        self._seconds = seconds
        self._deadline = 0.0
        self._size = 0
        self._is_complete = False

    async def receive(self) -> Message:
        # After the body, receiving means waiting for the client to leave: that may take for ever.
        if self._is_complete:
            return await self._receive()
        self._check(int(self._announced) if self._announced.isdecimal() else 0)
        now = time.monotonic()
        self._deadline = self._deadline or now + self._seconds
        try:
            with fail_after(self._deadline - now):
                message = await self._receive()
        except TimeoutError:
            raise RequestRefused(
                408, "BODY_TOO_SLOW", "The request took too long to arrive."
            ) from None
        self._size += len(message.get("body", b""))
        self._check(self._size)
        self._is_complete = not message.get("more_body", False)
        return message

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise RequestRefused(
                413,
                "CONTENT_TOO_LARGE",
                "The request is larger than the {limit} MiB allowed here.",
                limit=self._limit // MEBIBYTE,
            )


def _limit_of(path: str, content_type: str) -> int:
    is_upload = path.startswith("/uploads/") or content_type.lower().startswith("multipart/")
    return UPLOAD_BYTES if is_upload else OTHER_BYTES
