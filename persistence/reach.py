"""How far a caller reaches: the criteria by which a limited session sees and writes records.

Every class of record is classified (SEEN). A session of somebody limited adds the criterion of its
class to every statement on it, wherever the organisation is added (persistence/session.py). There
a paper counts for the sums of each project that it bills, whoever billed it; it is shown, and
touched, only by who reaches its entity and all of its projects (`shown_to`). What is written must
be within reach when it is committed. Whoever reaches the whole firm pays nothing for any of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, event, false, func, select
from sqlalchemy.orm import Session, with_loader_criteria

import domain.records as records
from domain.access import LEAVES_REACH
from domain.base import Record
from domain.errors import Refusal
from domain.standing import WHOLE_FIRM, Reach, Standing
from persistence.reach_steps import Reached, ids_of

_STANDING = "standing"
_LIFTED = "reach_lifted"
_TOUCHED = "reach_touched"
_AT_ONCE = 5_000


class Seen(StrEnum):
    """By what a record is within reach."""

    FIRM = "FIRM"
    """Everybody of the firm sees it."""
    PROJECT = "PROJECT"
    CONTRACT = "CONTRACT"
    PHASE = "PHASE"
    HISTORY = "HISTORY"
    TIME = "TIME"
    """By its project; of those who only work there, their own."""
    ENTRY = "ENTRY"
    """By the project, or the entity, that the amount is of."""
    INVOICE = "INVOICE"
    """By its projects, or its entity."""
    LINE = "LINE"
    OF_INVOICE = "OF_INVOICE"
    CLIENT = "CLIENT"
    """By its projects and its papers; or nobody has any for it yet."""
    OF_CLIENT = "OF_CLIENT"
    PAYMENT = "PAYMENT"
    OF_PAYMENT = "OF_PAYMENT"
    ENTITY = "ENTITY"
    """By its entity; of no project."""
    JOB = "JOB"
    """Shown to who asked for it."""
    OF_JOB = "OF_JOB"
    SELF = "SELF"
    """Shown to the person it is of."""
    HOUSE = "HOUSE"
    """What rules work with (numbers, what batches hold): never shown to who is limited."""
    WHOLE = "WHOLE"
    """Only for those who reach the whole firm."""


SEEN: dict[type[Record], Seen] = {
    **dict.fromkeys(
        (
            *(records.Organisation, records.Entity, records.AccountingSettings),
            *(records.TaxCode, records.LedgerAccount, records.Product, records.Collaborator),
        ),
        Seen.FIRM,
    ),
    records.Project: Seen.PROJECT,
    records.ProjectCollaborator: Seen.PROJECT,
    records.Contract: Seen.CONTRACT,
    **dict.fromkeys(
        (
            *(records.Phase, records.ProgressUpdate, records.BillingHistory),
            *(records.Adjustment, records.BilledPeriod),
        ),
        Seen.PHASE,
    ),
    records.CreditedHistory: Seen.HISTORY,
    records.TimeEntry: Seen.TIME,
    records.BillingEntry: Seen.ENTRY,
    records.Invoice: Seen.INVOICE,
    records.InvoiceLine: Seen.LINE,
    **dict.fromkeys(
        (
            *(records.IssuedDocument, records.InvoiceMail, records.Reminder),
            *(records.InvoiceExport, records.Transmission, records.LifecycleStatus),
        ),
        Seen.OF_INVOICE,
    ),
    records.Client: Seen.CLIENT,
    records.Address: Seen.OF_CLIENT,
    records.Contact: Seen.OF_CLIENT,
    records.Payment: Seen.PAYMENT,
    records.PaymentAllocation: Seen.OF_PAYMENT,
    records.PaymentCancellation: Seen.OF_PAYMENT,
    records.ChainLink: Seen.ENTITY,
    records.Member: Seen.SELF,
    records.SignIn: Seen.SELF,
    records.Job: Seen.JOB,
    records.JobFile: Seen.OF_JOB,
    **dict.fromkeys(
        (
            *(records.NumberCounter, records.EntryNumber, records.IdempotentCall),
            *(records.Batch, records.BatchContract, records.BatchItem, records.BatchPart),
            records.BatchInvoice,
            *(records.BatchSchedule, records.OutboxEntry, records.HandoverDelivery),
            *(records.Platform, records.PlatformReading),
            *(records.WebhookEndpoint, records.ApiKey, records.Account, records.AccountLink),
            *(records.Identity, records.IdentityProvider, records.Tally),
            *(records.AuditEntry, records.AuditChange, records.AuditHead),
            records.AuditAct,
        ),
        Seen.HOUSE,
    ),
    **dict.fromkeys(
        (
            *(records.ImportFile, records.ImportRow, records.ImportEffect),
            *(records.StagedUpload, records.AccountingExport),
        ),
        Seen.WHOLE,
    ),
}
"""Every class of record, by what it is within reach."""

_EVERYBODYS = {Seen.FIRM, Seen.HOUSE, Seen.JOB, Seen.OF_JOB, Seen.SELF}
"""What may be written by whoever may write it at all."""
_BILLING = {Seen.INVOICE, Seen.LINE, Seen.OF_INVOICE, Seen.PAYMENT, Seen.OF_PAYMENT, Seen.ENTITY}


def reach_of_session(session: Session) -> Reach:
    """How far the session reaches just now."""
    standing: Standing | None = session.info.get(_STANDING)
    return WHOLE_FIRM if standing is None or session.info.get(_LIFTED) else standing.reach


@contextmanager
def whole_firm(session: Session) -> Iterator[None]:
    """The whole firm, for a rule that must know of it; nothing of it may be shown. Argue each use.

    ADR 25 lists them.
    """
    before = session.info.get(_LIFTED)
    session.info[_LIFTED] = True
    try:
        yield
    finally:
        session.info[_LIFTED] = before


def criteria_of(session: Session) -> tuple[Any, ...]:
    """What every statement of the session is given; nothing where nothing is out of reach."""
    reach = reach_of_session(session)
    if reach.is_whole:
        return ()
    return _criteria(session.info[_STANDING].organisation_id, reach)


def shown_to(session: Session, record: type[Record]) -> tuple[ColumnElement[bool], ...]:
    """The conditions of the records of a class that may be shown, beside what the session adds."""
    reach = reach_of_session(session)
    if reach.is_whole:
        return ()
    standing: Standing = session.info[_STANDING]
    seen, of = SEEN[record], Reached(standing.organisation_id, reach)
    table: Any = record
    is_paper = seen in _BILLING or record is records.BillingHistory
    if seen in (Seen.HOUSE, Seen.WHOLE) or (reach.only_work and is_paper):
        return (false(),)
    if reach.own_projects and seen in (Seen.PAYMENT, Seen.OF_PAYMENT, Seen.ENTITY):
        return (false(),)
    match seen:
        case Seen.INVOICE:
            return (table.id.in_(of.among("r_whole")),)
        case Seen.LINE | Seen.OF_INVOICE:
            return (table.invoice_id.in_(of.among("r_whole")),)
        case Seen.ENTRY if reach.entity_ids is not None:
            return (table.id.in_(of.among("r_shown_entry")),)
        case Seen.OF_PAYMENT:
            return (table.payment_id.in_(of.among("r_payment")),)
        case Seen.JOB:
            return (_asked_by(records.Job, standing),)
        case Seen.SELF:
            member = table.id if record is records.Member else table.member_id
            return (_is_of(member, standing),)
        case Seen.OF_JOB:
            own = select(records.Job.id).where(_asked_by(records.Job, standing))
            return (table.job_id.in_(own),)
    return ()


def _asked_by(job: Any, standing: Standing) -> ColumnElement[bool]:
    who = standing.actor.id
    found: ColumnElement[bool] = job.values["actor"]["id"].as_string() == who
    return found if who else false()


def _is_of(member: ColumnElement[int], standing: Standing) -> ColumnElement[bool]:
    noun, _, digits = standing.actor.id.rpartition("_")
    return member == int(digits) if noun == "member" else false()


def touched(session: Session, record: type[Record], ids: Iterable[int]) -> None:
    """Notes what was written by other ways than one record at a time."""
    if not reach_of_session(session).is_whole:
        session.info.setdefault(_TOUCHED, {}).setdefault(record, set()).update(ids)


def _note_flushed(session: Session) -> None:
    """Notes what a flush writes."""
    if reach_of_session(session).is_whole:
        return
    for one in (*session.new, *session.dirty):
        if SEEN[type(one)] not in _EVERYBODYS:
            touched(session, type(one), [one.id])


def require_kept(session: Session) -> None:
    """Refuses with LEAVES_REACH what was written and is then out of the caller's reach."""
    if reach_of_session(session).is_whole or session.in_nested_transaction():
        return
    session.flush()
    written: dict[type[Record], set[int]] = session.info.pop(_TOUCHED, {})
    for record, ids in written.items():
        if SEEN[record] in _EVERYBODYS:
            continue
        keys = sorted(ids)
        for start in range(0, len(keys), _AT_ONCE):
            _require_seen(session, record, keys[start : start + _AT_ONCE])


def _require_seen(session: Session, record: type[Record], keys: list[int]) -> None:
    noun: Any = record
    table, of = cast(Table, record.__table__), noun.id
    organisation = table.c.organisation_id == session.info[_STANDING].organisation_id
    there = session.scalar(
        select(func.count()).select_from(table).where(organisation, table.c.id.in_(keys))
    )
    seen = session.scalar(select(func.count(of)).where(of.in_(keys), *shown_to(session, record)))
    if seen != there:
        raise Refusal(LEAVES_REACH(noun=str(record.__tablename__).replace("_", " ")))


@lru_cache(maxsize=256)
def _criteria(organisation_id: int, reach: Reach) -> tuple[Any, ...]:
    of = Reached(organisation_id, reach)
    found = []
    for record, seen in SEEN.items():
        condition = _OWN.get(record, _BY.get(seen))
        made = None if condition is None else condition(of, reach)
        if made is not None:
            found.append(with_loader_criteria(record, made, include_aliases=True))
    return tuple(found)


# Conditions are lambdas of the record, which may be an alias; what they close over is compared
# whenever they are used again, so that none is taken for another's.
Condition = Callable[[Reached, Reach], Callable[[Any], ColumnElement[bool]] | None]


def _of_projects(of: Reached, reach: Reach) -> Any:
    projects = of.among("r_project")
    return lambda one: one.project_id.in_(projects)


def _project(of: Reached, reach: Reach) -> Any:
    projects = of.among("r_project")
    return lambda one: one.id.in_(projects)


def _contract(of: Reached, reach: Reach) -> Any:
    contracts = of.among("r_contract")
    return lambda one: one.contract_id.in_(contracts)


def _of_phases(of: Reached, reach: Reach) -> Any:
    phases = of.among("r_phase")
    return lambda one: one.phase_id.in_(phases)


def _history(of: Reached, reach: Reach) -> Any:
    histories = of.among("r_history")
    return lambda one: one.history_id.in_(histories)


def _time(of: Reached, reach: Reach) -> Any:
    projects = of.among("r_project")
    if not reach.only_work:
        return lambda one: one.project_id.in_(projects)
    own = of.own_time
    return lambda one: and_(one.project_id.in_(projects), one.id.in_(own))


def _entry(of: Reached, reach: Reach) -> Any:
    entries = of.among("r_entry")
    return lambda one: one.id.in_(entries)


def _invoice(of: Reached, reach: Reach) -> Any:
    invoices = of.among("r_invoice")
    return lambda one: one.id.in_(invoices)


def _line(of: Reached, reach: Reach) -> Any:
    lines = of.among("r_line")
    return lambda one: one.id.in_(lines)


def _of_invoices(of: Reached, reach: Reach) -> Any:
    invoices = of.among("r_invoice")
    return lambda one: one.invoice_id.in_(invoices)


def _client(of: Reached, reach: Reach) -> Any:
    clients = of.among("r_client")
    return lambda one: one.id.in_(clients)


def _of_clients(of: Reached, reach: Reach) -> Any:
    clients = of.among("r_client")
    return lambda one: one.client_id.in_(clients)


def _payment(of: Reached, reach: Reach) -> Any:
    payments = of.among("r_payment")
    return lambda one: one.id.in_(payments)


def _allocation(of: Reached, reach: Reach) -> Any:
    # What is paid of an invoice counts, whatever else the payment is set against.
    allocations = of.among("r_allocation")
    return lambda one: one.id.in_(allocations)


def _of_payments(of: Reached, reach: Reach) -> Any:
    payments = of.among("r_payment")
    return lambda one: one.payment_id.in_(payments)


def _of_entities(of: Reached, reach: Reach) -> Any:
    if reach.entity_ids is None:
        return None
    entities = of.entities
    return lambda one: one.entity_id.in_(entities)


def _nothing(of: Reached, reach: Reach) -> Any:
    nothing = ids_of("SELECT id FROM organisation WHERE id IS NULL")
    return lambda one: one.id.in_(nothing)


_BY: dict[Seen, Condition] = {
    Seen.PROJECT: _of_projects,
    Seen.CONTRACT: _of_projects,
    Seen.PHASE: _of_phases,
    Seen.HISTORY: _history,
    Seen.TIME: _time,
    Seen.ENTRY: _entry,
    Seen.INVOICE: _invoice,
    Seen.LINE: _line,
    Seen.OF_INVOICE: _of_invoices,
    Seen.CLIENT: _client,
    Seen.OF_CLIENT: _of_clients,
    Seen.PAYMENT: _payment,
    Seen.OF_PAYMENT: _of_payments,
    Seen.ENTITY: _of_entities,
    Seen.WHOLE: _nothing,
}
_OWN: dict[type[Record], Condition] = {
    records.Project: _project,
    records.Phase: _contract,
    records.PaymentAllocation: _allocation,
}


def watch(sessions: type[Session]) -> None:
    """Sees to it that what limited sessions of this class write stays within reach."""
    event.listen(sessions, "after_flush", lambda session, context: _note_flushed(session))
    event.listen(sessions, "before_commit", require_kept)
