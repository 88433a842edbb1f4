"""What every answer carries and what is noted of it: request id, security headers, one log line."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.masking import new_reference
from server.negotiation import language_asked
from server.refusing import refusing

log = structlog.get_logger("jalon")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = {"/healthz", "/readyz"}
"""Asked every few seconds by machines; noted only when they fail."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class Envelope:
    """The outermost layer: nothing leaves the house unmarked, nothing breaks unnoted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        with structlog.contextvars.bound_contextvars(request_id=answer.request_id):
            try:
                await self._app(scope, receive, answer.send)
            except ClientDisconnect:
                answer.status = 499
            except Exception:
                await answer.break_off(receive)
            finally:
                answer.note()


class _Answer:
    """The answer to one request, as it leaves."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._started = time.perf_counter()
        self.status = 0
        asked = Headers(scope=scope).get("x-request-id", "")
        self.request_id = asked if _REQUEST_ID.fullmatch(asked) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers["X-Request-ID"] = self.request_id
        await self._send(message)

    async def break_off(self, receive: Receive) -> None:
        """Notes the bug under a reference, and tells the caller that reference only."""
        reference = new_reference()
        log.exception("bug", reference=reference)
        if self.status:
            return
        language = language_asked(Headers(scope=self._scope))
        response = refusing(
            500,
            "INTERNAL_ERROR",
            "Internal error, reference {reference}.",
            locale=language,
            facts={"reference": reference},
        )
        await response(self._scope, receive, self.send)

    def note(self) -> None:
        path = self._scope["path"]
        if path in _QUIET and self.status < 400:
            return
        log.info(
            "request",
            method=self._scope["method"],
            path=_without_token(path),
            status=self.status,
            ms=round((time.perf_counter() - self._started) * 1000, 1),
            **self._caller(),
        )

    def _caller(self) -> dict[str, str]:
        state = self._scope["state"]
        return {name: state[name] for name in ("organisation", "actor") if state.get(name)}


def _without_token(path: str) -> str:
    """The path as it may be noted: what signs an address is a key for as long as it lasts."""
    first = path.split("/")[1]
    return f"/{first}/…" if first in ("files", "uploads") else path[:100]
