"""Registration numbers of firms and bank accounts: what is valid, what can be repaired, why not.

Source: DOMAIN §4.8. A valid number is no proof that its bearer exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from stdnum import iban as stdnum_iban
from stdnum import luhn
from stdnum.exceptions import InvalidChecksum, ValidationError

DECLARED_NONE = "NA"
"""What stands for "declared as having no VAT number"."""

LA_POSTE = "356000000"
"""La Poste gave its post offices SIRETs that fail the Luhn test, and INSEE accepts them."""

FRENCH_TERRITORIES = frozenset({"FR", "RE", "GP", "MQ", "GF", "YT"})
"""Where a firm has a SIRET."""

_VAT_PREFIX_OF = {"GR": "EL", "MC": "FR", "CH": "CHE", "IM": "GB"} | dict.fromkeys(
    FRENCH_TERRITORIES, "FR"
)

_VAT_STRUCTURES: dict[str, str] = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CHE": r"\d{9}(?:TVA|MWST|IVA)?",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "GB": r"(?:\d{9}|\d{12}|GD[0-4]\d\d|HA[5-9]\d\d)",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}",
    "IT": r"\d{11}",
    "LT": r"(?:\d{9}|\d{12})",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{12}",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"(?:\d{9}|\d{12}|GD[0-4]\d\d|HA[5-9]\d\d)",
}
_VAT_PATTERNS = {prefix: re.compile(prefix + body) for prefix, body in _VAT_STRUCTURES.items()}


class Flaw(StrEnum):
    """Why a number is not valid."""

    LENGTH = "LENGTH"
    CHARACTERS = "CHARACTERS"
    CHECKSUM = "CHECKSUM"
    STRUCTURE = "STRUCTURE"


class Repair(StrEnum):
    """What had to be supposed to make a number valid."""

    PADDED = "PADDED"
    """A leading zero that a spreadsheet lost was put back."""
    SIREN_ONLY = "SIREN_ONLY"
    """Nine digits: the legal unit without its establishment."""
    PREFIX_ADDED = "PREFIX_ADDED"


@dataclass(frozen=True, slots=True)
class Registration:
    """A number as it is kept (None when it is not valid), with what was repaired or is wrong."""

    value: str | None
    repair: Repair | None = None
    flaw: Flaw | None = None

    @property
    def is_valid(self) -> bool:
        return self.flaw is None


def _wrong(flaw: Flaw) -> Registration:
    return Registration(None, flaw=flaw)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _compact(text: str, dropped: str) -> str:
    compact = "".join(text.split())
    for character in dropped:
        compact = compact.replace(character, "")
    return compact.upper()


def check_siren(text: str) -> Registration:
    """A SIREN: nine digits that pass the Luhn test (732829320)."""
    digits = _compact(text, ".")
    if not _is_digits(digits):
        return _wrong(Flaw.CHARACTERS)
    if len(digits) != 9:
        return _wrong(Flaw.LENGTH)
    return Registration(digits) if luhn.is_valid(digits) else _wrong(Flaw.CHECKSUM)


def check_siret(text: str) -> Registration:
    """A SIRET: fourteen digits, Luhn or the rule of La Poste (73282932000074).

    Thirteen digits that are valid behind a zero are PADDED, nine valid ones are SIREN_ONLY.
    """
    digits = _compact(text, ".")
    if not _is_digits(digits):
        return _wrong(Flaw.CHARACTERS)
    if len(digits) == 14:
        return Registration(digits) if _siret_adds_up(digits) else _wrong(Flaw.CHECKSUM)
    if len(digits) == 13 and _siret_adds_up("0" + digits):
        return Registration("0" + digits, repair=Repair.PADDED)
    if len(digits) == 9:
        if luhn.is_valid(digits):
            return Registration(digits, repair=Repair.SIREN_ONLY)
        return _wrong(Flaw.CHECKSUM)
    return _wrong(Flaw.LENGTH)


def _siret_adds_up(digits: str) -> bool:
    if luhn.is_valid(digits):
        return True
    return digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0


def french_vat_key(siren: str) -> str:
    """The two digits between FR and the SIREN: (12 + 3 × (SIREN mod 97)) mod 97."""
    return f"{(12 + 3 * (int(siren) % 97)) % 97:02d}"


def vat_prefix(country: str) -> str | None:
    """What VAT numbers of `country` begin with; None where their form is free."""
    prefix = _VAT_PREFIX_OF.get(country, country)
    return prefix if prefix in _VAT_STRUCTURES else None


def compact_vat(text: str) -> str:
    """A VAT number without spaces, dots and dashes, in capitals."""
    return _compact(text, ".-‐‑–−")


def written_prefix(number: str) -> str | None:
    """The country prefix that a compacted VAT number begins with, if it is one we know."""
    if number.startswith("CHE"):
        return "CHE"
    prefix = number[:2]
    return prefix if prefix in _VAT_STRUCTURES else None


def check_vat(text: str, *, country: str) -> Registration:
    """A VAT number as a client of `country` (alpha-2) may have one.

    By its own prefix when it has one: the key for France, the structure elsewhere. Eleven digits
    with a right key get their FR in France (PREFIX_ADDED). Outside the EU, CH and GB: free.
    """
    number = compact_vat(text)
    prefix = written_prefix(number)
    if prefix is not None and _is_number_of(prefix, number):
        return Registration(number)
    expected = vat_prefix(country)
    if expected is None:
        return Registration(number)
    if expected == "FR" and len(number) == 11 and _is_number_of("FR", "FR" + number):
        if _is_digits(number):
            return Registration("FR" + number, repair=Repair.PREFIX_ADDED)
        return _wrong(Flaw.STRUCTURE)
    return _wrong(_flaw_of(prefix or expected, number))


def _is_number_of(prefix: str, number: str) -> bool:
    if not _VAT_PATTERNS[prefix].fullmatch(number):
        return False
    return prefix != "FR" or _french_key_fits(number)


def _french_key_fits(number: str) -> bool:
    # A key with letters follows a computation the tax office keeps to itself: structure only.
    key, siren = number[2:4], number[4:]
    return not key.isdigit() or key == french_vat_key(siren)


def _flaw_of(prefix: str, number: str) -> Flaw:
    return Flaw.CHECKSUM if _VAT_PATTERNS[prefix].fullmatch(number) else Flaw.STRUCTURE


def is_vat_of(number: str, country: str) -> bool:
    """Whether a compacted VAT number may be one of `country`; True where forms are free."""
    expected, prefix = vat_prefix(country), written_prefix(number)
    if expected is None:
        # A free form may begin like a member state's by chance; a whole number of it is no chance.
        return prefix is None or not _is_number_of(prefix, number)
    return prefix == expected or (prefix == "XI" and expected == "GB")


def siren_of_vat(number: str) -> str | None:
    """The SIREN inside a French VAT number, None for another one."""
    return number[4:] if number.startswith("FR") and len(number) == 13 else None


def check_iban(text: str) -> Registration:
    """An IBAN: length and structure of its country, and the modulo 97 (ISO 13616)."""
    number = _compact(text, "-.")
    try:
        return Registration(str(stdnum_iban.validate(number, check_country=False)))
    except InvalidChecksum:
        return _wrong(Flaw.CHECKSUM)
    except ValidationError:
        return _wrong(Flaw.STRUCTURE)
