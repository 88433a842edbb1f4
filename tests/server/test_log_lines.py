"""The lines of the log in production: JSON, found by what a caller was told, naming who acted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import strawberry

from jobs.running import Runner
from schema.context import Info
from server.graphql import make_schema
from server.logs import configure_logs
from server.long_work import kinds_of
from tests.jobs.processes import process, sent
from tests.persistence.firms import raw
from tests.support.api import ApiClient, open_api
from tests.support.takeover import confirm


@strawberry.type
class Query:
    @strawberry.field
    def broken(self, info: Info) -> str:
        raise RuntimeError("out of paper")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was noted since the last look; every line is JSON."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_what_a_caller_is_told_of_an_error_finds_its_line(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], in_json: None
) -> None:
    """Both the reference of the error and the X-Request-ID of the answer."""
    with open_api(sqlite_url, tmp_path, schema=make_schema(Query)) as api:
        configure_logs(as_json=True)
        capsys.readouterr()
        answer = api.send("{ broken }")
        found = lines(capsys)
    reference = answer.json()["errors"][0]["extensions"]["reference"]
    (bug,) = [line for line in found if line.get("reference") == reference]
    assert bug["event"] == "bug"
    assert "out of paper" in bug["exception"]
    assert bug["request_id"] == answer.headers["X-Request-ID"]
    (request,) = [line for line in found if line["event"] == "request"]
    assert request["request_id"] == answer.headers["X-Request-ID"]
    assert (request["organisation"], request["actor"]) == ("test", "api_key_1")
    assert api.token not in json.dumps(found)


def test_the_lines_of_a_job_name_the_request_that_asked_for_it(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], in_json: None
) -> None:
    """And so does the audit: the job acts for who asked, by the kind of the job."""
    with process(sqlite_url, tmp_path, awake=False) as api:
        confirm(api, sent(api))
        (asked,) = raw(api.house.database, "SELECT request_id FROM audit_entry"
                       " WHERE act_name = 'importConfirm'")  # fmt: skip
        configure_logs(as_json=True)
        capsys.readouterr()
        run(api)
        (ended,) = [line for line in lines(capsys) if line["event"] == "job ended"]
        assert (ended["request_id"], ended["actor"]) == (asked[0], "api_key_1")
        told = raw(
            api.house.database,
            "SELECT DISTINCT act_name, door, actor_id, request_id FROM audit_entry"
            " WHERE act_name = 'IMPORT_CONFIRM' AND door = 'KEY'",
        )
        assert told == [("IMPORT_CONFIRM", "KEY", "api_key_1", asked[0])]


def run(api: ApiClient) -> None:
    runner = Runner(api.house.database, kinds_of(api.house), api.house.clock)
    runner.run(1, api.organisation_id, lambda job_id, progress: None)
