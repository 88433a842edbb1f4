"""Who is calling, by which door: a key, a sign-in, a token of an identity provider; or nobody.

The doors are tried in their order. An `Authorization` header is the only one that counts where
there is one; a cookie counts on what no foreign page can send (`server.own_pages`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache

import structlog
from starlette.datastructures import Headers
from starlette.responses import Response

from domain.access import reach_of
from domain.standing import Actor
from jobs.gate import Gate
from persistence.organisations import Bearer
from schema.context import Caller, House, Person
from server.bearers import REMEMBERED_KEYS, Bearers, LastSeen, by_cookie, by_key, name_of
from server.identity_door import ORGANISATION, IdentityDoor
from server.identity_tokens import LONGEST_TOKEN
from server.negotiation import language_asked
from server.own_pages import OwnPages, SignInCookie
from server.rates import Allowance, Strangers
from server.refusing import refusing

log = structlog.get_logger("jalon")


class Doors:
    """The doors of an installation, in the order in which they are tried."""

    def __init__(
        self,
        *,
        pages: OwnPages | None = None,
        cookie: SignInCookie | None = None,
        strangers: int = Allowance().strangers,
        gate: Gate | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pages = pages or OwnPages()
        self.cookie = cookie or SignInCookie()
        self.keys = Bearers(by_key, clock=clock)
        self.sign_ins = Bearers(by_cookie, clock=clock)
        self.identities = Bearers(IdentityDoor(gate or Gate()).look_up, clock=clock)
        self._strangers_at = {
            id(door): Strangers(strangers, clock)
            for door in (self.keys, self.sign_ins, self.identities)
        }
        self._seen = LastSeen()

    async def caller_of(
        self,
        house: House,
        headers: Headers,
        *,
        address: str = "",
        request_id: str = "",
        by_socket: bool = False,
        is_use: bool = True,
    ) -> Caller | None:
        """Who is calling; None without exactly one valid key or cookie.

        `is_use`: False for a look that nobody asked for, which keeps no sign-in from its end.
        RequestRefused: CROSS_SITE for a cookie that a foreign page may have had sent,
        RATE_LIMITED for a network that guesses.
        """
        if "authorization" in headers:
            token, door = token_of(headers), self.keys
            if token is not None and token.count(".") == 2:
                token, door = f"{headers.get(ORGANISATION, '')} {token}", self.identities
        else:
            token, door = self.cookie.token_of(headers), self.sign_ins
            if token is not None and not by_socket:
                self.pages.require_counted(headers)
            elif token is not None and not self.pages.is_from_ours(headers):
                return None
        bearer = None if token is None else await self._bearer(house, door, token, address)
        if bearer is None:
            return None
        if is_use:
            self._seen.note(house, bearer)
        return _as_caller(bearer, headers, address=address, request_id=request_id)

    async def caller_by_sign_in(
        self, house: House, token: str, headers: Headers, *, address: str, request_id: str
    ) -> Caller | None:
        """Who signed in under `token`, of a request that was found to be of our own pages."""
        bearer = await self._bearer(house, self.sign_ins, token, address)
        if bearer is None:
            return None
        self._seen.note(house, bearer)
        return _as_caller(bearer, headers, address=address, request_id=request_id)

    async def _bearer(self, house: House, door: Bearers, token: str, address: str) -> Bearer | None:
        # Each door counts its own: a bad key locks nobody out who signs in, or comes by a provider.
        strangers, name = self._strangers_at[id(door)], name_of(token)
        strangers.stop(address, name)
        bearer = await door.find(house, token, name)
        if bearer is None:
            strangers.turned_away(address, name)
        else:
            strangers.welcome(name)
        return bearer

    def welcome(self, token: str) -> None:
        """Lets in who has just signed in, wherever others guess."""
        self._strangers_at[id(self.sign_ins)].welcome(name_of(token))

    def forget_all(self) -> None:
        """Looks everybody up again, and counts from the start."""
        for strangers in self._strangers_at.values():
            strangers.forget()
        self.keys.forget()
        self.sign_ins.forget()
        self.identities.forget()

    async def close(self) -> None:
        await self._seen.settle()


def _as_caller(bearer: Bearer, headers: Headers, *, address: str, request_id: str) -> Caller:
    """The one place that makes a caller, by whatever door they came."""
    is_person = bearer.account_id is not None
    name = bearer.email if is_person and bearer.email else bearer.name
    actor = Actor(bearer.door, name, bearer.actor_id, address=address[:64], request_id=request_id)
    person = None
    if bearer.account_id is not None:
        person = Person(bearer.account_id, bearer.key_id, bearer.email or "", bearer.sign_in_id)
    return Caller(
        organisation_id=bearer.organisation_id,
        organisation_code=bearer.organisation_code,
        role=bearer.role,
        key_name=bearer.name,
        locale=language_asked(headers) or bearer.locale,
        time_zone=bearer.time_zone,
        actor=actor,
        reach=_reach_of(bearer.role, bearer.entity_ids, bearer.collaborator_id),
        person=person,
    )


_reach_of = lru_cache(maxsize=REMEMBERED_KEYS)(reach_of)


def token_of(headers: Headers) -> str | None:
    """The token of the one `Authorization: Bearer` header; None when there is not exactly one."""
    given = headers.getlist("authorization")
    if len(given) != 1:
        return None
    scheme, _, token = given[0].partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.isascii() or not 0 < len(token) <= LONGEST_TOKEN:
        return None
    return token


def unauthenticated(headers: Headers) -> Response:
    """The answer to nobody: the same for a missing, a wrong and a revoked key."""
    return refusing(
        401,
        "UNAUTHENTICATED",
        "A valid key is needed: send it as Authorization: Bearer …",
        locale=language_asked(headers),
        headers={"WWW-Authenticate": 'Bearer realm="Jalon"'},
    )
