"""Which web sites may ask from a browser, and under which names this one may be asked for.

A page of another site gets no answer unless JALON_ALLOWED_ORIGINS names its site, letter by letter
(CORS, with cookies); "null" is nobody's name. What is no browser sends no Origin and is not asked.
A name that is not ours in the Host header is that of a site which had its own name lead here (DNS
rebinding); a number is nobody's name.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.http.websocket_origin import is_same_origin

from server.heads import heads_of
from server.negotiation import language_asked
from server.refusing import refusing

METHODS = {
    "graphql": "GET, POST",
    "session": "GET, POST, DELETE",
    "password": "POST",
    "invitation": "POST",
    "files": "GET",
    "uploads": "PUT",
}
"""What pages of the sites let in may send, by the first step of the address."""

ASKED_WITH = (
    "Accept-Language, Apollo-Require-Preflight, Authorization, Content-Type, GraphQL-Preflight, "
    "Jalon-Organisation, X-CSRF-Token, X-Request-ID"
)
SHOWN = "Content-Disposition, Retry-After, X-Request-ID"
REMEMBERED_FOR = 600
"""Seconds for which a browser need not ask again."""

EXTRA_HEADERS = "extra_headers"
"""Where in a request's state headers stand that its answer gets, whoever answers."""

LONGEST_HOST = 300
"""Letters of a Host header: a name has 253 at most. Longer ones are nobody's, and not kept."""

_ASKED_BY_MACHINES = {"/healthz", "/readyz"}


class Sites:
    """Refuses who is not let in: 421 under a name that is not ours, 403 from a site of others.

    `origins` are the sites let in; `hosts` the names we go by, None for any.
    """

    def __init__(
        self, app: ASGIApp, *, origins: frozenset[str], hosts: frozenset[str] | None
    ) -> None:
        self._app = app
        self._origins = origins
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in _ASKED_BY_MACHINES:
            await self._app(scope, receive, send)
            return
        headers = heads_of(scope)
        is_known = self._is_ours(headers.getlist("host"))
        if scope["type"] == "websocket":
            if is_known:
                # Where the page comes from is asked by server.sockets.
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        answer = self._answer(scope, headers) if is_known else _not_ours(headers)
        await (answer or self._app)(scope, receive, send)

    def _answer(self, scope: Scope, headers: Headers) -> Response | None:
        """The refusal, or the answer to a preflight; None for a request that goes on."""
        path = scope["path"].split("/")[1]
        named = headers.getlist("origin")
        if path not in METHODS and not named:
            return None
        extra = scope.setdefault("state", {}).setdefault(EXTRA_HEADERS, {})
        extra["Vary"] = "Origin"
        if not named:
            return None
        (origin, *more), host = named, headers.get("host")
        if not more and is_same_origin(origin, host) and origin != "null":
            return None
        if more or origin not in self._origins or path not in METHODS:
            return refusing(
                403,
                "ORIGIN_REFUSED",
                "Pages of this web site may not ask here.",
                locale=language_asked(headers),
            )
        extra["Access-Control-Allow-Origin"] = origin
        extra["Access-Control-Allow-Credentials"] = "true"
        extra["Access-Control-Expose-Headers"] = SHOWN
        if scope["method"] != "OPTIONS" or "access-control-request-method" not in headers:
            return None
        return Response(
            status_code=204,
            headers={
                "Access-Control-Allow-Methods": METHODS[path],
                "Access-Control-Allow-Headers": ASKED_WITH,
                "Access-Control-Max-Age": str(REMEMBERED_FOR),
            },
        )

    def _is_ours(self, named: list[str]) -> bool:
        if self._hosts is None:
            return True
        is_one = len(named) == 1 and len(named[0]) <= LONGEST_HOST
        name = _name_in(named[0]) if is_one else ""
        return bool(name) and (name in self._hosts or _is_number(name))


@lru_cache(maxsize=256)
def _name_in(host: str) -> str:
    """The name or number of a Host header, without its port; "" where it is not one."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    is_plain = parts.netloc == host and not parts.username and not parts.password
    return (parts.hostname or "").rstrip(".") if is_plain else ""


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _not_ours(headers: Headers) -> Response:
    return refusing(
        421,
        "HOST_UNKNOWN",
        "This server does not go by that name: JALON_PUBLIC_URL and JALON_ALLOWED_HOSTS say which.",
        locale=language_asked(headers),
    )
