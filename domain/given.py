"""What a caller may give as a number, a text or a date: judged before it meets an amount.

A number of the API may be NaN, Infinity, 1e30 or have ten decimals, a text may hold a megabyte:
nothing is cut or rounded in silence. Only what nobody sees is dropped, as from a sheet's cells.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from domain.errors import FIELD_INVALID, FIELD_REQUIRED, Issue, PathPart, Refusal
from domain.money import CURRENCIES, rounded

LARGEST_AMOUNT = Decimal(10) ** 12
"""Above it an amount is a slip of the hand, and its minor units would leave the 64-bit range."""

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)
"""Between them lie all days of business; a paper has no room for the others."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Controls, marks that turn the direction of writing, and what no XML document may hold."""

Path = tuple[PathPart, ...]


def number(
    value: Decimal | None,
    *,
    field: Path,
    name: str,
    decimals: int,
    least: Decimal | int,
    most: Decimal | int = LARGEST_AMOUNT,
) -> Decimal | None:
    """`value` when it is a number from `least` to `most` of at most `decimals` decimals.

    Refuses with FIELD_INVALID; None stays None.
    """
    if value is None:
        return None
    if not value.is_finite():
        raise Refusal(_invalid(field, name, "it is not a number", found=str(value)))
    if not least <= value <= most:
        limits = f"{least}–{Decimal(most):f}"
        raise Refusal(_invalid(field, name, "it is out of range", found=value, expected=limits))
    if value != rounded(value, decimals):
        limit = str(decimals)
        raise Refusal(
            _invalid(field, name, "it has too many decimals", found=value, expected=limit)
        )
    return value


def whole(value: int, *, field: Path, name: str, least: int, most: int) -> int:
    """`value` when it lies between `least` and `most`; FIELD_INVALID otherwise."""
    if not least <= value <= most:
        limits = f"{least}–{most}"
        raise Refusal(_invalid(field, name, "it is out of range", found=value, expected=limits))
    return value


def text(
    value: str | None, *, field: Path, name: str, longest: int, required: bool = False
) -> str | None:
    """`value` trimmed and without what nobody sees, line breaks kept; None when it is empty.

    Refuses with FIELD_INVALID what is longer than `longest`, with FIELD_REQUIRED what is missing.
    """
    written = (value or "").replace("\r\n", "\n").replace("\r", "\n")
    cleaned = _UNSEEN.sub("", written).strip()
    if len(cleaned) > longest:
        limit = str(longest)
        raise Refusal(_invalid(field, name, "it is too long", expected=limit))
    if not cleaned and required:
        raise Refusal(FIELD_REQUIRED(field=field, name=name))
    return cleaned or None


def one_of(value: str, *, field: Path, name: str, allowed: Collection[str]) -> str:
    """`value` when it is one of `allowed`; FIELD_INVALID otherwise."""
    if value not in allowed:
        choices = ", ".join(allowed)
        raise Refusal(
            _invalid(field, name, "it is not one of the choices", found=value, expected=choices)
        )
    return value


def day(value: date | None, *, field: Path, name: str) -> date | None:
    """`value` when it may be a day of business; FIELD_INVALID otherwise."""
    if value is not None and not EARLIEST <= value <= LATEST:
        limits = f"{EARLIEST.isoformat()}–{LATEST.isoformat()}"
        raise Refusal(_invalid(field, name, "it is out of range", found=value, expected=limits))
    return value


def currency_of(value: str, *, field: Path) -> str:
    """The code of a currency, in capitals; FIELD_INVALID for none of ISO 4217."""
    code = value.strip().upper()
    if code not in CURRENCIES:
        reason = "it must be an ISO 4217 currency"
        raise Refusal(
            FIELD_INVALID(field=field, name="The currency", reason=reason, found=value[:60])
        )
    return code


def _invalid(
    field: Path, name: str, reason: str, *, found: object = None, expected: str | None = None
) -> Issue:
    shown = None if found is None else str(found)[:60]
    return FIELD_INVALID(field=field, name=name, reason=reason, found=shown, expected=expected)
