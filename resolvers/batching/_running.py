"""Selecting in a batch, running it, taking invoices out of it: what was seen is what is held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement

from domain.batch.criteria import Criteria
from domain.batch.listed import ListedItem
from domain.batch.model import (
    Batch,
    BatchContract,
    BatchInvoice,
    BatchItem,
    BatchState,
    BillState,
    Grouping,
)
from domain.batch.moved import MOST_TOLD, Moved, moved, stale, stale_plan
from domain.batch.plan import Bundle, PlannedItem, plan_hash, planned, sums_of
from domain.batch.run import (
    BATCH_EMPTY,
    bills_of,
    bundle_again,
    propose,
    require_state,
)
from domain.billing.assessment import Assessment, assess
from domain.billing.blockers import RESERVED_BY_BATCH
from domain.billing.lines import ITEM_LOCKED
from domain.errors import NOT_FOUND, Issue, Refusal
from domain.invoice.finalise import require_pro_forma
from domain.takeover.wire import unpack_issue
from persistence.batch import batches
from persistence.batch import lists as batch_lists
from persistence.batch import parts as batch_parts
from persistence.batch.bills import names_of
from persistence.billing.contracts import contracts_where
from persistence.billing.needs import books_of
from persistence.ids import insert_numbered
from persistence.invoice import invoices
from persistence.invoice.projects import projects_of
from persistence.session import ScopedSession
from persistence.statistics import learn_first
from resolvers._mutation import Acting
from resolvers.batching._planning import locked_batch

_PORTION = 1_000
"""Contracts that are assessed together."""

_SELECTING = (BatchState.SELECTING,)
_WITH_BILLS = (BatchState.SAVED, BatchState.GENERATED, BatchState.EXPORTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What to include, or to leave out: contracts, items by key, or all that meet `where`."""

    selected: bool
    contract_ids: Sequence[int] | None = None
    keys: Sequence[str] | None = None
    where: Sequence[ColumnElement[bool]] | None = None


def choose(acting: Acting, batch_id: int, choices: Sequence[Choice]) -> Batch:
    """Includes and leaves out, in that order (B16, B19, B21).

    What is locked and named is refused with ITEM_LOCKED and its blockers; a condition passes it by.
    """
    session = acting.session
    batch = locked_batch(acting, batch_id)
    require_state(batch, *_SELECTING)
    for place, one in enumerate(choices):
        if one.selected:
            _require_open(session, batch.id, one, place)
        else:
            _require_known(session, batch.id, one, place)
        where = batch_lists.items_where(
            batch_id=batch.id, contract_ids=one.contract_ids, keys=one.keys, contracts=one.where
        )
        batch_lists.select_items(session, batch.id, selected=one.selected, where=where)
    batches.touch(batch)
    return batch


def _require_known(
    session: ScopedSession, batch_id: int, one: Choice, place: int
) -> tuple[Mapping[str, BatchItem], Mapping[int, BatchContract]]:
    """The items and contracts that are named; NOT_FOUND for those of no batch, or of another."""
    items = batch_lists.items_named(session, batch_id, one.keys or ())
    issues = [
        NOT_FOUND(field=("choices", place, "items", index), noun="item of the batch", key=key[:120])
        for index, key in enumerate(one.keys or ())
        if key not in items
    ]
    listed = batch_lists.contracts_named(session, batch_id, one.contract_ids or ())
    issues += [
        NOT_FOUND(
            field=("choices", place, "contract_ids", index),
            noun="contract of the batch",
            key=f"contract_{key}",
        )
        for index, key in enumerate(one.contract_ids or ())
        if key not in listed
    ]
    if issues:
        raise Refusal(*issues)
    return items, listed


def _require_open(session: ScopedSession, batch_id: int, one: Choice, place: int) -> None:
    """Nothing that is locked is selected by any call (B17)."""
    items, listed = _require_known(session, batch_id, one, place)
    issues: list[Issue] = []
    locked = {item.contract_id for item in items.values() if not item.selectable}
    of = batch_lists.contracts_named(session, batch_id, sorted(locked))
    for index, key in enumerate(one.keys or ()):
        if not items[key].selectable:
            blockers = [*of[items[key].contract_id].blockers, *items[key].blockers]
            issues += _locked(key, blockers, field=("choices", place, "items", index))
    for index, contract_id in enumerate(one.contract_ids or ()):
        of_contract = listed[contract_id]
        if of_contract.state.value == "LOCKED":
            field = ("choices", place, "contract_ids", index)
            issues += _locked(f"contract_{contract_id}", of_contract.blockers, field=field)
    if issues:
        raise Refusal(*issues)


def _locked(key: str, blockers: Sequence[Any], *, field: tuple[Any, ...]) -> list[Issue]:
    found = (unpack_issue(one["issue"]).at(field=field) for one in blockers)
    return [ITEM_LOCKED(field=field, key=key), *(issue for issue in found if issue.is_red)]


@dataclass(frozen=True, slots=True)
class Checked:
    """A plan beside what is due now: read before the act, so that no writer waits meanwhile."""

    version: int
    stale: Sequence[Issue] = ()
    """STALE_PLAN and what moved; nothing where all is as it was planned."""
    bundles: Mapping[str, Bundle] = field(default_factory=dict)


def check_plan(session: ScopedSession, batch_id: int) -> Checked | None:
    """What is selected, assessed anew; None where the batch is not being selected in."""
    batch = batches.the_batch(session, batch_id)
    if batch.state is not BatchState.SELECTING:
        return None
    items = batch_lists.selected_items(session, batch_id)
    own: dict[int, list[ListedItem]] = {}
    for item in items:
        own.setdefault(item.contract_id, []).append(item)
    gone: list[Moved] = []
    bundles: dict[str, Bundle] = {}
    for portion in _portions(own):
        found = by_contract_and_key(assessments_again(session, batch, portion))
        gone += moved([item for key in portion for item in own[key]], found)
        bundles |= {one.digest: one for one in {item.bundle for item in found.values()}}
    places = {item.id: place for place, item in enumerate(items)} if gone else {}
    gone.sort(key=lambda one: places[one[0].id])
    told = stale_plan(gone, partial(names_of, session)) if gone else ()
    return Checked(version=batch.version, stale=told, bundles=bundles)


def _portions(contract_ids: Iterable[int]) -> Iterator[list[int]]:
    wanted = sorted(contract_ids)
    for start in range(0, len(wanted), _PORTION):
        yield wanted[start : start + _PORTION]


def assessments_again(
    session: ScopedSession, batch: Batch, contract_ids: Iterable[int], *, locked: bool = False
) -> Iterator[Assessment]:
    """Contracts as they are now; `locked` keeps their time from others."""
    for portion in _portions(contract_ids):
        criteria = Criteria(contract_ids=tuple(portion))
        where = contracts_where(criteria=criteria)
        books = books_of(session, where, cut_off=batch.cut_off, locked=locked, batch_id=batch.id)
        yield from (assess(one, cut_off=batch.cut_off) for one in books)


def by_contract_and_key(
    assessed: Iterable[Assessment],
) -> dict[tuple[int, str], PlannedItem]:
    """The items of contracts, by contract and key."""
    return {(one.books.terms.id, item.item.key): item for one in assessed for item in planned(one)}


def run_batch(acting: Acting, batch_id: int, *, plan: str, checked: Checked | None) -> Batch:
    """Holds what the plan shows, and proposes its invoices (B24); exactly, or STALE_PLAN."""
    batch = locked_batch(acting, batch_id)
    hold_plan(acting, batch, plan=plan, checked=checked)
    return batch


def hold_plan(acting: Acting, batch: Batch, *, plan: str, checked: Checked | None) -> None:
    """`run_batch` of a batch that is locked, and that no job but the caller's is at work on."""
    session = acting.session
    require_state(batch, *_SELECTING)
    items = batch_lists.selected_items(session, batch.id)
    if not items:
        raise Refusal(BATCH_EMPTY(field=("id",), batch=batch.name))
    # Of the items themselves, not of the sums that are kept for clicks.
    now = plan_hash(
        batch_id=batch.id, cut_off=batch.cut_off, grouping=batch.grouping, sums=sums_of(items)
    )
    if checked is None or plan != now or checked.version != batch.version:
        raise Refusal(stale("the selection"))
    if checked.stale:
        raise Refusal(*checked.stale)
    held = batches.holders_of(session, [item.key for item in items], but=batch.id)
    if held:
        raise Refusal(
            stale("what is free"),
            *(
                RESERVED_BY_BATCH(field=("plan_hash",), batch=name)
                for name in dict.fromkeys(name for _, name in held[:MOST_TOLD])
            ),
        )
    batches.drop_unselected(session, batch.id)
    batch_parts.forget(session, batch.id)
    _propose(session, batch, items, checked.bundles)
    batch.state, batch.plan = BatchState.SAVED, plan


def _propose(
    session: ScopedSession,
    batch: Batch,
    items: Sequence[ListedItem],
    bundles: Mapping[str, Bundle],
    *,
    after: int = 0,
) -> None:
    bills = bills_of(items, bundles, batch.grouping)
    made = propose(batch, bills, batch_parts.taxes_of(session), after=after)
    keys = insert_numbered(session, BatchInvoice, made)
    learn_first(session, BatchInvoice, len(keys))
    batches.hold(
        session,
        {
            item.id: (key, item.key)
            for bill, key in zip(bills, keys, strict=True)
            for item in bill.items
        },
    )


def regroup(acting: Acting, batch_id: int, grouping: Grouping) -> Batch:
    """Groups what is selected, or the proposals, otherwise (B26)."""
    session = acting.session
    batch = locked_batch(acting, batch_id)
    require_state(batch, BatchState.SELECTING, BatchState.SAVED)
    if batch.grouping is grouping:
        return batch
    batch.grouping = grouping
    if batch.state is BatchState.SAVED:
        bills = batches.bills_of(session, batch.id, states=(BillState.PROPOSED, BillState.FAILED))
        bundles = {bill.bundle: bundle_again(bill) for bill in bills}
        keys = [bill.id for bill in bills]
        items = batch_lists.items_in_order(session, batch.id, keys)
        after = batches.last_place(session, batch.id)
        batches.undo_bills(session, keys)
        _propose(session, batch, items, bundles, after=after)
    return batch


def drop_bills(acting: Acting, batch_id: int, bill_ids: Sequence[int]) -> Batch:
    """Takes invoices out of a batch (B25): pro formas go, and what they held is free again.

    All or none: INVOICE_ALREADY_FINAL when one of them is a legal invoice by now.
    """
    session = acting.session
    batch = locked_batch(acting, batch_id)
    require_state(batch, *_WITH_BILLS)
    found = {one.id: one for one in batches.bills_of(session, batch.id, ids=bill_ids)}
    issues = [
        NOT_FOUND(
            field=("invoice_ids", place), noun="invoice of the batch", key=f"batch_invoice_{key}"
        )
        for place, key in enumerate(bill_ids)
        if key not in found
    ]
    if issues:
        raise Refusal(*issues)
    _take_out(acting, [found[key] for key in bill_ids], spare_final=False)
    counts = batches.count_bills(session, batch.id)
    waiting = counts.get(BillState.PROPOSED, 0) + counts.get(BillState.FAILED, 0)
    if batch.state is BatchState.SAVED and counts.get(BillState.GENERATED) and not waiting:
        batch.state = BatchState.GENERATED
    return batch


def delete_batch(acting: Acting, batch_id: int) -> Batch:
    """Deletes a batch: all that is not final is free again; legal invoices stay as they are."""
    session = acting.session
    batch = locked_batch(acting, batch_id)
    _take_out(acting, batches.bills_of(session, batch.id), spare_final=True)
    if not batches.has_invoices(session, batch.id):
        batches.clear(session, batch.id)
    batch.archived_at = acting.house.clock()
    return batch


def _take_out(acting: Acting, bills: Sequence[BatchInvoice], *, spare_final: bool) -> None:
    session = acting.session
    drawn = {bill.invoice_id for bill in bills if bill.invoice_id is not None}
    locked = invoices.invoices_locked(session, drawn)
    covered = projects_of(session, locked)
    invoices.lock_projects(session, {key for some in covered.values() for key in some})
    finals, issues = set(), []
    for place, bill in enumerate(bills):
        if bill.invoice_id is not None and bill.invoice_id not in locked:
            # Deleted by somebody else before it was locked: it has left the batch by itself.
            session.refresh(bill)
        if bill.invoice_id is None:
            continue
        try:
            require_pro_forma(locked[bill.invoice_id])
        except Refusal as refusal:
            finals.add(bill.invoice_id)
            issues += [issue.at(field=("invoice_ids", place)) for issue in refusal.issues]
    if issues and not spare_final:
        raise Refusal(*issues)
    invoices.remove_all(session, [one for key, one in locked.items() if key not in finals])
    gone = [bill for bill in bills if bill.invoice_id not in finals or bill.invoice_id is None]
    batches.release(session, [bill.id for bill in gone], left_out=True)
    for bill in gone:
        bill.state, bill.invoice_id, bill.issues = BillState.DROPPED, None, []
