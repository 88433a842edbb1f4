"""Settings: what is taken, what is refused and in which words, and where the secret is kept."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from server.house import open_house
from server.long_work import post_of
from server.rates import Allowance
from server.settings import Environment, Settings, SettingsRefused, read_settings, secret_of

LONG = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "ENV",
        "DATABASE_URL",
        "FILES_URL",
        "SECRET",
        "FORMER_SECRETS",
        "ALLOWED_ORIGINS",
        "ALLOWED_HOSTS",
        "PUBLIC_URL",
        "IMPORT_ROWS_AT_ONCE",
        "REQUEST_SECONDS",
        "OPERATIONS_AT_ONCE",
        "REQUESTS_PER_MINUTE",
        "PRICE_PER_MINUTE",
        "STRANGERS_PER_MINUTE",
        "SMTP_URL",
        "MAIL_FROM",
        "HANDOVER_FOLDER",
        "WEBHOOKS_PRIVATE",
    ):
        monkeypatch.delenv(f"JALON_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_any_variable_everything_lies_in_var(tmp_path: Path) -> None:
    settings = read_settings()
    assert settings.env is Environment.DEVELOPMENT
    assert settings.database_url == "sqlite:///var/jalon.db"
    assert settings.files_url == tmp_path.joinpath("var/files").as_uri()
    assert settings.public_url == ""


def test_hand_overs_go_nowhere_until_they_are_told_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert (read_settings().handover_folder, read_settings().webhooks_private) == (None, False)
    monkeypatch.setenv("JALON_HANDOVER_FOLDER", str(tmp_path))
    for value in ("0", "1"):
        monkeypatch.setenv("JALON_WEBHOOKS_PRIVATE", value)
        house = open_house(read_settings())
        house.database.close()
        assert (house.handover_folder, house.webhooks_private) == (tmp_path, value == "1")


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("ENV", "staging", "must be development or production"),
        ("DATABASE_URL", "mysql://here/jalon", "must be sqlite:///… or postgresql://…"),
        ("DATABASE_URL", "nonsense", "must be sqlite:///… or postgresql://…"),
        (
            "DATABASE_URL",
            "sqlite://",
            "must name a file: a database in memory is gone with its connection",
        ),
        ("FILES_URL", "/var/files", "must be file:///…, s3://…, gs://… or az://…"),
        ("PUBLIC_URL", "jalon.example", "must be an http:// or https:// address"),
        ("SECRET", "short", "must have at least 32 characters"),
        ("ALLOWED_HOSTS", "https://jalon.example", "must be names like jalon.example, with commas"),
        ("ALLOWED_HOSTS", "*", "must be names like jalon.example, with commas"),
        (
            "ALLOWED_ORIGINS",
            "https://a.example,*",
            "must be web sites like https://app.example, with commas",
        ),
        ("FORMER_SECRETS", f"{LONG},short", "must each have at least 32 characters"),
        ("SMTP_URL", "mail.example:587", "must be smtp://user:password@host:587 or smtps://…"),
        (
            "SMTP_URL",
            "smtp://mail.example/in",
            "must be smtp://user:password@host:587 or smtps://…",
        ),
        ("SMTP_URL", "smtp://mail.example", "is required where a mail server is set"),
        ("MAIL_FROM", "Atelier <a@b.test>", "must be one e-mail address"),
        ("IMPORT_ROWS_AT_ONCE", "-1", "must be a whole number, 0 or more"),
        ("REQUEST_SECONDS", "soon", "must be a number, 0 or more"),
        ("REQUEST_SECONDS", "-1", "must be a number, 0 or more"),
        ("REQUEST_SECONDS", "nan", "must be a number, 0 or more"),
        ("OPERATIONS_AT_ONCE", "1.5", "must be a whole number, 0 or more"),
        ("PRICE_PER_MINUTE", "-7", "must be a whole number, 0 or more"),
        ("HANDOVER_FOLDER", "accounts", "must be the whole path of a folder: /…"),
        ("WEBHOOKS_PRIVATE", "perhaps", "must be 1 or 0"),
        ("IMPORT_ROWS_AT_ONCE", "many", "must be a whole number, 0 or more"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_must_be(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"JALON_{variable}", value)
    with pytest.raises(SettingsRefused) as refused:
        read_settings()
    told = "MAIL_FROM" if sentence.startswith("is required where") else variable
    assert refused.value.wrong == [(f"JALON_{told}", sentence)]


def test_all_wrong_variables_are_told_at_once_and_no_value_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JALON_DATABASE_URL", "mysql://root:hunter2@here")
    monkeypatch.setenv("JALON_FILES_URL", "ftp://hunter2")
    with pytest.raises(SettingsRefused) as refused:
        read_settings()
    assert [name for name, _ in refused.value.wrong] == ["JALON_DATABASE_URL", "JALON_FILES_URL"]
    assert "hunter2" not in str(refused.value)


def test_production_needs_a_secret_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JALON_ENV", "production")
    with pytest.raises(SettingsRefused, match="JALON_SECRET: is required in production"):
        read_settings()
    monkeypatch.setenv("JALON_SECRET", LONG)
    assert secret_of(read_settings()) == LONG.encode()


def test_mails_of_production_lead_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """An invitation is in its mail alone: without an address before it, its link leads nowhere."""
    for name, value in (
        *(("ENV", "production"), ("SECRET", LONG)),
        *(("SMTP_URL", "smtp://mail.example"), ("MAIL_FROM", "a@b.test")),
    ):
        monkeypatch.setenv(f"JALON_{name}", value)
    with pytest.raises(SettingsRefused) as refused:
        read_settings()
    told = "is required where a mail server is set"
    assert refused.value.wrong == [("JALON_PUBLIC_URL", told)]
    for name in ("PUBLIC_URL", "APP_URL"):
        with monkeypatch.context() as patched:
            patched.setenv(f"JALON_{name}", "https://jalon.example")
            house = open_house(read_settings())
            house.database.close()
            assert house.app_url == "https://jalon.example"


def test_former_secrets_are_kept_the_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    older, oldest = LONG[::-1], "o" * 40
    monkeypatch.setenv("JALON_SECRET", LONG)
    monkeypatch.setenv("JALON_FORMER_SECRETS", f" {older}, {oldest},{LONG},{older},")
    settings = read_settings()
    house = open_house(settings)
    house.database.close()
    assert house.secrets.all == (LONG.encode(), older.encode(), oldest.encode())
    assert not any(one in repr(settings) + repr(house) for one in (LONG, older, oldest))


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JALON_ENV", "")
    assert read_settings().env is Environment.DEVELOPMENT


def test_the_public_address_has_no_slash_at_its_end() -> None:
    assert Settings(public_url="https://jalon.example/").public_url == "https://jalon.example"


def test_a_secret_of_development_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first = secret_of(Settings())
    assert len(first) >= 32
    assert secret_of(Settings()) == first
    kept = tmp_path / "var" / "secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret"]


def test_a_secret_is_not_shown_with_the_settings() -> None:
    assert LONG not in repr(Settings(secret=SecretStr(LONG)))


@pytest.mark.parametrize(
    ("url", "host", "port", "is_tls"),
    [
        ("smtp://mail.example", "mail.example", 587, False),
        ("smtps://jalon:p%40ss%2Fword@mail.example", "mail.example", 465, True),
        ("smtp://jalon:p%40ss%2Fword@[::1]:2525", "::1", 2525, False),
    ],
)
def test_a_mail_server_is_named_by_its_address(
    monkeypatch: pytest.MonkeyPatch, url: str, host: str, port: int, is_tls: bool
) -> None:
    """F24: JALON_SMTP_URL and JALON_MAIL_FROM; a password is never shown."""
    monkeypatch.setenv("JALON_SMTP_URL", url)
    monkeypatch.setenv("JALON_MAIL_FROM", "factures@société.test")
    settings = read_settings()
    post = post_of(settings)
    assert post is not None
    assert (post.server.host, post.server.port, post.server.is_tls) == (host, port, is_tls)
    assert post.server.password == ("p@ss/word" if "@" in url else None)
    assert post.sender == "factures@xn--socit-esab.test"
    assert "word" not in repr(settings) + repr(post)


def test_what_one_caller_may_take_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().allowance == Allowance()
    for name in ("REQUESTS_PER_MINUTE", "PRICE_PER_MINUTE", "OPERATIONS_AT_ONCE"):
        monkeypatch.setenv(f"JALON_{name}", "0")
    monkeypatch.setenv("JALON_REQUEST_SECONDS", "2.5")
    monkeypatch.setenv("JALON_STRANGERS_PER_MINUTE", "7")
    assert read_settings().allowance == Allowance(0, 0, 0, 2.5, 7)
