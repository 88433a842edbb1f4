"""What a batch is chosen from: its contracts and items, what is selected, what it comes to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select, update

from domain.batch.listed import ListedItem
from domain.batch.model import Batch, BatchContract, BatchItem
from domain.batch.plan import PlannedItem, planned
from domain.batch.sums import BatchPart
from domain.billing.assessment import Assessment
from domain.billing.item import BillableState, Blocker
from domain.likeness import name_key
from domain.project.model import BillingMethod
from domain.takeover.wire import pack_issue
from persistence.batch import parts as batch_parts
from persistence.bulk import WrittenJson
from persistence.session import ScopedSession, insert_all
from persistence.short import Short
from persistence.statistics import learn_first

_SELECTED = BatchItem.selected.is_(True)
_NONE = WrittenJson("[]")
_CONTRACTS = Short(
    lambda batch_id, keys: select(BatchContract).where(
        BatchContract.batch_id == batch_id, BatchContract.contract_id.in_(keys)
    )
)
LISTED = tuple(getattr(BatchItem, name) for name in ListedItem._fields)
"""The columns of a ListedItem."""


def keep_list(
    session: ScopedSession,
    batch: Batch,
    found: Sequence[Assessment],
) -> None:
    """Lists these contracts with their items: what is ready is selected (B22).

    But what the batch leaves out: of a contract left out whole, whatever is due by now.
    """
    contracts, items = [], []
    batch_id = batch.id
    keys = frozenset(batch.left_out.get("items", ()))
    whole = frozenset(batch.left_out.get("contracts", ()))
    for one in found:
        own = list(planned(one))
        contracts.append(_contract(batch, one, own))
        is_out = one.books.terms.id in whole
        shared = {
            "batch_id": batch_id,
            "contract_id": one.books.terms.id,
            "currency": one.books.terms.currency,
        }
        items += [_item(shared, item, is_out=is_out or item.item.key in keys) for item in own]
    insert_all(session, BatchContract, contracts)
    insert_all(session, BatchItem, items)
    learn_first(session, BatchContract, len(contracts))
    learn_first(session, BatchItem, len(items))
    batch_parts.recount(session, batch_id, [one.books.terms.id for one in found])
    # What there is of parts: an invoice or more of each contract that has something due.
    learn_first(session, BatchPart, len(contracts))


def _contract(batch: Batch, one: Assessment, own: Sequence[PlannedItem]) -> dict[str, Any]:
    terms, addressed = one.books.terms, one.books.addressed
    return {
        "batch_id": batch.id,
        "contract_id": terms.id,
        "project_id": terms.project_id,
        "client_id": terms.client_id,
        "entity_id": addressed.entity_id,
        "client_key": name_key(addressed.client_name)[:255],
        "contract_key": name_key(terms.name)[:255],
        "project_code": terms.project_code,
        "type": terms.billing_method,
        "taxable": terms.taxable,
        "currency": terms.currency,
        "state": one.state,
        "total_minor": one.total,
        "unbilled_minor": one.unbilled,
        "blockers": _blockers(one.blockers),
    }


def _item(shared: Mapping[str, Any], of: PlannedItem, *, is_out: bool) -> dict[str, Any]:
    """The row of an item; `shared` are the columns that are alike in all of its contract."""
    item = of.item
    return {
        **shared,
        "phase_id": item.phase_id,
        "key": item.key,
        "kind": item.kind,
        "amount_minor": item.amount,
        "unbilled_minor": item.unbilled,
        "selectable": of.selectable,
        "selected": of.selectable and not is_out,
        "bundle": of.bundle.digest,
        "fingerprint": of.fingerprint,
        "tickets": len(item.entries),
        "hours": of.hours,
        "rate": item.rate,
        "collaborator_id": item.collaborator_id,
        "period_start": item.period.start if item.period else None,
        "period_end": item.period.end if item.period else None,
        "tax_code_id": of.tax.id if of.tax else None,
        "regime": of.bundle.regime,
        "blockers": _blockers(item.blockers),
        "bill_id": None,
        "reserves": None,
    }


def _blockers(blockers: Sequence[Blocker]) -> WrittenJson:
    return WrittenJson(json.dumps([_blocker(one) for one in blockers])) if blockers else _NONE


def _blocker(blocker: Blocker) -> dict[str, Any]:
    return {
        "issue": pack_issue(blocker.issue),
        "since": blocker.since.isoformat() if blocker.since else None,
        "until": blocker.until.isoformat() if blocker.until else None,
        "mutation": blocker.mutation,
    }


def has_selected(session: ScopedSession, batch_id: int) -> bool:
    """Whether anything of a batch is selected."""
    statement = select(BatchItem.id).where(BatchItem.batch_id == batch_id, _SELECTED)
    return session.scalar(statement.limit(1)) is not None


def select_items(
    session: ScopedSession,
    batch_id: int,
    *,
    selected: bool,
    where: Sequence[ColumnElement[bool]] = (),
) -> None:
    """Includes items, or leaves them out; those that are locked stay out."""
    changing = (
        BatchItem.batch_id == batch_id,
        BatchItem.selectable.is_(True),
        BatchItem.selected.is_(not selected),
        *where,
    )
    # Read before: what is meant may be told by what is selected.
    contracts = list(session.scalars(select(BatchItem.contract_id).where(*changing).distinct()))
    session.execute(
        update(BatchItem)
        .where(*changing)
        .values(selected=selected)
        .execution_options(synchronize_session=False)
    )
    batch_parts.recount(session, batch_id, contracts)


def items_where(
    *,
    contract_ids: Sequence[int] | None = None,
    keys: Sequence[str] | None = None,
    contracts: Sequence[ColumnElement[bool]] | None = None,
    batch_id: int,
) -> list[ColumnElement[bool]]:
    """Items of these contracts, with these keys, and of the contracts that meet `contracts`."""
    meant: list[ColumnElement[bool]] = []
    if contract_ids is not None:
        meant.append(BatchItem.contract_id.in_(contract_ids))
    if keys is not None:
        meant.append(BatchItem.key.in_(keys))
    if contracts is not None:
        found = select(BatchContract.contract_id).where(
            BatchContract.batch_id == batch_id, *contracts
        )
        meant.append(BatchItem.contract_id.in_(found))
    return [or_(*meant)] if meant else []


def items_named(session: ScopedSession, batch_id: int, keys: Sequence[str]) -> dict[str, BatchItem]:
    """The items of a batch with these keys."""
    if not keys:
        return {}
    statement = select(BatchItem).where(BatchItem.batch_id == batch_id, BatchItem.key.in_(keys))
    return {one.key: one for one in session.scalars(statement)}


def contracts_named(
    session: ScopedSession, batch_id: int, contract_ids: Sequence[int]
) -> dict[int, BatchContract]:
    """The contracts of a batch with these identifiers."""
    if not contract_ids:
        return {}
    found = _CONTRACTS.ask(session, batch_id=batch_id, keys=contract_ids)
    return {one.contract_id: one for one in found.scalars()}


def contracts_where(
    batch_id: int,
    *,
    types: Sequence[BillingMethod] | None = None,
    taxable: bool | None = None,
    states: Sequence[BillableState] | None = None,
    client_id: int | None = None,
    project_id: int | None = None,
    entity_id: int | None = None,
    contract_id: int | None = None,
    currency: str | None = None,
    text: str | None = None,
    period: tuple[Any, Any] | None = None,
    selected: bool | None = None,
) -> list[ColumnElement[bool]]:
    """The contracts of a batch (B20). `period`: one of their items bills days within it."""
    of, item = BatchContract, BatchItem
    pairs: tuple[tuple[Any, object], ...] = (
        (of.taxable, taxable),
        (of.client_id, client_id),
        (of.project_id, project_id),
        (of.entity_id, entity_id),
        (of.contract_id, contract_id),
        (of.currency, currency.strip().upper() if currency else None),
    )
    where: list[ColumnElement[bool]] = [of.batch_id == batch_id]
    where += [column == value for column, value in pairs if value is not None]
    if types is not None:
        where.append(of.type.in_(types))
    if states is not None:
        where.append(of.state.in_(states))
    own = (item.batch_id == batch_id, item.contract_id == of.contract_id)
    if period is not None:
        start, end = period
        within = [*([item.period_end >= start] if start else [])]
        within += [*([item.period_start <= end] if end else [])]
        where.append(exists().where(*own, item.period_start.is_not(None), *within))
    if selected is not None:
        some = exists().where(*own, _SELECTED)
        where.append(some if selected else ~some)
    if text:
        sought = name_key(text)
        where.append(
            or_(
                of.client_key.contains(sought, autoescape=True),
                of.contract_key.contains(sought, autoescape=True),
                of.project_code.startswith(text.strip().upper(), autoescape=True),
            )
        )
    return where


def selected_sums(session: ScopedSession, keys: Sequence[int]) -> dict[int, tuple[int, int, str]]:
    """By contract of a batch (its own identifier): what is selected of it (B09), in minor units.

    With how many items that are, and its currency.
    """
    of, item = BatchContract, BatchItem
    amount = func.coalesce(func.sum(item.amount_minor), 0)
    own = (item.batch_id == of.batch_id) & (item.contract_id == of.contract_id) & _SELECTED
    statement = (
        select(of.id, amount, func.count(item.id), of.currency)
        .outerjoin(item, own)
        .where(of.id.in_(keys))
        .group_by(of.id, of.currency)
    )
    return {row[0]: (int(row[1]), row[2], row[3]) for row in session.execute(statement)}


def contract_places(session: ScopedSession, keys: Sequence[int]) -> dict[int, tuple[int, int]]:
    """By identifier of a row: its batch and its contract."""
    of = BatchContract
    found = session.execute(select(of.id, of.batch_id, of.contract_id).where(of.id.in_(keys)))
    return {row[0]: (row[1], row[2]) for row in found}


def selected_items(session: ScopedSession, batch_id: int) -> list[ListedItem]:
    """What is selected, by client, project and contract."""
    return _in_order(session, batch_id, _SELECTED)


def items_in_order(
    session: ScopedSession, batch_id: int, bill_ids: Sequence[int]
) -> list[ListedItem]:
    """The items of these bills, by client, project and contract."""
    wanted = set(bill_ids)
    found = _in_order(session, batch_id, BatchItem.bill_id.is_not(None))
    return [item for item in found if item.bill_id in wanted]


def _in_order(
    session: ScopedSession, batch_id: int, where: ColumnElement[bool]
) -> list[ListedItem]:
    # Two statements, and not a join: PostgreSQL, which knows nothing yet of a list that was just
    # made, would compare all items with all contracts.
    of = BatchContract
    order = (of.client_key, of.client_id, of.project_code, of.contract_id)
    contracts = select(of.contract_id).where(of.batch_id == batch_id).order_by(*order)
    places = {key: place for place, key in enumerate(session.scalars(contracts))}
    statement = select(*LISTED).where(BatchItem.batch_id == batch_id, where)
    found = [ListedItem._make(row) for row in session.execute(statement)]
    return sorted(found, key=lambda item: (places[item.contract_id], item.id))


def left_out(session: ScopedSession, batch: Batch) -> dict[str, list[Any]]:
    """What could be selected and is not, with what was left out before and is not selected since.

    A contract of which nothing is selected is left out whole: its keys may change.
    """
    item = BatchItem
    statement = select(item.contract_id, item.key, item.selected).where(
        item.batch_id == batch.id, item.selectable.is_(True)
    )
    keys, contracts = set(batch.left_out.get("items", ())), set(batch.left_out.get("contracts", ()))
    rows = session.execute(statement).all()
    for contract_id, key, selected in rows:
        if not selected:
            keys.add(key)
            contracts.add(contract_id)
    for contract_id, key, selected in rows:
        if selected:
            keys.discard(key)
            contracts.discard(contract_id)
    return {"items": sorted(keys), "contracts": sorted(contracts)}
