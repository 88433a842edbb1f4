"""The customer of the product and the legal entities in whose name it invoices (DOMAIN §2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import CODE, COUNTRY, CURRENCY, NAME, BigKey, Instant, Record, Versioned, owned
from domain.errors import call_error

ORGANISATION_EXISTS = call_error(
    "ORGANISATION_EXISTS", "There is already an organisation with the code {code}."
)
ORGANISATION_FILE_INVALID = call_error(
    "ORGANISATION_FILE_INVALID", "The organisation's file is not valid: {reason}."
)


class Organisation(Record):
    """A firm: every other record belongs to exactly one."""

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("code"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True, init=False)
    code: Mapped[str] = mapped_column(CODE)
    name: Mapped[str] = mapped_column(NAME)
    country: Mapped[str] = mapped_column(COUNTRY, default="FR")
    locale: Mapped[str] = mapped_column(String(16), default="fr-FR")
    currency: Mapped[str] = mapped_column(CURRENCY, default="EUR")
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    """`footer_message` {"fr", "en"}, `vat_number_mandatory` (true: DOMAIN §6.1), `time_zone`,
    `late_payment_rate` (percent a year, as text),
    `prints_recap` (true), `mail_templates` (`domain.mail_template.Kept`)."""
    created_at: Mapped[datetime] = mapped_column(Instant, init=False, default=None)
    version: Mapped[int] = mapped_column(Integer, init=False, default=1, server_default="1")


class Entity(Versioned, Record):
    """A legal entity that issues invoices, with its series of numbers and its fiscal year."""

    __tablename__ = "entity"
    __table_args__ = owned(
        UniqueConstraint("organisation_id", "code"),
        UniqueConstraint("organisation_id", "invoice_series"),
        UniqueConstraint("organisation_id", "credit_note_series"),
    )

    code: Mapped[str] = mapped_column(CODE)
    name: Mapped[str] = mapped_column(NAME)
    invoice_series: Mapped[str] = mapped_column(String(3))
    credit_note_series: Mapped[str] = mapped_column(String(3))
    name_key: Mapped[str] = mapped_column(NAME, default="")
    legal_form: Mapped[str | None] = mapped_column(String(120), default=None)
    capital: Mapped[str | None] = mapped_column(String(32), default=None)
    address: Mapped[str] = mapped_column(String(500), default="")
    country: Mapped[str] = mapped_column(COUNTRY, default="FR")
    currency: Mapped[str] = mapped_column(CURRENCY, default="EUR")
    siren: Mapped[str | None] = mapped_column(String(9), default=None)
    siret: Mapped[str | None] = mapped_column(String(14), default=None)
    vat_number: Mapped[str | None] = mapped_column(String(32), default=None)
    rcs: Mapped[str | None] = mapped_column(String(120), default=None)
    email: Mapped[str | None] = mapped_column(NAME, default=None)
    phone: Mapped[str | None] = mapped_column(String(64), default=None)
    iban: Mapped[str | None] = mapped_column(String(34), default=None)
    bic: Mapped[str | None] = mapped_column(String(11), default=None)
    fiscal_year_start: Mapped[str] = mapped_column(String(5), default="01-01")
    """First day of the fiscal year, month-day ("07-01")."""
    vat_on_debits: Mapped[bool] = mapped_column(Boolean, default=False)
    payment_days: Mapped[int] = mapped_column(Integer, default=30)
    legal_texts: Mapped[str | None] = mapped_column(Text, default=None)
    footer_message_fr: Mapped[str | None] = mapped_column(Text, default=None)
    """At the foot of its French papers, before the organisation's."""
    footer_message_en: Mapped[str | None] = mapped_column(Text, default=None)
    prints_recap: Mapped[bool | None] = mapped_column(Boolean, default=None)
    """Whether its invoices on progress show the table of the situation; NULL: as the firm's."""
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, default=None, deferred=True)


def footer_of(settings: Mapping[str, Any], *layers: Any, language: str) -> str | None:
    """The message at the foot (F14): of the first of `layers` that has one, else the firm's.

    Layers are a client and an entity, in that order.
    """
    own = (getattr(one, f"footer_message_{language}") for one in layers)
    found = next((text for text in own if text), None)
    return found or (settings.get("footer_message") or {}).get(language)


TIME_ZONES = {
    "FR": "Europe/Paris",
    "MC": "Europe/Monaco",
    "BE": "Europe/Brussels",
    "CH": "Europe/Zurich",
    "LU": "Europe/Luxembourg",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "IT": "Europe/Rome",
    "PT": "Europe/Lisbon",
    "GB": "Europe/London",
    "RE": "Indian/Reunion",
    "GP": "America/Guadeloupe",
    "MQ": "America/Martinique",
    "GF": "America/Cayenne",
    "YT": "Indian/Mayotte",
    "TN": "Africa/Tunis",
    "MA": "Africa/Casablanca",
    "JP": "Asia/Tokyo",
}
"""IANA zones by country, for countries of one zone."""


def time_zone_of(organisation: Organisation) -> str:
    """Where the firm's day begins: its setting `time_zone`, else by country, else Paris."""
    return zone_of(organisation.settings, organisation.country)


def late_payment_rate(settings: Mapping[str, Any]) -> Decimal | None:
    """The rate of penalties for late payment, in percent a year; None while nobody has set it."""
    rate = settings.get("late_payment_rate")
    return None if rate is None else Decimal(rate)


def zone_of(settings: Mapping[str, Any], country: str) -> str:
    """The time zone that `settings` name, else that of `country`, else that of Paris."""
    return str(settings.get("time_zone") or TIME_ZONES.get(country, "Europe/Paris"))


def fiscal_year(*, start: str, day: date) -> int:
    """The year in which the fiscal year that holds `day` starts; `start` is its first day (mm-dd).

    2026-03-01 with 07-01 is fiscal year 2025.
    """
    month, first = (int(part) for part in start.split("-"))
    return day.year if (day.month, day.day) >= (month, first) else day.year - 1
