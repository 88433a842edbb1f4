"""What can be billed of a contract, piece by piece, and what stands in the way of each piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from domain.errors import Issue
from domain.invoice.claim import ClaimKind
from domain.project.periods import Period


class ItemKind(StrEnum):
    """What an item is made of."""

    PROGRESS = "PROGRESS"
    TIME = "TIME"
    PERIOD = "PERIOD"
    BLOCK = "BLOCK"
    OVERAGE = "OVERAGE"
    REST = "REST"
    """What is missing of a period, a block or hours beyond it that a line bills in part."""


class BillableState(StrEnum):
    """The padlock of a contract (B16–B18, DOMAIN §2.4)."""

    SELECTABLE = "SELECTABLE"
    """All there is can be billed."""
    PARTIAL = "PARTIAL"
    """Some of it is still open, and stays out."""
    LOCKED = "LOCKED"
    """Nothing is ready."""


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why something is not billed yet; its issue says what to do. Only red ones lock."""

    issue: Issue
    since: date | None = None
    """The day from which it stands in the way."""
    until: date | None = None
    """The day that takes it away, where waiting is enough."""
    mutation: str | None = None
    """The mutation that takes it away."""

    @property
    def locks(self) -> bool:
        return self.issue.is_red


@dataclass(frozen=True, slots=True)
class Claim:
    """The period that a line of this item takes in the database (BilledPeriod)."""

    kind: ClaimKind
    starts_on: date
    ends_on: date


_NOTHING: Mapping[str, Any] = {}
"""Of what is not billed; never changed."""


class Item(NamedTuple):
    """A piece of what can be billed; amounts are net, in minor units of the phase's currency."""

    key: str
    """Stable: the same piece has the same key tomorrow."""
    kind: ItemKind
    phase_id: int
    amount: int
    """What is due; 0 where nothing is yet."""
    unbilled: int = 0
    """What was done, or runs, and is not due: above a cap, not approved, of an open period."""
    period: Period | None = None
    hours: Decimal | None = None
    rate: Decimal | None = None
    collaborator_id: int | None = None
    entries: tuple[int, ...] = ()
    """The time entries that its line bills."""
    claim: Claim | None = None
    blockers: tuple[Blocker, ...] = ()
    basis: Mapping[str, Any] = _NOTHING
    """What the amount was computed from, as it is kept with the line."""

    @property
    def selectable(self) -> bool:
        """Whether it may be billed, as far as it is concerned itself."""
        if not self.blockers:
            return self.amount != 0
        return self.amount != 0 and not any(blocker.locks for blocker in self.blockers)
