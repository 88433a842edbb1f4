"""An amount of a row as it is stored: in minor units of the currency of what it is said of.

A row whose currency cell is empty is in the currency of its project, which only the records know:
what depends on it comes along with the amount, under the column's key and these endings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from domain.errors import Issue, IssueKind
from domain.money import decimals_of, from_minor, rounded, to_minor
from domain.takeover.candidate import Candidate, Change
from domain.takeover.issues import AMOUNT_CURRENCY_MISMATCH, AMOUNT_ROUNDED

WRITTEN = "_written"
"""The currencies a sign beside the amount may mean, and the cell: "AUD,CAD,USD $ 100"."""
AS_DECIMAL = "_as_decimal"
"""What "1,234" is where three decimals are usual."""
OF_AMOUNTS = (AMOUNT_CURRENCY_MISMATCH, AMOUNT_ROUNDED)
"""What `in_minor` may say."""

_AMBIGUOUS = "NUMBER_AMBIGUOUS"


def in_minor(
    amount: Decimal | None, currency: str, name: str, candidate: Candidate
) -> tuple[int | None, list[Issue]]:
    """`amount` in minor units of `currency`; AMOUNT_ROUNDED when that drops decimals.

    None with AMOUNT_CURRENCY_MISMATCH when the sign written beside it is of another currency.
    """
    if amount is None:
        return None, []
    written, _, cell = candidate.text(name + WRITTEN).partition(" ")
    if written and currency not in written.split(","):
        told = AMOUNT_CURRENCY_MISMATCH(field=(name,), found=cell, expected=currency)
        return None, [told]
    if decimals_of(currency) == 3:
        amount = _with_three_decimals(amount, name, candidate)
    exact = rounded(amount, decimals_of(currency))
    if exact == amount or _is_told(AMOUNT_ROUNDED, name, candidate):
        return to_minor(amount, currency), []
    note = AMOUNT_ROUNDED(field=(name,), found=f"{amount:f}", expected=f"{exact:f}")
    return to_minor(amount, currency), [note]


def of_currency(given: str | None, currency: str) -> list[Issue]:
    """AMOUNT_CURRENCY_MISMATCH when a row names another currency than that of its project."""
    if given is None or given == currency:
        return []
    return [AMOUNT_CURRENCY_MISMATCH(field=("currency",), found=given, expected=currency)]


def _is_told(kind: IssueKind, name: str, candidate: Candidate) -> bool:
    return any(one.kind is kind and one.field == (name,) for one in candidate.checked)


def _with_three_decimals(amount: Decimal, name: str, candidate: Candidate) -> Decimal:
    """`1,234` is 1.234 in silence; so is `1.234`, with its warning (DOMAIN §3.3)."""
    decimal = candidate.values.get(name + AS_DECIMAL)
    if decimal is None:
        return amount
    checked = []
    for issue in candidate.checked:
        if issue.code != _AMBIGUOUS or issue.field != (name,):
            checked.append(issue)
        elif "," not in (issue.found or ""):
            checked.append(replace(issue, expected=f"{decimal:f}"))
    candidate.checked = tuple(checked)
    return Decimal(decimal)


def told_as(names: Mapping[str, str], currency: str) -> Callable[[Change], Change]:
    """Changes by the columns of the sheet (`names` by stored column), amounts in `currency`."""

    def tell(change: Change) -> Change:
        name = names.get(change.field, change.field)
        if not change.field.endswith("_minor"):
            return Change(name, change.before, change.after)
        amounts = (change.before, change.after)
        return Change(
            name, *(None if one is None else from_minor(one, currency) for one in amounts)
        )

    return tell
