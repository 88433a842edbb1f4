"""What the amount of a line was computed from, kept with the line for `explanation`.

Amounts are whole numbers of minor units of the line's currency; hours, rates and percentages are
strings. So the JSON of a line is the same on both databases, and hashed with it once it is final.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from domain.ledger import PhaseFigures

Basis = Mapping[str, Any]


class Rule(StrEnum):
    """How the amount of a line was found (DOMAIN §2.3–2.4)."""

    PROGRESS = "PROGRESS"
    """Earned − billed − held by pro formas, at most what remains (F5)."""
    REMAINING = "REMAINING"
    """The fee − billed − given up − held by pro formas (F10)."""
    TIME = "TIME"
    """Hours × rate, at most what the cap leaves."""
    PERIOD = "PERIOD"
    """The fee × days ÷ days of the whole period, less what was billed of it."""
    BLOCK = "BLOCK"
    """The price of the block, less what was billed of it."""
    OVERAGE = "OVERAGE"
    """The hours beyond the block × rate, less what was billed of them."""
    REST = "REST"
    """What a period, a block or hours beyond it came to, less what is billed of it."""
    BY_HAND = "BY_HAND"
    """Quantity × unit price, as a person gave them."""


_BY_ITEMS = (Rule.PERIOD, Rule.BLOCK, Rule.OVERAGE, Rule.REST)


def of_fee(rule: Rule, figures: PhaseFigures, amount: int) -> dict[str, Any]:
    """The figures that an amount of a fee was computed from."""
    return {
        "rule": rule.value,
        "fee": figures.adjusted_fee,
        "percent": None if figures.progress is None else f"{figures.progress:f}",
        "earned": figures.earned,
        "billed": figures.billed,
        "written_off": figures.written_off,
        "reserved": figures.reserved,
        "amount": amount,
    }


def by_hand(before: Basis | None = None) -> dict[str, Any]:
    """The basis of a line that a person wrote, or changed: what was proposed stays known."""
    if not before:
        return {"rule": Rule.BY_HAND.value}
    if before["rule"] == Rule.BY_HAND.value:
        return dict(before)
    proposed = {"proposed_by": before["rule"], "proposed": before["amount"]}
    return {**before, **proposed, "rule": Rule.BY_HAND.value}


def once_more(before: Basis | None, *, credited: int) -> dict[str, Any]:
    """The basis of a line that takes the place of one of which `credited` was credited before.

    What it bills is known to it still: its period, its hours, its parts of time entries.
    """
    made = by_hand(before)
    return {**made, "credited_before": made.get("credited_before", 0) + credited}


def is_settled(basis: Basis | None) -> bool:
    """Whether the amount is that of a period or a block: no fee limits how many there are."""
    return bool(basis) and basis is not None and basis["rule"] in _BY_ITEMS
