"""The job of a recurring batch: what is due is listed, run as it was listed, and made."""

from __future__ import annotations

import structlog

from domain.access import Permission, Role, require
from domain.batch.model import Batch, BatchState, BillState
from domain.batch.moved import MOST_TOLD, STALE_PLAN
from domain.batch.plan import plan_hash
from domain.batch.run import require_state
from domain.batch.schedule import BILLS_FAILED, NOTHING_WAS_DUE, Outcome, Reach
from domain.errors import Issue, Refusal
from domain.job import Errand, JobStatus, Tell
from domain.takeover.wire import unpack_issue
from persistence import jobs
from persistence.batch import batches
from persistence.batch import lists as batch_lists
from persistence.batch import parts as batch_parts
from persistence.batch import schedules as batch_schedules
from persistence.session import ScopedSession
from resolvers._errands import acting_for
from resolvers.batching._generating import generate_all, give_generate_up
from resolvers.batching._planning import list_all
from resolvers.batching._running import check_plan, hold_plan
from schema.context import House

log = structlog.get_logger("jalon")

_TRIES = 3
"""How often a plan is made that moves before it is held: nobody has looked at it, so it is only
made anew."""


def carry_out_scheduled(house: House, errand: Errand, tell: Tell) -> None:
    """The job: the state of the batch says where to go on, after a crash too.

    Refused where the role of who made the schedule may not prepare invoices any more, and where
    what is due moves each time it is listed (STALE_PLAN): the next run has another try.
    """
    require(Role(errand.values["role"]), Permission.PREPARE_INVOICES)
    tries = 0
    while True:
        match _state(house, errand):
            case BatchState.PLANNING:
                _list(house, errand, tell)
            case BatchState.SELECTING:
                tries += 1
                try:
                    _hold(house, errand)
                except Refusal as refusal:
                    if refusal.issues[0].kind is not STALE_PLAN or tries == _TRIES:
                        raise
                    log.info("plan moved", batch=errand.subject_id)
                    _list(house, errand, tell)
            case BatchState.GENERATING:
                _generate(house, errand, tell)
            case _:
                return


def _state(house: House, errand: Errand) -> BatchState | None:
    """Where the batch is; None once the job is at its end."""
    with house.database.reading(errand.standing) as session:
        if jobs.the_job(session, errand.job_id).is_finished:
            return None
        batch = batches.the_batch(session, errand.subject_id)
        require_state(batch, BatchState.PLANNING, BatchState.SELECTING, BatchState.GENERATING)
        return batch.state


def _list(house: House, errand: Errand, tell: Tell) -> None:
    """Lists what is due; that is all where nothing is, or where the schedule goes no further."""

    def end(session: ScopedSession, batch: Batch) -> None:
        if not batch_lists.has_selected(session, batch.id):
            _leave_nothing(session, errand, batch, house)
        elif errand.values["reach"] == Reach.PLAN.value:
            jobs.end(session, errand.job_id, status=JobStatus.SUCCEEDED, at=house.clock())
            _note(session, errand, Outcome.PLANNED)

    list_all(house, errand, tell, end=end)


def _leave_nothing(session: ScopedSession, errand: Errand, batch: Batch, house: House) -> None:
    """No empty batch is left lying: the job says that nothing was due."""
    waiting = batch_schedules.count_listed(session, batch.id)
    _take_away(session, batch, house)
    said = [NOTHING_WAS_DUE(day=batch.cut_off.isoformat(), waiting=waiting)]
    jobs.end(session, errand.job_id, status=JobStatus.SUCCEEDED, at=house.clock(), issues=said)
    _note(session, errand, Outcome.NOTHING_DUE)


def _take_away(session: ScopedSession, batch: Batch, house: House) -> None:
    batch_schedules.forget_batch(session, batch.id)
    batches.clear(session, batch.id)
    batch.archived_at = house.clock()


def _hold(house: House, errand: Errand) -> None:
    """Holds exactly what was listed, or STALE_PLAN; read outside the transaction, as batchRun."""
    with house.database.reading(errand.standing) as session:
        batch = batches.the_batch(session, errand.subject_id)
        plan = plan_hash(
            batch_id=batch.id,
            cut_off=batch.cut_off,
            grouping=batch.grouping,
            sums=batch_parts.sums_by_batch(session, [batch.id])[batch.id],
        )
        checked = check_plan(session, batch.id)
    with house.database.writing(errand.standing, patient=True) as session:
        if not jobs.goes_on(session, errand):
            return
        acting = acting_for(session, errand, house)
        batch = batches.the_batch(session, errand.subject_id, locked=True)
        hold_plan(acting, batch, plan=plan, checked=checked)
        batch.state = BatchState.GENERATING


def _generate(house: House, errand: Errand, tell: Tell) -> None:
    def end(session: ScopedSession, batch: Batch, failed: int) -> None:
        issues = _why(session, batch, failed) if failed else []
        status = JobStatus.SUCCEEDED_WITH_ERRORS if failed else JobStatus.SUCCEEDED
        jobs.end(session, errand.job_id, status=status, at=house.clock(), issues=issues)
        _note(session, errand, Outcome.PARTLY_GENERATED if failed else Outcome.GENERATED)

    generate_all(house, errand, tell, end=end)


def _why(session: ScopedSession, batch: Batch, failed: int) -> list[Issue]:
    """What kept invoices from being made: each reason once."""
    bills = batches.bills_of(session, batch.id, states=(BillState.FAILED,), limit=MOST_TOLD)
    told = {str(kept): unpack_issue(kept) for bill in bills for kept in bill.issues}
    return [BILLS_FAILED(count=failed, batch=batch.name), *list(told.values())[:MOST_TOLD]]


def _note(session: ScopedSession, errand: Errand, outcome: Outcome) -> None:
    batch_schedules.note_outcome(session, errand.values["schedule_id"], errand.job_id, outcome)


def give_scheduled_up(house: House, session: ScopedSession, errand: Errand) -> None:
    """A list that is not whole goes; what is listed or made stays, for somebody to look at."""
    batch = batches.the_batch(session, errand.subject_id, locked=True)
    if batch.state is BatchState.PLANNING:
        _take_away(session, batch, house)
    else:
        give_generate_up(session, errand)
    _note(session, errand, Outcome.FAILED)
