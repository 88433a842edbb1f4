"""What is noted of a day's requests: no secret, and one line an event, in both forms."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient, WebSocketDenialResponse

from persistence.file_links import FileLink, UploadLink, signed_path, signed_upload_path
from server.app import create_app
from server.logs import configure_logs
from server.settings import Environment, Settings
from tests.support.api import SECRET, ApiClient, open_api
from tests.support.sockets import connected

HOOK = """mutation {
  webhookEndpointCreate(input: { url: "https://hook.example/x?token=hook-token-7" }) { secret }
}"""
PASSWORD = "correct-horse-battery"
SMTP_PASSWORD, DATABASE_PASSWORD = "smtp-p4ssw0rd", "database-p4ssw0rd"
FORGED = '\n{"event": "forged"}\r\n\x1b[2J\x1b]0;x\x07\u2028forged \x85'

Lines = Callable[[], list[str]]


@pytest.fixture(params=[True, False], ids=["json", "console"])
def noted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """The lines that were noted so far, everything at DEBUG."""
    output = io.StringIO()
    monkeypatch.setattr(sys, "stderr", output)
    root, heard = logging.getLogger(), logging.getLogger("uvicorn.error")
    before = root.handlers[:], root.level, heard.filters[:]
    configure_logs(as_json=request.param)
    root.setLevel(logging.DEBUG)
    # The client of the tests is none of ours.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    yield lambda: output.getvalue().split("\n")[:-1]
    root.handlers[:], root.level, heard.filters[:] = before
    structlog.reset_defaults()


def is_json(lines: list[str]) -> bool:
    return lines[0].startswith("{")


def test_no_secret_is_noted(noted: Lines, sqlite_url: str, tmp_path: Path) -> None:
    """Point 5: keys, passwords, tokens of addresses, secrets of webhooks, whatever goes wrong."""
    with open_api(sqlite_url, tmp_path, env=Environment.PRODUCTION) as api:
        whispered = [*a_day(api), api.token, SECRET, PASSWORD]
    nowhere = f"postgresql+psycopg://jalon:{DATABASE_PASSWORD}@127.0.0.1:1/none"
    settings = Settings(
        database_url=nowhere,
        secret=SecretStr(SECRET),
        smtp_url=SecretStr(f"smtps://jalon:{SMTP_PASSWORD}@127.0.0.1:1"),
        mail_from="a@b.test",
        files_url=tmp_path.as_uri(),
    )
    with TestClient(create_app(settings), base_url="http://localhost") as http:
        assert http.get("/readyz").status_code == 503
    lines = noted()
    assert len(lines) > 15
    everything = "\n".join(lines)
    assert "bug" in everything
    assert "not ready" in everything
    for secret in (*whispered, SMTP_PASSWORD, DATABASE_PASSWORD):
        assert len(secret) > 8
        assert secret not in everything
    if is_json(lines):
        assert all(isinstance(json.loads(line), dict) for line in lines)


def a_day(api: ApiClient) -> list[str]:
    """Requests of all sorts, most of which fail; the secrets that went with them."""
    soon = datetime.now(UTC) + timedelta(minutes=5)
    key = f"{api.organisation_id}/a"
    file = signed_path(api.house.secrets, FileLink(1, key, "a", "text/plain"), soon)
    upload = signed_upload_path(api.house.secrets, UploadLink(1, 7), soon)
    secret = api.query(HOOK)["webhookEndpointCreate"]["secret"]
    api.http.get(file)
    api.http.put(upload, content=PASSWORD.encode())
    api.http.get(f"/session/{api.token}", headers=api.headers)
    api.http.get(f"/graphql/{PASSWORD}?token={PASSWORD}", headers=api.headers)
    api.send(f'{{ clientByCode(code: "{PASSWORD}") {{ nothing }} }}')
    api.send("query($p: Int) { __typename }", {"p": PASSWORD})
    api.send("{ __typename }", {}, Authorization=f"Bearer {PASSWORD}-wrong")
    api.send("{ __typename }", {}, Cookie=f"session={PASSWORD}")
    api.http.post("/graphql", content=f"{{{PASSWORD}", headers=api.headers)
    with connected(api, Cookie=f"session={PASSWORD}"):
        pass
    with (
        pytest.raises(WebSocketDenialResponse),
        api.http.websocket_connect(f"ws://localhost/nowhere/{PASSWORD}?key={api.token}"),
    ):
        pass
    with api.house.database.writing(None) as session:
        session.execute(text("ALTER TABLE client RENAME TO gone"))
    broken = api.send(f'{{ clientByCode(code: "{PASSWORD}") {{ name }} }}').json()
    assert broken["errors"][0]["extensions"]["code"] == "INTERNAL_ERROR"
    object.__setattr__(api.house, "files", None)
    assert api.http.get(file).status_code == 500
    tokens = [path.rsplit("/", 1)[1] for path in (file, upload)]
    parts = [part for token in tokens for part in token.split(".")]
    return [*parts, secret, secret.removeprefix("whsec_"), "hook-token-7"]


def test_what_callers_send_begins_no_line_and_moves_no_terminal(
    noted: Lines, sqlite_url: str, tmp_path: Path
) -> None:
    """Log injection: by the path, the names of an operation, a header, an error, a library."""
    with open_api(sqlite_url, tmp_path) as api:
        sent = FORGED.encode("utf-8").replace(b"\n", b" ").replace(b"\r", b" ")
        api.http.get("/" + quote(FORGED), headers={"User-Agent": sent, "X-Request-ID": b"\x1b[2J"})
        api.http.get(f"/graphql{quote(FORGED)}", headers=api.headers)
        named = {"query": "query A { __typename }", "operationName": FORGED}
        api.http.post("/graphql", json=named, headers=api.headers)
    log = structlog.get_logger("jalon")
    log.info("request", path=FORGED, code=FORGED)
    logging.getLogger("library").warning("heard %s", FORGED)
    try:
        raise ValueError(FORGED)
    except ValueError:
        log.exception("bug", value=object())
    lines = noted()
    form = re.compile(r"\{.*\}" if is_json(lines) else r"\d{4}-\d\d-\d\d|\s{4}|$")
    assert len(lines) > 4
    for line in lines:
        assert form.match(line), line
        assert line.isprintable(), line
        if is_json(lines):
            assert json.loads(line)["event"] != "forged"


def test_the_address_of_a_socket_is_not_noted(noted: Lines) -> None:
    """As the server's library notes it, with whatever stands behind the question mark."""
    library: Any = logging.getLogger("uvicorn.error")
    library.info('%s - "WebSocket %s" [accepted]', "127.0.0.1", f"/graphql?key={PASSWORD}")
    library.info('%s - "WebSocket %s" %d', "127.0.0.1", f"/graphql?key={PASSWORD}", 403)
    library.info("Application startup complete.")
    lines = noted()
    assert len(lines) == 1
    assert "startup" in lines[0]
