"""Countries as people write them: two or three letters, in French or in English."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from babel import Locale
from babel.core import get_global

from domain.likeness import name_key

# CLDR's short names are not always the everyday ones.
_EVERYDAY = {
    "royaume uni": "GB",
    "grande bretagne": "GB",
    "angleterre": "GB",
    "great britain": "GB",
    "england": "GB",
    "etats unis d'amerique": "US",
    "united states of america": "US",
    "hollande": "NL",
    "holland": "NL",
    "republique tcheque": "CZ",
    "czech republic": "CZ",
    "reunion": "RE",
    "ile de la reunion": "RE",
    "coree du sud": "KR",
    "hong kong": "HK",
    "macao": "MO",
    "turkey": "TR",
    "congo": "CG",
    "republique democratique du congo": "CD",
    "palestine": "PS",
    "vatican": "VA",
    "birmanie": "MM",
    "macedoine": "MK",
    "cote d'ivoire": "CI",
    "ivory coast": "CI",
    "cap vert": "CV",
}

# Groups, inventions, and islands that ISO 3166 only reserves a code for.
_RESERVED = "AA AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ"
_NOT_COUNTRIES = frozenset(_RESERVED.split())


@dataclass(frozen=True, slots=True)
class Country:
    """What a text was read as: the ISO 3166 alpha-2 code, and whether it was given as a code."""

    code: str
    is_given_as_code: bool


@cache
def _alpha3() -> dict[str, str]:
    """ISO alpha-3 to alpha-2 of the countries in being."""
    aliases = get_global("territory_aliases")
    named = Locale("en").territories
    # Codes of states that are no more (DDR, BUR, ZAR) would name their successors: left out.
    gone = {"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"}
    return {
        code: targets[0]
        for code, targets in aliases.items()
        if len(code) == 3
        and code.isalpha()
        and code not in gone
        and len(targets) == 1
        and targets[0] in named
        and targets[0] not in _NOT_COUNTRIES
    }


@cache
def country_codes() -> frozenset[str]:
    """The ISO 3166 alpha-2 codes."""
    return frozenset(_alpha3().values())


def _plain(text: str) -> str:
    return " ".join(name_key(text).replace("-", " ").replace(".", "").split())


@cache
def _by_name() -> dict[str, str]:
    names = dict(_EVERYDAY)
    for locale in ("en", "fr"):
        for code, name in Locale(locale).territories.items():
            if code in country_codes():
                names.setdefault(_plain(name), code)
    return names


def find_country(text: str) -> Country | None:
    """The country that `text` names, None when there is none. UK is GB."""
    letters = text.strip().upper()
    if letters == "UK":
        return Country("GB", is_given_as_code=True)
    if letters in country_codes():
        return Country(letters, is_given_as_code=True)
    if letters in _alpha3():
        return Country(_alpha3()[letters], is_given_as_code=False)
    code = _by_name().get(_plain(text))
    return None if code is None else Country(code, is_given_as_code=False)


def country_name(code: str, locale: str) -> str:
    """The name of `code` in French or English ("fr", "en-GB" …); the code itself if unknown."""
    language = "en" if locale.lower().startswith("en") else "fr"
    return str(Locale(language).territories.get(code, code))
