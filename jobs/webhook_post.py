"""Posting a signed message to an address that a firm chose, and understanding the answer.

Signatures are those of the Standard Webhooks specification.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import httpx2
from standardwebhooks import Webhook as Signer

from domain.errors import Refusal
from domain.handover import Attempt, Webhook, told
from jobs.gate import Gate
from jobs.web_call import answered, asked_to_wait

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
    headers = {"Content-Type": "application/json", "Accept": "*/*", **headers_of(message, now)}
    async with answered(
        "POST", message.url, gate, headers=headers, content=message.content
    ) as answer:
        status = answer.status_code
        if 200 <= status < 300:
            return Attempt(status=status)
        said = await _beginning(answer)
        error = f"HTTP {status}: {said}" if said else f"HTTP {status}"
        is_gone = status == httpx2.codes.GONE
        after = asked_to_wait(answer.headers.get("Retry-After", ""), now)
        return Attempt(status, error, is_final=is_gone, is_gone=is_gone, after=after)


async def _beginning(answer: httpx2.Response) -> str:
    """What an answer begins with; the rest is not read."""
    read = b""
    async for part in answer.aiter_raw():
        read += part[:_LONGEST_ANSWER]
        if len(read) >= _LONGEST_ANSWER:
            break
    return read[:_LONGEST_ANSWER].decode(errors="replace")
