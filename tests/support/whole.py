"""Requests that the application answers whole, in one step to its event loop and back.

The library's client takes a body in pieces, while it is made: ten steps between its thread and that
of the application, which take longer than a short answer does. Here the application runs to its
end, is told the same, and what it raises is raised.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import anyio
import httpx2
from starlette.testclient import TestClient
from starlette.types import Message

_PORTS = {"http": 80, "https": 443}


def answering_whole(client: TestClient) -> TestClient:
    """`client`, which from now on takes each answer whole; sockets are the library's."""
    client._transport = _Whole(client)
    return client


class _Whole(httpx2.BaseTransport):
    def __init__(self, client: TestClient) -> None:
        self._client = client
        self._librarys: Any = client._transport

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.scheme not in _PORTS:
            answer: httpx2.Response = self._librarys.handle_request(request)
            return answer
        portal = self._client.portal
        assert portal is not None, "the application is not running: enter its client first"
        said: list[Message] = portal.call(self._said, self._scope(request), request.read())
        begun, *parts = said
        assert begun["type"] == "http.response.start", said
        assert all(part["type"] == "http.response.body" for part in parts), said
        assert [part.get("more_body", False) for part in parts[-1:]] == [False], said
        body = b"".join(bytes(part.get("body", b"")) for part in parts)
        return httpx2.Response(
            begun["status"],
            headers=[(name.decode(), value.decode()) for name, value in begun.get("headers", ())],
            stream=httpx2.ByteStream(b"" if request.method == "HEAD" else body),
            request=request,
        )

    async def _said(self, scope: dict[str, Any], body: bytes) -> list[Message]:
        """All that the application says to a request."""
        said: list[Message] = []
        is_told, is_done = False, anyio.Event()

        async def receive() -> Message:
            nonlocal is_told
            if is_told:
                await is_done.wait()
                return {"type": "http.disconnect"}
            is_told = True
            return {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            said.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                is_done.set()

        await self._client.app(scope, receive, send)
        return said

    def _scope(self, request: httpx2.Request) -> dict[str, Any]:
        """What the library's client tells an application of a request."""
        url = request.url
        named = [
            (name.lower().encode(), said.encode()) for name, said in request.headers.multi_items()
        ]
        return {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(url.path),
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "root_path": "",
            "scheme": url.scheme,
            "query_string": url.query,
            "headers": named,
            "client": self._librarys.client,
            "server": [url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]],
            "extensions": {"http.response.debug": {}, "http.response.trailers": {}},
            "state": self._client.app_state.copy(),
        }

    def close(self) -> None:
        self._librarys.close()
