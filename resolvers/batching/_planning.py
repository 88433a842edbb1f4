"""Listing what a batch is chosen from: at once, or, for a large firm, as a job (B04, B22)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from domain.batch.criteria import Criteria, criteria_again
from domain.batch.model import Batch, BatchState, Grouping
from domain.batch.run import BATCH_BUSY, require_state
from domain.billing.assessment import Assessment, assess
from domain.errors import Refusal
from domain.given import text
from domain.job import OF_BATCHES, Errand, JobKind, JobStatus, Stage, Tell
from persistence import jobs
from persistence.batch import batches
from persistence.batch import lists as batch_lists
from persistence.billing.contracts import contracts_where, count_contracts
from persistence.billing.needs import books_of
from persistence.session import ScopedSession
from resolvers._errands import leave_to_job
from resolvers._mutation import Acting
from resolvers.invoicing._billing import cut_off_of
from schema.context import House

_PORTION = 1_000
"""Contracts that are assessed and listed together."""

_FORGOTTEN = timedelta(days=14)
"""After which a list that nobody ran goes: what is due has long moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWanted:
    """Which batch to prepare; `cut_off` is today when None."""

    name: str
    cut_off: date | None
    criteria: Criteria
    grouping: Grouping = Grouping.PER_CONTRACT
    schedule_id: int | None = None
    due_on: date | None = None


def plan_batch(acting: Acting, wanted: PlanWanted) -> Batch:
    """A batch with everything that is due selected (B22); nothing is held yet."""
    session = acting.session
    batches.forget_lists(session, before=acting.house.clock() - _FORGOTTEN)
    batch = Batch(
        name=text(wanted.name, field=("name",), name="The name", longest=120, required=True) or "",
        cut_off=cut_off_of(acting, wanted.cut_off, field=("cut_off",)),
        grouping=wanted.grouping,
        criteria=wanted.criteria.kept(),
        author=acting.caller.key_name,
        schedule_id=wanted.schedule_id,
        due_on=wanted.due_on,
    )
    session.add(batch)
    session.flush()
    _list(acting, batch)
    return batch


def refresh_batch(acting: Acting, batch_id: int, *, cut_off: date | None) -> Batch:
    """Lists what is due anew; what was left out stays out."""
    batch = locked_batch(acting, batch_id)
    require_state(batch, BatchState.SELECTING)
    # Kept with the batch, not with the list: that may be read anew again before it is whole.
    batch.left_out = batch_lists.left_out(acting.session, batch)
    if cut_off is not None:
        batch.cut_off = cut_off_of(acting, cut_off, field=("cut_off",))
    _list(acting, batch)
    batches.touch(batch)
    return batch


def locked_batch(acting: Acting, batch_id: int) -> Batch:
    """The batch, locked; BATCH_BUSY while a job is at work on it."""
    batch = batches.the_batch(acting.session, batch_id, locked=True)
    busy = jobs.at_work_on(acting.session, OF_BATCHES, batch.id)
    if busy is not None:
        raise Refusal(BATCH_BUSY(field=("id",), batch=batch.name, job=f"job_{busy}"))
    return batch


def _list(acting: Acting, batch: Batch) -> None:
    session = acting.session
    where = contracts_where(criteria=criteria_again(batch.criteria))
    is_long = count_contracts(session, where) > acting.house.contracts_at_once
    if is_long and acting.house.jobs is not None:
        batch.state = BatchState.PLANNING
        leave_to_job(acting, JobKind.BATCH_PLAN, batch.id, {})
        return
    batches.clear(session, batch.id)
    after: int | None = 0
    while after is not None:
        portion = _assessed(session, batch, after=after)
        batch_lists.keep_list(session, batch, portion.found)
        after = portion.last


@dataclass(frozen=True, slots=True)
class _Portion:
    """Contracts that have something due, or to wait for."""

    found: list[Assessment]
    last: int | None
    """The last contract that was looked at; None when there is none after it."""


def _assessed(session: ScopedSession, batch: Batch, *, after: int) -> _Portion:
    """What the next contracts of a batch have due."""
    where = contracts_where(criteria=criteria_again(batch.criteria), after=after)
    books = books_of(session, where, cut_off=batch.cut_off, limit=_PORTION, batch_id=batch.id)
    found = (assess(one, cut_off=batch.cut_off) for one in books)
    return _Portion(
        found=[one for one in found if not one.is_empty],
        last=books[-1].terms.id if len(books) == _PORTION else None,
    )


def carry_out_plan(house: House, errand: Errand, tell: Tell) -> None:
    """The job: begun again, it begins anew."""

    def end(session: ScopedSession, batch: Batch) -> None:
        jobs.end(session, errand.job_id, status=JobStatus.SUCCEEDED, at=house.clock())

    list_all(house, errand, tell, end=end)


def list_all(
    house: House,
    errand: Errand,
    tell: Tell,
    *,
    end: Callable[[ScopedSession, Batch], None],
) -> None:
    """Lists what a batch is chosen from, portion by portion, each kept at once.

    Whatever was listed before goes first. `end` is part of the last transaction, in which the
    batch comes to be SELECTING; nothing is done for a job that is finished.
    """
    database, batch_id = house.database, errand.subject_id
    with database.writing(errand.standing, patient=True) as session:
        if not jobs.goes_on(session, errand):
            return
        batch = batches.the_batch(session, batch_id, locked=True)
        batches.clear(session, batch_id)
        where = contracts_where(criteria=criteria_again(batch.criteria))
        total = count_contracts(session, where)
    done, after = 0, 0
    while True:
        tell(Stage.ASSESSING, min(done, total), total)
        with database.reading(errand.standing) as session:
            batch = batches.the_batch(session, batch_id)
            portion = _assessed(session, batch, after=after)
        is_last = portion.last is None
        with database.writing(errand.standing, patient=True) as session:
            if not jobs.goes_on(session, errand):
                return
            batch = batches.the_batch(session, batch_id, locked=True)
            batch_lists.keep_list(session, batch, portion.found)
            if is_last:
                batch.state = BatchState.SELECTING
                end(session, batch)
        if portion.last is None:
            return
        done, after = done + _PORTION, portion.last


def give_plan_up(session: ScopedSession, errand: Errand) -> None:
    """Leaves the batch with an empty list."""
    batches.clear(session, errand.subject_id)
    batches.the_batch(session, errand.subject_id, locked=True).state = BatchState.SELECTING
