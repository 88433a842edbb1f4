"""/graphql over WebSocket: who is let in, what is refused, and what hostile callers meet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.datastructures import Headers
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.http.exceptions import WebSocketDisconnected

from domain.access import ApiKey, Role
from domain.job import JobKind, JobStatus
from persistence.jobs import ask_for, end
from server.settings import Settings
from server.sockets import MESSAGE_BYTES, Wire
from tests.server.signing import doors_of, in_its_loop, settled
from tests.support.api import ApiClient, open_api
from tests.support.sockets import (
    ADDRESS,
    CHANGED,
    bounded,
    connected,
    ending,
    heard,
    opened,
    sockets_of,
    subscribe,
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiClient]:
    from persistence.migrate import migrate

    folder = tmp_path_factory.mktemp("sockets")
    url = f"sqlite:///{folder / 'jalon.db'}"
    migrate(url)
    with open_api(url, folder) as found:
        yield found


@pytest.fixture(autouse=True)
def usual_bounds(api: ApiClient) -> Iterator[None]:
    yield
    bounded(api)
    assert not sockets_of(api)._open_by_key
    assert sockets_of(api)._open == 0


def a_job(api: ApiClient, *, finished: bool = False) -> str:
    with api.house.database.writing(api.organisation_id) as session:
        job = ask_for(session, kind=JobKind.INVOICES_PRINT, subject_id=0, values={}, author="tests")
        if finished:
            end(session, job.id, status=JobStatus.SUCCEEDED, at=api.house.clock())
        return f"job_{job.id}"


def test_the_key_comes_in_the_greeting_or_in_the_headers(api: ApiClient) -> None:
    """API.md 9: a finished job is told once, then the operation is complete."""
    job = a_job(api, finished=True)
    for socket in (connected(api), connected(api, greeting={}, **api.headers)):
        with socket as held:
            subscribe(held, job)
            told, last = heard(held)
            assert told["payload"]["data"]["jobChanged"]["status"] == "SUCCEEDED"
            assert last == {"type": "complete", "id": "1"}


def test_each_operation_counts_as_a_request(founded_sqlite_url: str, tmp_path: Path) -> None:
    """By a socket nobody asks more often than by requests, nor beside them."""
    with open_api(founded_sqlite_url, tmp_path, requests_per_minute=5) as api:
        assert api.send("{ viewer { name } }").status_code == 200
        with connected(api) as held:
            codes = []
            for turn in range(6):
                subscribe(held, "job_999", name=str(turn))
                (told,) = heard(held)
                codes.append(told["payload"][0]["extensions"]["code"])
        assert codes == [*["NOT_FOUND"] * 4, *["RATE_LIMITED"] * 2]
        assert told["payload"][0]["extensions"]["seconds"] in range(1, 13)
        assert api.send("{ viewer { name } }").status_code == 429


@pytest.mark.parametrize(
    "greeting",
    [{}, {"authorization": "Bearer wrong"}, {"authorization": 12}, {"Authorization": ""}],
)
def test_nobody_is_let_in_without_a_key(api: ApiClient, greeting: dict[str, Any]) -> None:
    with opened(api) as socket:
        socket.send_json({"type": "connection_init", "payload": greeting})
        assert ending(socket) == (4403, "Forbidden")


def test_a_wrong_key_of_the_greeting_is_not_made_good_by_the_headers(api: ApiClient) -> None:
    with opened(api, **api.headers) as socket:
        socket.send_json({"type": "connection_init", "payload": {"authorization": "Bearer no"}})
        assert ending(socket)[0] == 4403


def test_the_job_of_another_firm_is_not_found(api: ApiClient) -> None:
    """API.md 1: in the language of the caller; the connection goes on."""
    job, stranger = a_job(api), api.of_another_firm()
    with connected(stranger, **{"Accept-Language": "fr"}) as socket:
        for asked, code in (
            (job, "NOT_FOUND"),
            ("job_999", "NOT_FOUND"),
            ("client_1", "ID_INVALID"),
        ):
            subscribe(socket, asked)
            [told] = heard(socket)
            assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", code)
        assert "travail" in heard_of(socket, job)


def heard_of(socket: Any, job: str) -> str:
    subscribe(socket, job)
    return str(heard(socket)[0]["payload"][0]["message"])


def test_only_subscriptions_are_taken_and_within_the_limits(api: ApiClient) -> None:
    """API.md 13: the limits of a query are those of HTTP."""
    queries = {
        "{ jobs { totalCount } }": "BAD_REQUEST",
        'mutation { jobCancel(id: "job_1") { job { id } } }': "BAD_REQUEST",
        "subscription { nothing }": "BAD_REQUEST",
        "subscription {": "BAD_REQUEST",
        "subscription { jobChanged(id: 1) { " + "a: id " * 5_000 + "} }": "QUERY_TOO_LARGE",
    }
    with connected(api) as socket:
        for query, code in queries.items():
            subscribe(socket, "job_1", query=query)
            [told] = heard(socket)
            assert told["type"] == "error", told
            assert told["payload"][0].get("extensions", {}).get("code") == code


def test_a_bug_is_masked(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("the secret of the house")

    job = a_job(api)
    monkeypatch.setattr("resolvers.following.load_one", broken)
    with connected(api) as socket:
        subscribe(socket, job)
        [told] = heard(socket)
        assert told["payload"][0]["extensions"]["code"] == "INTERNAL_ERROR"
        assert "secret" not in json.dumps(told)


def test_other_protocols_and_other_web_sites_are_refused(api: ApiClient) -> None:
    with api.http.websocket_connect(ADDRESS, subprotocols=["graphql-ws"]) as socket:
        assert ending(socket)[0] == 4406
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        with (
            pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)),
            opened(api, Origin=origin),
        ):
            pass
    with connected(api, Origin="http://localhost"):
        pass
    sockets_of(api)._origins = frozenset({"https://app.example"})
    with connected(api, Origin="https://app.example"):
        pass


def test_the_web_sites_let_in_are_a_setting() -> None:
    settings = Settings(allowed_origins="https://App.example:443, http://localhost:3000")
    assert settings.origins == {"https://app.example", "http://localhost:3000"}
    assert Settings(public_url="https://jalon.example/api").origins == {"https://jalon.example"}
    with pytest.raises(Exception, match="web sites"):
        Settings(allowed_origins="https://app.example/page")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not json", 4400),
        ("[]", 4400),
        ('"connection_init"', 4400),
        ("{}", 4400),
        ('{"type": 1}', 4400),
        ('{"type": "start"}', 4400),
        ('{"type": "connection_init", "payload": 3}', 4400),
        ('{"type": "subscribe", "id": [1], "payload": {"query": "{ a }"}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": null}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": 1}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}', 4400),
        ('{"type": "complete", "id": {}}', 4400),
        ("[" * 5_000, 4400),
        ('{"type": "ping", "payload": "' + "x" * MESSAGE_BYTES + '"}', 1009),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_not_of_the_protocol_ends_the_connection(
    api: ApiClient, text: str, code: int
) -> None:
    with opened(api) as socket:
        socket.send_text(text)
        assert ending(socket)[0] == code


def test_bytes_end_the_connection(api: ApiClient) -> None:
    with connected(api) as socket:
        socket.send_bytes(b'{"type": "ping"}')
        assert ending(socket)[0] == 4400


def test_nothing_is_answered_before_the_greeting(api: ApiClient) -> None:
    with opened(api) as socket:
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}
        subscribe(socket, "job_1")
        assert ending(socket) == (4401, "Unauthorized")
    with connected(api) as socket:
        socket.send_json({"type": "connection_init", "payload": {}})
        assert ending(socket)[0] == 4429


def test_who_never_greets_and_who_follows_nothing_is_let_go(api: ApiClient) -> None:
    bounded(api, init=0.1, idle=0.1, check=0.05)
    with opened(api) as socket:
        assert ending(socket)[0] == 4408
    with connected(api) as socket:
        assert ending(socket) == (1000, "Nothing is followed")
    job = a_job(api)
    with connected(api) as socket:
        subscribe(socket, job)
        assert socket.receive_json()["type"] == "next"
        socket.send_json({"type": "complete", "id": "1"})
        assert ending(socket) == (1000, "Nothing is followed")


def test_a_thousand_subscriptions_are_refused_but_a_few(api: ApiClient) -> None:
    job = a_job(api)
    with connected(api) as socket:
        for place in range(1_000):
            subscribe(socket, job, name=str(place))
        kinds = [socket.receive_json() for _ in range(1_000)]
        refused = [one for one in kinds if one["type"] == "error"]
        assert len(kinds) - len(refused) == 10
        assert {one["payload"][0]["extensions"]["code"] for one in refused} == {
            "TOO_MANY_OPERATIONS"
        }
        # The same name twice is against the protocol.
        subscribe(socket, job, name=next(one["id"] for one in kinds if one["type"] == "next"))
        assert ending(socket)[0] == 4409


def test_the_connections_of_one_key_are_counted(api: ApiClient) -> None:
    bounded(api, connections_a_key=2)
    with connected(api), connected(api):
        with opened(api) as third:
            greeting = {"authorization": f"Bearer {api.token}"}
            third.send_json({"type": "connection_init", "payload": greeting})
            assert ending(third)[0] == 4429
        with connected(api.of_another_firm()):
            pass
    with connected(api):
        pass
    bounded(api, connections=1)
    with connected(api), pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)), opened(api):
        pass


def test_a_key_that_is_revoked_follows_no_longer(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.bearers.REMEMBERED_FOR", 0.0)
    bounded(api, check=0.05)
    caller, job = api.of_another_firm("leaving"), a_job(api)
    with connected(caller) as socket:
        with api.house.database.writing(caller.organisation_id) as session:
            for key in session.query(ApiKey):
                key.revoked_at = api.house.clock()
        assert ending(socket) == (4403, "Forbidden")
    assert job


@pytest.mark.parametrize("less", [{"role": Role.COLLABORATOR}, {"entity_ids": [1]}])
def test_who_is_less_than_when_they_came_follows_no_longer(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch, less: dict[str, Any]
) -> None:
    monkeypatch.setattr("server.bearers.REMEMBERED_FOR", 0.0)
    bounded(api, check=0.05)
    caller = api.of_another_firm("changed")
    with connected(caller) as socket:
        with api.house.database.writing(caller.organisation_id) as session:
            for key in session.query(ApiKey):
                for name, value in less.items():
                    setattr(key, name, value)
        assert ending(socket) == (4403, "Forbidden")


def test_a_look_that_nobody_asked_for_is_no_use(api: ApiClient) -> None:
    """A socket that stays open keeps no sign-in from ending unused."""
    key = api.with_role(Role.READER)
    doors, told = doors_of(api), {"authorization": f"Bearer {key.token}"}
    for is_use in (False, True):
        find = partial(doors.caller_of, api.house, Headers(told), by_socket=True, is_use=is_use)
        assert in_its_loop(api, find) is not None
        settled(api)
        with api.house.database.reading(api.organisation_id) as session:
            newest = select(ApiKey.last_used_at).order_by(ApiKey.id.desc()).limit(1)
            assert (session.scalar(newest) is not None) is is_use


def test_who_takes_nothing_of_what_is_sent_is_let_go() -> None:
    """A full buffer on the way: neither a message nor the closing waits for ever."""

    async def scenario() -> None:
        async def stuck(message: object) -> None:
            await asyncio.Event().wait()

        async def silent() -> Any:
            await asyncio.Event().wait()

        socket = WebSocket({"type": "websocket"}, silent, stuck)
        socket.application_state = socket.client_state = WebSocketState.CONNECTED
        wire = Wire(socket, patience=0.05)
        with pytest.raises(WebSocketDisconnected):
            await wire.send_json({"type": "pong"})
        assert [message async for message in wire.iter_json()] == []
        await wire.close(1000, "")

    asyncio.run(asyncio.wait_for(scenario(), 5))


def test_a_subscription_by_http_is_told_where_to_go(api: ApiClient) -> None:
    for answer in (
        api.send(CHANGED, {"id": "job_1"}),
        api.http.get("/graphql", params={"query": CHANGED}, headers=api.headers),
    ):
        assert answer.status_code == 405
        assert "graphql-transport-ws" in answer.json()["errors"][0]["message"]
