"""Who is calling, by which door: the bearer of a key, or a person who signed in; or nobody.

The doors are tried in their order. An `Authorization` header is the only one that counts where
there is one; a cookie counts on what no foreign page can send (`server.own_pages`).
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

import structlog
from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers
from starlette.responses import Response

from domain.access import reach_of
from domain.standing import Actor
from persistence.organisations import Bearer, bearer_of, note_used
from persistence.sign_ins import SEEN_EVERY, note_seen, signed_in_by
from schema.context import Caller, House, Person
from server.negotiation import language_asked
from server.own_pages import OwnPages, SignInCookie
from server.rates import Allowance, Strangers
from server.refusing import refusing

log = structlog.get_logger("jalon")

REMEMBERED_FOR = 2.0
"""Seconds after which somebody is looked up again: a revoked key works no longer than that."""

REMEMBERED_KEYS = 1024
_LONGEST = 256

LookUp = Callable[[House, str], Bearer | None]


def _by_key(house: House, token: str) -> Bearer | None:
    return bearer_of(house.database, token, now=house.clock())


def _by_cookie(house: House, token: str) -> Bearer | None:
    return signed_in_by(house.database, token, now=house.clock(), idle=house.sign_in_idle)


class Bearers:
    """Finds the bearer of a token, and remembers those found for a moment.

    Only what was found is remembered, under the hash of the token; a stranger's guesses leave no
    trace. Belongs to one event loop.
    """

    def __init__(
        self, look_up: LookUp = _by_key, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._look_up = look_up
        self._clock = clock
        self._remembered: OrderedDict[bytes, tuple[float, Bearer]] = OrderedDict()

    async def find(self, house: House, token: str) -> Bearer | None:
        """Who bears `token`; None when it is none in force."""
        name = _name(token)
        if (known := self._remembered.get(name)) is not None and self._clock() < known[0]:
            return known[1] if _is_in_force(known[1], house.clock()) else None
        bearer = await to_thread.run_sync(self._look_up, house, token)
        self._remembered.pop(name, None)
        if bearer is not None:
            self._remembered[name] = (self._clock() + REMEMBERED_FOR, bearer)
            if len(self._remembered) > REMEMBERED_KEYS:
                self._remembered.popitem(last=False)
        return bearer

    def forget(self, token: str | None = None) -> None:
        """Looks it up again next time; without a token, all of them."""
        if token is None:
            self._remembered.clear()
        else:
            self._remembered.pop(_name(token), None)


class LastSeen:
    """Keeps when keys and sign-ins were last used, once a minute, behind everybody's back.

    What cannot be written is not: nobody waits for it, and nobody is refused for it.
    """

    def __init__(self) -> None:
        self._noted: OrderedDict[str, datetime] = OrderedDict()
        self._writing: set[asyncio.Task[None]] = set()
        self._one_at_a_time = CapacityLimiter(1)

    def note(self, house: House, bearer: Bearer) -> None:
        """Somebody is here."""
        now = house.clock()
        name = f"{bearer.actor_id} {bearer.sign_in_id}"
        last = max(filter(None, (bearer.seen_at, self._noted.get(name))), default=None)
        if last is not None and now - last < SEEN_EVERY:
            return
        self._noted[name] = now
        if len(self._noted) > REMEMBERED_KEYS:
            self._noted.popitem(last=False)
        task = asyncio.get_running_loop().create_task(self._write(house, bearer, now))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, house: House, bearer: Bearer, now: datetime) -> None:
        def write() -> None:
            with house.database.writing(bearer.organisation_id) as session:
                if bearer.sign_in_id is not None:
                    note_seen(session, bearer.sign_in_id, now=now)
                else:
                    note_used(session, bearer.key_id, now=now, every=SEEN_EVERY)

        try:
            await to_thread.run_sync(write, limiter=self._one_at_a_time)
        except Exception as error:
            log.info("last use not kept", who=bearer.actor_id, error=type(error).__name__)

    async def settle(self) -> None:
        """Waits for what is being written."""
        if self._writing:
            await asyncio.wait(self._writing, timeout=10.0)


class Doors:
    """The doors of an installation, in the order in which they are tried."""

    def __init__(
        self,
        *,
        pages: OwnPages | None = None,
        cookie: SignInCookie | None = None,
        strangers: int = Allowance().strangers,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pages = pages or OwnPages()
        self.cookie = cookie or SignInCookie()
        self.keys = Bearers(_by_key, clock=clock)
        self.sign_ins = Bearers(_by_cookie, clock=clock)
        self._strangers = Strangers(strangers, clock)
        self._seen = LastSeen()

    async def caller_of(
        self,
        house: House,
        headers: Headers,
        *,
        address: str = "",
        request_id: str = "",
        by_socket: bool = False,
    ) -> Caller | None:
        """Who is calling; None without exactly one valid key or cookie.

        RequestRefused: CROSS_SITE for a cookie that a foreign page may have had sent,
        RATE_LIMITED for a network that guesses.
        """
        if "authorization" in headers:
            token, door = token_of(headers), self.keys
        else:
            token, door = self.cookie.token_of(headers), self.sign_ins
            if token is not None and not by_socket:
                self.pages.require_counted(headers)
            elif token is not None and not self.pages.is_from_ours(headers):
                return None
        bearer = None if token is None else await self._bearer(house, door, token, address)
        if bearer is None:
            return None
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
        self._strangers.stop(address, _name(token))
        bearer = await door.find(house, token)
        if bearer is None:
            self._strangers.turned_away(address, _name(token))
        else:
            self._strangers.welcome(_name(token))
        return bearer

    def forget_all(self) -> None:
        """Looks everybody up again, and counts from the start."""
        self._strangers.forget()
        self.keys.forget()
        self.sign_ins.forget()

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
        reach=reach_of(bearer.role, bearer.entity_ids, bearer.collaborator_id),
        person=person,
    )


def token_of(headers: Headers) -> str | None:
    """The token of the one `Authorization: Bearer` header; None when there is not exactly one."""
    given = headers.getlist("authorization")
    if len(given) != 1:
        return None
    scheme, _, token = given[0].partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.isascii() or not 0 < len(token) <= _LONGEST:
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


def _name(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _is_in_force(bearer: Bearer, now: datetime) -> bool:
    return bearer.ends_at is None or now < bearer.ends_at
