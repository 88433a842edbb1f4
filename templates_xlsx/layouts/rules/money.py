"""Rules on amounts: the currency of the row settles their decimals and the sign written in them."""

from __future__ import annotations

import re
from decimal import Decimal

from domain.money import decimals_of, rounded
from domain.project.model import PhaseKind
from domain.takeover.issues import (
    AMOUNT_CURRENCY_MISMATCH,
    AMOUNT_NEGATIVE,
    AMOUNT_NEGATIVE_ANNEX,
    AMOUNT_ROUNDED,
)
from templates_xlsx.issues import NUMBER_AMBIGUOUS
from templates_xlsx.kinds.cleaning import cleaned, plain, quoted
from templates_xlsx.kinds.numbers import parse_number
from templates_xlsx.layouts.rules.telling import Rule, refuse, tell, withdraw
from templates_xlsx.sheet import Column, Draft, Setting

_HAS_SIGN = re.compile("[€$£¥A-Za-z]")


def settle_money(draft: Draft, column: Column, currency: str, setting: Setting) -> None:
    """The amount of `column` as one of `currency`: the sign agrees, the decimals are its own.

    AMOUNT_CURRENCY_MISMATCH, AMOUNT_ROUNDED; NUMBER_AMBIGUOUS is read anew where three decimals
    are usual (DOMAIN §3.3). Doing it twice changes nothing.
    """
    value = draft.values.get(column.key)
    if value is None:
        return
    written = written_currencies(draft, column)
    if written is not None and currency not in written:
        raw = quoted(draft.raw.get(column.letter, ""))
        refuse(draft, column, AMOUNT_CURRENCY_MISMATCH, setting, found=raw, expected=currency)
        return
    decimals = decimals_of(currency)
    if decimals == 3:
        value = _with_three_decimals(draft, column, value, setting)
    exact = rounded(value, decimals)
    if exact != value:
        shown = {"found": plain(value), "expected": f"{exact:f}"}
        tell(draft, column, AMOUNT_ROUNDED, setting, **shown)
    draft.values[column.key] = exact


def written_currencies(draft: Draft, column: Column) -> frozenset[str] | None:
    """The currencies that the sign typed beside the amount may mean; None when there is no sign."""
    raw = draft.raw.get(column.letter, "")
    if not _HAS_SIGN.search(raw):
        return None
    written = parse_number(cleaned(raw))
    return None if written is None else written.currencies


def _with_three_decimals(draft: Draft, column: Column, value: Decimal, setting: Setting) -> Decimal:
    """`1,234` of a currency with three decimals is 1.234; so is `1.234`, with a warning."""
    told = next(
        (i for i in draft.issues if i.kind is NUMBER_AMBIGUOUS and i.column == column.letter), None
    )
    written = parse_number(told.found or "", has_groups=False) if told else None
    if told is None or written is None:
        return value
    withdraw(draft, column, NUMBER_AMBIGUOUS)
    if "," not in (told.found or ""):
        shown = {"found": told.found, "expected": plain(written.value)}
        tell(draft, column, NUMBER_AMBIGUOUS, setting, **shown)
    return written.value


def amounts_in_row_currency(currency_key: str, *columns: Column) -> Rule:
    """Amounts are in the currency of the row's own cell.

    When that cell is empty, a sign typed beside an amount tells the currency that was meant, so
    that it can be compared with the project's.
    """

    def judge(draft: Draft, setting: Setting) -> None:
        values = draft.values
        if currency_key not in values and not _take_written_currency(draft, currency_key, columns):
            return
        currency = values[currency_key]
        if currency is not None:
            for column in columns:
                settle_money(draft, column, currency, setting)

    return judge


def _take_written_currency(draft: Draft, key: str, columns: tuple[Column, ...]) -> bool:
    for column in columns:
        if draft.values.get(column.key) is not None:
            written = written_currencies(draft, column)
            if written is not None and len(written) == 1:
                draft.values[key] = next(iter(written))
                return True
    return False


def amounts_in_firm_currency(*columns: Column) -> Rule:
    """Amounts of people and costs are in the currency of the organisation."""

    def judge(draft: Draft, setting: Setting) -> None:
        for column in columns:
            settle_money(draft, column, setting.currency, setting)

    return judge


def fee_sign(fee: Column, line_type_key: str) -> Rule:
    """A phase has a fee of zero or more; an annex may be negative, which is told."""

    def judge(draft: Draft, setting: Setting) -> None:
        value = draft.values.get(fee.key)
        if value is None or value >= 0:
            return
        line_type = draft.values.get(line_type_key, PhaseKind.PHASE)
        if line_type is PhaseKind.ANNEX:
            tell(draft, fee, AMOUNT_NEGATIVE_ANNEX, setting, found=plain(value))
        elif line_type is PhaseKind.PHASE:
            refuse(draft, fee, AMOUNT_NEGATIVE, setting, found=plain(value))

    return judge
