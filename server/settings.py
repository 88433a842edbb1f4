"""How an installation is set up: variables JALON_…, each with its default, checked at the door."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlparse

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from strawberry.http.websocket_origin import normalize_allowed_origins, normalize_origin

from domain.mail_address import address
from jobs.mail_server import server_at
from schema.context import ROWS_AT_ONCE
from server.rates import Allowance
from server.trusted import DocumentsUnreadable, TrustedDocuments

PREFIX = "JALON_"
VAR = Path("var")
"""What an installation without settings keeps beside it: database, files, secret."""

SECRET_LENGTH = 32
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingsRefused(Exception):
    """Settings that cannot be meant: (variable, English sentence) of each."""

    def __init__(self, wrong: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {sentence}" for name, sentence in wrong))
        self.wrong = wrong


class Settings(BaseSettings):
    """The settings of one installation; read from the environment by `read_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    env: Environment = Environment.DEVELOPMENT
    database_url: str = f"sqlite:///{VAR}/jalon.db"
    migration_url: SecretStr | None = None
    """The same PostgreSQL database by the login that owns its tables; `jalon migrate` uses it, and
    the process that serves then needs a login of no rights of its own (docs/operating.md)."""
    files_url: str = Field(default_factory=lambda: VAR.absolute().joinpath("files").as_uri())
    secret: SecretStr | None = None
    """Signs addresses, sheets and webhooks: whoever knows it can forge them."""
    former_secrets: SecretStr = SecretStr("")
    """What JALON_SECRET was before, the newest first, with commas: what they signed stays good."""
    public_url: str = ""
    """What the addresses in answers begin with; without it they are paths."""
    smtp_url: SecretStr | None = None
    """The mail server, smtp://user:password@host:587 or smtps://…; without it no mail is sent."""
    mail_from: str | None = None
    """The address that letters come from."""
    handover_folder: Path | None = None
    """Final invoices are dropped here, each firm's in a folder of its own; without it nowhere."""
    webhooks_private: bool = False
    """Webhooks may lead to http and into the installation's own network: an intranet, a test."""
    allowed_origins: str = ""
    """Web sites of others whose pages may ask here (https://app.example, …); ours always."""
    allowed_hosts: str = ""
    """Names this installation goes by (jalon.example, …) beside that of `public_url`.

    With neither, any name in production, and none but localhost in development; numbers always.
    """
    documents: Path | None = None
    """A manifest of documents that may be asked for by their SHA-256 (server.trusted)."""
    documents_only: bool = False
    """Whether no other document is answered; neither introspection nor GraphiQL is there then."""
    app_url: str = ""
    """Where the pages for people are, which links in mails lead to; without it `public_url`."""
    sign_in_idle_hours: int = Field(default=12, ge=1, le=24 * 31)
    """Hours after which a sign-in that nobody uses is over."""
    sign_in_days: int = Field(default=30, ge=1, le=366)
    """Days after which a sign-in is over, used or not."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses or networks, with commas, whose X-Forwarded-For is believed: whose tries are
    counted, and what the audit keeps, is the address they tell."""
    import_rows_at_once: int = ROWS_AT_ONCE
    """Rows of an import that are written while its caller waits; a longer one is a job."""
    request_seconds: float = 30.0
    """For one operation; what takes longer is ended, in the database too. 0: no limit."""
    operations_at_once: int = 8
    """Of one key or person; a few more wait in line. 0: no limit, as in those below."""
    requests_per_minute: int = 12_000
    """Of one key or person; a firm has three times as many. Each process counts for itself."""
    price_per_minute: int = 12_000_000
    """Values a minute that one key or person may ask for; a firm three times as many."""
    strangers_per_minute: int = 120
    """Requests without a valid key from one network address (IPv6: /64) until it has to wait."""

    @property
    def allowance(self) -> Allowance:
        """What one caller may take."""
        return Allowance(
            requests=self.requests_per_minute,
            price=self.price_per_minute,
            at_once=self.operations_at_once,
            seconds=self.request_seconds,
            strangers=self.strangers_per_minute,
        )

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def owner_url(self) -> str:
        """The database as who migrates it reaches it."""
        given = self.migration_url
        return self.database_url if given is None else given.get_secret_value()

    @property
    def is_over_https(self) -> bool:
        """Whether those outside reach it by https, be it by a proxy."""
        return self.public_url.startswith("https://")

    @property
    def hosts(self) -> frozenset[str] | None:
        """The names it may be asked by; None for any."""
        own = urlparse(self.public_url).hostname
        named = {*_listed(self.allowed_hosts), *([own] if own else [])}
        if not named and self.is_production:
            return None
        return frozenset({*named, "localhost"})

    @property
    def origins(self) -> frozenset[str]:
        """Where a page may come from, beside the address it asks at."""
        return normalize_allowed_origins(
            [
                *_listed(self.allowed_origins),
                *filter(None, map(normalize_origin, (self.public_url, self.app_url))),
            ]
        )

    @property
    def is_on_sqlite(self) -> bool:
        return make_url(self.database_url).get_backend_name() == "sqlite"

    @field_validator("env", mode="before")
    @classmethod
    def _known_environment(cls, value: object) -> object:
        if value not in set(Environment):
            raise _wrong("must be development or production")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        try:
            url = make_url(value)
        except ArgumentError:
            raise _wrong("must be sqlite:///… or postgresql://…") from None
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise _wrong("must be sqlite:///… or postgresql://…")
        if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
            raise _wrong("must name a file: a database in memory is gone with its connection")
        return value

    @field_validator("migration_url")
    @classmethod
    def _known_owner(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            url = None if value is None else make_url(value.get_secret_value())
        except ArgumentError:
            raise _wrong("must be postgresql://…") from None
        if url is not None and url.get_backend_name() != "postgresql":
            raise _wrong("must be postgresql://…")
        return value

    @field_validator("files_url")
    @classmethod
    def _known_store(cls, value: str) -> str:
        if urlparse(value).scheme not in ("file", "s3", "gs", "az"):
            raise _wrong("must be file:///…, s3://…, gs://… or az://…")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                server_at(value.get_secret_value())
            except ValueError:
                raise _wrong("must be smtp://user:password@host:587 or smtps://…") from None
        return value

    @field_validator("mail_from")
    @classmethod
    def _mail_address(cls, value: str | None) -> str | None:
        found = None if value is None else address(value)
        if value is not None and found is None:
            raise _wrong("must be one e-mail address")
        return found

    @field_validator("handover_folder")
    @classmethod
    def _whole_path(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_absolute():
            raise _wrong("must be the whole path of a folder: /…")
        return value

    @field_validator("documents")
    @classmethod
    def _manifest(cls, value: Path | None) -> Path | None:
        try:
            TrustedDocuments.read(value)
        except DocumentsUnreadable:
            raise _wrong("must be a file of documents by their SHA-256: {sha256: text}") from None
        return value

    @field_validator("documents_only", "webhooks_private", mode="before")
    @classmethod
    def _yes_or_no(cls, value: object) -> object:
        if value not in ("0", "1", True, False):
            raise _wrong("must be 1 or 0")
        return value in ("1", True)

    @field_validator("allowed_origins")
    @classmethod
    def _web_sites(cls, value: str) -> str:
        try:
            if "*" in _listed(value):
                raise ValueError("cookies are for sites that are named")
            return ",".join(sorted(normalize_allowed_origins(_listed(value))))
        except ValueError:
            raise _wrong("must be web sites like https://app.example, with commas") from None

    @field_validator("allowed_hosts")
    @classmethod
    def _names(cls, value: str) -> str:
        names = [one.lower() for one in _listed(value)]
        if not all(_HOST.fullmatch(one) for one in names):
            raise _wrong("must be names like jalon.example, with commas")
        return ",".join(names)

    @field_validator("request_seconds", mode="before")
    @classmethod
    def _seconds(cls, value: object) -> object:
        if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", str(value)):
            raise _wrong("must be a number, 0 or more")
        return value

    @field_validator(
        "import_rows_at_once",
        "operations_at_once",
        "requests_per_minute",
        "price_per_minute",
        "strangers_per_minute",
        mode="before",
    )
    @classmethod
    def _whole_number(cls, value: object) -> object:
        if not str(value).isdecimal():
            raise _wrong("must be a whole number, 0 or more")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for one in _listed(value):
            try:
                ip_network(one)
            except ValueError:
                raise _wrong("must be addresses or networks (10.0.0.0/8), with commas") from None
        return ",".join(_listed(value))

    @field_validator("sign_in_idle_hours", "sign_in_days", mode="before")
    @classmethod
    def _count(cls, value: object) -> object:
        if not str(value).isdecimal():
            raise _wrong("must be a whole number, 1 or more")
        return value

    @field_validator("public_url", "app_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and (urlparse(value).scheme not in ("http", "https") or "?" in value):
            raise _wrong("must be an http:// or https:// address")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _secret_worth_the_name(self) -> Settings:
        if self.secret is None:
            if self.is_production:
                raise _wrong("is required in production", "secret")
        elif len(self.secret.get_secret_value()) < SECRET_LENGTH:
            raise _wrong("must have at least 32 characters", "secret")
        return self

    @model_validator(mode="after")
    def _one_database(self) -> Settings:
        if self.migration_url is not None and _name_of(self.owner_url) != _name_of(
            self.database_url
        ):
            raise _wrong("must name the database of JALON_DATABASE_URL", "migration_url")
        return self

    @model_validator(mode="after")
    def _former_secrets_worth_the_name(self) -> Settings:
        former = _listed(self.former_secrets.get_secret_value())
        if any(len(one) < SECRET_LENGTH for one in former):
            raise _wrong("must each have at least 32 characters", "former_secrets")
        return self

    @model_validator(mode="after")
    def _documents_as_a_whole(self) -> Settings:
        if self.documents_only and self.documents is None:
            raise _wrong("is required where no other document is answered", "documents")
        return self

    @model_validator(mode="after")
    def _mail_as_a_whole(self) -> Settings:
        if self.smtp_url is not None and self.mail_from is None:
            raise _wrong("is required where a mail server is set", "mail_from")
        # Who is invited, or has forgotten a password, would be mailed a link that leads nowhere.
        if self.smtp_url is not None and self.is_production and not self.app_url + self.public_url:
            raise _wrong("is required where a mail server is set", "public_url")
        return self


def _name_of(url: str) -> tuple[str, str | None]:
    # Not the host: migrations may go past a pooler.
    parsed = make_url(url)
    return parsed.get_backend_name(), parsed.database


def _listed(value: str) -> list[str]:
    return [one.strip() for one in value.split(",") if one.strip()]


def _wrong(sentence: str, name: str = "") -> PydanticCustomError:
    return PydanticCustomError("jalon", "{sentence}", {"sentence": sentence, "name": name})


def read_settings() -> Settings:
    """The settings of the environment; SettingsRefused says all that is wrong, never a value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = []
        for found in error.errors(include_input=False):
            told = found.get("ctx", {})
            name = str(found["loc"][0]) if found["loc"] else told.get("name", "")
            wrong.append((PREFIX + name.upper(), told.get("sentence", found["msg"])))
        raise SettingsRefused(wrong) from None


def secret_of(settings: Settings) -> bytes:
    """The secret of the settings; in development one is made once and kept in var/secret."""
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    path = VAR / "secret"
    with suppress(FileExistsError):
        keep_privately(path, secrets.token_urlsafe(48))
    return path.read_bytes()


def former_secrets_of(settings: Settings) -> tuple[bytes, ...]:
    """The secrets of before, the newest first, each once and none that is the present one."""
    listed = [one.encode() for one in _listed(settings.former_secrets.get_secret_value())]
    present = settings.secret.get_secret_value().encode() if settings.secret else b""
    return tuple(one for one in dict.fromkeys(listed) if one != present)


def keep_privately(path: Path, text: str) -> None:
    """Writes `text` to a new file only its owner can read; FileExistsError when there is one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Whole before it has its name: another worker that starts now must not read half of it.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.link(draft, path)
    finally:
        draft.unlink()
