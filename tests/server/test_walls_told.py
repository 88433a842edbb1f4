"""Where the walls between firms do not stand the product says so, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient
from typer.testing import CliRunner

from persistence.session import Database
from server.app import create_app
from server.cli import app
from server.settings import Settings, SettingsRefused, read_settings
from tests.support.api import SECRET
from tests.support.databases import owner


@pytest.fixture(autouse=True)
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENV", "DATABASE_URL", "MIGRATION_URL", "FILES_URL", "SECRET", "DEBUG"):
        monkeypatch.delenv(f"JALON_{name}", raising=False)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.chdir(tmp_path)


def said(*arguments: str) -> tuple[int, str]:
    """How the command ended, and what it said on standard error."""
    found = CliRunner().invoke(app, list(arguments))
    return found.exit_code, " ".join(found.stderr.split())


def test_readiness_says_that_the_walls_are_missing(postgres_url: str, tmp_path: Path) -> None:
    def ready() -> tuple[int, Any]:
        chosen = Settings(
            database_url=postgres_url, files_url=tmp_path.as_uri(), secret=SecretStr(SECRET)
        )
        with TestClient(create_app(chosen)) as http:
            answer = http.get("/readyz")
            return answer.status_code, answer.json().get("missing")

    assert ready() == (200, None)
    database = Database(postgres_url)
    with owner(database).begin() as connection:
        connection.execute(text("ALTER TABLE client DISABLE ROW LEVEL SECURITY"))
    database.close()
    assert ready() == (503, "walls")


def test_a_command_does_nothing_without_the_walls(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JALON_DATABASE_URL", postgres_url)
    assert said("organisation", "list") == (0, "")
    database = Database(postgres_url)
    with owner(database).begin() as connection:
        connection.execute(text("CREATE POLICY open ON client USING (true)"))
    database.close()
    told = "The walls between firms are missing in the database: run jalon migrate."
    assert said("organisation", "list") == (1, told)
    assert said("migrate")[0] == 0
    assert said("organisation", "list") == (0, "")


def test_who_may_not_make_the_roles_is_told_what_an_administrator_runs(
    logins: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JALON_DATABASE_URL", logins["serves"])
    monkeypatch.setenv("JALON_MIGRATION_URL", logins["owns"])
    code, told = said("migrate")
    assert code == 1
    assert told.startswith("The login of the database may not make the roles")
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    code, french = said("migrate")
    assert french.startswith("L\u2019identifiant de la base n\u2019a pas le droit de cr\u00e9er")
    for sentence in (told, french):
        assert "GRANT jalon_app TO" in sentence
        assert "GRANT jalon_house TO" in sentence
    statements = [
        one + ";" for one in told.partition("run: ")[2].partition(" Then run")[0].split(";") if one
    ]
    database = Database(logins["administers"])
    with owner(database).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    database.close()
    assert said("migrate")[0] == 0
    assert said("organisation", "list") == (0, "")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite:///beside.db", "must be postgresql://…"),
        ("nothing", "must be postgresql://…"),
        ("postgresql://me:hunter2@db/other", "must name the database of JALON_DATABASE_URL"),
    ],
)
def test_the_url_of_migrations_names_the_same_database(
    monkeypatch: pytest.MonkeyPatch, url: str, sentence: str
) -> None:
    monkeypatch.setenv("JALON_DATABASE_URL", "postgresql://me@db/jalon")
    monkeypatch.setenv("JALON_MIGRATION_URL", url)
    with pytest.raises(SettingsRefused) as refused:
        read_settings()
    assert refused.value.wrong == [("JALON_MIGRATION_URL", sentence)]
    assert "hunter2" not in str(refused.value)


def test_migrations_go_to_the_database_itself_where_no_other_login_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JALON_DATABASE_URL", "postgresql://me@db/jalon")
    assert read_settings().owner_url == "postgresql://me@db/jalon"
    monkeypatch.setenv("JALON_MIGRATION_URL", "postgresql://owner@behind/jalon")
    assert read_settings().owner_url == "postgresql://owner@behind/jalon"
