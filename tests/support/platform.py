"""A real approved platform in this process, as strict as the Flow Service is written.

    with platform() as pa:
        calls = PlatformCalls(Gate(is_private_allowed=True))
        flow = asyncio.run(calls.submit(pa.access, outgoing))
        pa.acknowledge(flow.flow_id, "Error", ("Error", "BT-1", "InvalidSchema", "no number"))

It refuses (400, 401, 403, 422) what the interface forbids, and keeps what it takes.
"""

from __future__ import annotations

import json
import threading
import time
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, unquote_plus, urlsplit

from domain.platform.wire import Access
from tests.support.platform_rules import (
    Refused,
    flow_info_of,
    moment_of,
    parts_of,
    search_of,
    types_of,
    wrong,
)
from tests.support.receiver import Answer

CLIENT_ID = "rivage:77"
CLIENT_SECRET = 'kept+quiet/"é" %&='

TOKEN, SUBMIT, SEARCH, READ, HEALTH = "token", "submit", "search", "read", "health"
"""The calls that can be told to fail."""


@dataclass(frozen=True)
class Asked:
    """One request as it came; `call` is TOKEN, SUBMIT, SEARCH, READ or HEALTH."""

    call: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Kept:
    """A flow that the platform has; `info` is what its sender said of it."""

    flow_id: str
    info: dict[str, Any]
    content: bytes
    flow_type: str
    direction: str
    submitted_at: datetime
    updated_at: datetime
    ack: str = "Pending"
    details: list[dict[str, str]] = field(default_factory=list)
    is_converted: bool = False
    """Whether it has no Original, only what the platform made of it."""


@dataclass
class Platform:
    """What it was asked and has, and how it behaves; all may be changed at any time.

    `version` is 1.1, 1.2 (pages by updatedAfter alone) or 1.3 (cursors).
    """

    version: str = "1.3"
    organisation: str | None = None
    """Where it is set, calls without this Organization-Id are forbidden."""
    takes_basic: bool = True
    takes_form: bool = True
    """Where the secret may stand when a token is asked for."""
    token_seconds: int | None = 3600
    most_at_once: int = 100
    """Flows that it lists at most, whatever is asked."""
    is_newest_first: bool = False
    still_at: datetime | None = None
    """Where it is set, all that happens happens at this moment."""
    lost_answers: int = 0
    """How many flows it takes next without saying so: the connection ends."""
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    flows: list[Kept] = field(default_factory=list)
    tokens: dict[str, float] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    _next: dict[str, list[Answer]] = field(default_factory=dict)
    _turn: threading.RLock = field(default_factory=threading.RLock)

    @property
    def access(self) -> Access:
        root = f"http://127.0.0.1:{self.port}"
        return Access(
            flow_url=f"{root}/flow-service",
            token_url=f"{root}/auth/token",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            organisation=self.organisation,
        )

    def says(self, call: str, *answers: Answer) -> None:
        """The next calls of this kind get these answers; nothing is done of what they ask."""
        self._next.setdefault(call, []).extend(answers)

    def fails(
        self, call: str, status: int, *, times: int = 1, code: str = "X", after: str | None = None
    ) -> None:
        """The next calls of this kind fail as the interface has it; `after` is Retry-After."""
        body = json.dumps({"errorCode": code, "errorMessage": None}).encode()
        headers = {} if after is None else {"Retry-After": after}
        self.says(call, *[Answer(status, body, headers)] * times)

    def hangs(self, call: str, seconds: float = 60) -> None:
        """The next call of this kind is not answered for so long."""
        self.says(call, Answer(503, seconds=seconds))

    def expire_tokens(self) -> None:
        """No token that was given lets anybody in any more."""
        self.tokens.clear()

    def counted(self, call: str) -> int:
        return sum(one.call == call for one in self.asked)

    def acknowledge(
        self, flow_id: str, ack: str, *details: tuple[str, str, str, str], flow_type: str = ""
    ) -> None:
        """Its checks came to Ok or Error; each detail is level, item, code and message."""
        with self._turn:
            flow = self.named(flow_id)
            names = ("level", "item", "reasonCode", "reasonMessage")
            flow.ack = ack
            flow.details = [dict(zip(names, one, strict=True)) for one in details]
            flow.flow_type = flow_type or flow.flow_type
            flow.updated_at = self._moment()

    def holds(
        self,
        content: bytes,
        *,
        flow_type: str = "CustomerInvoiceLC",
        syntax: str = "CDAR",
        tracking_id: str | None = None,
        direction: str = "In",
    ) -> Kept:
        """A flow for us is there, as a status of an invoice that we sent."""
        assert flow_type in types_of(self.version)
        info = {"name": "status.xml", "flowSyntax": syntax}
        if tracking_id is not None:
            info["trackingId"] = tracking_id
        return self._kept(info, content, flow_type, direction, ack="Ok")

    def named(self, flow_id: str) -> Kept:
        for flow in self.flows:
            if flow.flow_id == flow_id:
                return flow
        raise Refused(404, "MISSING_RESOURCE", "Requested resource is Not Found")

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """What it says to a request; None: the connection ends."""
        call = _call(method, urlsplit(path).path)
        with self._turn:
            self.asked.append(Asked(call, path, headers, body))
            planned = self._next.get(call)
            if planned:
                return planned.pop(0)
            try:
                if call == TOKEN:
                    return self._granted(headers, body)
                self._let_in(headers)
                if call == HEALTH:
                    return Answer(200)
                if call == READ:
                    return self._read(path)
                if call == SEARCH:
                    return self._found(search_of(body, self.version))
                return self._submitted(headers, body)
            except Refused as refused:
                return Answer(refused.status, refused.body)

    def _granted(self, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("content-type") != "application/x-www-form-urlencoded":
            return _said({"error": "invalid_request"}, 400)
        form = {name: told for name, (told,) in parse_qs(body.decode()).items()}
        pair = (CLIENT_ID, CLIENT_SECRET)
        scheme, _, coded = headers.get("authorization", "").partition(" ")
        told = b64decode(coded).decode().partition(":")
        by_basic = scheme == "Basic" and (unquote_plus(told[0]), unquote_plus(told[2])) == pair
        by_form = (form.get("client_id"), form.get("client_secret")) == pair
        if not (by_basic and self.takes_basic) and not (by_form and self.takes_form):
            return _said({"error": "invalid_client"}, 401)
        if form.get("grant_type") != "client_credentials":
            return _said({"error": "unsupported_grant_type"}, 400)
        token = f"token-{self.port}-{self.counted(TOKEN)}"
        self.tokens[token] = time.monotonic() + (self.token_seconds or 3600)
        life = {} if self.token_seconds is None else {"expires_in": self.token_seconds}
        return _said({"access_token": token, "token_type": "bearer", **life})

    def _let_in(self, headers: dict[str, str]) -> None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or self.tokens.get(token, 0) < time.monotonic():
            raise Refused(401, "MISSING_TOKEN", "")
        if self.organisation is not None and headers.get("organization-id") != self.organisation:
            raise Refused(403, "FORBIDDEN_ACCESS", "")

    def _submitted(self, headers: dict[str, str], body: bytes) -> Answer | None:
        parts = parts_of(headers.get("content-type", ""), body)
        info = flow_info_of(parts, self.version)
        kind = "CustomerInvoiceLC" if info["flowSyntax"] == "CDAR" else "CustomerInvoice"
        flow = self._kept(info, parts["file"].content, kind, "Out")
        if self.lost_answers:
            self.lost_answers -= 1
            return None
        told = {"flowId": flow.flow_id, "submittedAt": _written(flow.submitted_at), **info}
        return _said(told, 202)

    def _read(self, path: str) -> Answer:
        parts = urlsplit(path)
        flow = self.named(unquote(parts.path.rpartition("/")[2]))
        kind = parse_qs(parts.query).get("docType", ["Metadata"])[0]
        if kind not in {"Metadata", "Original", "Converted", "ReadableView"}:
            raise wrong("docType")
        if kind == "Metadata":
            return _said(self._told(flow))
        if kind != ("Converted" if flow.is_converted else "Original"):
            raise Refused(404, "MISSING_RESOURCE", f"There is no {kind}")
        named = {"Content-Disposition": f"attachment;filename={flow.info['name']}"}
        return Answer(200, flow.content, {"Content-Type": "application/octet-stream", **named})

    def _found(self, asked: dict[str, Any]) -> Answer:
        where, limit = asked["where"], min(asked["limit"], self.most_at_once)
        found = [flow for flow in self.flows if _is_meant(flow, where)]
        found.sort(key=_place, reverse=self.is_newest_first)
        if "cursor" in asked:
            begin = json.loads(urlsafe_b64decode(asked["cursor"]))
            found = [flow for flow in found if list(_place(flow)) > begin]
        told: dict[str, Any] = {"limit": limit, "filters": where}
        told["results"] = [self._told(flow) for flow in found[:limit]]
        if self.version == "1.3" and len(found) > limit:
            bookmark = json.dumps(_place(found[limit - 1])).encode()
            told["nextCursor"] = urlsafe_b64encode(bookmark).decode()
        return _said(told)

    def _told(self, flow: Kept) -> dict[str, Any]:
        """A flow as the version of the interface writes it."""
        told = {name: said for name, said in flow.info.items() if name != "sha256"}
        if self.version == "1.1":
            told.pop("name", None)
        if self.version == "1.3":
            told = {"processingRule": "Undefined", "flowProfile": "Undefined", **told}
        acknowledgement: dict[str, Any] = {"status": flow.ack}
        if flow.details:
            acknowledgement["details"] = flow.details
        return {
            **told,
            "flowId": flow.flow_id,
            "submittedAt": _written(flow.submitted_at),
            "updatedAt": _written(flow.updated_at),
            "flowType": flow.flow_type,
            "processingRuleSource": "Input" if "processingRule" in flow.info else "Computed",
            "flowDirection": flow.direction,
            "acknowledgement": acknowledgement,
        }

    def _kept(
        self, info: dict[str, Any], content: bytes, kind: str, direction: str, ack: str = "Pending"
    ) -> Kept:
        with self._turn:
            name, now = f"flow-{len(self.flows) + 1}", self._moment()
            self.flows.append(Kept(name, info, content, kind, direction, now, now, ack))
            return self.flows[-1]

    def _moment(self) -> datetime:
        """Now, to the millisecond, and later than all before."""
        now = datetime.now(UTC)
        now -= timedelta(microseconds=now.microsecond % 1000)
        latest = max((flow.updated_at for flow in self.flows), default=now)
        return self.still_at or max(now, latest + timedelta(milliseconds=1))


def _call(method: str, path: str) -> str:
    if (method, path) == ("POST", "/auth/token"):
        return TOKEN
    base = "/flow-service/v1/"
    known = {("POST", "flows"): SUBMIT, ("POST", "flows/search"): SEARCH}
    known[("GET", "healthcheck")] = HEALTH
    asked = (method, path.removeprefix(base) if path.startswith(base) else "")
    if asked in known:
        return known[asked]
    assert method == "GET", path
    assert asked[1].startswith("flows/"), path
    return READ


def _is_meant(flow: Kept, where: dict[str, Any]) -> bool:
    after, before = moment_of(where.get("updatedAfter")), moment_of(where.get("updatedBefore"))
    return (
        (after is None or flow.updated_at > after)
        and (before is None or flow.updated_at < before)
        and flow.flow_type in where.get("flowType", [flow.flow_type])
        and flow.direction in where.get("flowDirection", [flow.direction])
        and where.get("trackingId") in (None, flow.info.get("trackingId"))
        and where.get("ackStatus") in (None, flow.ack)
    )


def _place(flow: Kept) -> tuple[str, int]:
    return _written(flow.updated_at), int(flow.flow_id.rpartition("-")[2])


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _said(told: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status, json.dumps(told).encode(), {"Content-Type": "application/json"})


@contextmanager
def platform(version: str = "1.3") -> Iterator[Platform]:
    """A platform on a free port of this machine, until the test is over."""
    pa = Platform(version=version)

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            named = {name.lower(): value for name, value in self.headers.items()}
            answer = pa.answer(self.command, self.path, named, body)
            self.close_connection = True
            if answer is None:
                return
            pa.over.wait(answer.seconds)
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if not answer.drip:
                    self.wfile.write(answer.body)
                    return
                for byte in answer.body:
                    self.wfile.write(bytes([byte]))
                    pa.over.wait(answer.drip)
            except OSError:
                pass  # Whoever asked did not wait for the answer.

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 100

    server = Quiet(("127.0.0.1", 0), Door)
    pa.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield pa
    finally:
        pa.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
