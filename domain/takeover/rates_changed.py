"""Rows that may change an hourly rate: what recorded hours another one reprices is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from domain.errors import Issue
from domain.project.repriced import Repriced
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.model import RowOutcome
from domain.takeover.plan import Planner

Asks = Callable[[Mapping[int, Any]], Mapping[int, Repriced]]
"""What other rates reprice, by record: asked once, for all rows."""


class RatePlanner(Planner):
    """Tells TIME_REPRICED of the rows that change a rate, once all are planned."""

    rate: ClassVar[str]
    """The column of the rate."""
    rated: ClassVar[str]
    """That column in the sheet."""
    sees_rates = False
    """Whether whoever looks at the rows may see the rates of people."""
    reprices: Asks | None = None

    def __init__(self) -> None:
        self._rates: dict[int, tuple[int, Any]] = {}
        """By record: the row that changes its rate, and the rate."""

    def _note(self, candidate: Candidate, planned: Planned) -> None:
        super()._note(candidate, planned)
        is_change = planned.outcome is RowOutcome.UPDATE and not planned.skipped
        if is_change and planned.target_id is not None and self.rate in planned.columns:
            self._rates[planned.target_id] = (planned.row, planned.columns[self.rate])

    def together(self, rows: Iterable[Candidate]) -> Mapping[int, Sequence[Issue]]:
        """TIME_REPRICED too."""
        told = dict(super().together(rows))
        rates = {key: rate for key, (_, rate) in self._rates.items()}
        found = self.reprices(rates) if rates and self.reprices is not None else {}
        for key, hours in found.items():
            row = self._rates[key][0]
            issue = hours.told(self.rated, sees_rates=self.sees_rates)
            told[row] = [*told.get(row, ()), issue]
        return told
