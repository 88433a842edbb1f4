"""What batches come to, and the hashes of their plans: read together, as every click shows both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.batch.model import Batch, BatchState
from domain.batch.plan import BatchTotals, plan_hash
from persistence.batch import batches, bill_sums
from persistence.batch import parts as batch_parts
from persistence.session import ScopedSession

_LISTED = (BatchState.PLANNING, BatchState.SELECTING)
"""While there are no invoices: what is selected counts."""


class FiguresOnce:
    """The figures of batches for one read: each is summed once, however much of it is shown."""

    def __init__(self) -> None:
        self._batches: dict[int, Batch] = {}
        self._figures: dict[int, batch_parts.Figures] = {}

    def totals(self, session: ScopedSession, keys: Sequence[int]) -> dict[int, list[BatchTotals]]:
        """By batch and currency: of its invoices once there are any, before of its selection."""
        found = self._of(session, keys)
        listed = [batch for batch in found if batch.state in _LISTED]
        figures = self._summed(session, listed)
        others = [batch.id for batch in found if batch.state not in _LISTED]
        made = bill_sums.totals_of_bills(session, others)
        return made | {batch.id: figures[batch.id].totals for batch in listed}

    def hashes(self, session: ScopedSession, keys: Sequence[int]) -> dict[int, str | None]:
        """By batch: of what is selected now; of what was run, once it was."""
        found = self._of(session, keys)
        open_ones = [batch for batch in found if batch.state is BatchState.SELECTING]
        figures = self._summed(session, open_ones)
        return {batch.id: batch.plan for batch in found} | {
            batch.id: plan_hash(
                batch_id=batch.id,
                cut_off=batch.cut_off,
                grouping=batch.grouping,
                sums=figures[batch.id].sums,
            )
            for batch in open_ones
        }

    def _of(self, session: ScopedSession, keys: Sequence[int]) -> list[Batch]:
        if absent := [key for key in keys if key not in self._batches]:
            self._batches |= {one.id: one for one in batches.batches_by_id(session, absent)}
        return [self._batches[key] for key in keys if key in self._batches]

    def _summed(
        self, session: ScopedSession, listed: Iterable[Batch]
    ) -> dict[int, batch_parts.Figures]:
        absent = {batch.id: batch.grouping for batch in listed if batch.id not in self._figures}
        self._figures |= batch_parts.figures_by_batch(session, absent)
        return self._figures
