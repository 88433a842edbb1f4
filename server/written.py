"""An answer that stands written, with the two headers of its own that every answer has."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send


class Written:
    """Sends `content`; the library's own would go through headers and tasks that are not there."""

    __slots__ = ("_content", "_media_type", "_status")

    def __init__(self, content: bytes, media_type: str, status: int = 200) -> None:
        self._content = content
        self._media_type = media_type
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = b"%d" % len(self._content)
        headers = [
            (b"content-length", length),
            (b"content-type", self._media_type.encode("latin-1")),
        ]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._content})
