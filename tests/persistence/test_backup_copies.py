"""A database as one file, and back: what is refused, and what is told of the tools it takes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import text

from persistence.backup import copies
from persistence.session import Database
from tests.support.databases import owner
from tests.support.postgres import PostgresServer


def test_what_the_tools_of_postgresql_say_is_told_and_no_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool = tmp_path / "pg_dump"
    tool.write_text('#!/bin/sh\necho "$@" >&2; echo "password $PGPASSWORD" | wc -c >&2; exit 1\n')
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(copies.CopyFailed) as failed:
        copies.copy_out("postgresql://me:s3cret@db:5433/firm?sslmode=require", Path("copy"))
    told = str(failed.value.facts["reason"])
    assert "s3cret" not in told
    assert all(one in told for one in ("host=db", "port=5433", "sslmode=require"))
    assert told.endswith(" 16")


def test_a_database_where_jobs_were_done_is_not_empty(
    postgres: PostgresServer,
) -> None:
    """The engine would take the jobs of the backup for those it has done, by their numbers."""
    dsn = postgres.create_database()
    copies.require_empty(dsn)
    with owner(Database(dsn)).begin() as connection:
        connection.execute(text("CREATE SCHEMA jalon_jobs"))
    with pytest.raises(copies.CopyFailed):
        copies.require_empty(dsn)
    postgres.drop_database(dsn)
