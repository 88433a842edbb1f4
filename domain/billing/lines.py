"""The line of an invoice that bills an item."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from domain.billing.books import PhaseTerms
from domain.billing.item import Item, ItemKind
from domain.errors import Issue, PathPart, call_error, call_warning
from domain.invoice.basis import Basis, Rule
from domain.invoice.create import (
    DEFAULT_ACCOUNT,
    LUMP_SUM,
    described,
    measured,
    price_of_hour,
)
from domain.invoice.model import InvoiceLine, LineKind
from domain.invoice.remaining import Billable, reached
from domain.invoice.totals import line_net
from domain.ledger import PhaseFigures
from domain.money import amount_text, nearer_nothing
from domain.project.model import BillingMethod, Phase

ITEM_UNKNOWN = call_error(
    "ITEM_UNKNOWN",
    "There is no item {key} to bill on the project {project}.",
    "Read billables again: it may be billed already.",
)
ITEM_LOCKED = call_error("ITEM_LOCKED", "The item {key} cannot be billed yet.")
ITEMS_OR_PHASES = call_error("ITEMS_OR_PHASES", "Give either items or phases, not both.")
TIME_MOVED = call_error(
    "TIME_MOVED",
    "Time entries changed while they were being billed.",
    "Draw the pro forma again.",
)

TIME_STAYS_UNBILLED = call_warning(
    "TIME_STAYS_UNBILLED",
    "What is invoiced on {phase} by hand bills no time entry: {hours} h stay to be billed.",
    "Draw the items of billables, or write the time off.",
)
TIME_STAYS_BILLED = call_warning(
    "TIME_STAYS_BILLED",
    "What is credited of {line} is given up: its time stays billed.",
    "To bill that time again, credit all that is left of the line.",
)

REST_GIVEN_UP = call_warning(
    "REST_GIVEN_UP",
    "{found} of {phase} is given up: what a lowered line bills will not be due again.",
    "Write the whole amount again, or leave the line out: then all of it stays due.",
)

DISCOUNT_STAYS_DUE = call_warning(
    "DISCOUNT_STAYS_DUE",
    "The discount of {found} on {phase} stays to be billed: a fee is due until it is billed.",
    "If it is given for good, write it off with adjustmentRecord (WRITE_OFF).",
)

_ONCE = (Rule.PERIOD, Rule.BLOCK, Rule.OVERAGE, Rule.REST, Rule.TIME)
"""What a line bills once and for all, whatever it comes to; a fee is due until it is billed."""


def stays_unbilled(
    items: Sequence[Item], phase: Phase, *, field: tuple[PathPart, ...]
) -> tuple[Issue, ...]:
    """What is to be warned of an amount by hand where there is time to bill."""
    own = [item for item in items if item.phase_id == phase.id and item.entries]
    if not own:
        return ()
    hours = sum((item.hours or Decimal(0) for item in own), Decimal(0))
    return (TIME_STAYS_UNBILLED(field=field, phase=phase.name, hours=f"{hours:f}"),)


def rest_given_up(
    line: InvoiceLine, *, phase: str, field: tuple[PathPart, ...]
) -> tuple[Issue, ...]:
    """What is to be warned of a line that was lowered by hand."""
    amount = given_up(line)
    if amount == 0:
        return ()
    found = amount_text(amount, line.currency)
    return (REST_GIVEN_UP(field=field, phase=phase, found=found),)


def discount_stays_due(
    line: InvoiceLine, *, phase: str, field: tuple[PathPart, ...]
) -> tuple[Issue, ...]:
    """What is to be warned of a discount on a fee: what it takes off what was due is not billed."""
    full = line_net(
        quantity=line.quantity or Decimal(0),
        unit_price=line.unit_price or Decimal(0),
        currency=line.currency,
    )
    due = (line.basis or {}).get("amount")
    left = (full if due is None else nearer_nothing(full, int(due))) - line.net_minor
    if left * full <= 0:
        return ()
    found = amount_text(left, line.currency)
    return (DISCOUNT_STAYS_DUE(field=field, phase=phase, found=found),)


def given_up(line: InvoiceLine) -> int:
    """By how much a line is below what it was drawn for and bills for good, in minor units.

    A discount is no part of it: that says by itself that it is given. Nor is a part of a time entry
    that another line bills: it is due again.
    """
    basis: Basis = line.basis or {}
    rule = basis.get("proposed_by", basis.get("rule"))
    if rule not in _ONCE or line.quantity is None or line.unit_price is None:
        return 0
    agreed, before = int(basis["amount"]), int(basis.get("credited_before", 0))
    full = line_net(quantity=line.quantity, unit_price=line.unit_price, currency=line.currency)
    less = agreed - nearer_nothing(full + before, agreed)
    parts = sum(max(0, amount) for _, amount in basis.get("parts", ()))
    return max(0, less - min(parts, agreed - before - line.net_minor)) if parts else less


def line_of(item: Item, of: Billable, *, account: str | None, sku: str | None) -> InvoiceLine:
    """The line that bills `item` of the phase in `of`; its invoice and position are given later.

    Hours at their rate where that makes the amount exactly, else one lump sum.
    """
    method = of.contract.billing_method
    columns = columns_of(item, of.phase, method, of.figures, account=account, sku=sku)
    return InvoiceLine(invoice_id=0, position=0, **columns)


def columns_of(
    item: Item,
    phase: Phase | PhaseTerms,
    method: BillingMethod,
    figures: PhaseFigures,
    *,
    account: str | None,
    sku: str | None,
) -> dict[str, Any]:
    """The columns of `line_of`: all that the item and its phase decide."""
    currency = figures.currency
    price = price_of_hour(phase, method) if item.kind is ItemKind.BLOCK else item.rate
    quantity, unit, price = measured(item.amount, currency, price, _hours(item))
    # A lump sum is its amount exactly; hours may round to another one.
    if unit != LUMP_SUM and (
        line_net(quantity=quantity, unit_price=price, currency=currency) != item.amount
    ):
        quantity, unit, price = measured(item.amount, currency, None)
    return {
        "kind": LineKind.PROJECT,
        "description": described(phase),
        "currency": currency,
        "quantity": quantity,
        "unit": unit,
        "unit_price": price,
        "net_minor": item.amount,
        "ledger_account": phase.ledger_account or account or DEFAULT_ACCOUNT,
        "sku": phase.sku or sku,
        "phase_id": phase.id,
        "progress": reached(item.amount, figures) if item.kind is ItemKind.PROGRESS else None,
        "period_start": item.period.start if item.period else None,
        "period_end": item.period.end if item.period else None,
        "basis": dict(item.basis),
    }


def _hours(item: Item) -> Decimal | None:
    """The hours of an item whose amount is all of them."""
    is_whole = item.kind in (ItemKind.TIME, ItemKind.OVERAGE) and not item.unbilled
    return item.hours if is_whole else None
