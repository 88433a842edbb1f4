"""Hours of a block that change once hours beyond it are billed: told, since no line names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.errors import Issue
from domain.time_entry import HOURS_BILLED_BEYOND
from persistence.billing.blocks import hours_billed_too_many, phases_billed_beyond
from resolvers._mutation import Acting


@dataclass(frozen=True, slots=True)
class DrawnHours:
    """The blocks that some entries are drawn from, where lines bill hours beyond them."""

    acting: Acting
    before: dict[int, tuple[str, Decimal]]

    @classmethod
    def of(cls, acting: Acting, entries: Sequence[int]) -> DrawnHours:
        """As they are before anything is done to these entries."""
        phases = phases_billed_beyond(acting.session, entries)
        return cls(acting, hours_billed_too_many(acting.session, phases, day=acting.today))

    def told(self) -> list[Issue]:
        """HOURS_BILLED_BEYOND for each that is billed now for more hours than it was."""
        if not self.before:
            return []
        session, day = self.acting.session, self.acting.today
        session.flush()
        now = hours_billed_too_many(session, self.before, day=day)
        return [
            HOURS_BILLED_BEYOND(phase=name, hours=f"{hours:f}")
            for key, (name, hours) in now.items()
            if hours > self.before[key][1]
        ]
