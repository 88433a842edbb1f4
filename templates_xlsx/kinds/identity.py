"""Columns of registration numbers and e-mail addresses (DOMAIN §3.3, §4.8)."""

from __future__ import annotations

import re

from domain.identity import DECLARED_NONE, Repair, check_siret, compact_vat
from domain.likeness import name_key
from templates_xlsx.issues import (
    EMAIL_DROPPED,
    EMAIL_INVALID,
    EMAIL_MULTIPLE,
    SIREN_ONLY,
    SIRET_INVALID,
    SIRET_PADDED,
    TEXT_TOO_LONG,
)
from templates_xlsx.kinds.base import CellKind, either, noted, refused
from templates_xlsx.sheet import Reading, Setting

_ATOM = r"[^\s@<>()\[\]\\,;:\".]+"
_LABEL = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
_TOP_LABEL = r"(?:[^\W\d_]{2,63}|xn--[a-z0-9-]{2,59})"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_TOP_LABEL}")
_BRACKETED = re.compile(r"<\s*([^<>\s]*)\s*>")
_BETWEEN = re.compile(r"[\s;,/|<>]+")
_QUOTES = "'\"“”‘’«»"
_LONGEST_EMAIL = 254


def _is_email(text: str) -> bool:
    if len(text) > _LONGEST_EMAIL or text.find("@") > 64:
        return False
    return _EMAIL.fullmatch(text) is not None


class Email(CellKind):
    """An e-mail address in lower case. Mandatory: a wrong one is refused; else it is dropped."""

    number_format = "@"
    width = 30

    def __init__(self, *, is_mandatory: bool = False) -> None:
        self.is_mandatory = is_mandatory
        self.codes = (EMAIL_INVALID,) if is_mandatory else (EMAIL_DROPPED, EMAIL_MULTIPLE)

    def read_text(self, text: str, setting: Setting) -> Reading:
        lowered = text.lower().replace("mailto:", " ").strip()
        if _is_email(lowered):
            return Reading(lowered)
        found = _addresses_in(lowered)
        if len(found) == 1 and _is_email(found[0]):
            return Reading(found[0])
        if self.is_mandatory:
            return refused(EMAIL_INVALID, text)
        kept = next(filter(_is_email, found), None)
        if kept is not None:
            return noted(kept, EMAIL_MULTIPLE, text, kept)
        return refused(EMAIL_DROPPED, text)

    def say(self, locale: str) -> str:
        return either(locale, "Une adresse e-mail.", "One e-mail address.")


def _addresses_in(text: str) -> list[str]:
    """What in `text` may be an address: the words that hold an @, each once.

    Before brackets stands a name, as mail programs write it: that is an address only where it
    looks like one, be it the same again.
    """
    bracketed = _BRACKETED.findall(text)
    words = (part.strip(_QUOTES) for part in _BETWEEN.split(text))
    found = dict.fromkeys(word for word in words if "@" in word)
    return [one for one in found if not bracketed or one in bracketed or _is_email(one)]


class Siret(CellKind):
    """A SIRET as text; a wrong one is dropped: a bad number is worse than none.

    Nine digits are a SIREN, and stay nine digits.
    """

    number_format = "@"
    width = 18
    codes = (SIRET_INVALID, SIRET_PADDED, SIREN_ONLY)

    def read_text(self, text: str, setting: Setting) -> Reading:
        checked = check_siret(text)
        if checked.value is None:
            return refused(SIRET_INVALID, text)
        if checked.repair is Repair.PADDED:
            return noted(checked.value, SIRET_PADDED, text, checked.value)
        if checked.repair is Repair.SIREN_ONLY:
            return noted(checked.value, SIREN_ONLY, checked.value)
        return Reading(checked.value)

    def say(self, locale: str) -> str:
        return either(
            locale, "Le SIRET : 14 chiffres, saisis comme du texte.", "SIRET: 14 digits, as text."
        )


_NONE_WORDS = frozenset(
    {
        "na",
        "n/a",
        "n.a.",
        "n.a",
        "neant",
        "aucun",
        "aucune",
        "none",
        "non assujetti",
        "non assujettie",
    }
)
_LONGEST_VAT = 32


class VatNumber(CellKind):
    """A VAT number without spaces, dots and dashes, or NA when the client declares to have none.

    Its key is checked where the client's country is known (`layouts.rules.vat`).
    """

    number_format = "@"
    width = 20

    def read_text(self, text: str, setting: Setting) -> Reading:
        if name_key(text).replace("-", " ") in _NONE_WORDS:
            return Reading(DECLARED_NONE)
        number = compact_vat(text)
        if len(number) > _LONGEST_VAT:
            limit = either(setting.locale, "{} caractères", "{} characters").format(_LONGEST_VAT)
            return refused(TEXT_TOO_LONG, text, limit)
        return Reading(number)

    def say(self, locale: str) -> str:
        return either(
            locale,
            "Le n° de TVA avec ses deux lettres (FR…), ou NA si le client n’en a pas.",
            "The VAT number with its two letters (FR…), or NA for a client that has none.",
        )
