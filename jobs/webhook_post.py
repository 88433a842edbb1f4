"""Posting a signed message to an address that a firm chose, and understanding the answer.

Signatures are those of the Standard Webhooks specification. The name is looked up here, each number
it stands for is judged, and the connection goes to that very number: a name that means another
machine a moment later (DNS rebinding) leads nowhere. No redirect is followed, no proxy is asked.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import httpx2
from standardwebhooks import Webhook as Signer

from domain.errors import Refusal
from domain.handover import Attempt, Webhook, told
from domain.web_address import WEBHOOK_HOST_PRIVATE, WebAddress, may_be_called, web_address
from jobs.gate import Gate

# It notes each address it asks, and an address may hold a password.
logging.getLogger("httpx2").setLevel(logging.WARNING)

_CONNECT = 5.0
_MOST_ADDRESSES = 3
_LONGEST_ANSWER = 400
"""Bytes of an answer that are read and kept: enough for a reason."""


async def post(message: Webhook, gate: Gate, *, now: datetime) -> Attempt:
    """Posts `message` once; what the receiver answered, or why nothing came of it.

    2xx is taken, 410 wants nothing any more, everything else may be tried again.
    """
    try:
        async with asyncio.timeout(gate.timeout):
            attempt = await _post(message, gate, now)
            return replace(attempt, url=message.url) if attempt.is_gone else attempt
    except Refusal as refusal:
        return Attempt(error=told(refusal.issues[0]))
    except (TimeoutError, httpx2.TimeoutException):
        return Attempt(error="TimeoutError: no answer in time", is_silent=True)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        is_silent = isinstance(error, httpx2.ConnectError | OSError)
        return Attempt(error=f"{type(error).__name__}: {error}", is_silent=is_silent)


def headers_of(message: Webhook, now: datetime) -> dict[str, str]:
    """The three headers of the specification: one signature for each secret, the newest first."""
    # The library takes the hour of any moment for one in UTC.
    content, moment = message.content.decode(), now.astimezone(UTC)
    signed = (
        Signer(secret).sign(message.message_id, moment, content) for secret in message.secrets
    )
    return {
        "webhook-id": message.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signed),
    }


async def _post(message: Webhook, gate: Gate, now: datetime) -> Attempt:
    address = web_address(message.url, is_private_allowed=gate.is_private_allowed)
    numbers = await _numbers(address, gate)
    headers = {
        "Host": address.authority,
        "Content-Type": "application/json",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "User-Agent": "Jalon",
        **headers_of(message, now),
    }
    client = httpx2.AsyncClient(
        verify=gate.trust or _trusted(),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(gate.timeout, connect=_CONNECT),
    )
    async with client:
        for left in reversed(range(len(numbers))):
            try:
                return await _ask(client, address, numbers[-1 - left], headers, message.content)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                # Nothing was sent yet: another machine of that name may answer.
                if not left:
                    raise
    raise AssertionError("a name stands for one number at least")


async def _ask(
    client: httpx2.AsyncClient,
    address: WebAddress,
    number: str,
    headers: dict[str, str],
    content: bytes,
) -> Attempt:
    # The certificate is that of the name, whatever the number.
    extensions = {"sni_hostname": address.host}
    async with client.stream(
        "POST", address.at(number), headers=headers, content=content, extensions=extensions
    ) as answer:
        status = answer.status_code
        if 200 <= status < 300:
            return Attempt(status=status)
        said = await _beginning(answer)
        error = f"HTTP {status}: {said}" if said else f"HTTP {status}"
        is_gone = status == httpx2.codes.GONE
        after = _asked_to_wait(answer.headers.get("Retry-After", ""))
        return Attempt(status, error, is_final=is_gone, is_gone=is_gone, after=after)


async def _beginning(answer: httpx2.Response) -> str:
    """What an answer begins with; the rest is not read."""
    read = b""
    async for part in answer.aiter_raw():
        read += part[:_LONGEST_ANSWER]
        if len(read) >= _LONGEST_ANSWER:
            break
    return read[:_LONGEST_ANSWER].decode(errors="replace")


def _asked_to_wait(said: str) -> timedelta | None:
    """The seconds of a header Retry-After; dates are not weighed."""
    is_number = said.isascii() and said.isdigit() and len(said) < 7
    return timedelta(seconds=int(said)) if is_number else None


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
