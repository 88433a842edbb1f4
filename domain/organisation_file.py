"""The file an organisation is founded from: what it may say, and where it is wrong.

{"name": "Groupe Rivage", "country": "FR", "locale": "fr-FR", "currency": "EUR",
 "settings": {"footer_message": {"fr": "…", "en": "…"}, "vat_number_mandatory": true},
 "entities": [{"code": "RIV-PAR", "name": "…", "invoice_series": "PAR", …}]}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unicodedata import normalize

from domain.errors import Issue, PathPart, Refusal
from domain.identity import Registration, check_iban, check_siren, check_siret, check_vat
from domain.money import CURRENCIES
from domain.organisation import ORGANISATION_FILE_INVALID
from domain.organisation_rules import (
    BIC_REASON,
    CODE_REASON,
    EMAIL_REASON,
    FIRST_DAY_REASON,
    LOCALE_REASON,
    SERIES_REASON,
    is_bic,
    is_code,
    is_email,
    is_first_day,
    is_locale,
    is_series,
)
from domain.places import country_codes
from words import LANGUAGES

_ORGANISATION_KEYS = {"code", "name", "country", "locale", "currency", "settings", "entities"}
_SETTINGS_KEYS = {"footer_message", "vat_number_mandatory"}
_ENTITY_KEYS = {
    *("code", "name", "invoice_series", "credit_note_series", "legal_form", "capital", "address"),
    *("country", "currency", "siren", "siret", "vat_number", "rcs", "email", "phone", "iban"),
    *("bic", "fiscal_year_start", "vat_on_debits", "payment_days", "legal_texts", "logo"),
}


@dataclass(frozen=True, slots=True)
class OrganisationDescribed:
    """A file that was found right: columns of the organisation and of each of its entities."""

    code: str
    columns: dict[str, Any]
    entities: tuple[dict[str, Any], ...]


@dataclass(slots=True)
class _Part:
    """An object of the file, its path, and what was found wrong so far."""

    content: Mapping[str, Any]
    path: tuple[PathPart, ...]
    wrong: list[Issue] = field(default_factory=list)

    def say(self, name: PathPart | None, reason: str) -> None:
        path = self.path if name is None else (*self.path, name)
        self.wrong.append(ORGANISATION_FILE_INVALID(field=path, reason=reason))

    def only(self, known: set[str]) -> None:
        for name in self.content:
            if name not in known:
                self.say(name, "this name is not known")

    def text(self, name: str, *, longest: int, required: bool = False) -> str | None:
        value = self.content.get(name)
        if value is None or value == "":
            if required:
                self.say(name, "it is required")
            return None
        if not isinstance(value, str) or not value.strip():
            self.say(name, "it must be a text")
            return None
        if len(value) > longest:
            self.say(name, "it is too long")
            return None
        return value.strip()

    def matching(
        self, name: str, allowed: Callable[[str], object], reason: str, default: str | None = None
    ) -> str | None:
        """A text that is `allowed`, the `default` when there is none."""
        value = self.text(name, longest=64, required=False)
        if value is None:
            return default
        if not allowed(value):
            self.say(name, reason)
        return value

    def truth(self, name: str, default: bool) -> bool:
        value = self.content.get(name, default)
        if not isinstance(value, bool):
            self.say(name, "it must be true or false")
        return bool(value)

    def registered(
        self, name: str, check: Callable[[str], Registration], reason: str
    ) -> str | None:
        """A registration number as it is kept; one that needs a repair is told as wrong."""
        value = self.text(name, longest=64)
        if value is None:
            return None
        found = check(value)
        if not found.is_valid or found.repair is not None:
            self.say(name, reason)
        return found.value


def read_organisation(described: object, *, code: str | None = None) -> OrganisationDescribed:
    """What the file says, normalised. Refuses with every ORGANISATION_FILE_INVALID at once.

    `code` wins over the file's own; without either it is made of the name.
    """
    if not isinstance(described, Mapping):
        raise Refusal(ORGANISATION_FILE_INVALID(reason="it must be an object"))
    part = _Part(described, ())
    part.only(_ORGANISATION_KEYS)
    name = part.text("name", longest=255, required=True) or ""
    country = _country(part, "FR")
    currency = _currency(part, "EUR")
    columns = {
        "name": name,
        "country": country,
        "currency": currency,
        "locale": part.matching("locale", is_locale, LOCALE_REASON, "fr-FR"),
        "settings": _settings(part),
    }
    chosen = code or part.text("code", longest=64) or slug(name)
    if not is_code(chosen):
        part.say("code", CODE_REASON)
    entities = _entities(part, country=country, currency=currency)
    if part.wrong:
        raise Refusal(*part.wrong)
    return OrganisationDescribed(chosen, columns, entities)


def slug(name: str) -> str:
    """A code made of a name: "Rivage & Cie" -> "rivage-cie"."""
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:64].strip("-") or "organisation"


def _country(part: _Part, default: str) -> str:
    known = country_codes().__contains__
    return part.matching("country", known, "it must be a country of two letters", default) or ""


def _currency(part: _Part, default: str) -> str:
    known = CURRENCIES.__contains__
    return part.matching("currency", known, "it must be an ISO 4217 currency", default) or ""


def _settings(part: _Part) -> dict[str, Any]:
    content = part.content.get("settings", {})
    if not isinstance(content, Mapping):
        part.say("settings", "it must be an object")
        return {}
    inner = _Part(content, (*part.path, "settings"), part.wrong)
    inner.only(_SETTINGS_KEYS)
    footer = content.get("footer_message", {})
    texts = footer.values() if isinstance(footer, Mapping) else [None]
    if not all(isinstance(text, str) for text in texts):
        inner.say("footer_message", "it must hold a text for fr and one for en")
        footer = {}
    return {
        "footer_message": {key: str(footer[key]) for key in LANGUAGES if key in footer},
        "vat_number_mandatory": inner.truth("vat_number_mandatory", True),
    }


def _entities(part: _Part, *, country: str, currency: str) -> tuple[dict[str, Any], ...]:
    content = part.content.get("entities")
    if not isinstance(content, list) or not content:
        part.say("entities", "there must be at least one entity")
        return ()
    found = []
    taken: dict[str, set[str]] = {"code": set(), "series": set()}
    for position, described in enumerate(content):
        if not isinstance(described, Mapping):
            part.say("entities", "each entity must be an object")
            continue
        inner = _Part(described, (*part.path, "entities", position), part.wrong)
        inner.only(_ENTITY_KEYS)
        entity = _entity(inner, country=country, currency=currency)
        _refuse_twins(inner, entity, taken)
        found.append(entity)
    return tuple(found)


def _entity(part: _Part, *, country: str, currency: str) -> dict[str, Any]:
    country = _country(part, country)
    return {
        **_identity(part, country),
        "code": part.matching("code", is_code, CODE_REASON)
        or part.text("code", longest=64, required=True),
        "country": country,
        "currency": _currency(part, currency),
        "invoice_series": _series(part, "invoice_series"),
        "credit_note_series": _series(part, "credit_note_series"),
        "iban": part.registered("iban", check_iban, "it is not a valid IBAN"),
        "bic": part.matching("bic", is_bic, BIC_REASON),
        "email": part.matching("email", is_email, EMAIL_REASON),
        "fiscal_year_start": part.matching(
            "fiscal_year_start", is_first_day, FIRST_DAY_REASON, "01-01"
        ),
        "vat_on_debits": part.truth("vat_on_debits", False),
        "payment_days": _payment_days(part),
        "logo": _logo(part),
    }


def _identity(part: _Part, country: str) -> dict[str, Any]:
    """What the law wants printed of the entity."""
    return {
        "name": part.text("name", longest=255, required=True),
        "legal_form": part.text("legal_form", longest=120),
        "capital": part.text("capital", longest=32),
        "address": part.text("address", longest=500) or "",
        "siren": part.registered("siren", check_siren, "it is not a valid SIREN"),
        "siret": part.registered("siret", check_siret, "it is not a valid SIRET"),
        "vat_number": part.registered(
            "vat_number",
            lambda text: check_vat(text, country=country),
            "it is not a valid VAT number",
        ),
        "rcs": part.text("rcs", longest=120),
        "phone": part.text("phone", longest=64),
        "legal_texts": part.text("legal_texts", longest=10_000),
    }


def _series(part: _Part, name: str) -> str:
    value = part.text(name, longest=3, required=True) or ""
    if value and not is_series(value):
        part.say(name, SERIES_REASON)
    return value


def _refuse_twins(part: _Part, entity: Mapping[str, Any], taken: dict[str, set[str]]) -> None:
    # One pool for both: an invoice and a credit note must never bear the same number.
    for name, pool in (
        ("code", "code"),
        ("invoice_series", "series"),
        ("credit_note_series", "series"),
    ):
        value = entity[name]
        if value and value in taken[pool]:
            part.say(name, "another entity or series already has it")
        taken[pool].add(value)


def _payment_days(part: _Part) -> int:
    value = part.content.get("payment_days", 30)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 365:
        part.say("payment_days", "it must be a number of days from 0 to 365")
        return 30
    return value


def _logo(part: _Part) -> bytes | None:
    value = part.content.get("logo")
    if value is not None and not isinstance(value, bytes):
        part.say("logo", "it must be a picture")
        return None
    return value
