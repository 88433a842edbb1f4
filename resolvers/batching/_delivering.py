"""The jobs that make the invoices of a batch final, and that mail them (B29)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Protocol

from documents.glyphs import GLYPH_MISSING
from domain.batch.model import Batch, BatchInvoice, BatchState, BillState
from domain.batch.moved import MOST_TOLD
from domain.batch.run import BATCH_EMPTY, require_made, require_state
from domain.errors import NOT_FOUND, Issue, Refusal
from domain.given import day
from domain.invoice.deposit import DEPOSIT_TO_DEDUCT
from domain.invoice.euro import EuroRate
from domain.invoice.mail import MAIL_NOT_SET_UP
from domain.job import Errand, JobKind, JobStatus, Stage, Tell
from domain.platform.connection import PLATFORM_OUT_OF_REACH
from domain.takeover.wire import pack_issue
from persistence import jobs
from persistence.batch import batches
from persistence.invoice import invoices
from persistence.outside.mails import mailed_among
from persistence.session import ScopedSession, part_of
from resolvers._errands import acting_for, leave_to_job
from resolvers._mutation import Acting
from resolvers.batching._planning import locked_batch
from resolvers.batching._rates import rates_of, sound_rates
from resolvers.delivering._mailing import SETTING, Sending, queue_mail
from resolvers.invoicing._finalising import ToFinalise, judge_final, keep_final
from schema.context import House

PORTION = 100
"""Invoices in one transaction; the lock of their numbers is held no longer."""

_GENERATED = (BatchState.SAVED, BatchState.GENERATED, BatchState.EXPORTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which invoices of a batch: all of it when `bill_ids` is None."""

    batch_id: int
    bill_ids: Sequence[int] | None = None


def ask_to_finalise(
    acting: Acting,
    part: Part,
    *,
    issue_date: date | None,
    euro_rates: Sequence[tuple[str, EuroRate]] = (),
) -> Batch:
    """Leaves it to a job to make pro formas final, in the order of the batch.

    `euro_rates` are by currency, for those that state their VAT in euros and keep no rate.

    A batch of which some are not made is taken for no whole one: BATCH_UNMADE.
    """
    issued = day(issue_date, field=("issue_date",), name="The issue date") or acting.today
    rates = sound_rates(euro_rates, today=acting.today)
    batch = _the_batch(acting, part)
    if part.bill_ids is None:
        counts = batches.count_bills(acting.session, batch.id)
        proposed, failed = (
            counts.get(state, 0) for state in (BillState.PROPOSED, BillState.FAILED)
        )
        require_made(batch, proposed=proposed, failed=failed)
    bills = _chosen(acting, batch, part)
    if not batches.has_pro_formas(acting.session, batch.id, ids=part.bill_ids):
        raise Refusal(BATCH_EMPTY(field=("id",), batch=batch.name))
    values = {"bills": bills, "issue_date": issued.isoformat(), "euro_rates": rates}
    leave_to_job(acting, JobKind.BATCH_FINALISE, batch.id, values)
    return batch


def ask_to_send(acting: Acting, part: Part) -> Batch:
    """Leaves it to a job to queue a mail for each invoice, with its PDF (F24)."""
    if acting.house.mail_from is None:
        raise Refusal(MAIL_NOT_SET_UP(setting=SETTING))
    batch = _the_batch(acting, part)
    bills = _chosen(acting, batch, part)
    leave_to_job(acting, JobKind.BATCH_SEND, batch.id, {"bills": bills})
    return batch


def _the_batch(acting: Acting, part: Part) -> Batch:
    batch = locked_batch(acting, part.batch_id)
    require_state(batch, *_GENERATED)
    return batch


def _chosen(acting: Acting, batch: Batch, part: Part) -> list[int] | None:
    """Which of its bills; NOT_FOUND for one that is no invoice of the batch."""
    require_invoices(acting.session, batch, part)
    return None if part.bill_ids is None else list(part.bill_ids)


def require_invoices(session: ScopedSession, batch: Batch, part: Part) -> list[BatchInvoice]:
    """The bills of a part that are invoices; NOT_FOUND names those that are none."""
    bills = invoices_of(session, part)
    found = {one.id for one in bills}
    unknown = [
        NOT_FOUND(
            field=("invoice_ids", place), noun="invoice of the batch", key=f"batch_invoice_{key}"
        )
        for place, key in enumerate(part.bill_ids or ())
        if key not in found
    ]
    if unknown:
        raise Refusal(*unknown)
    if not found:
        raise Refusal(BATCH_EMPTY(field=("id",), batch=batch.name))
    return bills


def invoices_of(session: ScopedSession, part: Part) -> list[BatchInvoice]:
    """The bills of a part that are invoices, in their order."""
    found = batches.bills_of(session, part.batch_id, ids=part.bill_ids)
    return [one for one in found if one.invoice_id is not None]


def carry_out_finalise(house: House, errand: Errand, tell: Tell) -> None:
    """The job: portion by portion, each final at once; begun again, it passes by what is final."""
    issued, rates = date.fromisoformat(errand.values["issue_date"]), rates_of(errand)

    warned: dict[str, Issue] = {}

    def act(acting: Acting, bills: Sequence[BatchInvoice]) -> int:
        keys = [bill.invoice_id for bill in bills if bill.invoice_id is not None]
        final = batches.final_among(acting.session, keys)
        left = [bill for bill in bills if bill.invoice_id not in final]
        if not left:
            return 0
        asked = [ToFinalise(bill.invoice_id or 0, euro_rates=rates) for bill in left]
        judged = judge_final(acting, asked, issue_date=issued)
        keep_final(acting, judged)
        # One that was deleted meanwhile is no more of the batch: there is nothing to tell.
        there = [(bill, one) for bill, one in zip(left, judged, strict=True) if one.found]
        for bill, one in there:
            if one.is_refused:
                note(bill, one.issues)
                continue
            open_ones = [
                issue.at(field=()) for issue in one.issues if issue.kind is DEPOSIT_TO_DEDUCT
            ]
            boxes = [issue for issue in one.issues if issue.kind is GLYPH_MISSING]
            kept = [
                issue.at(field=()) for issue in one.issues if issue.kind is PLATFORM_OUT_OF_REACH
            ]
            note(bill, [*open_ones, *boxes, *kept])
            warned.update((issue.facts["number"], issue) for issue in open_ones)
        return sum(1 for _, one in there if one.is_refused)

    _carry_out(house, errand, tell, act, stage=Stage.FINALISING, warned=warned)


def carry_out_send(house: House, errand: Errand, tell: Tell) -> None:
    """The job: begun again, it queues no second mail; who has it gets none unless named."""

    is_named = errand.values["bills"] is not None

    def act(acting: Acting, bills: Sequence[BatchInvoice]) -> int:
        keys = {bill.invoice_id for bill in bills if bill.invoice_id is not None}
        # All at once, in one order, before any bill is written: as whoever makes them final.
        there = invoices.invoices_locked(acting.session, keys)
        has_it = set() if is_named else mailed_among(acting.session, keys)
        for bill in bills:
            if bill.mailed_by == errand.job_id or bill.invoice_id in has_it:
                continue
            if bill.invoice_id not in there:
                continue
            try:
                with part_of(acting.session):
                    queue_mail(acting, Sending(invoice_id=bill.invoice_id or 0))
            except Refusal as refusal:
                note(bill, refusal.issues)
            else:
                note(bill, ())
            bill.mailed_by = errand.job_id
        # With those that it refused before it was begun again.
        return sum(1 for bill in bills if bill.mailed_by == errand.job_id and bill.issues)

    _carry_out(house, errand, tell, act, stage=Stage.SENDING)


def note(bill: BatchInvoice, issues: Sequence[Issue]) -> None:
    """Keeps why the last act on an invoice failed, or what it warned of; else nothing."""
    bill.issues = [pack_issue(issue) for issue in issues]


class Act(Protocol):
    """What is done to a portion of a batch, in one transaction."""

    def __call__(self, acting: Acting, bills: Sequence[BatchInvoice]) -> int:
        """How many of them this job refused."""


def _carry_out(
    house: House,
    errand: Errand,
    tell: Tell,
    act: Act,
    *,
    stage: Stage,
    warned: Mapping[str, Issue] = MappingProxyType({}),
) -> None:
    """An act on a part of a batch, portion by portion; the job ends with what `act` has warned."""
    part = Part(batch_id=errand.subject_id, bill_ids=errand.values["bills"])
    with house.database.reading(errand.standing) as session:
        total = len(invoices_of(session, part))
    done = after = failed = 0
    while True:
        database = house.database
        with database.writing(errand.standing, durable=True, patient=True) as session:
            if not jobs.goes_on(session, errand):
                return
            batches.the_batch(session, part.batch_id, locked=True)
            bills = batches.bills_of(
                session, part.batch_id, ids=part.bill_ids, after=after, limit=PORTION
            )
            own = [bill for bill in bills if bill.invoice_id is not None]
            if own:
                failed += act(acting_for(session, errand, house), own)
            is_last = len(bills) < PORTION
            if is_last:
                status = JobStatus.SUCCEEDED_WITH_ERRORS if failed else JobStatus.SUCCEEDED
                issues = list(warned.values())[:MOST_TOLD]
                jobs.end(session, errand.job_id, status=status, at=house.clock(), issues=issues)
            after = bills[-1].place if bills else after
            done += len(own)
        tell(stage, done, max(total, done))
        if is_last:
            return


def leave_as_it_is(session: ScopedSession, errand: Errand) -> None:
    """What is done of the batch stays done; the rest can be asked for again."""
