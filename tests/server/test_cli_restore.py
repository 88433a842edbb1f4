"""`jalon restore`: what it refuses, of what version and by whose login it puts a backup back."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import make_url, text

from persistence.backup import archive as archives
from persistence.migrate import head, migrate
from persistence.session import Database
from tests.persistence.test_walls_stand import migrated_by_another
from tests.server.test_cli import FIRM_FILE, Terminal, empty, firm, jalon
from tests.server.test_cli_backup import at
from tests.support.databases import owner

__all__ = ["empty", "firm", "jalon"]


def altered(manifest: Callable[[dict[str, Any]], None], **added: bytes) -> None:
    """kept.zip with another manifest, and parts more, as other.zip."""
    with (
        zipfile.ZipFile("kept.zip") as kept,
        zipfile.ZipFile("other.zip", "w") as other,
    ):
        for name in kept.namelist():
            content = kept.read(name)
            if name == archives.MANIFEST:
                told = orjson.loads(content)
                manifest(told)
                content = orjson.dumps(told)
            other.writestr(name, content)
        for name, content in added.items():
            other.writestr(name, content)


def test_what_is_not_told_of_is_not_put_back(
    firm: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm("backup", "kept.zip")
    altered(lambda told: None, more=b"x")
    firm("restore", "other.zip", "--check", code=1)
    assert ": more. Nothing was restored." in firm.told
    escaping = {"name": "files/../../escaped", "size": 0, "sha256": "0"}
    altered(lambda told: told["parts"].append(escaping))
    there = at(firm, "elsewhere", monkeypatch)
    there("restore", "../other.zip", code=1)
    assert "files/../../escaped" in there.told
    assert not Path("var/jalon.db").exists()


def test_what_does_not_fit_is_refused_before_anything_is_done(
    firm: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm("backup", "kept.zip")
    there = at(firm, "elsewhere", monkeypatch)
    monkeypatch.chdir(firm.folder)
    altered(lambda told: told.update(revision="9999"))
    monkeypatch.chdir(there.folder)
    there("restore", "../other.zip", code=1)
    assert there.told.strip().endswith("of a newer version: restore it with that one.")
    monkeypatch.chdir(firm.folder)
    altered(lambda told: told.update(database="postgresql"))
    monkeypatch.chdir(there.folder)
    there("restore", "../other.zip", code=1)
    assert "a backup of postgresql, and the database of this installation is sqlite" in there.told
    Path("var").mkdir(exist_ok=True)
    for name in ("var/jalon.db-wal", "var/jalon-jobs.db"):
        Path(name).write_bytes(b"of another database")
        there("restore", "../kept.zip", code=1)
        assert there.told.strip().endswith(f"{name} is there already: move it away first.")
        assert not Path("var/jalon.db").exists()
        Path(name).unlink()
    there("restore", "../kept.zip")


def test_a_firm_that_lacks_its_last_acts_is_told(
    firm: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm("backup", "kept.zip")
    altered(lambda told: told["heads"].update({"groupe-rivage": [99, "0" * 64]}))
    there = at(firm, "elsewhere", monkeypatch)
    there("restore", "../other.zip", code=1)
    assert "cut off, or made anew" in " ".join(there.told.split())
    assert there.told.strip().endswith("What was restored is not as it was: see above.")
    monkeypatch.chdir(firm.folder)
    altered(lambda told: told["heads"].update({"gone": [1, "0" * 64]}))
    there = at(firm, "third", monkeypatch)
    there("restore", "../other.zip", code=1)
    assert there.told.strip().endswith("What was restored is not as it was: see above.")


def test_of_a_database_of_an_older_version_too(
    empty: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is migrated is when it is wanted; restored it is of this version."""
    Path("var").mkdir()
    migrate("sqlite:///var/jalon.db", to="0020")
    with closing(sqlite3.connect("var/jalon.db")) as database, database:
        database.execute("PRAGMA foreign_keys=OFF")
        database.execute(
            "INSERT INTO organisation (name, code, country, locale, currency, settings, created_at)"
            " VALUES ('Old', 'old', 'FR', 'fr', 'EUR', '{}', '2026-01-01')"
        )
    empty("backup", "kept.zip")
    there = at(empty, "elsewhere", monkeypatch)
    assert "old:\nLedger: every entry follows" in there("restore", "../kept.zip")
    with closing(sqlite3.connect("var/jalon.db")) as restored:
        assert restored.execute("SELECT version_num FROM alembic_version").fetchone() == (head(),)


def test_without_a_database_there_is_nothing_to_keep(empty: Terminal) -> None:
    empty("backup", "kept.zip", code=1)
    assert "jalon migrate" in empty.told
    assert list(Path().glob("kept*")) == []


def test_without_the_tools_of_postgresql_it_says_how_to_get_them(
    empty: Terminal, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JALON_DATABASE_URL", postgres_url)
    monkeypatch.setenv("PATH", str(empty.folder))
    empty("backup", "kept.zip", code=1)
    assert empty.told.startswith("pg_dump is missing: it comes with the client of PostgreSQL")
    assert list(Path().glob("kept*")) == []


def test_where_another_login_serves_than_owns(
    empty: Terminal, logins: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The walls stop who serves: it is copied, and put back, by who owns the tables."""
    administers = Database(logins["administers"])
    migrated_by_another(logins, administers)
    monkeypatch.setenv("JALON_DATABASE_URL", logins["serves"])
    empty("organisation", "create", FIRM_FILE)
    empty("backup", "none.zip", code=1)
    assert empty.told.startswith("The login of the database may not read all of it: JALON_MIG")
    monkeypatch.setenv("JALON_MIGRATION_URL", logins["owns"])
    empty("backup", "kept.zip")
    with owner(administers).begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS jalon_jobs"))
        name = make_url(logins["owns"]).username
        connection.execute(text(f"CREATE SCHEMA public AUTHORIZATION {name}"))
    empty("restore", "kept.zip")
    assert empty("organisation", "list").split() == ["groupe-rivage"]
    empty("key", "create", "--role", "READER")
    empty("verify")
