"""Batches of invoices: what they are chosen from, what is selected, and what they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm.attributes import flag_modified

from domain.accounting import InvoiceExport
from domain.batch.model import (
    LIVE_BILLS,
    Batch,
    BatchContract,
    BatchInvoice,
    BatchItem,
    BatchState,
    BillState,
)
from domain.batch.schedule import BatchSchedule
from domain.batch.sums import BatchPart
from domain.errors import NOT_FOUND, Refusal
from domain.invoice.model import LEGAL, PRO_FORMA, Invoice
from persistence.bulk import among, run_rows
from persistence.folding import holds
from persistence.session import ScopedSession
from persistence.short import Short


def _live(batch_id: Any) -> Select[Any]:
    return select(Batch).where(Batch.id == batch_id, Batch.archived_at.is_(None))


_BATCH = Short(_live)
_LOCKED = Short(
    lambda batch_id: _live(batch_id).with_for_update().execution_options(populate_existing=True)
)
_BATCHES = Short(lambda keys: select(Batch).where(Batch.id.in_(keys)))
_BILLS = Short(lambda keys: select(BatchInvoice.id).where(among(BatchInvoice.invoice_id, keys)))

_PORTION = 5_000
"""Identifiers in one statement."""


def the_batch(session: ScopedSession, batch_id: int, *, locked: bool = False) -> Batch:
    """The batch, locked when asked; NOT_FOUND otherwise, and once it is deleted."""
    asked = (_LOCKED if locked else _BATCH).ask(session, batch_id=batch_id)
    found: Batch | None = asked.scalar()
    if found is None:
        raise Refusal(NOT_FOUND(field=("id",), noun="batch", key=f"batch_{batch_id}"))
    return found


def batches_by_id(session: ScopedSession, keys: Sequence[int]) -> list[Batch]:
    """The batches with these identifiers."""
    return list(_BATCHES.ask(session, keys=keys).scalars())


def batches_where(
    *, states: Sequence[BatchState] | None = None, text: str | None = None
) -> list[ColumnElement[bool]]:
    """The conditions of the list of batches; deleted ones are not listed."""
    where: list[ColumnElement[bool]] = [Batch.archived_at.is_(None)]
    if states is not None:
        where.append(Batch.state.in_(states))
    if text:
        where.append(holds(Batch.name, text))
    return where


def bills_where(
    batch_id: int, *, states: Sequence[BillState] | None = None
) -> list[ColumnElement[bool]]:
    """The conditions of the invoices of a batch; those taken out only when asked for."""
    where: list[ColumnElement[bool]] = [BatchInvoice.batch_id == batch_id]
    where.append(BatchInvoice.state.in_(LIVE_BILLS if states is None else states))
    return where


def touch(batch: Batch) -> None:
    """Counts the batch as changed: its list was read anew."""
    flag_modified(batch, "criteria")


def forget_lists(session: ScopedSession, *, before: datetime) -> None:
    """Takes away what was listed before that moment and never run.

    What a schedule listed last waits until it is listed anew.
    """
    last = select(BatchSchedule.last_batch_id).where(BatchSchedule.last_batch_id.is_not(None))
    statement = select(Batch).where(
        Batch.state == BatchState.SELECTING,
        Batch.updated_at < before,
        Batch.archived_at.is_(None),
        Batch.id.not_in(last),
    )
    for batch in session.scalars(statement.limit(10)):
        clear(session, batch.id)
        batch.archived_at = datetime.now(UTC)


def clear(session: ScopedSession, batch_id: int) -> None:
    """Takes the list of a batch away: what it was chosen from, and its proposals."""
    for record in (BatchPart, BatchItem, BatchInvoice, BatchContract):
        session.execute(delete(record).where(record.batch_id == batch_id))


def holders_of(session: ScopedSession, keys: Iterable[str], *, but: int) -> list[tuple[str, str]]:
    """Which of these items other batches hold: (key, name of the batch).

    Named, and not joined: PostgreSQL, which knows nothing yet of a list that was just made, would
    compare all items with all.
    """
    found: list[tuple[str, str]] = []
    wanted = sorted(keys)
    for start in range(0, len(wanted), _PORTION):
        statement = (
            select(BatchItem.reserves, Batch.name)
            .join(Batch, Batch.id == BatchItem.batch_id)
            .where(
                BatchItem.reserves.in_(wanted[start : start + _PORTION]), BatchItem.batch_id != but
            )
            .order_by(BatchItem.reserves)
        )
        found += [(key or "", name) for key, name in session.execute(statement)]
    return found


def hold(session: ScopedSession, items: Mapping[int, tuple[int, str]]) -> None:
    """Gives items (by identifier) to their bill, and holds them under their key."""
    table = BatchItem.__table__
    assert isinstance(table, Table)
    statement = (
        update(table)
        .where(table.c.organisation_id == session.organisation_id, table.c.id == bindparam("item"))
        .values(bill_id=bindparam("bill"), reserves=bindparam("held"))
    )
    rows = [{"item": key, "bill": bill, "held": held} for key, (bill, held) in items.items()]
    run_rows(session.connection(), statement, rows)


def undo_bills(session: ScopedSession, bill_ids: Sequence[int]) -> None:
    """Takes proposals away; their items are held by the batch still."""
    for start in range(0, len(bill_ids), _PORTION):
        portion = bill_ids[start : start + _PORTION]
        session.execute(
            update(BatchItem)
            .where(BatchItem.bill_id.in_(portion))
            .values(bill_id=None)
            .execution_options(synchronize_session=False)
        )
        session.execute(delete(BatchInvoice).where(BatchInvoice.id.in_(portion)))


def last_place(session: ScopedSession, batch_id: int) -> int:
    """The highest place of a bill of the batch."""
    statement = select(func.max(BatchInvoice.place)).where(BatchInvoice.batch_id == batch_id)
    return session.scalar(statement) or 0


def has_invoices(session: ScopedSession, batch_id: int) -> bool:
    """Whether a bill of the batch is an invoice still."""
    statement = select(BatchInvoice.id).where(
        BatchInvoice.batch_id == batch_id, BatchInvoice.invoice_id.is_not(None)
    )
    return session.scalar(statement.limit(1)) is not None


def drop_unselected(session: ScopedSession, batch_id: int) -> None:
    """Takes what is not selected off the list: it is no part of what will be billed."""
    of, item = BatchContract, BatchItem
    gone = delete(item).where(item.batch_id == batch_id, item.selected.is_(False))
    session.execute(gone.execution_options(synchronize_session=False))
    listed = select(of.contract_id).where(of.batch_id == batch_id)
    left = select(item.contract_id).where(item.batch_id == batch_id).distinct()
    unchosen = sorted({*session.scalars(listed)} - {*session.scalars(left)})
    for start in range(0, len(unchosen), _PORTION):
        session.execute(
            delete(of)
            .where(of.batch_id == batch_id, of.contract_id.in_(unchosen[start : start + _PORTION]))
            .execution_options(synchronize_session=False)
        )


def release(session: ScopedSession, bill_ids: Sequence[int], *, left_out: bool = False) -> None:
    """The items of these bills are held no more; `left_out` also takes them off the batch."""
    values: dict[str, Any] = {"reserves": None}
    if left_out:
        values["selected"] = False
    for start in range(0, len(bill_ids), _PORTION):
        session.execute(
            update(BatchItem)
            .where(among(BatchItem.bill_id, bill_ids[start : start + _PORTION]))
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def bills_of(
    session: ScopedSession,
    batch_id: int,
    *,
    states: Sequence[BillState] | None = None,
    ids: Sequence[int] | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[BatchInvoice]:
    """The bills of a batch by their place; those after the place `after`, at most `limit`."""
    bill = BatchInvoice
    statement = select(bill).where(bill.batch_id == batch_id, bill.place > after)
    if states is not None:
        statement = statement.where(bill.state.in_(states))
    if ids is not None:
        statement = statement.where(bill.id.in_(ids))
    return list(session.scalars(statement.order_by(bill.place).limit(limit)))


def count_bills(session: ScopedSession, batch_id: int) -> dict[BillState, int]:
    """How many bills of a batch are in each state."""
    return count_bills_of(session, [batch_id])[batch_id]


def count_bills_of(
    session: ScopedSession, batch_ids: Sequence[int]
) -> dict[int, dict[BillState, int]]:
    """How many bills of each of these batches are in each state."""
    bill = BatchInvoice
    statement = (
        select(bill.batch_id, bill.state, func.count())
        .where(bill.batch_id.in_(batch_ids))
        .group_by(bill.batch_id, bill.state)
    )
    found: dict[int, dict[BillState, int]] = {key: {} for key in batch_ids}
    for batch_id, state, count in session.execute(statement):
        found[batch_id][state] = count
    return found


def forget_invoices(session: ScopedSession, invoice_ids: Sequence[int]) -> None:
    """Pro formas that go leave their batch: what they billed is free, and no more of it."""
    bill = BatchInvoice
    bills = list(session.scalars(select(bill.id).where(bill.invoice_id.in_(invoice_ids))))
    if not bills:
        return
    release(session, bills, left_out=True)
    session.execute(
        update(bill)
        .where(bill.id.in_(bills))
        .values(invoice_id=None, state=BillState.DROPPED, issues=[])
        .execution_options(synchronize_session="fetch")
    )


def settle_bills(session: ScopedSession, invoice_ids: Collection[int]) -> None:
    """An act on these invoices came about: why the last one did not is told no more."""
    if not invoice_ids or not _BILLS.rows(session, keys=list(invoice_ids)):
        return
    session.execute(
        update(BatchInvoice)
        .where(BatchInvoice.invoice_id.in_(invoice_ids))
        .values(issues=[])
        .execution_options(synchronize_session="fetch")
    )


def pro_formas_of(session: ScopedSession, bill_ids: Sequence[int]) -> dict[int, int]:
    """By bill: its invoice, where it is a pro forma."""
    statement = (
        select(BatchInvoice.id, Invoice.id)
        .join(Invoice, Invoice.id == BatchInvoice.invoice_id)
        .where(BatchInvoice.id.in_(bill_ids), Invoice.state.in_(PRO_FORMA))
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def issues_of(session: ScopedSession, bill_ids: Sequence[int]) -> dict[int, list[Any]]:
    """By bill: what its last act was refused for, or warned of, as it is kept."""
    statement = select(BatchInvoice.id, BatchInvoice.issues).where(BatchInvoice.id.in_(bill_ids))
    return {row.id: row.issues for row in session.execute(statement)}


def revive(session: ScopedSession, batch_id: int) -> None:
    """Bills that could not be made are proposed once more."""
    session.execute(
        update(BatchInvoice)
        .where(BatchInvoice.batch_id == batch_id, BatchInvoice.state == BillState.FAILED)
        .values(state=BillState.PROPOSED)
        .execution_options(synchronize_session=False)
    )


def final_among(session: ScopedSession, invoice_ids: Sequence[int]) -> set[int]:
    """Those of these invoices that are legal ones."""
    statement = select(Invoice.id).where(Invoice.id.in_(invoice_ids), Invoice.state.in_(LEGAL))
    return set(session.scalars(statement))


def has_pro_formas(
    session: ScopedSession, batch_id: int, *, ids: Sequence[int] | None = None
) -> bool:
    """Whether a bill of the batch, or one of these, is a pro forma."""
    statement = (
        select(BatchInvoice.id)
        .join(Invoice, Invoice.id == BatchInvoice.invoice_id)
        .where(BatchInvoice.batch_id == batch_id, Invoice.state.in_(PRO_FORMA))
    )
    if ids is not None:
        statement = statement.where(BatchInvoice.id.in_(ids))
    return session.scalar(statement.limit(1)) is not None


def has_gone_out(session: ScopedSession, batch_id: int) -> bool:
    """Whether every live bill of the batch is a final document that was exported."""
    marked = exists().where(InvoiceExport.invoice_id == Invoice.id)
    statement = (
        select(BatchInvoice.id)
        .outerjoin(Invoice, Invoice.id == BatchInvoice.invoice_id)
        .where(
            BatchInvoice.batch_id == batch_id,
            BatchInvoice.state.in_(LIVE_BILLS),
            or_(Invoice.id.is_(None), Invoice.state.in_(PRO_FORMA), ~marked),
        )
    )
    return session.scalar(statement.limit(1)) is None
