"""Whether the running sums of batches are what their items come to: read by `jalon verify`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import select

from domain.batch.model import Batch, BatchItem, BatchState
from domain.batch.plan import Part, totals_of
from domain.batch.sums import BatchPart
from persistence.batch import parts as batch_parts
from persistence.session import ScopedSession


def batches_astray(session: ScopedSession) -> list[str]:
    """The names of batches being selected in whose sums or live figures are not their items'."""
    statement = select(Batch.id, Batch.name, Batch.grouping).where(
        Batch.state == BatchState.SELECTING, Batch.archived_at.is_(None)
    )
    found = []
    for batch_id, name, grouping in session.execute(statement.order_by(Batch.id)):
        items = parts_of(session, batch_id)
        kept = kept_parts_of(session, batch_id)
        told = batch_parts.figures_by_batch(session, {batch_id: grouping})[batch_id].totals
        if Counter(items) != Counter(kept) or told != totals_of(items, grouping):
            found.append(name)
    return found


def parts_of(session: ScopedSession, batch_id: int) -> list[Part]:
    """What the selected items of a batch come to, read from the items themselves."""
    return _parts(session, batch_parts.summed().where(BatchItem.batch_id == batch_id))


def kept_parts_of(session: ScopedSession, batch_id: int) -> list[Part]:
    """The sums that are kept of a batch."""
    names = [column.name for column in batch_parts.summed().selected_columns]
    columns = (getattr(BatchPart, name) for name in names)
    return _parts(session, select(*columns).where(BatchPart.batch_id == batch_id))


def _parts(session: ScopedSession, statement: Any) -> list[Part]:
    taxes = batch_parts.taxes_of(session)
    return [
        Part(
            bundle=row.bundle,
            contract_id=row.contract_id,
            currency=row.currency,
            tax=taxes.get(row.tax_code_id or 0),
            net=int(row.net_minor),
            items=row.items,
            tickets=int(row.tickets),
            hours=row.hours,
            fingerprints=int(row.fingerprints),
        )
        for row in session.execute(statement)
    ]
