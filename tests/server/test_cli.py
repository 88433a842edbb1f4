"""The command line, as an operator uses it: plain answers, plain refusals, honest exit codes."""

from __future__ import annotations

import json
import re
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from typer.testing import CliRunner

from domain.access import Role
from domain.account import Member
from persistence.organisations import bearer_of, make_key
from persistence.session import Database
from server.cli import app
from server.cli.sample_firm import SAMPLE
from tests.support.api import FIRM_FILE
from tests.support.databases import owner
from tests.support.source import ROOT

CLEAN = ROOT / "tests" / "fixtures" / "clean"


@dataclass
class Terminal:
    """A shell in an empty folder, with a migrated database."""

    folder: Path

    def __call__(self, *arguments: object, code: int = 0) -> str:
        """What the command answered on standard output; it must end with `code`."""
        self.said = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert self.said.exit_code == code, self.said.output
        assert "Traceback" not in self.said.output
        return self.said.stdout

    @property
    def told(self) -> str:
        """What it said on standard error."""
        return self.said.stderr


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("ENV", "DATABASE_URL", "FILES_URL", "SECRET", "PUBLIC_URL", "DEBUG"):
        monkeypatch.delenv(f"JALON_{name}", raising=False)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path)


@pytest.fixture
def jalon(empty: Terminal, migrated_sqlite: Path) -> Terminal:
    empty.folder.joinpath("var").mkdir()
    shutil.copy(migrated_sqlite, "var/jalon.db")
    return empty


@pytest.fixture
def firm(jalon: Terminal) -> Terminal:
    assert jalon("organisation", "create", FIRM_FILE) == "groupe-rivage\n"
    return jalon


def test_migrate_makes_the_database(empty: Terminal) -> None:
    empty("organisation", "list", code=1)
    assert "jalon migrate" in empty.told
    empty("migrate")
    empty("migrate")
    assert empty("organisation", "list") == ""


def test_organisations_are_founded_and_listed(firm: Terminal) -> None:
    firm("organisation", "create", FIRM_FILE, "--code", "second")
    assert firm("organisation", "list").split() == ["groupe-rivage", "second"]
    firm("organisation", "create", FIRM_FILE, "--code", "second", code=1)
    assert firm.told == "There is already an organisation with the code second.\n"


def test_a_wrong_firms_file_is_told_place_by_place(jalon: Terminal) -> None:
    described = json.loads(FIRM_FILE.read_text(encoding="utf-8"))
    described["entities"][1]["siret"] = "1"
    Path("firm.json").write_text(json.dumps(described), encoding="utf-8")
    jalon("organisation", "create", "firm.json", code=1)
    assert jalon.told == (
        "entities.1.siret: The organisation's file is not valid: it is not a valid SIRET.\n"
    )
    Path("firm.json").write_text("{\n\n!", encoding="utf-8")
    jalon("organisation", "create", "firm.json", code=1)
    assert jalon.told == "The file is not valid JSON: line 3.\n"
    jalon("organisation", "create", "nowhere.json", code=1)
    assert jalon.told == "There is no file nowhere.json.\n"


def test_a_logo_is_a_picture_beside_the_firms_file(jalon: Terminal) -> None:
    described = json.loads(FIRM_FILE.read_text(encoding="utf-8"))
    described["entities"][0]["logo"] = "logo.svg"
    Path("firm.json").write_text(json.dumps(described), encoding="utf-8")
    Path("logo.svg").write_text("no picture")
    jalon("organisation", "create", "firm.json", code=1)
    assert "entities.0.logo" in jalon.told
    shutil.copy(SAMPLE / "logo.svg", "logo.svg")
    jalon("organisation", "create", "firm.json")


def test_a_key_is_printed_alone_and_opens_its_firm(firm: Terminal) -> None:
    token = firm("key", "create", "--role", "READER", "--name", "the page").strip()
    assert "\n" not in token
    assert "not shown again" in firm.told
    database = Database("sqlite:///var/jalon.db")
    try:
        bearer = bearer_of(database, token)
        assert bearer is not None
        assert (bearer.organisation_code, bearer.role, bearer.name) == (
            "groupe-rivage",
            "READER",
            "the page",
        )
        listed = firm("key", "list")
        assert token.split("_")[1] in listed
        assert token.split("_", 2)[2] not in listed
        firm("key", "revoke", token.split("_")[1])
        assert bearer_of(database, token) is None
    finally:
        database.close()
    firm("key", "revoke", "0000", code=1)
    assert firm.told == "There is no key 0000.\n"


def test_a_key_has_an_end_and_limits(firm: Terminal) -> None:
    firm("key", "create", "--role", "READER", "--expires", "2020-01-01", code=1)
    firm("key", "create", "--role", "READER", "--entity", "NONE", code=1)
    assert firm.told == "There is no entity NONE.\n"
    firm("key", "create", "--role", "READER", "--entity", "riv-par", "--expires", "2030-05-31")
    assert "2030-05-31" in firm("key", "list")


def test_members_are_invited_listed_and_suspended(firm: Terminal) -> None:
    link = firm("member", "invite", "lea@a.example", "--role", "ADMINISTRATOR", "--name", "Léa")
    assert re.fullmatch(r"/invitation#token=[A-Za-z0-9_-]{43}\n", link)
    listed = firm("member", "list")
    assert "lea@a.example" in listed
    assert link.strip()[-43:] not in listed
    firm("member", "invite", "LEA@a.example", "--role", "READER", code=1)
    assert "is a member already" in firm.told
    firm("member", "suspend", "lea@a.example")
    firm("member", "suspend", "lea@a.example", "--undo")
    firm("member", "suspend", "nobody@a.example", code=1)
    assert firm.told == "There is no member nobody@a.example.\n"


def test_keys_of_who_is_suspended_are_told(firm: Terminal) -> None:
    """As the API tells it: they open the firm all the same."""
    firm("member", "invite", "lea@a.example", "--role", "ADMINISTRATOR")
    database = Database("sqlite:///var/jalon.db")
    try:
        with database.writing(1) as session:
            maker = session.scalars(select(Member.id)).one()
            key, _ = make_key(session, role=Role.READER, name="till", made_by_id=maker)
            public_id = key.public_id
    finally:
        database.close()
    firm("member", "suspend", "lea@a.example")
    told, _ = firm.told.splitlines()
    assert f"till (jalon_{public_id}_…)" in told
    firm("member", "suspend", "lea@a.example", "--undo")
    assert firm.told == "lea@a.example may come in.\n"


def test_a_link_to_a_new_password_is_printed(firm: Terminal) -> None:
    firm("member", "invite", "lea@a.example", "--role", "ADMINISTRATOR")
    link = firm("member", "password", "LEA@a.example")
    assert re.fullmatch(r"/password#token=[A-Za-z0-9_-]{43}\n", link)
    assert firm("member", "password", "lea@a.example") != link
    firm("member", "password", "nobody@a.example", code=1)


def test_a_firm_is_named_where_there_are_several(firm: Terminal) -> None:
    firm("organisation", "create", FIRM_FILE, "--code", "second")
    firm("key", "create", "--role", "READER", code=1)
    assert firm.told == "Say which organisation: --organisation groupe-rivage | second\n"
    firm("key", "create", "--role", "READER", "--organisation", "second")
    firm("key", "create", "--role", "READER", "--organisation", "third", code=1)
    assert firm.told == "There is no organisation third.\n"


def test_without_a_firm_there_is_nothing_to_do(jalon: Terminal) -> None:
    jalon("key", "create", "--role", "READER", code=1)
    assert "jalon organisation create" in jalon.told


@pytest.mark.parametrize(
    "arguments",
    [["frobnicate"], ["--frobnicate"], ["key", "create"], ["import"], ["serve", "--port", "0"]],
)
def test_wrong_use_ends_with_1_and_a_sentence(jalon: Terminal, arguments: list[str]) -> None:
    jalon(*arguments, code=1)
    assert len(jalon.told.strip().splitlines()) == 1


def test_help_tells_the_exit_codes_of_an_import(jalon: Terminal) -> None:
    told = " ".join(jalon("import", "--help").split())
    for code in ("0 ", "1 ", "2 ", "3 "):
        assert code in told


def test_wrong_settings_are_told_in_the_language_of_the_terminal(
    jalon: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JALON_ENV", "staging")
    jalon("organisation", "list", code=1)
    assert jalon.told == "JALON_ENV must be development or production\n"
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    jalon("organisation", "list", code=1)
    assert jalon.told == "JALON_ENV doit être development ou production\n"


def test_a_database_that_is_not_there_is_told_without_its_password(
    jalon: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JALON_DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:1/none")
    jalon("organisation", "list", code=1)
    assert jalon.told.startswith("The database does not answer: ")
    assert "hunter2" not in jalon.told


def test_several_workers_are_refused_on_sqlite(jalon: Terminal) -> None:
    jalon("serve", "--workers", "2", code=1)
    assert "PostgreSQL" in jalon.told


def test_a_port_in_use_is_told_before_anything_starts(firm: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for command in ("serve", "demo"):
            firm(command, "--port", port, code=1)
            assert f"127.0.0.1:{port}" in firm.told


def test_the_demo_is_not_for_production(jalon: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JALON_ENV", "production")
    monkeypatch.setenv("JALON_SECRET", "x" * 32)
    jalon("demo", code=1)
    assert "production" in jalon.told


def test_the_schema_is_printed_in_order(jalon: Terminal) -> None:
    printed = jalon("schema")
    assert "type Mutation {" in printed
    names = [line.split()[1] for line in printed.splitlines() if line.startswith("type ")]
    assert names == sorted(names)


def test_workbooks_go_in_in_their_order(firm: Terminal) -> None:
    firm("import", CLEAN / "02_projets.xlsx", "--confirm", code=3)
    assert "Clients" in firm.said.stdout
    firm("import", CLEAN / "01_clients.xlsx")
    firm("import", CLEAN / "02_projets.xlsx", code=3)
    assert "44 rows: 0 red" in firm("import", CLEAN / "01_clients.xlsx", "--confirm")
    assert "is imported" in firm.told
    firm("import", CLEAN / "02_projets.xlsx", "--confirm")
    assert "44 unchanged" in firm("import", CLEAN / "01_clients.xlsx", "--kind", "clients")


def test_red_rows_stop_an_import_until_they_are_skipped(firm: Terminal) -> None:
    lines = [
        "Nom du client;Adresse de facturation;Devise;N° TVA intracommunautaire",
        "Mairie de Bréhaut;1 place du Port, 22870 Bréhaut;EUR;NA",
        "Sans adresse;;EUR;NA",
    ]
    Path("clients.csv").write_text("\n".join(lines), encoding="utf-8")
    shown = firm("import", "clients.csv", "--confirm", code=2)
    assert "1 red" in shown
    row = next(line.split() for line in shown.splitlines() if line.strip().startswith("3"))
    assert row[:2] == ["3", "D"]
    assert "is imported" not in firm.told
    # The other row has no SIRET: yellow rows are written once they were looked at (A22).
    firm("import", "clients.csv", "--confirm", "--skip-red", code=2)
    assert "--accept-warnings" in firm.told
    firm("import", "clients.csv", "--confirm", "--skip-red", "--accept-warnings")
    assert "1 rows left out" in firm.told
    assert "1 unchanged" in firm("import", "clients.csv", code=2)


def test_a_file_is_given_back_marked(firm: Terminal) -> None:
    """A21: the red cells of the file, to be mended there."""
    spoilt = load_workbook(CLEAN / "01_clients.xlsx")
    spoilt.worksheets[0]["B2"] = None
    spoilt.save("spoilt.xlsx")
    firm("import", "spoilt.xlsx", "--errors", "marked.xlsx", "--locale", "fr", code=2)
    marked = load_workbook("marked.xlsx").worksheets[0]
    assert "obligatoire" in marked["B2"].comment.text


def test_a_review_is_shown_in_the_language_asked_for(firm: Terminal) -> None:
    assert "44 lignes" in firm("import", CLEAN / "01_clients.xlsx", "--locale", "fr")


def test_a_file_that_is_no_sheet_is_refused_as_a_whole(firm: Terminal) -> None:
    Path("letter.pdf").write_bytes(b"%PDF-1.7\n" + bytes(200))
    firm("import", "letter.pdf", "--confirm", code=3)
    firm("import", CLEAN / "01_clients.xlsx", "--kind", "recipes", code=1)
    assert "clients" in firm.told


def test_a_folder_that_is_not_there_is_named_before_anything_is_done(firm: Terminal) -> None:
    firm("template", "clients", "--out", "nowhere/clients.xlsx", code=1)
    assert firm.told == "There is no folder nowhere.\n"
    Path("clients.xlsx").write_bytes(b"")
    firm("import", "clients.xlsx", "--errors", "nowhere/clients.xlsx", code=1)
    assert firm.told == "There is no folder nowhere.\n"


def test_a_template_is_written_whole_or_not_at_all(firm: Terminal) -> None:
    firm("template", "clients", "--out", "clients.xlsx", "--locale", "fr")
    assert Path("clients.xlsx").read_bytes().startswith(b"PK")
    firm("import", CLEAN / "01_clients.xlsx", "--confirm")
    firm("template", "clients", "--out", "filled.xlsx", "--prefilled")
    assert "44 rows" in firm.told
    assert "44 unchanged" in firm("import", "filled.xlsx")
    firm("template", "recipes", "--out", "none.xlsx", code=1)
    assert "clients" in firm.told
    assert sorted(path.name for path in firm.folder.glob("*xlsx*")) == [
        "clients.xlsx",
        "filled.xlsx",
    ]


def test_verify_says_whether_documents_and_ledger_are_as_they_were(jalon: Terminal) -> None:
    """A firm without a document is sound; an entry that follows from nothing ends it with 1."""
    jalon("organisation", "create", FIRM_FILE, "--code", "firm")
    sound = "Ledger: every entry follows from its record."
    assert jalon("verify").splitlines()[0] == sound
    database = Database("sqlite:///var/jalon.db")
    with owner(database).begin() as connection:
        last = connection.exec_driver_sql("SELECT place, sha256 FROM audit_head").one()
    assert jalon("verify", "--expect", f"{last[0]}:{last[1]}").splitlines()[0] == sound
    for other in (f"{last[0] + 1}:{last[1]}", f"{last[0]}:{'0' * 64}", "x"):
        jalon("verify", "--expect", other, code=1)
        assert jalon.told.startswith("Audit: no entry ")
    with owner(database).begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO billing_entry (organisation_id, kind, booked_on, amount_minor, currency,"
            " source_id, created_at) VALUES (1, 'HISTORY', '2026-01-01', 7, 'EUR', 3, '2026-01-01')"
        )
    database.close()
    assert jalon("verify", code=1).startswith("Audit: ")
    assert jalon.told == "Ledger: HISTORY 3 enters 7 and is 0 (minor units).\n"
