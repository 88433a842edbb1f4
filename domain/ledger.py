"""What a phase has earned, what was billed of it and what remains: figures F1–F6 of DOMAIN §2.3.

All amounts are minor units of the phase's currency. Nothing here is stored: the sums come from the
ledger, the figures from the sums.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from domain.money import rounded, share


class PhaseFigures(NamedTuple):
    """The sums of a phase, and what follows from them. A negative annex mirrors min and max."""

    fee: int
    currency: str
    fee_adjustment: int = 0
    """ΔF: adjustments of the fee."""
    history: int = 0
    """H: what was invoiced before the takeover."""
    billed_adjustment: int = 0
    """ΔB: adjustments of what was billed."""
    invoiced: int = 0
    """I − C: final invoices less credit notes."""
    written_off: int = 0
    """Given up of the fee: not to be billed any more."""
    reserved: int = 0
    """P: lines of pro formas; they keep the amount from being taken twice."""
    progress: Decimal | None = None
    signed: bool = True
    by_progress: bool = True
    """Whether it is a fixed fee, of which progress earns a share."""
    by_time: bool = False
    """Whether hours are billed: a fee that is something is the most that they come to."""

    @property
    def is_limited(self) -> bool:
        """Whether no more than the fee is billed; of a retainer or a block it is the price of one.

        DOMAIN §2.3, §2.4: there are as many periods and blocks as are agreed on.
        """
        return self.by_progress or (self.by_time and self.adjusted_fee != 0)

    @property
    def adjusted_fee(self) -> int:
        return self.fee + self.fee_adjustment

    @property
    def billed(self) -> int:
        """AB = H + ΔB + I − C."""
        return self.history + self.billed_adjustment + self.invoiced

    @property
    def remaining(self) -> int:
        return self.adjusted_fee - self.billed - self.written_off

    @property
    def uncovered(self) -> int:
        """How much of what is billed or given up the fee does not cover; 0 where none limits it."""
        taken, fee = self.billed + self.written_off, self.adjusted_fee
        if not self.is_limited:
            return 0
        return max(0, taken - max(0, fee)) if taken > 0 else max(0, min(0, fee) - taken)

    @property
    def free(self) -> int:
        """What another pro forma may still take: R − P."""
        return self.remaining - self.reserved

    @property
    def excess(self) -> int:
        """How much more is billed, given up and held than the fee; 0 where none limits it."""
        if not self.is_limited:
            return 0
        return max(0, self.free if self.adjusted_fee < 0 else -self.free)

    def is_worse_than(self, before: PhaseFigures) -> bool:
        """Whether more is billed than the fee allows, than it was `before`.

        A fee that comes to nothing, or turns from a deduction, is judged as one given by hand.
        """
        is_other_fee = self.adjusted_fee != before.adjusted_fee
        return self.excess > before.excess or (is_other_fee and self.uncovered > before.uncovered)

    @property
    def earned(self) -> int:
        return share(self.adjusted_fee, self.progress or Decimal(0), self.currency)

    @property
    def due(self) -> int:
        """What is earned, and neither billed nor reserved."""
        earned = self.earned - self.billed - self.reserved
        if self.adjusted_fee < 0:
            return max(min(0, earned), min(0, self.free))
        return min(max(0, earned), max(0, self.free))

    @property
    def billable_now(self) -> int:
        """B: what is due; nothing while the project is not signed."""
        return self.due if self.signed else 0

    @property
    def over_billed(self) -> int:
        excess = self.billed - self.earned
        return min(0, excess) if self.adjusted_fee < 0 else max(0, excess)

    @property
    def billed_percent(self) -> Decimal:
        """How much of the adjusted fee has been billed, in percent with four decimals."""
        return percent_of(self.billed, self.adjusted_fee)


def percent_of(billed: int, fee: int) -> Decimal:
    """How much of `fee` is billed, in percent with four decimals; 0 of no fee."""
    if fee == 0:
        return Decimal(0)
    return rounded(Decimal(billed) * 100 / Decimal(fee), 4)
