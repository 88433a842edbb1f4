"""Numbers as people type them: any separators, signs, currencies and tax words, told apart exactly.

Source: DOMAIN §3.3, rows "money" and "percent".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from domain.money import CURRENCIES, rounded

_DOLLARS = frozenset({"AUD", "BSD", "CAD", "HKD", "NZD", "SGD", "TWD", "USD", "XCD"})
SIGNS: dict[str, frozenset[str]] = {
    "€": frozenset({"EUR"}),
    "euro": frozenset({"EUR"}),
    "euros": frozenset({"EUR"}),
    "$": _DOLLARS,
    "us$": frozenset({"USD"}),
    "£": frozenset({"GBP", "EGP"}),
    "¥": frozenset({"JPY", "CNY"}),
}
"""The currencies that a sign beside an amount may mean."""

_TRANSLATED = str.maketrans(
    {**dict.fromkeys("−‐‑–—", "-"), **dict.fromkeys("’‘ʼ`´", "'"), "٫": ",", "٬": "'"}
)

_NUMBER = re.compile(
    r"""
    (?P<open>\()?\s*
    (?P<before>[^\d.,()+\-]*?)\s*
    (?P<sign>[+-])?\s*
    (?P<between>[^\d.,()+\-]*?)\s*
    (?P<body>(?:\d(?:[\d\s.,']*\d)?|[.,]\d+)(?:e[+-]?\d{1,2})?)
    \s*(?P<tail>[.,]-{1,2}|-|[.,])?\s*
    (?P<after>[^\d,()+\-]*?)\s*
    (?P<close>\))?\s*
    (?P<beyond>[^\d,()+\-]*)
    """,
    re.VERBOSE,
)
# Longer ones are no numbers, and a pattern with so many options must not meet a long text.
_LONGEST_NUMBER = 48
_GROUPED = {
    ".": re.compile(r"\d{1,3}(?:\.\d{3})+"),
    ",": re.compile(r"\d{1,3}(?:,\d{3})+"),
}
_NO_GROUP = re.compile(r"\d[\s']+(?!\d{3}(?!\d))\d")
"""A space or an apostrophe, or both, before more or fewer than three digits."""


@dataclass(frozen=True, slots=True)
class Written:
    """A number, and what stood beside it."""

    value: Decimal
    is_ambiguous: bool = False
    """One separator and three digits: 1.234 may be 1234 or 1.234; the former was taken."""
    is_percent: bool = False
    currencies: frozenset[str] | None = None
    """The currencies that the written sign may mean; None without a sign."""
    includes_tax: bool = False
    """TTC is written."""
    excludes_tax: bool = False
    """HT is written."""


def four_decimals(number: Decimal) -> Decimal:
    """`number` as quantities and percentages are kept; the same when it has no more decimals."""
    kept = rounded(number, 4)
    return number if kept == number else kept


def parse_number(text: str, *, has_groups: bool = True) -> Written | None:
    """The number that a clean `text` writes, or None.

    With `has_groups` (amounts) separators may group thousands; without (percentages, hours) a
    single separator is always decimal, and spaces group by three or not at all: 7 30 and 7'30 are
    no 730 hours.
    """
    if len(text) > _LONGEST_NUMBER:
        return None
    if text.isascii():
        if text.isdigit():
            return Written(Decimal(text))
        whole, _, part = text.replace(",", ".", 1).partition(".")
        if whole.isdigit() and part.isdigit() and len(part) != 3:
            return Written(Decimal(f"{whole}.{part}"))
    found = _NUMBER.fullmatch(text.translate(_TRANSLATED).lower())
    if found is None:
        return None
    words = _read_words(" ".join(found.group("before", "between", "after", "beyond")))
    magnitude = _read_body(found["body"], found["tail"] or "", has_groups=has_groups)
    is_negative = _read_sign(found)
    if words is None or magnitude is None or is_negative is None:
        return None
    value, is_ambiguous = magnitude
    return Written(
        -value if is_negative else value,
        is_ambiguous=is_ambiguous,
        is_percent=words.is_percent,
        currencies=words.currencies,
        includes_tax=words.includes_tax,
        excludes_tax=words.excludes_tax,
    )


def _read_sign(found: re.Match[str]) -> bool | None:
    """Whether the number is negative; None when its signs contradict each other."""
    brackets = bool(found["open"]), bool(found["close"])
    if brackets[0] != brackets[1]:
        return None
    signs = [brackets[0], found["sign"] == "-", found["tail"] == "-"]
    given = brackets[0] + bool(found["sign"]) + (found["tail"] == "-")
    return None if given > 1 else any(signs)


@dataclass(slots=True)
class _Words:
    is_percent: bool = False
    includes_tax: bool = False
    excludes_tax: bool = False
    currencies: frozenset[str] | None = None


_TAX_WORDS = (
    (re.compile(r"\bt\.?t\.?c\b\.?|\btaxes comprises\b|\bincl\.? (?:vat|tax)\b"), "includes_tax"),
    (re.compile(r"\bh\.?t\b\.?|\bhors taxes?\b|\bexcl\.? (?:vat|tax)\b"), "excludes_tax"),
)


def _read_words(text: str) -> _Words | None:
    """What the words around a number say; None when one of them is not understood."""
    words = _Words()
    if not text.strip():
        return words
    for pattern, name in _TAX_WORDS:
        text, count = pattern.subn(" ", text)
        if count:
            setattr(words, name, True)
    for word in text.replace("%", " % ").replace("€", " € ").split():
        if word == "%" and not words.is_percent:
            words.is_percent = True
        elif words.currencies is None and (currencies := _currencies_of(word)):
            words.currencies = currencies
        else:
            return None
    return words


def _currencies_of(word: str) -> frozenset[str] | None:
    signs = SIGNS.get(word)
    if signs is None and word.upper() in CURRENCIES:
        return frozenset({word.upper()})
    return signs


def _read_body(body: str, tail: str, *, has_groups: bool) -> tuple[Decimal, bool] | None:
    """The magnitude, and whether a single separator was taken for a thousands one (1.234)."""
    digits, _, exponent = body.partition("e")
    power = int(exponent or 0)
    is_spaced = " " in digits or "'" in digits
    if is_spaced and not has_groups and _NO_GROUP.search(digits):
        return None
    digits = "".join(digits.split()).replace("'", "")
    marks = [c for c in digits if c in ".,"]
    if not marks:
        return Decimal(digits).scaleb(power), False
    if len(marks) > 1 or tail[:1] in (".", ","):
        value = _read_marked(digits, marks, tail)
        return None if value is None else (value.scaleb(power), False)
    whole, _, part = digits.partition(marks[0])
    may_group = has_groups and not is_spaced and not exponent and len(part) == 3
    if may_group and 1 <= len(whole) <= 3 and whole[0] != "0":
        return Decimal(whole + part), True
    return Decimal(f"{whole or 0}.{part}").scaleb(power), False


def _read_marked(digits: str, marks: list[str], tail: str) -> Decimal | None:
    """Several separators: one at the end may be decimal, the others must group by three."""
    whole, part, decimal_mark = digits, "0", tail[:1]
    if decimal_mark not in (".", ","):
        decimal_mark = marks[-1] if marks.count(marks[-1]) == 1 else ""
        if decimal_mark:
            whole, _, part = digits.rpartition(decimal_mark)
    groups = {c for c in whole if c in ".,"}
    if len(groups) > 1 or decimal_mark in groups:
        return None
    if groups and not _GROUPED[groups.pop()].fullmatch(whole):
        return None
    return Decimal(f"{whole.replace(',', '').replace('.', '')}.{part}")
