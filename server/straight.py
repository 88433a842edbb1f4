"""Operations on their straight way to the endpoint, past the router and its layers.

Whatever is no POST to the address of the API goes on to the router, which knows the endpoint, too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from server.endpoint import Endpoint

Handler = Callable[[Request, Exception], Awaitable[ASGIApp]]


class Straight:
    """Asks the endpoint, and answers with what `handlers` make of the errors they are for."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        path: str,
        endpoint: Endpoint,
        handlers: Mapping[Any, Handler],
    ) -> None:
        self._app = app
        self._path = path
        self._endpoint = endpoint
        self._handlers = handlers
        self._handled = tuple(handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["path"] != self._path
            or scope["method"] != "POST"
            or scope.get("root_path")
        ):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response: ASGIApp = await self._endpoint.answer(request)
        except self._handled as error:
            handler = next(
                self._handlers[kind] for kind in type(error).__mro__ if kind in self._handlers
            )
            response = await handler(request, error)
        await response(scope, receive, send)
