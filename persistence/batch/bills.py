"""The proposals of a batch while they become invoices, as rows: read, and settled in one go."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, select, update

from domain.batch.listed import ListedItem, Proposal
from domain.batch.model import BatchInvoice, BatchItem, BillState
from domain.batch.moved import Named
from domain.project.model import Contract, Phase, Project
from persistence.batch.batches import release
from persistence.bulk import among, run_rows
from persistence.records import portions
from persistence.session import ScopedSession


def proposals_of(session: ScopedSession, batch_id: int, *, limit: int) -> list[Proposal]:
    """The first proposals of a batch by their place, at most `limit`."""
    bill = BatchInvoice
    statement = (
        select(*(getattr(bill, name) for name in Proposal._fields))
        .where(bill.batch_id == batch_id, bill.state == BillState.PROPOSED)
        .order_by(bill.place)
        .limit(limit)
    )
    return [Proposal._make(row) for row in session.execute(statement)]


def items_of_bills(session: ScopedSession, bill_ids: Sequence[int]) -> dict[int, list[ListedItem]]:
    """The items of each bill, in their order."""
    columns = (getattr(BatchItem, name) for name in ListedItem._fields)
    statement = select(*columns).where(among(BatchItem.bill_id, bill_ids)).order_by(BatchItem.id)
    found: dict[int, list[ListedItem]] = {key: [] for key in bill_ids}
    for row in session.execute(statement):
        item = ListedItem._make(row)
        found[item.bill_id or 0].append(item)
    return found


def names_of(session: ScopedSession, phase_ids: Collection[int]) -> dict[int, Named]:
    """What people call these phases, and their contracts."""
    named = (
        select(Phase.id, Phase.code, Phase.name, Project.code, Contract.name)
        .join(Contract, Contract.id == Phase.contract_id)
        .join(Project, Project.id == Contract.project_id)
    )
    return {
        key: Named(f"{code} · {name}", f"{project} · {contract}")
        for portion in portions(phase_ids)
        for key, code, name, project, contract in session.execute(
            named.where(Phase.id.in_(portion))
        )
    }


def keep_made(session: ScopedSession, made: Mapping[int, int]) -> None:
    """Bills (by identifier) came to be these invoices: their items are held no more."""
    table = BatchInvoice.__table__
    assert isinstance(table, Table)
    own = table.c.organisation_id == session.organisation_id
    statement = (
        update(table)
        .where(own, table.c.id == bindparam("bill"))
        .values(state=BillState.GENERATED, invoice_id=bindparam("invoice"), issues=[])
    )
    rows = [{"bill": bill, "invoice": invoice} for bill, invoice in made.items()]
    run_rows(session.connection(), statement, rows)
    release(session, list(made))


def keep_failed(session: ScopedSession, bill_id: int, issues: Sequence[Any]) -> None:
    """A bill could not be made, for these reasons (as they are kept)."""
    session.execute(
        update(BatchInvoice)
        .where(BatchInvoice.id == bill_id)
        .values(state=BillState.FAILED, issues=list(issues))
        .execution_options(synchronize_session=False)
    )
