"""The job that makes the pro formas of a batch, portion by portion: each line once (B27)."""

from __future__ import annotations

from collections.abc import Callable

from domain.batch.model import Batch, BatchState, BillState
from domain.batch.run import BATCH_EMPTY, require_state
from domain.errors import Refusal
from domain.job import Errand, JobKind, JobStatus, Stage, Tell
from persistence import jobs
from persistence.batch import batches
from persistence.batch import bills as batch_bills
from persistence.session import ScopedSession
from resolvers._errands import acting_for, leave_to_job
from resolvers._mutation import Acting
from resolvers.batching._making import make_bills
from resolvers.batching._planning import locked_batch
from schema.context import House

PORTION = 200
"""Invoices made in one transaction: what a crash takes back, and how long others wait on SQLite."""


def ask_to_generate(acting: Acting, batch_id: int) -> Batch:
    """Leaves it to a job to make the pro formas; those that failed before are tried again."""
    batch = locked_batch(acting, batch_id)
    require_state(batch, BatchState.SAVED)
    begin_generating(acting, batch)
    return batch


def begin_generating(acting: Acting, batch: Batch) -> None:
    """Asks for the job; BATCH_EMPTY when every invoice was taken out."""
    batches.revive(acting.session, batch.id)
    if not batches.bills_of(acting.session, batch.id, states=(BillState.PROPOSED,), limit=1):
        raise Refusal(BATCH_EMPTY(field=("id",), batch=batch.name))
    batch.state = BatchState.GENERATING
    leave_to_job(acting, JobKind.BATCH_GENERATE, batch.id, {})


def carry_out_generate(house: House, errand: Errand, tell: Tell) -> None:
    """The job: begun again after a crash, it goes on with what is not made yet."""

    def end(session: ScopedSession, batch: Batch, failed: int) -> None:
        status = JobStatus.SUCCEEDED_WITH_ERRORS if failed else JobStatus.SUCCEEDED
        jobs.end(session, errand.job_id, status=status, at=house.clock())

    generate_all(house, errand, tell, end=end)


def generate_all(
    house: House,
    errand: Errand,
    tell: Tell,
    *,
    end: Callable[[ScopedSession, Batch, int], None],
) -> None:
    """Makes what is not made yet, portion by portion, each kept at once.

    `end`, which is told how many could not be made, is part of the last transaction; nothing is
    done for a job that is finished.
    """
    while True:
        with house.database.writing(errand.standing, patient=True) as session:
            if not jobs.goes_on(session, errand):
                return
            acting = acting_for(session, errand, house)
            batch = batches.the_batch(session, errand.subject_id, locked=True)
            bills = batch_bills.proposals_of(session, batch.id, limit=PORTION)
            if bills:
                make_bills(acting, batch, bills)
            counts = batches.count_bills(session, batch.id)
            left = counts.get(BillState.PROPOSED, 0)
            if not left:
                failed = counts.get(BillState.FAILED, 0)
                # Of which an invoice failed, a batch stays open for another try.
                batch.state = BatchState.SAVED if failed else BatchState.GENERATED
                batch.generated_at = house.clock()
                end(session, batch, failed)
        total_count = sum(counts.values()) - counts.get(BillState.DROPPED, 0)
        tell(Stage.GENERATING, total_count - left, total_count)
        if not left:
            return


def give_generate_up(session: ScopedSession, errand: Errand) -> None:
    """What is made stays; the rest is proposed still, and can be generated or taken out."""
    batch = batches.the_batch(session, errand.subject_id, locked=True)
    if batch.state is BatchState.GENERATING:
        batch.state = BatchState.SAVED
