"""One request to an approved platform and what it says, within bounds and with no secret told."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import httpx2
import orjson

from domain.errors import Refusal
from domain.form import one_line
from domain.handover import told
from domain.platform.wire import Access, PlatformFault
from jobs.gate import Gate
from jobs.web_call import answered, asked_to_wait

_LONGEST_REASON = 4096
"""Bytes of an answer that refuses: they are read for its reason."""
_LONGEST_SAID = 400
_SLOWEST_LINE = 50_000
"""Bytes a second: what is sent has that much longer than an ordinary call."""
_LONGEST_SENDING = 120.0
_HIDDEN = "…"

FINAL = frozenset((400, 401, 403, 413, 422))


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said; of a body that `is_cut` only how it begins."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


class Secrets:
    """What no error may tell: a platform may say again what it was sent."""

    def __init__(self, access: Access, token: str | None = None) -> None:
        secret, identity = access.client_secret, basic(access.client_id, access.client_secret)
        known = {one for one in (secret, token, identity) if one}
        known |= {write(one) for one in known for write in (quote, quote_plus, _in_json)}
        # The longer one first: it may hold the shorter one.
        self._known = sorted(known, key=len, reverse=True)

    def hidden_in(self, text: str, *, is_cut: bool = False) -> str:
        """`text` without secrets, nor the beginning of one at its end where it was cut off."""
        for one in self._known:
            text = text.replace(one, _HIDDEN)
        if is_cut and self._known:
            text = text[: -len(self._known[0])]
        return text


def basic(client_id: str, client_secret: str) -> str:
    """What identifies the caller by HTTP Basic: both written as in a form (RFC 6749, 2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return b64encode(pair.encode()).decode()


async def ask(
    method: str,
    url: str,
    gate: Gate,
    *,
    headers: Mapping[str, str],
    secrets: Secrets,
    most: int,
    content: bytes | None = None,
) -> Answer:
    """The answer of whatever status, a 2xx to `most` bytes; PlatformFault where none came."""
    longer = min(len(content or b"") / _SLOWEST_LINE, _LONGEST_SENDING)
    try:
        async with (
            asyncio.timeout(gate.timeout + longer),
            answered(method, url, gate, headers=headers, content=content) as answer,
        ):
            is_taken = 200 <= answer.status_code < 300
            body, is_cut = await _read(answer, most if is_taken else _LONGEST_REASON)
    except Refusal as refusal:
        raise PlatformFault(told(refusal.issues[0])) from None
    except (TimeoutError, httpx2.TimeoutException):
        raise PlatformFault("TimeoutError: no answer in time", is_silent=True) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        is_silent = isinstance(error, httpx2.ConnectError | OSError)
        said = secrets.hidden_in(f"{type(error).__name__}: {error}")
        raise PlatformFault(said, is_silent=is_silent) from None
    found = Answer(answer.status_code, answer.headers, body, is_cut)
    if is_taken and answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise PlatformFault("what came is packed, though that was not asked", status=found.status)
    return found


def fault_of(
    answer: Answer, secrets: Secrets, *, final: Iterable[int] = FINAL, asked: str = ""
) -> PlatformFault:
    """Why what was `asked` is not done, as the platform tells it."""
    said = secrets.hidden_in(one_line(_said(answer)), is_cut=answer.is_cut)[:_LONGEST_SAID]
    parts = [asked, f"HTTP {answer.status}", said]
    return PlatformFault(
        ": ".join(part for part in parts if part),
        status=answer.status,
        is_final=answer.status in final,
        after=asked_to_wait(answer.headers.get("Retry-After", ""), datetime.now(UTC)),
    )


def content_of(answer: Answer) -> dict[str, object]:
    """The JSON object of a 2xx; PlatformFault for anything else."""
    if answer.is_cut:
        raise PlatformFault(f"more than {len(answer.body)} bytes came", status=answer.status)
    try:
        found = orjson.loads(answer.body)
    except ValueError:
        raise PlatformFault("what came is not JSON", status=answer.status) from None
    if not isinstance(found, dict):
        raise PlatformFault("what came is not an object of JSON", status=answer.status)
    return found


async def _read(answer: httpx2.Response, most: int) -> tuple[bytes, bool]:
    """At most `most` bytes of it, and whether there were more."""
    read = bytearray()
    async for part in answer.aiter_raw():
        read += part
        if len(read) > most:
            return bytes(read[:most]), True
    return bytes(read), False


def _said(answer: Answer) -> str:
    """The words of an answer that refuses: its error (XP Z12-013, RFC 6749), else how it begins."""
    text = answer.body.decode(errors="replace").strip()
    if text.startswith("<"):
        return "a page of the web, no reason"
    try:
        found = orjson.loads(answer.body)
    except ValueError:
        return text
    if not isinstance(found, dict):
        return text
    names = ("errorCode", "errorMessage", "details", "error", "error_description")
    said = [found[name] for name in names if isinstance(found.get(name), str) and found[name]]
    return ": ".join(said) or text


def _in_json(text: str) -> str:
    return orjson.dumps(text).decode()[1:-1]
