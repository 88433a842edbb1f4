"""What was billed without saying of which period: it counts for the earliest ones first.

Past invoices, corrections, lines written by hand and what was written off name no period. Taken
from the earliest periods that no line bills, in their order, they never let one be billed twice;
what they do not reach stays due. Below nothing they count for nothing: no period is ever billed
above its price.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.billing.books import Claimed
from domain.ledger import PhaseFigures


@dataclass(slots=True)
class Cover:
    """What is left to count for the periods that follow, in minor units."""

    rest: int

    @classmethod
    def of(cls, figures: PhaseFigures, claimed: Iterable[Claimed]) -> Cover:
        """H + ΔB + I − C + P and what was written off, less what lines bill of known periods."""
        known = sum(one.net + one.covered for one in claimed)
        return cls(figures.billed + figures.written_off + figures.reserved - known)

    def take(self, price: int) -> int:
        """How much of `price` is billed already; it is then no more there for the next one."""
        sign = -1 if price < 0 else 1
        taken = sign * min(abs(price), max(0, sign * self.rest))
        self.rest -= taken
        return taken
