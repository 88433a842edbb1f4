"""Who is calling: the bearer of the key in the Authorization header, or nobody."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import Response

from domain.standing import Actor, Door
from persistence.organisations import Bearer, bearer_of
from persistence.session import Database
from schema.context import Caller
from server.negotiation import language_asked
from server.refusing import refusing

REMEMBERED_FOR = 2.0
"""Seconds after which a key is looked up again: a revoked one works no longer than that."""

REMEMBERED_KEYS = 1024
_LONGEST = 256


class Bearers:
    """Finds the bearer of a key, and remembers those found for a moment.

    Only what was found is remembered, under the hash of the key; a stranger's guesses leave no
    trace. Belongs to one event loop.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._remembered: OrderedDict[bytes, tuple[float, Bearer]] = OrderedDict()

    async def find(self, database: Database, token: str) -> Bearer | None:
        """Who bears `token`; None when it is no key in force."""
        name = hashlib.sha256(token.encode()).digest()
        now = self._clock()
        if (known := self._remembered.get(name)) is not None and now < known[0]:
            return known[1]
        self._remembered.pop(name, None)
        bearer = await to_thread.run_sync(bearer_of, database, token)
        if bearer is not None:
            self._remembered[name] = (now + REMEMBERED_FOR, bearer)
            if len(self._remembered) > REMEMBERED_KEYS:
                self._remembered.popitem(last=False)
        return bearer


async def caller_of(
    bearers: Bearers,
    database: Database,
    headers: Headers,
    *,
    address: str = "",
    request_id: str = "",
) -> Caller | None:
    """Who is calling; None without exactly one valid key. Answers are in the language asked for."""
    token = token_of(headers)
    bearer = None if token is None else await bearers.find(database, token)
    if bearer is None:
        return None
    return Caller(
        organisation_id=bearer.organisation_id,
        organisation_code=bearer.organisation_code,
        role=bearer.role,
        key_name=bearer.name,
        locale=language_asked(headers) or bearer.locale,
        time_zone=bearer.time_zone,
        actor=Actor(
            Door.KEY,
            bearer.name,
            f"api_key_{bearer.key_id}",
            address=address,
            request_id=request_id,
        ),
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
