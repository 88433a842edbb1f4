"""Bodies that are slow, endless or too many, and how much of them is ever in memory."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server import bodies
from server.bodies import OTHER_BYTES, BodyLimits
from server.refusing import RequestRefused
from tests.support.api import ApiClient

MEBIBYTE = 1 << 20
HEADERS = [(b"content-type", b"application/json")]


class Sender:
    """A client that sends `portions`, and then nothing more."""

    def __init__(self, portions: list[bytes], *headers: tuple[bytes, bytes]) -> None:
        self.scope = {"type": "http", "path": "/graphql", "headers": [*HEADERS, *headers]}
        self.taken = 0
        self.answer: list[Any] = []
        self._portions = iter(portions)

    async def receive(self) -> Any:
        portion = next(self._portions, None)
        if portion is None:
            await asyncio.Event().wait()
        assert portion is not None
        self.taken += len(portion)
        return {"type": "http.request", "body": portion, "more_body": True}

    async def send(self, message: Any) -> None:
        self.answer.append(message)


async def read_and_refuse(scope: Any, receive: Any, send: Any) -> None:
    """Reads all there is; answers with the status of the refusal."""
    try:
        while (await receive())["more_body"]:
            pass
        status = 200
    except RequestRefused as refusal:
        status = refusal.status_code
    await send({"type": "http.response.start", "status": status, "headers": []})


def answered(
    sender: Sender, app: Any = read_and_refuse, *, grace: float = 0.05
) -> tuple[int, bool]:
    """The status, and whether the connection is closed after it."""

    async def ask() -> None:
        async with asyncio.timeout(10):
            await BodyLimits(app, grace)(sender.scope, sender.receive, sender.send)

    asyncio.run(ask())
    (start,) = sender.answer
    return start["status"], (b"connection", b"close") in start["headers"]


def test_a_body_that_stops_coming_is_a_408_and_the_connection_is_closed() -> None:
    assert answered(Sender([b"a"], (b"content-length", b"100"))) == (408, True)


def test_a_body_may_take_as_long_as_its_size_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SLOWEST", 1)
    sender = Sender([b"a" * 60, b"b"], (b"transfer-encoding", b"chunked"))

    async def patient(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.sleep(0.1)
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    monkeypatch.setattr(bodies, "PARTING", 0.01)
    assert answered(sender, patient) == (200, True)
    assert sender.taken == 61


def test_an_announced_gibibyte_is_refused_without_reading_any_of_it() -> None:
    sender = Sender([b" " * MEBIBYTE] * 1024, (b"content-length", str(1 << 30).encode()))
    assert answered(sender) == (413, True)
    assert sender.taken == 0


def test_an_endless_body_is_left_soon_after_it_is_too_large() -> None:
    sender = Sender([b" " * MEBIBYTE] * 1024, (b"transfer-encoding", b"chunked"))
    assert answered(sender) == (413, True)
    assert sender.taken <= 3 * OTHER_BYTES


def test_a_length_of_a_hundred_digits_is_no_length() -> None:
    sender = Sender([b"a"], (b"content-length", b"9" * 100), (b"transfer-encoding", b"chunked"))
    assert answered(sender) == (408, True)


def test_an_upload_is_never_in_memory_as_a_whole(
    api: ApiClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 24 * MEBIBYTE
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    place = api.query(
        "mutation($i: StagedUploadCreateInput!) "
        "{ stagedUploadCreate(input: $i) { stagedUpload { url } userErrors { code } } }",
        i={"filename": "a.xlsx", "size": size},
    )["stagedUploadCreate"]["stagedUpload"]["url"]
    peaks: list[int] = []

    def portions() -> Iterator[bytes]:
        for _ in range(size // 65536):
            yield b"x" * 65536
            peaks.append(tracemalloc.get_traced_memory()[0])

    async def ask() -> int:
        """Asked of the application itself: the client of the tests sends a body in one piece."""
        told: list[Any] = []
        coming = portions()

        async def receive() -> Any:
            portion = next(coming, None)
            return {
                "type": "http.request",
                "body": portion or b"",
                "more_body": portion is not None,
            }

        async def send(message: Any) -> None:
            told.append(message)

        scope = {
            "type": "http",
            "method": "PUT",
            "path": place,
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"content-length", str(size).encode())],
            "state": {},
        }
        await api.http.app(scope, receive, send)
        return int(told[0]["status"])

    portal = api.http.portal
    assert portal is not None
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        assert portal.call(ask) == 204
    finally:
        tracemalloc.stop()
    assert max(peaks) - before < 6 * MEBIBYTE
    assert not list(tmp_path.glob("jalon-*"))
    ((key, _),) = api.house.files.keys(f"{api.organisation_id}/uploads/")
    kept = api.house.files.get(key)
    assert len(kept) == size
