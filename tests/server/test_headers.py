"""What every answer carries, whatever the address, the method, the status or the door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.routing import Route
from starlette.testclient import WebSocketDenialResponse

from persistence.file_links import FileLink, UploadLink, signed_path, signed_upload_path
from server.cli.running import _run
from server.envelope import HEADERS
from server.page import page_files
from server.settings import Environment, Settings
from tests.support.api import ApiClient, open_api
from tests.support.sockets import ADDRESS, opened

NEVER = timedelta(hours=-1)
SOON = timedelta(hours=1)
HTML = {"Accept": "text/html"}
FOREIGN = {"Origin": "https://evil.example"}
ELSEWHERE = {"Host": "evil.example"}
OWN_POLICY = "Content-Security-Policy", "Cache-Control"


def link(api: ApiClient, key: str = "1/a", lasts: timedelta = SOON) -> str:
    api.house.files.put("1/a", b"<script>alert(1)</script>")
    expires = datetime.now(UTC) + lasts
    return signed_path(api.house.secrets, FileLink(1, key, "a.html", "text/html"), expires)


def place(api: ApiClient) -> str:
    return signed_upload_path(api.house.secrets, UploadLink(1, 999), datetime.now(UTC) + SOON)


def table(api: ApiClient) -> Iterator[tuple[str, str, int, dict[str, Any]]]:
    """Each address, in each way that it answers: method, address, status, and what is sent."""
    key, name = api.headers, next(iter(page_files()))
    yield "GET", "/healthz", 200, {}
    yield "GET", "/readyz", 200, {}
    yield "GET", "/graphql?query={__typename}", 200, {"headers": key}
    yield "GET", "/graphql", 200, {"headers": HTML}
    yield "GET", "/graphql", 401, {}
    yield "GET", "/graphql?query=mutation{__typename}", 405, {"headers": key}
    yield "POST", "/graphql", 200, {"headers": key, "json": {"query": "{ __typename }"}}
    yield "POST", "/graphql", 400, {"headers": key, "content": b"{", "json": None}
    yield "POST", "/graphql", 415, {"headers": key, "data": {"query": "{ __typename }"}}
    yield "POST", "/graphql", 413, {"headers": key, "json": {"query": " " * 3_000_000}}
    yield "POST", "/graphql", 403, {"headers": {**key, **FOREIGN}, "json": {}}
    yield "POST", "/graphql", 421, {"headers": {**key, **ELSEWHERE}, "json": {}}
    yield "OPTIONS", "/graphql", 405, {"headers": key}
    yield "TRACE", "/graphql", 405, {"headers": key}
    yield "GET", "/session", 200, {}
    yield "POST", "/session", 400, {"headers": key, "content": b"{", "json": None}
    yield "POST", "/session/organisation", 401, {"json": {"organisation": "test"}}
    yield "POST", "/password", 400, {"headers": key, "content": b"{", "json": None}
    yield "POST", "/invitation", 403, {"headers": FOREIGN, "json": {}}
    yield "GET", "/invitation", 405, {}
    yield "GET", link(api), 200, {}
    yield "HEAD", link(api), 200, {}
    yield "GET", link(api, "1/gone"), 404, {}
    yield "GET", link(api, lasts=NEVER), 410, {}
    yield "GET", "/files/nonsense", 404, {}
    yield "POST", link(api), 405, {}
    yield "PUT", place(api), 404, {"content": b"x"}
    yield "GET", place(api), 405, {}
    yield "GET", f"/graphiql/{name}", 200, {}
    yield "GET", f"/graphiql/{name}?{page_files()[name].version}", 200, {}
    yield "GET", "/graphiql/nothing.js", 404, {}
    yield "GET", "/nowhere", 404, {}
    yield "GET", "/%0d%0aSet-Cookie:%20a=b", 404, {}


def test_every_answer_carries_every_header(api: ApiClient) -> None:
    """Points 5 and 8: one table over all addresses and statuses."""
    seen = set()
    for method, address, status, sent in table(api):
        more = {"Content-Type": "application/json"} if sent.get("content") == b"{" else {}
        sent = {**sent, "headers": {**sent.get("headers", {}), **more}}
        if sent.get("json", 0) is None:
            del sent["json"]
        answer = api.http.request(method, address, **sent)
        told = (method, address[:40], answer.status_code)
        assert answer.status_code == status, told
        for header, value in HEADERS.items():
            if header not in OWN_POLICY:
                assert answer.headers.get(header) == value, (told, header)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, told
        assert "frame-ancestors 'none'" in policy, told
        assert not any(loose in policy for loose in ("unsafe", "*", "http")), told
        kept = "max-age" in answer.headers["Cache-Control"]
        assert kept == ("/graphiql/" in address and "?" in address), told
        assert "server" not in answer.headers, told
        assert "set-cookie" not in answer.headers, told
        assert len(answer.headers["X-Request-ID"]) == 16, told
        seen.add(address.split("?")[0].split("/")[1])
    app: Any = api.http.app
    assert seen >= {route.path.split("/")[1] for route in app.routes if isinstance(route, Route)}


def test_what_is_downloaded_is_never_run(api: ApiClient) -> None:
    answer = api.http.get(link(api))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_bug_carries_them_too(api: ApiClient) -> None:
    address = link(api)
    object.__setattr__(api.house, "files", None)
    answer = api.http.get(address, headers={"Origin": "http://localhost"})
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_a_socket_that_is_refused_carries_them(api: ApiClient) -> None:
    for address, headers in (
        (ADDRESS, FOREIGN),
        (ADDRESS, ELSEWHERE),
        ("ws://localhost/nowhere", {}),
    ):
        with (
            pytest.raises(WebSocketDenialResponse) as refused,
            api.http.websocket_connect(address, headers=headers),
        ):
            pass
        assert refused.value.status_code == 403
        assert {name: refused.value.headers.get(name) for name in HEADERS} == HEADERS


def test_a_socket_of_another_web_site_is_let_in_by_its_exact_name(
    founded_sqlite_url: str, tmp_path: Path
) -> None:
    with open_api(founded_sqlite_url, tmp_path, allowed_origins="https://app.example") as api:
        for origin in ("https://app.example.evil.example", "https://evil@app.example", "null"):
            with pytest.raises(WebSocketDenialResponse), opened(api, Origin=origin):
                pass
        with opened(api, Origin="https://app.example"):
            pass


@pytest.mark.parametrize(
    ("public_url", "env", "is_told"),
    [
        ("https://jalon.example", Environment.PRODUCTION, True),
        ("http://jalon.example", Environment.PRODUCTION, False),
        ("https://jalon.example", Environment.DEVELOPMENT, False),
    ],
)
def test_production_over_https_is_asked_by_https_alone(
    founded_sqlite_url: str, tmp_path: Path, public_url: str, env: Environment, is_told: bool
) -> None:
    with open_api(founded_sqlite_url, tmp_path, public_url=public_url, env=env) as api:
        for address in ("/healthz", "/nowhere", "/graphql"):
            headers = api.http.get(address).headers
            assert headers.get("Strict-Transport-Security") == (
                "max-age=31536000" if is_told else None
            )


def test_the_server_says_nothing_of_itself_and_notes_no_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda app, **settings: asked.update(settings))
    _run("server.app:app_of_the_environment", Settings(), "127.0.0.1", 8000)
    assert asked["server_header"] is False
    assert asked["access_log"] is False
