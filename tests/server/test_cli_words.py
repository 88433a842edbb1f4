"""The command speaks the language of its terminal, also of what the parser refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.cli.wrong_use import reworded, sentences
from words import missing


def test_all_of_it_is_said_in_french() -> None:
    assert missing(list(sentences()), "fr") == []


@pytest.mark.parametrize(
    ("arguments", "english", "french"),
    [
        (
            ["key", "create", "--role", "boss"],
            "“boss” cannot be given for --role: ADMINISTRATOR, ACCOUNTANT",
            "« boss » ne convient pas à --role : ADMINISTRATOR, ACCOUNTANT",
        ),
        (["key", "create"], "--role is missing: ADM", "Il manque --role : ADM"),
        (["import"], "file is missing.", "Il manque file."),
        (["frobnicate"], "There is no command frobnicate.", "Il n’y a pas de commande frobnicate."),
        (["--frobnicate"], "There is no option --frob", "Il n’y a pas d’option --frob"),
        (["key", "list", "--organisatio", "x"], "Did you mean --org", "Vouliez-vous dire --org"),
        (["key", "list", "--organisation"], "--organisation needs", "--organisation demande"),
        (["serve", "--port", "0"], "--port must be 1 or more.", "--port doit valoir au moins 1."),
        (["serve", "--port", "70000"], "must be 65535 or less", "doit valoir au plus 65535"),
        (["serve", "--port", "x"], "a whole number", "--port doit être un nombre entier."),
        (["import", "a", "b"], "nothing to do with: b", "Il n’y a rien à faire de : b."),
    ],
)
def test_wrong_use_is_told_in_the_language_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], english: str, french: str
) -> None:
    assert english in told(monkeypatch, "en_GB.UTF-8", *arguments)
    assert french in told(monkeypatch, "fr_FR.UTF-8", *arguments)


def test_a_folder_is_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answer = told(monkeypatch, "fr_FR.UTF-8", "import", str(tmp_path))
    assert answer == f"{tmp_path} est un dossier : il faut un fichier."
    assert "is a folder" in told(monkeypatch, "en_GB.UTF-8", "import", str(tmp_path))


def test_what_the_parser_may_say_one_day_is_told_as_it_says_it() -> None:
    assert reworded("Something quite new.") == ("{told}", {"told": "Something quite new."})


def told(monkeypatch: pytest.MonkeyPatch, language: str, *arguments: str) -> str:
    """The one sentence on standard error."""
    for name in ("LC_ALL", "LC_MESSAGES", "JALON_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", language)
    said = CliRunner().invoke(app, list(arguments))
    assert said.exit_code == 1
    (line,) = said.stderr.replace("\xa0", " ").strip().splitlines()
    return line
