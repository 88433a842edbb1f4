"""What was recorded of phases already, which the rows of takeover sheets are compared with."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from domain.project.adjustment import Adjustment
from domain.project.history import BillingHistory
from domain.project.model import BillingMethod, Contract, Phase
from domain.project.progress import ProgressUpdate
from domain.takeover.billed import OF_PERIODS
from domain.takeover.match import Known
from domain.takeover.taken_over import Recorded
from persistence.contracts import billed_periods
from persistence.ledger.sums import phase_figures
from persistence.session import ScopedSession


def recorded_progress(session: ScopedSession) -> dict[int, list[tuple[date, Decimal]]]:
    """All progress by phase, in the order it was recorded."""
    recorded: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    statement = select(
        ProgressUpdate.phase_id, ProgressUpdate.as_of, ProgressUpdate.percent
    ).order_by(ProgressUpdate.id)
    for phase_id, as_of, percent in session.execute(statement):
        recorded[phase_id].append((as_of, percent))
    return recorded


def recorded(
    session: ScopedSession,
    record: type[BillingHistory] | type[Adjustment],
    names: Sequence[str],
    only: Collection[int] | None = None,
) -> Recorded:
    """How often each thing was recorded of each phase, by its columns `names`; and the figures."""
    columns = (getattr(record, name) for name in names)
    statement = select(record.archived_at, *columns)
    if only is not None:
        statement = statement.where(record.phase_id.in_(only))
    lines: Counter[tuple[Any, ...]] = Counter()
    away: set[tuple[Any, ...]] = set()
    for archived_at, *facts in session.execute(statement):
        if archived_at is None:
            lines[tuple(facts)] += 1
        else:
            away.add(tuple(facts))
    figures = phase_figures(session, None if only is None else list(only))
    return Recorded(lines, figures, put_away=away)


def phases_billed(
    session: ScopedSession, ids: Sequence[int]
) -> dict[int, tuple[Known, BillingMethod]]:
    """Those of `ids` that are phases, with what settles their periods and which are billed."""
    columns = (getattr(Phase, name) for name in OF_PERIODS)
    statement = (
        select(Phase.id, Phase.name, Contract.billing_method, *columns)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(Phase.id.in_(ids))
    )
    rows = session.execute(statement).all() if ids else []
    billed = billed_periods(session, ids) if rows else {}
    found = {}
    for key, name, method, *terms in rows:
        of_lines = billed[key].sold if key in billed else []
        known = dict(zip(OF_PERIODS, terms, strict=True))
        found[key] = Known(id=key, name=name, columns={**known, "sold": of_lines}), method
    return found
