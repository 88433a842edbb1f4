"""Rules on amounts: the currency of the row settles their decimals and the sign written in them."""

from __future__ import annotations

import re
from decimal import Decimal

from domain.errors import Issue
from domain.money import decimals_of, rounded
from domain.project.adjustment import AdjustmentKind
from domain.project.model import PhaseKind
from domain.takeover.amounts import AS_DECIMAL, WRITTEN
from domain.takeover.issues import (
    AMOUNT_CURRENCY_MISMATCH,
    AMOUNT_NEGATIVE,
    AMOUNT_NEGATIVE_ANNEX,
    AMOUNT_ROUNDED,
)
from templates_xlsx.issues import NUMBER_AMBIGUOUS, NUMBER_INVALID
from templates_xlsx.kinds.amounts import Hours, hours_in
from templates_xlsx.kinds.cleaning import cleaned, plain, quoted
from templates_xlsx.kinds.numbers import parse_number
from templates_xlsx.layouts.rules.telling import Rule, refuse, says, tell, withdraw
from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Column, Draft, Setting

_HAS_SIGN = re.compile("[€$£¥A-Za-z]")
_OF_MONEY = (AMOUNT_CURRENCY_MISMATCH, NUMBER_AMBIGUOUS, AMOUNT_ROUNDED)
"""What `settle_money` may say."""


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
    told = _ambiguity(draft, column)
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

    When that cell is empty they are in that of the project: what its sign and its separator may
    mean goes along with the amount, to be told once the project is known.
    """

    @says(*_OF_MONEY, of=columns)
    def judge(draft: Draft, setting: Setting) -> None:
        values = draft.values
        for column in columns:
            if values.get(column.key) is None:
                continue
            if currency_key not in values:
                _keep_as_written(draft, column)
            elif values[currency_key] is not None:
                settle_money(draft, column, values[currency_key], setting)

    return judge


def _keep_as_written(draft: Draft, column: Column) -> None:
    written = written_currencies(draft, column)
    if written is not None:
        cell = quoted(draft.raw.get(column.letter, ""))
        draft.values[column.key + WRITTEN] = f"{','.join(sorted(written))} {cell}"
    told = _ambiguity(draft, column)
    decimal = parse_number(told.found or "", has_groups=False) if told else None
    if decimal is not None:
        draft.values[column.key + AS_DECIMAL] = decimal.value


def _ambiguity(draft: Draft, column: Column) -> Issue | None:
    """What was said of one separator before three digits in the cell of `column`."""
    of = (i for i in draft.issues if i.kind is NUMBER_AMBIGUOUS and i.column == column.letter)
    return next(of, None)


def value_of_kind(value: Column, kind_key: str, currency_key: str) -> Rule:
    """An adjustment is an amount in the currency of its row, or hours with two decimals."""
    as_amount = amounts_in_row_currency(currency_key, value)

    @says(*as_amount.codes, NUMBER_INVALID, of=(value,))
    def judge(draft: Draft, setting: Setting) -> None:
        if draft.values.get(kind_key) == AdjustmentKind.HOURS:
            _settle_hours(draft, value, setting)
        else:
            as_amount(draft, setting)

    return judge


def _settle_hours(draft: Draft, column: Column, setting: Setting) -> None:
    """Of hours a single separator is always decimal, 7h30 is 7.5, and no currency stands there."""
    found = draft.values.get(column.key)
    if found is None and not _was_no_number(draft, column):
        return
    raw = draft.raw.get(column.letter, "")
    hours = hours_in(cleaned(raw))
    withdraw(draft, column, NUMBER_AMBIGUOUS)
    withdraw(draft, column, NUMBER_INVALID)
    if hours is None:
        expected = Hours().example(setting.locale)
        refuse(draft, column, NUMBER_INVALID, setting, found=quoted(raw), expected=expected)
        return
    if found is None:
        hours = _judged_anew(draft, column, hours, setting)
        if hours is None:
            return
    exact = rounded(hours, 2)
    if exact != hours:
        shown = {"found": plain(hours), "expected": f"{exact:f}"}
        tell(draft, column, AMOUNT_ROUNDED, setting, **shown)
    draft.values[column.key] = exact


def _was_no_number(draft: Draft, column: Column) -> bool:
    return any(i.kind is NUMBER_INVALID and i.column == column.letter for i in draft.issues)


def _judged_anew(draft: Draft, column: Column, hours: Decimal, setting: Setting) -> Decimal | None:
    """What the column keeps of hours that were no amount to it, and its notes told of them."""
    reading = column.kind.read(Cell(hours, Shape.NUMBER), setting)
    for note in reading.notes:
        tell(draft, column, note.kind, setting, found=note.found, expected=note.expected)
    kept: Decimal | None = reading.value
    return kept


def amounts_in_firm_currency(*columns: Column) -> Rule:
    """Amounts of people and costs are in the currency of the organisation."""

    @says(*_OF_MONEY, of=columns)
    def judge(draft: Draft, setting: Setting) -> None:
        for column in columns:
            settle_money(draft, column, setting.currency, setting)

    return judge


def fee_sign(fee: Column, line_type_key: str) -> Rule:
    """A phase has a fee of zero or more; an annex may be negative, which is told."""

    @says(AMOUNT_NEGATIVE, AMOUNT_NEGATIVE_ANNEX, of=(fee,))
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
