"""Calling an address that a firm chose: its name looked up here, its numbers judged, no redirect.

The connection goes to the very number that was judged: a name that means another machine a moment
later (DNS rebinding) leads nowhere. No proxy is asked.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache

import httpx2

from domain.errors import Refusal
from domain.web_address import WEBHOOK_HOST_PRIVATE, WebAddress, may_be_called, web_address
from jobs.gate import Gate

# It notes each address it asks, and an address may hold a password.
logging.getLogger("httpx2").setLevel(logging.WARNING)

_CONNECT = 5.0
_MOST_ADDRESSES = 3


class AnswerRefused(Exception):
    """What was asked for did not come: another status, or more bytes than are read."""


@asynccontextmanager
async def answered(
    method: str,
    url: str,
    gate: Gate,
    *,
    headers: Mapping[str, str],
    content: bytes | None = None,
) -> AsyncIterator[httpx2.Response]:
    """The answer, its body still to be read. Refusal for an address that may not be called."""
    address = web_address(url, is_private_allowed=gate.is_private_allowed)
    numbers = await _numbers(address, gate)
    client = httpx2.AsyncClient(
        verify=gate.trust or _trusted(),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(gate.timeout, connect=_CONNECT),
    )
    async with client:
        answer = await _sent(client, method, address, numbers, headers, content)
        try:
            yield answer
        finally:
            await answer.aclose()


async def fetch(url: str, gate: Gate, *, most: int) -> bytes:
    """What stands at `url`, by GET; AnswerRefused unless it is a 200 of at most `most` bytes."""
    read = bytearray()
    async with (
        asyncio.timeout(gate.timeout),
        answered("GET", url, gate, headers={"Accept": "application/json"}) as answer,
    ):
        if answer.status_code != httpx2.codes.OK:
            raise AnswerRefused(f"HTTP {answer.status_code}")
        async for part in answer.aiter_raw():
            read += part
            if len(read) > most:
                raise AnswerRefused(f"more than {most} bytes")
    return bytes(read)


def asked_to_wait(said: str, now: datetime) -> timedelta | None:
    """How long a header Retry-After asks for: seconds, or until a date (RFC 9110, 10.2.3)."""
    if said.isascii() and said.isdigit():
        return timedelta(seconds=int(said)) if len(said) < 7 else None
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    # A date of HTTP is one of Greenwich, said or not.
    return max((until if until.tzinfo else until.replace(tzinfo=UTC)) - now, timedelta(0))


async def _sent(
    client: httpx2.AsyncClient,
    method: str,
    address: WebAddress,
    numbers: list[str],
    headers: Mapping[str, str],
    content: bytes | None,
) -> httpx2.Response:
    for left in reversed(range(len(numbers))):
        request = client.build_request(
            method,
            address.at(numbers[-1 - left]),
            headers={
                "Host": address.authority,
                "Accept-Encoding": "identity",
                "User-Agent": "Jalon",
                **headers,
            },
            content=content,
            # The certificate is that of the name, whatever the number.
            extensions={"sni_hostname": address.host},
        )
        try:
            return await client.send(request, stream=True)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            # Nothing was sent yet: another machine of that name may answer.
            if not left:
                raise
    raise AssertionError("a name stands for one number at least")


async def _numbers(address: WebAddress, gate: Gate) -> list[str]:
    """The numbers to connect to; WEBHOOK_HOST_PRIVATE where one of them may not be called."""
    found = await (gate.resolve or _resolved)(address.host, address.port)
    allowed = [may_be_called(one, is_private_allowed=gate.is_private_allowed) for one in found]
    if not found or not all(allowed):
        raise Refusal(WEBHOOK_HOST_PRIVATE(host=address.host))
    return list(dict.fromkeys(found))[:_MOST_ADDRESSES]


async def _resolved(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that this machine trusts; reading them takes a while."""
    return httpx2.create_ssl_context()
