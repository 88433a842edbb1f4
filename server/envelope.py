"""What every answer carries and what is noted of it: request id, security headers, one log line.

The policy of an API that shows nothing: no script, no frame, no form, no sniffing, no cache. The
page and the files handed out have a policy of their own, and all else from here.
"""

from __future__ import annotations

import re
import secrets
import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.heads import heads_of
from server.logs import note
from server.masking import new_reference
from server.negotiation import language_asked
from server.refusing import refusing
from server.sites import EXTRA_HEADERS

log = structlog.get_logger("jalon")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = {"/healthz", "/readyz"}
"""Asked every few seconds by machines; noted only when they fail."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        f"{one}=()"
        for one in (
            *("accelerometer", "bluetooth", "camera", "display-capture", "geolocation"),
            *("gyroscope", "hid", "microphone", "midi", "payment", "serial", "usb"),
        )
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer; one that says otherwise of itself keeps what it says."""

STRICT_TRANSPORT = "max-age=31536000"
"""For a year a browser that was here once asks by https alone."""


class Envelope:
    """The outermost layer: nothing leaves the house unmarked, nothing breaks unnoted."""

    def __init__(self, app: ASGIApp, *, is_strict: bool = False) -> None:
        self._app = app
        headers = dict(HEADERS)
        if is_strict:
            headers["Strict-Transport-Security"] = STRICT_TRANSPORT
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._app(scope, receive, _Handshake(scope, send, self._headers).send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send, self._headers)
        bound = structlog.contextvars.bind_contextvars(request_id=answer.request_id)
        try:
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = 499
        except Exception:
            await answer.break_off(receive)
        finally:
            answer.note()
            structlog.contextvars.reset_contextvars(**bound)


class _Answer:
    """The answer to one request, as it leaves."""

    __slots__ = ("_headers", "_scope", "_send", "_started", "request_id", "status")

    def __init__(self, scope: Scope, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._scope = scope
        self._send = send
        self._headers = headers
        self._started = time.perf_counter()
        self.status = 0
        asked = heads_of(scope).get("x-request-id", "")
        self.request_id = asked if _REQUEST_ID.fullmatch(asked) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            raw = message["headers"] = list(message.get("headers", ()))
            named = {name for name, _ in raw}
            raw += [one for one in self._headers if one[0] not in named]
            extra = self._scope["state"].get(EXTRA_HEADERS)
            for name, value in extra.items() if extra else ():
                ours = (name.lower().encode("latin-1"), value.encode("latin-1"))
                if ours[0] in named:
                    MutableHeaders(raw=raw)[name] = value
                else:
                    raw.append(ours)
            raw.append((b"x-request-id", self.request_id.encode()))
        await self._send(message)

    async def break_off(self, receive: Receive) -> None:
        """Notes the bug under a reference, and tells the caller that reference only."""
        reference = new_reference()
        log.exception("bug", reference=reference)
        if self.status:
            return
        language = language_asked(heads_of(self._scope))
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
        state = self._scope["state"]
        note(
            "request",
            self.request_id,
            method=self._scope["method"],
            path=_without_token(path),
            status=self.status,
            ms=round((time.perf_counter() - self._started) * 1000, 1),
            **{name: state[name] for name in ("organisation", "actor") if state.get(name)},
        )


class _Handshake:
    """A socket until it is accepted: a refusal is an answer like any other."""

    def __init__(self, scope: Scope, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._can_answer = "websocket.http.response" in scope.get("extensions", {})
        self._send = send
        self._headers = headers
        self._is_over = False

    async def send(self, message: Message) -> None:
        is_refusal = message["type"] == "websocket.close" and not self._is_over
        self._is_over = True
        if not is_refusal or not self._can_answer:
            await self._send(message)
            return
        start = {"type": "websocket.http.response.start", "status": 403, "headers": self._headers}
        await self._send(start)
        await self._send({"type": "websocket.http.response.body", "body": b""})


_LONGEST_STEP = 20


def _without_token(path: str) -> str:
    """The path as it may be noted: what comes behind its first step is a key in some."""
    first = path.split("/")[1] if "/" in path else ""
    if first == "graphiql" and path.count("/") == 2:
        return path[:100]
    shown = first if len(first) <= _LONGEST_STEP else "…"
    return f"/{shown}" if path == f"/{first}" else f"/{shown}/…"
