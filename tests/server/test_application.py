"""The application around the API: health, production, time limits, the log."""

from __future__ import annotations

import gc
import io
import json
import logging
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
import structlog
from pydantic import SecretStr
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from persistence.migrate import migrate
from server.app import create_app
from server.bodies import BodyLimits
from server.house import SWITCHING
from server.logs import configure_logs
from server.refusing import RequestRefused
from server.settings import Environment, Settings
from tests.support.api import SECRET, ApiClient, open_api


def test_a_server_keeps_its_base_out_of_the_collector_and_lets_threads_take_turns(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    settings = Settings(
        database_url=f"sqlite:///{migrated_sqlite}",
        files_url=tmp_path.as_uri(),
        secret=SecretStr(SECRET),
    )
    kept, taken = gc.get_freeze_count(), sys.getswitchinterval()
    made: list[list[int]] = [[] for _ in range(100)]
    with TestClient(create_app(settings)):
        assert gc.get_freeze_count() >= kept + len(made)
        assert sys.getswitchinterval() == pytest.approx(SWITCHING)
    sys.setswitchinterval(taken)


def ready(url: str, folder: Path) -> tuple[int, Any]:
    settings = Settings(database_url=url, files_url=folder.as_uri(), secret=SecretStr(SECRET))
    with TestClient(create_app(settings)) as http:
        assert http.get("/healthz").json() == {"status": "ok"}
        answer = http.get("/readyz")
        return answer.status_code, answer.json().get("missing")


def test_readiness_names_what_is_missing(sqlite_url: str, tmp_path: Path) -> None:
    empty = f"sqlite:///{tmp_path}/empty.db"
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    assert ready(sqlite_url, tmp_path) == (200, None)
    assert ready(empty, tmp_path) == (503, "schema")
    assert ready(nowhere, tmp_path) == (503, "database")


def test_the_application_opens_what_its_settings_name(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/below/jalon.db"
    tmp_path.joinpath("deep/below").mkdir(parents=True)
    migrate(url)
    assert ready(url, tmp_path) == (200, None)


def test_production_tells_nothing_of_its_schema(sqlite_url: str, tmp_path: Path) -> None:
    with open_api(sqlite_url, tmp_path, env=Environment.PRODUCTION) as api:
        assert "introspection" in api.errors("{ __schema { types { name } } }")[0]["message"]
        message = api.errors("{ clint { name } }")[0]["message"]
        assert "Did you mean" not in message
        assert api.query("{ __typename }") == {"__typename": "Query"}


def test_a_body_that_never_ends_is_given_up(tmp_path: Path) -> None:
    refused: list[RequestRefused] = []

    async def read_it(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            while (await receive()).get("more_body"):
                pass
        except RequestRefused as error:
            refused.append(error)

    async def drip() -> Message:
        await anyio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def nowhere(message: Message) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "path": "/graphql", "headers": []}
    anyio.run(BodyLimits(read_it, seconds=0.1), scope, drip, nowhere)
    assert refused[0].status_code == 408


def test_waiting_for_a_client_to_leave_is_not_limited(tmp_path: Path) -> None:
    async def read_and_wait(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        assert (await receive())["type"] == "http.disconnect"

    messages: list[Message] = [
        {"type": "http.request", "body": b""},
        {"type": "http.disconnect"},
    ]

    async def come() -> Message:
        if len(messages) == 1:
            await anyio.sleep(0.05)
        return messages.pop(0)

    async def nowhere(message: Message) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "path": "/graphql", "headers": []}
    anyio.run(BodyLimits(read_and_wait, seconds=0.01), scope, come, nowhere)


def test_a_request_is_noted_without_its_tokens(api: ApiClient) -> None:
    with structlog.testing.capture_logs() as entries:
        api.http.get("/files/a-token-that-opens-a-file")
        api.http.get("/graphql?query={__typename}&token=secret", headers=api.headers)
        api.http.get("/healthz")
    assert [(entry["path"], entry["status"]) for entry in entries] == [
        ("/files/…", 404),
        ("/graphql", 200),
    ]
    assert entries[1]["organisation"] == "test"
    assert api.token not in str(entries)
    assert "secret" not in str(entries)


@pytest.fixture
def _logs_as_before() -> Any:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logs_as_before")
def test_production_notes_json_lines_with_the_request_they_belong_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, "stderr", output)
    configure_logs(as_json=True)
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("a").info("said", count=1)
        logging.getLogger("library").warning("heard %s", "you")
    ours, theirs = (json.loads(line) for line in output.getvalue().splitlines())
    assert (ours["event"], ours["count"], ours["request_id"]) == ("said", 1, "r1")
    assert (theirs["event"], theirs["level"], theirs["request_id"]) == (
        "heard you",
        "warning",
        "r1",
    )


@pytest.mark.usefixtures("_logs_as_before")
@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_is_noted_without_the_values_of_variables(
    monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, "stderr", output)
    configure_logs(as_json=as_json)
    password = "hunter" + "2"
    try:
        raise RuntimeError(len(password))
    except RuntimeError:
        structlog.get_logger("a").exception("bug")
    assert "RuntimeError" in output.getvalue()
    assert "hunter2" not in output.getvalue()
