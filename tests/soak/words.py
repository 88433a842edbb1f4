"""Dirt of texts, names, codes, addresses, lists and registration numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import wraps
from random import Random
from typing import Any
from unicodedata import combining, normalize

from stdnum import luhn

from tests.soak.cells import Cell, Dirt, Form, dropped, number, red, text


def as_it_is(value: str, rng: Random) -> Cell:
    return text(value)


def wrongly_decoded(value: str, rng: Random) -> Cell | None:
    """UTF-8 read as Windows-1252; kept as it is typed, and told."""
    if "é" not in value:
        return None
    typed = value.replace("é", "Ã©")
    return text(typed, "TEXT_MOJIBAKE", stored=typed)


def too_long(value: str, rng: Random) -> Cell:
    return red((value + " ") * (2_100 // len(value) + 1), "TEXT_TOO_LONG")


def discouraged(value: str, rng: Random) -> Cell:
    typed = f"{value} {rng.choice('*?|^~;=')}"
    return text(typed, "SYMBOL_DISCOURAGED", stored=typed)


def digits_as_number(value: str, rng: Random) -> Cell | None:
    """A text of digits that the sheet holds as a number; its zeros by the format, if any."""
    if not value.isdigit():
        return None
    if value.startswith("0"):
        return Cell(Decimal(value), Form.ZEROS, width=len(value))
    return number(value)


TEXTS: tuple[Dirt, ...] = (as_it_is, wrongly_decoded, digits_as_number)
NAMES: tuple[Dirt, ...] = (as_it_is, wrongly_decoded, discouraged)


def in_small_letters(value: str, rng: Random) -> Cell:
    return text(value.lower())


def with_an_odd_space(value: str, rng: Random) -> Cell:
    typed = f"{value[:2]} {value[2:]}"
    return text(typed, "SYMBOL_DISCOURAGED", stored=typed.upper())


def with_a_forbidden_sign(value: str, rng: Random) -> Cell:
    return red(f"{value[:2]}{rng.choice('#$!%')}{value[2:]}", "SYMBOL_FORBIDDEN")


CODES: tuple[Dirt, ...] = (as_it_is, in_small_letters, digits_as_number)
FREE_CODES: tuple[Dirt, ...] = (*CODES, with_an_odd_space)
"""Codes that nothing refers to, so that another code than was meant does no further harm."""


def other_line_ends(value: str, rng: Random) -> Cell:
    return text(value.replace("\n", rng.choice(("\r\n", "\r", "\n\n", " \n ", "_x000D_\n"))))


ADDRESSES: tuple[Dirt, ...] = (as_it_is, other_line_ends, wrongly_decoded)


def any_case(value: str, rng: Random) -> Cell:
    return text(rng.choice((value.upper(), value.lower(), value.title())))


def written(
    *, plainly: Mapping[Any, tuple[str, ...]], nearly: Mapping[Any, tuple[str, ...]]
) -> tuple[Dirt, ...]:
    """The dirt of a list: words that mean its values, in silence or as synonyms."""

    def plain(value: Any, rng: Random) -> Cell:
        word = rng.choice(plainly[value])
        return text(rng.choice((word, word, word.upper(), _bare(word), word.capitalize())))

    def near(value: Any, rng: Random) -> Cell | None:
        words = nearly.get(value)
        return text(rng.choice(words), "ENUM_SYNONYM") if words else None

    return (plain, near)


def _bare(word: str) -> str:
    """Without accents."""
    return "".join(one for one in normalize("NFD", word) if not combining(one))


def out_of_the_list(code: str) -> Dirt:
    return out_of(("autre", "à définir", "xyz", "N.C."), code)


CURRENCIES = written(
    plainly={"EUR": ("EUR",), "CHF": ("CHF",), "TND": ("TND",)},
    nearly={"EUR": ("€", "euro", "euros", "Euros")},
)
COUNTRIES = written(
    plainly={
        "FR": ("FR", "France", "FRA"),
        "BE": ("BE", "Belgique", "BEL", "Belgium"),
        "CH": ("CH", "Suisse", "Switzerland"),
        "GB": ("GB", "UK", "Royaume-Uni"),
        "TN": ("TN", "Tunisie", "TUN"),
    },
    nearly={},
)
LETTERS_OF_COUNTRIES = written(
    plainly={"FR": ("FR",), "BE": ("BE",), "CH": ("CH",), "GB": ("GB",)},
    nearly={
        "FR": ("France",),
        "BE": ("Belgique",),
        "CH": ("Suisse", "Switzerland"),
        "GB": ("Royaume-Uni",),
    },
)


def yes_or_no(value: bool, rng: Random) -> Cell:
    yes = ("Oui", "O", "oui", "Yes", "y", "VRAI", "True", "1", "X", "x")
    no = ("Non", "N", "non", "No", "faux", "False", "0")
    return text(rng.choice(yes if value else no))


def boolean(value: bool, rng: Random) -> Cell:
    return Cell(value, Form.BOOLEAN)


def one_or_zero(value: bool, rng: Random) -> Cell:
    return number(int(value))


YES_NO: tuple[Dirt, ...] = (yes_or_no, boolean, one_or_zero)


def neither(value: bool, rng: Random) -> Cell:
    return red(rng.choice(("peut-être", "à voir", "2", "ok")), "BOOLEAN_INVALID")


def in_a_mail_programme(value: str, rng: Random) -> Cell:
    forms = (f"Anaïs Kerléo <{value}>", f"mailto:{value}", f"<{value}>", value.upper())
    return text(rng.choice(forms))


def beside_another(value: str, rng: Random) -> Cell:
    return text(f"{value}{rng.choice((' ; ', ', ', ' / '))}autre@client.example", "EMAIL_MULTIPLE")


WRONG_EMAILS = ("compta(at)client.example", "voir secrétariat", "a@b", "a..b@client.example")
EMAILS: tuple[Dirt, ...] = (as_it_is, in_a_mail_programme, beside_another)
MAIN_EMAILS: tuple[Dirt, ...] = (as_it_is, in_a_mail_programme)


def no_email(value: str, rng: Random) -> Cell:
    return dropped(rng.choice(WRONG_EMAILS), "EMAIL_DROPPED")


def no_main_email(value: str, rng: Random) -> Cell:
    several = f"{value}; autre@client.example"
    return red(rng.choice((*WRONG_EMAILS, several)), "EMAIL_INVALID")


def grouped(value: str, rng: Random) -> Cell:
    mark = rng.choice((" ", ".", "\u00a0"))
    return text(mark.join((value[:3], value[3:6], value[6:9], value[9:])))


def without_its_zero(value: str, rng: Random) -> Cell | None:
    if not value.startswith("0"):
        return None
    short = value.lstrip("0")
    if len(short) != 13:
        return None
    return rng.choice((number(short, "SIRET_PADDED"), text(short, "SIRET_PADDED")))


def head_alone(value: str, rng: Random) -> Cell:
    return Cell(value[:9], codes=frozenset({"SIREN_ONLY"}), stored=None)


def another_digit(value: str, rng: Random) -> Cell | None:
    typed = value[:-1] + str((int(value[-1]) + 1 + rng.randrange(8)) % 10)
    return None if luhn.is_valid(typed) else dropped(typed, "SIRET_INVALID")


def as_excel_shows_it(value: str, rng: Random) -> Cell:
    return dropped(f"{value[0]},{value[1:6]}E+13", "SIRET_INVALID")


SIRETS: tuple[Dirt, ...] = (as_it_is, grouped, digits_as_number, without_its_zero, head_alone)
SIRETS += (another_digit, as_excel_shows_it)


def vat_spaced(value: str, rng: Random) -> Cell:
    mark = rng.choice((" ", ".", "-", "\u202f"))
    return text(mark.join((value[:2], value[2:4], value[4:7], value[7:10], value[10:])))


def vat_bare(value: str, rng: Random) -> Cell | None:
    return text(value[2:], "VAT_PREFIX_ADDED") if value.startswith("FR") else None


def vat_none(value: str, rng: Random) -> Cell | None:
    if value != "NA":
        return None
    return text(
        rng.choice(("NA", "N/A", "n/a", "Néant", "aucun", "Non assujetti", "NON ASSUJETTI"))
    )


def of_a_number(dirt: Dirt) -> Dirt:
    """`dirt` of VAT numbers alone, not of the word for none."""

    @wraps(dirt)
    def spoil(value: str, rng: Random) -> Cell | None:
        return None if value == "NA" else dirt(value, rng)

    return spoil


VATS: tuple[Dirt, ...] = (
    as_it_is,
    of_a_number(vat_spaced),
    of_a_number(in_small_letters),
    of_a_number(vat_bare),
    vat_none,
)


def vat_wrong(value: str, rng: Random) -> Cell | None:
    if value == "NA":
        return None
    key = (int(value[2:4]) + 1 + rng.randrange(90)) % 97
    return red(f"FR{key:02d}{value[4:]}", "VAT_NUMBER_INVALID")


def unknown(value: str, rng: Random) -> Cell:
    return red(rng.choice(("QZX-99999", "Wxyz Kvuq", "77777777")), "REFERENCE_UNKNOWN")


def by_its(names: Callable[[str], tuple[str, ...]]) -> Dirt:
    """A reference by any of the names that a record answers to."""

    def named(value: str, rng: Random) -> Cell:
        return text(rng.choice(names(value)))

    return named


def nearly_by_its(name: Callable[[str], str]) -> Dirt:
    """A reference by a name that only means the same: another legal form, other punctuation."""

    def nearly_named(value: str, rng: Random) -> Cell:
        told = rng.choice((f"{name(value)} SARL", f"SAS {name(value)}", f"{name(value)}, S.A."))
        return text(told, "REFERENCE_MATCHED_APPROX")

    return nearly_named


def out_of(words: tuple[str, ...], code: str) -> Dirt:
    """Words that are none of the list."""

    def not_listed(value: Any, rng: Random) -> Cell:
        return red(rng.choice(words), code)

    return not_listed
