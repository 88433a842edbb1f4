"""Calling an approved platform: sending flows, reading what became of them (AFNOR XP Z12-013).

Understood of versions 1.1 to 1.3. Each call may raise PlatformFault.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import httpx2
import orjson

from domain.platform.wire import (
    IN_A_HEADER,
    MOST_AT_ONCE,
    Access,
    AckState,
    Flow,
    FlowPage,
    Outgoing,
    PlatformFault,
)
from jobs.gate import Gate
from jobs.platform_ask import FINAL, Answer, Secrets, ask, fault_of
from jobs.platform_read import Listed, flow_of, listed, page_of, stuck
from jobs.platform_token import Tokens

_MOST_BYTES = 8_000_000
"""Bytes of JSON that are read: the reasons of a hundred refused files may be long."""
_MOST_EMPTY_PAGES = 20
_FURTHEST = (AckState.OK, AckState.PENDING, AckState.ERROR)

Where = Mapping[str, object]


class PlatformCalls:
    """What may be asked of platforms; keeps their tokens in memory, `clock` counts seconds."""

    def __init__(self, gate: Gate, clock: Callable[[], float] = time.monotonic) -> None:
        self._gate = gate
        self._tokens = Tokens(gate, clock)

    async def submit(self, access: Access, outgoing: Outgoing) -> Flow:
        """Sends a file once; the flow that it became, whose checks are yet to come.

        After a fault that is not final it may be there all the same: ask `find` before sending it
        again. A platform may take a moment to find what it took.
        """
        content, media_type = _written(outgoing)
        headers = {"Content-Type": media_type}
        answer = await self._asked(
            access, "POST", "flows", most=_MOST_BYTES, headers=headers, content=content
        )
        unsaid = {
            "trackingId": outgoing.tracking_id,
            "name": outgoing.name,
            "flowDirection": "Out",
            "acknowledgement": {"status": "Pending"},
        }
        return flow_of(answer, unsaid=unsaid)

    async def find(self, access: Access, tracking_id: str) -> Flow | None:
        """What we sent under `tracking_id`; of several the one that came furthest, the first.

        None says that the platform has none. One that lists others than were asked for says
        nothing, and that is a fault: what it has would be sent twice.
        """
        found = await self._first_listed(access, {"trackingId": tracking_id})
        sent = [flow for flow in found.flows if flow.tracking_id == tracking_id]
        sent = [flow for flow in sent if flow.direction != "In"]
        if not sent and (found.flows or found.unread):
            raise PlatformFault("the platform lists other flows than those of the trackingId")
        return min(sent, key=_furthest, default=None)

    async def changed(
        self,
        access: Access,
        *,
        since: datetime,
        cursor: str | None = None,
        flow_types: Sequence[str] = (),
        limit: int = MOST_AT_ONCE,
    ) -> FlowPage:
        """Flows that changed after `since`, of `flow_types` where there are some; see FlowPage.

        Nothing is passed over. A platform without cursors reads on by time alone: of a page that
        is full the last moment is left to the next page, and where that is the whole page, it is
        asked for as many flows as it may give. MomentTooFull where that is not enough. Platforms
        may show a change late, under its earlier time: who begins a new reading goes back a while,
        and knows again what was read. Unknown `flow_types` are refused: those of 1.1 are known.
        """
        where: dict[str, object] = {"updatedAfter": _in_json(since)}
        if flow_types:
            where["flowType"] = list(flow_types)
        for most in sorted({max(1, min(limit, MOST_AT_ONCE)), MOST_AT_ONCE}):
            found = await self._listed(access, where, most, cursor)
            page = page_of(found, since=since)
            if page is not None:
                return page
        raise stuck(found)

    async def flow(self, access: Access, flow_id: str) -> Flow:
        """One flow as it is now."""
        path = f"{_path(flow_id)}?docType=Metadata"
        return flow_of(await self._asked(access, "GET", path, most=_MOST_BYTES))

    async def download(self, access: Access, flow_id: str, *, most: int) -> bytes:
        """The file of a flow as its sender gave it, or where there is none, as it was converted.

        It is final that there is none, or that it has more than `most` bytes.
        """
        path = _path(flow_id)
        try:
            answer = await self._file(access, f"{path}?docType=Original", most)
        except PlatformFault as fault:
            if fault.status != httpx2.codes.NOT_FOUND:
                raise
            answer = await self._file(access, f"{path}?docType=Converted", most)
        if answer.is_cut:
            raise PlatformFault(f"the file has more than {most} bytes", status=200, is_final=True)
        return answer.body

    async def _file(self, access: Access, path: str, most: int) -> Answer:
        final = FINAL | {httpx2.codes.NOT_FOUND}
        return await self._asked(access, "GET", path, most=most, accept="*/*", final=final)

    async def _first_listed(self, access: Access, where: Where) -> Listed:
        """The first page that lists something: a page without flows may have others after it."""
        cursor = None
        for _ in range(_MOST_EMPTY_PAGES):
            found = await self._listed(access, where, MOST_AT_ONCE, cursor)
            if found.flows or found.unread or found.cursor is None:
                return found
            cursor = found.cursor
        raise PlatformFault("the platform lists pages without flows, and no end of them")

    async def _listed(
        self, access: Access, where: Where, limit: int, cursor: str | None = None
    ) -> Listed:
        asked: dict[str, object] = {"limit": limit, "where": where}
        if cursor is not None:
            asked["cursor"] = cursor
        answer = await self._asked(
            access,
            "POST",
            "flows/search",
            most=_MOST_BYTES,
            headers={"Content-Type": "application/json"},
            content=orjson.dumps(asked),
        )
        return listed(answer, limit=limit, cursor=cursor)

    async def _asked(
        self,
        access: Access,
        method: str,
        path: str,
        *,
        most: int,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        accept: str = "application/json",
        final: Iterable[int] = FINAL,
    ) -> Answer:
        """What a call that is let in came to; a token that is refused is asked anew, once."""
        url = f"{_below(access)}/v1/{path}"
        told = {"Accept": accept, **_organisation(access), **(headers or {})}
        refused: str | None = None
        while True:
            token = await self._tokens.of(access, but=refused)
            secrets = Secrets(access, token)
            answer = await ask(
                method,
                url,
                self._gate,
                headers={"Authorization": f"Bearer {token}", **told},
                secrets=secrets,
                most=most,
                content=content,
            )
            if answer.is_taken:
                return answer
            if answer.status != httpx2.codes.UNAUTHORIZED or refused is not None:
                raise fault_of(answer, secrets, final=final)
            refused = token


def _written(outgoing: Outgoing) -> tuple[bytes, str]:
    """What is posted, and its media type with the boundary."""
    told = {
        "trackingId": outgoing.tracking_id,
        "name": outgoing.name,
        "flowSyntax": outgoing.syntax,
        "flowProfile": outgoing.profile,
        "processingRule": outgoing.rule,
        "sha256": hashlib.sha256(outgoing.content).hexdigest(),
    }
    info = orjson.dumps({name: value for name, value in told.items() if value is not None})
    parts = [
        ("flowInfo", (None, info, "application/json")),
        ("file", (outgoing.name, outgoing.content, outgoing.media_type)),
    ]
    # Only written here: it is sent by the one way that judges addresses.
    request = httpx2.Request("POST", "https://platform.invalid/", files=parts)
    return request.read(), request.headers["Content-Type"]


def _furthest(flow: Flow) -> tuple[int, datetime]:
    return _FURTHEST.index(flow.ack), flow.submitted_at or flow.updated_at


def _in_json(moment: datetime) -> str:
    """As short as it may be: not all read more than milliseconds."""
    written = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).isoformat(timespec=written).replace("+00:00", "Z")


def _below(access: Access) -> str:
    if "?" in access.flow_url:
        raise PlatformFault("the address of the platform has a question mark", is_final=True)
    return access.flow_url.rstrip("/")


def _path(flow_id: str) -> str:
    if flow_id in {"", ".", ".."}:
        raise PlatformFault("that is no identifier of a flow", is_final=True)
    return f"flows/{quote(flow_id, safe='')}"


def _organisation(access: Access) -> dict[str, str]:
    if access.organisation is None:
        return {}
    if not IN_A_HEADER.fullmatch(access.organisation):
        reason = "the organisation has characters that no header holds"
        raise PlatformFault(reason, is_final=True)
    return {"Organization-Id": access.organisation}
