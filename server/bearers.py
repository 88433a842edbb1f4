"""Finding who bears a token, remembering it for a moment, and keeping when they were last here."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import datetime

import structlog
from anyio import CapacityLimiter, to_thread

from domain.standing import Door
from persistence.organisations import Bearer, bearer_of, note_used
from persistence.people.sign_ins import SEEN_EVERY, note_seen, signed_in_by
from schema.context import House

log = structlog.get_logger("jalon")

REMEMBERED_FOR = 2.0
"""Seconds after which somebody is looked up again: a revoked key works no longer than that."""

REMEMBERED_KEYS = 1024
LookUp = Callable[[House, str], Awaitable[Bearer | None]]


async def by_key(house: House, token: str) -> Bearer | None:
    def find() -> Bearer | None:
        return bearer_of(house.database, token, now=house.clock())

    return await to_thread.run_sync(find)


async def by_cookie(house: House, token: str) -> Bearer | None:
    def find() -> Bearer | None:
        return signed_in_by(house.database, token, now=house.clock(), idle=house.sign_in_idle)

    return await to_thread.run_sync(find)


class Bearers:
    """Finds the bearer of a token, and remembers those found for a moment.

    Only what was found is remembered, under the hash of the token; a stranger's guesses leave no
    trace. Who asks for a token that is being looked up waits for that: sixteen requests under a key
    that is forgotten every two seconds would look it up in sixteen threads, which take turns with
    each other and with everybody's answers. Belongs to one event loop.
    """

    def __init__(
        self, look_up: LookUp = by_key, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._look_up = look_up
        self._clock = clock
        self._remembered: OrderedDict[bytes, tuple[float, Bearer]] = OrderedDict()
        self._sought: dict[bytes, asyncio.Task[Bearer | None]] = {}

    async def find(self, house: House, token: str, name: bytes = b"") -> Bearer | None:
        """Who bears `token`, remembered as `name` (`name_of`); None when it is none in force."""
        name = name or name_of(token)
        if (known := self._remembered.get(name)) is not None and self._clock() < known[0]:
            return known[1] if _is_in_force(known[1], house.clock()) else None
        seeking = self._sought.get(name)
        if seeking is None:
            # In a context of its own: whose deadline, and whose request, would it be?
            seeking = asyncio.get_running_loop().create_task(
                self._seek(house, token, name), context=Context()
            )
            self._sought[name] = seeking
        # Whoever gives up ends it for nobody else.
        return await asyncio.shield(seeking)

    async def _seek(self, house: House, token: str, name: bytes) -> Bearer | None:
        mine = asyncio.current_task()
        try:
            bearer = await self._look_up(house, token)
            # What was told to forget meanwhile was asked before, and may be so no longer.
            if self._sought.get(name) is mine:
                self._remembered.pop(name, None)
                if bearer is not None:
                    self._remember(name, bearer)
            return bearer
        finally:
            if self._sought.get(name) is mine:
                del self._sought[name]

    def _remember(self, name: bytes, bearer: Bearer) -> None:
        self._remembered[name] = (self._clock() + REMEMBERED_FOR, bearer)
        if len(self._remembered) > REMEMBERED_KEYS:
            self._remembered.popitem(last=False)

    def forget(self, token: str | None = None) -> None:
        """Looks it up again next time; without a token, all of them."""
        if token is None:
            self._remembered.clear()
            self._sought.clear()
        else:
            name = name_of(token)
            self._remembered.pop(name, None)
            self._sought.pop(name, None)


class LastSeen:
    """Keeps when keys and sign-ins were last used, once a minute, behind everybody's back.

    What cannot be written is not: nobody waits for it, and nobody is refused for it.
    """

    def __init__(self) -> None:
        self._noted: OrderedDict[str, datetime] = OrderedDict()
        self._writing: set[asyncio.Task[None]] = set()
        self._one_at_a_time = CapacityLimiter(1)

    def note(self, house: House, bearer: Bearer) -> None:
        """Somebody is here. Of tokens of others nothing is kept: their provider knows."""
        if bearer.door is Door.IDENTITY_PROVIDER:
            return
        now = house.clock()
        if bearer.seen_at is not None and now - bearer.seen_at < SEEN_EVERY:
            return
        name = f"{bearer.actor_id} {bearer.sign_in_id}"
        last = self._noted.get(name)
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


def name_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _is_in_force(bearer: Bearer, now: datetime) -> bool:
    return bearer.ends_at is None or now < bearer.ends_at
