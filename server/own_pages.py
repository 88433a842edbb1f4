"""What a foreign page cannot send: the condition under which a cookie counts (CSRF).

A browser adds the cookie to whatever a page of another site makes it send, if `SameSite` does not
hold it back; but no such page can add a header of its own without asking first, and nobody here
says yes to it. Sources: OWASP, Cross-Site Request Forgery Prevention; Fetch Metadata.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from strawberry.http.websocket_origin import is_same_origin, normalize_origin

from server.refusing import RequestRefused

PREFLIGHT = "GraphQL-Preflight"
"""Any value will do: that it is there is what no form and no picture can bring about."""

_ALSO = "Apollo-Require-Preflight"
"""What a known client sends to the same end."""

_LONGEST = 128


@dataclass(frozen=True, slots=True)
class OwnPages:
    """Which pages are ours; `origins` are those beside the address itself."""

    origins: frozenset[str] = frozenset()

    def is_ours(self, headers: Headers) -> bool:
        """Whether no page of another site sent it, as far as the browser tells."""
        origin = headers.get("origin")
        if origin is not None:
            return self.is_from_ours(headers)
        # A request without an origin, from where the browser knows to be elsewhere.
        return headers.get("sec-fetch-site", "none") in ("same-origin", "none")

    def is_from_ours(self, headers: Headers) -> bool:
        """Whether it names an origin, and that is ours: "*" is everybody's and none of ours."""
        given = headers.getlist("origin")
        if len(given) != 1:
            return False
        is_known = normalize_origin(given[0]) in self.origins
        return is_known or is_same_origin(given[0], headers.get("host"))

    def require_ours(self, headers: Headers) -> None:
        """Refuses with CROSS_SITE (403) what a page of another site sent."""
        if not self.is_ours(headers):
            raise _cross_site()

    def require_counted(self, headers: Headers) -> None:
        """Refuses with CROSS_SITE (403) a cookie that a foreign page may have had sent."""
        is_asked_for = headers.get(PREFLIGHT) or headers.get(_ALSO)
        if not is_asked_for or not self.is_ours(headers):
            raise _cross_site()


def _cross_site() -> RequestRefused:
    return RequestRefused(
        403,
        "CROSS_SITE",
        "Whoever is signed in asks from our own pages, with the header {header}.",
        header=PREFLIGHT,
    )


@dataclass(frozen=True, slots=True)
class SignInCookie:
    """The cookie of a sign-in: over https it is bound to this host and to https alone."""

    is_secure: bool = True

    @property
    def name(self) -> str:
        return "__Host-jalon" if self.is_secure else "jalon"

    def token_of(self, headers: Headers) -> str | None:
        """What the cookie holds; None when there is none, or nothing that could be a token."""
        found = cookie_parser("; ".join(headers.getlist("cookie"))).get(self.name, "")
        return found if found.isascii() and 0 < len(found) <= _LONGEST else None

    def put(self, answer: Response, token: str, *, seconds: int) -> None:
        """Has the browser keep the token for so long."""
        answer.set_cookie(
            self.name,
            token,
            max_age=seconds,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, answer: Response) -> None:
        """Has the browser forget it."""
        answer.delete_cookie(
            self.name, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )
