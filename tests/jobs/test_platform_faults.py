"""Calls of an approved platform that come to nothing: what may be tried again, and what never."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from jobs.gate import Gate
from jobs.platform_call import PlatformCalls
from tests.jobs.platform_parcels import INSIDE, INVOICE, LONG_AGO, fault_of, ran
from tests.support.platform import CLIENT_SECRET, READ, SEARCH, SUBMIT, TOKEN, platform
from tests.support.receiver import Answer, receiver


@pytest.mark.parametrize(
    ("status", "is_final"),
    [
        *((400, True), (403, True), (413, True), (422, True)),
        *((404, False), (409, False), (429, False), (500, False), (502, False), (503, False)),
    ],
)
def test_a_status_tells_whether_waiting_may_help(status: int, is_final: bool) -> None:
    with platform() as pa:
        pa.fails(SUBMIT, status, code="WHY_NOT", after="120")
        fault = fault_of(PlatformCalls(INSIDE).submit(pa.access, INVOICE))
        assert (fault.status, fault.is_final, fault.is_silent) == (status, is_final, False)
        assert fault.error == f"HTTP {status}: WHY_NOT"
        assert fault.after == timedelta(minutes=2)
        assert pa.counted(SUBMIT) == 1


def test_why_a_file_is_refused_is_told() -> None:
    why = {"errorCode": "UNPROCESSABLE_ENTITY", "errorMessage": "BR-FR-05", "details": "no\r\nnote"}
    with platform() as pa:
        pa.says(SUBMIT, Answer(422, json.dumps(why).encode()))
        fault = fault_of(PlatformCalls(INSIDE).submit(pa.access, INVOICE))
        assert fault.error == "HTTP 422: UNPROCESSABLE_ENTITY: BR-FR-05: no note"
        empty = fault_of(PlatformCalls(INSIDE).submit(pa.access, replace(INVOICE, content=b"")))
        assert empty.error == "HTTP 422: EmptyFlow: The file is empty"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("call", [TOKEN, SUBMIT])
def test_no_redirect_is_followed(status: int, call: str) -> None:
    with platform() as pa, receiver() as elsewhere:
        pa.says(call, Answer(status, headers={"Location": elsewhere.url}))
        fault = fault_of(PlatformCalls(INSIDE).submit(pa.access, INVOICE))
        assert (fault.status, fault.is_final, elsewhere.posted) == (status, False, [])


@pytest.mark.parametrize("place", ["flow_url", "token_url"])
def test_only_what_the_gate_allows_is_called(place: str) -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["10.0.0.7"]

    with platform() as pa:
        calls = PlatformCalls(Gate())
        fault = fault_of(calls.find(pa.access, "x"))
        assert "it is not an https:// address" in fault.error
        hidden = PlatformCalls(Gate(resolve=inside))
        access = replace(
            pa.access, **{place: "https://pa.example/x", "token_url": "https://pa.example"}
        )
        assert fault_of(hidden.find(access, "x")).error.startswith("WEBHOOK_HOST_PRIVATE")
        wrong = replace(pa.access, **{place: f"http://u:{CLIENT_SECRET}@127.0.0.1"})
        assert CLIENT_SECRET not in fault_of(PlatformCalls(INSIDE).find(wrong, "x")).error
        assert all(one.call == TOKEN for one in pa.asked)


def test_nobody_there_is_told_as_such() -> None:
    with platform() as pa:
        access = replace(pa.access, token_url="http://127.0.0.1:1/token")
        fault = fault_of(PlatformCalls(INSIDE).find(access, "x"))
        assert (fault.status, fault.is_silent, fault.is_final) == (None, True, False)
        assert fault.error.startswith("ConnectError")


@pytest.mark.parametrize("call", [TOKEN, SUBMIT])
def test_who_hangs_is_left(call: str) -> None:
    with platform() as pa:
        pa.hangs(call)
        # A file of 10 kB has a fifth of a second more.
        sent = replace(INVOICE, content=b"x" * 10_000)
        fault = fault_of(PlatformCalls(replace(INSIDE, timeout=0.2)).submit(pa.access, sent))
        assert (fault.error, fault.is_silent) == ("TimeoutError: no answer in time", True)


def test_who_drips_is_left_as_a_whole() -> None:
    with platform() as pa:
        pa.says(READ, Answer(200, b"x" * 400, drip=0.02))
        calls = PlatformCalls(replace(INSIDE, timeout=0.3))
        fault = fault_of(calls.download(pa.access, "flow-1", most=1000))
        assert (fault.error, fault.is_silent) == ("TimeoutError: no answer in time", True)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "what came is not JSON"),
        (b"<html><body>Maintenance</body></html>", "what came is not JSON"),
        (b"[" * 100_000, "what came is not JSON"),
        (b'{"results": ' + b'{"a":' * 5000, "what came is not JSON"),
        (b'{"results": "\xff"}', "what came is not JSON"),
        (b'{"results": "\\ud800"}', "what came is not JSON"),
        (b"[]", "what came is not an object of JSON"),
        (b"7", "what came is not an object of JSON"),
        (b"x" * 10_000_000, "more than 8000000 bytes came"),
        (b"{}", "the answer lacks results, or it is not as the interface has it"),
        (b'{"results": {}}', "the answer lacks results, or it is not as the interface has it"),
        (b'{"results": [], "nextCursor": 7}',
         "the answer lacks nextCursor, or it is not as the interface has it"),
        (b'{"results": [], "nextCursor": "' + b"c" * 2001 + b'"}',
         "the answer lacks nextCursor, or it is not as the interface has it"),
    ],
)  # fmt: skip
def test_a_list_that_nobody_can_read_is_a_fault_and_no_empty_list(body: bytes, error: str) -> None:
    """An empty one would say of a flow that it is not there."""
    calls = PlatformCalls(INSIDE)
    with platform() as pa:
        pa.says(SEARCH, Answer(body=body), Answer(body=body))
        for called in (calls.find(pa.access, "x"), calls.changed(pa.access, since=LONG_AGO)):
            fault = fault_of(called)
            assert (fault.error, fault.status, fault.is_final) == (error, fault.status, False)


def test_a_list_that_leads_to_itself_is_a_fault() -> None:
    flow = {"flowId": "f", "updatedAt": "2026-11-01T00:00:00Z", "acknowledgement": {"status": "Ok"}}
    body = json.dumps({"results": [flow], "nextCursor": "c"}).encode()
    with platform() as pa:
        pa.says(SEARCH, Answer(body=body))
        calls = PlatformCalls(INSIDE)
        fault = fault_of(calls.changed(pa.access, since=LONG_AGO, cursor="c"))
        assert fault.error == "the platform answers with the cursor that it was asked with"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b'{"flowId": "f"}',
        b'{"submittedAt": "2026-11-01T00:00:00Z"}',
        b'{"flowId": 7, "submittedAt": "2026-11-01T00:00:00Z"}',
        b'{"flowId": "f", "submittedAt": "yesterday"}',
    ],
)
def test_a_flow_that_was_taken_but_not_told_may_be_asked_after(body: bytes) -> None:
    with platform() as pa:
        pa.says(SUBMIT, Answer(202, body))
        fault = fault_of(PlatformCalls(INSIDE).submit(pa.access, INVOICE))
        assert not fault.is_final
        assert not fault.is_silent


def test_what_is_told_beyond_measure_is_cut() -> None:
    reason = {"level": "Error", "item": "i" * 900, "reasonCode": 7, "reasonMessage": "m" * 9000}
    flow = {
        "flowId": "f",
        "updatedAt": "2026-11-01T00:00:00Z",
        "name": "n\x00\u202e" + "n" * 900,
        "flowType": ["x"],
        "acknowledgement": {"status": "Error", "details": [reason, "no", *[reason] * 99]},
    }

    async def read() -> None:
        found = await PlatformCalls(INSIDE).flow(pa.access, "f")
        assert (len(found.name), found.flow_type, found.direction) == (255, "Undefined", "")
        assert len(found.reasons) <= 50
        told = found.reasons[0]
        assert (len(told.item), told.code, len(told.message)) == (255, "", 1000)

    with platform() as pa:
        pa.says(READ, Answer(body=json.dumps(flow).encode()))
        ran(read())


def test_what_is_packed_unasked_is_not_taken_for_the_file() -> None:
    with platform() as pa:
        packed = gzip.compress(b"x" * 10_000_000)
        pa.says(READ, Answer(body=packed, headers={"Content-Encoding": "gzip"}))
        fault = fault_of(PlatformCalls(INSIDE).download(pa.access, "f", most=100_000))
        assert "packed" in fault.error
