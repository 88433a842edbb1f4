"""What is older than its term, and removing it in small transactions (GDPR art. 5(1)(e)).

Invoices, exports, journals, issued papers and the audit trail are no part of this: they are kept
ten years from the end of the fiscal year, and this version removes none of them even then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select

from domain.account import AccountLink, SignIn, Tally
from domain.base import Record
from domain.handover import HandoverDelivery
from domain.invoice.mail import WAITING, InvoiceMail
from domain.invoice.model import LEGAL, Invoice
from domain.job import Job, JobFile
from domain.retention import TERMS
from domain.takeover.model import ImportFile, ImportRow, ImportState, StagedUpload
from domain.takeover.revert import ImportEffect
from domain.trace import IdempotentCall
from persistence.files import Files
from persistence.privacy.files import expired_files, remove_files
from persistence.privacy.imports import forget_undoing, give_files_up
from persistence.privacy.kept import Years
from persistence.privacy.mails import empty_mail
from persistence.session import Database, ScopedSession

_PORTION = 500
"""Records that one transaction removes; an import at a time, with all its rows."""

_AT_WORK = (
    *(ImportState.UPLOADED, ImportState.CHECKING),
    *(ImportState.APPLYING, ImportState.REVERTING),
)

Keys = Sequence[Any]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of record is found and removed; `remove` gives the files that go with it."""

    key: Any
    record: type[Record]
    is_old: Callable[[datetime], ColumnElement[bool]]
    remove: Callable[[ScopedSession, Keys], set[str]]
    of_a_firm: bool = True
    portion: int = _PORTION


def _deleting(column: Any, files: Any = None) -> Callable[[ScopedSession, Keys], set[str]]:
    """Deletes rows by `column`; `files` is the column that holds the key of what goes too."""

    def remove(session: ScopedSession, keys: Keys) -> set[str]:
        record = column.class_
        held = () if files is None else session.scalars(select(files).where(column.in_(keys)))
        found = {one for one in held if one}
        session.execute(delete(record).where(column.in_(keys)))
        return found

    return remove


def _old_imports(before: datetime) -> ColumnElement[bool]:
    """Uploads as a whole, of which something is still kept."""
    sheet = ImportFile.__table__.alias()
    held = [
        select(record.id)
        .join(
            sheet,
            (sheet.c.organisation_id == record.organisation_id) & (sheet.c.id == record.import_id),
        )
        .where(
            sheet.c.organisation_id == ImportFile.organisation_id,
            or_(sheet.c.id == ImportFile.id, sheet.c.workbook_id == ImportFile.id),
        )
        .correlate(ImportFile)
        .exists()
        for record in (ImportRow, ImportEffect)
    ]
    return (
        (ImportFile.workbook_id.is_(None))
        & (ImportFile.updated_at < before)
        & ImportFile.state.not_in(_AT_WORK)
        & or_(ImportFile.file_key.is_not(None), *held)
    )


def _forget_imports(session: ScopedSession, keys: Keys) -> set[str]:
    """Takes rows, effects and files of whole uploads away; what waited for review is given up."""
    wanted = ImportFile.id.in_(keys) | ImportFile.workbook_id.in_(keys)
    imports = list(session.scalars(select(ImportFile).where(wanted).with_for_update()))
    ids = [one.id for one in imports]
    files = {one.file_key for one in imports if one.file_key}
    for one in imports:
        one.file_key = None
        if one.state is ImportState.REVIEW:
            one.state = ImportState.CANCELLED
    forget_undoing(session, ids)
    for record in (ImportRow, ImportEffect):
        session.execute(delete(record).where(record.import_id.in_(ids)))
    # The same bytes may have been sent again since.
    again = select(ImportFile.file_key).where(ImportFile.file_key.in_(files))
    return files - set(session.scalars(again))


def _old_job_files(before: datetime) -> ColumnElement[bool]:
    finished = select(Job.id).where(
        Job.organisation_id == JobFile.organisation_id,
        Job.id == JobFile.job_id,
        Job.finished_at < before,
    )
    return finished.exists()


def _forget_errors(session: ScopedSession, keys: Keys) -> set[str]:
    wanted = select(HandoverDelivery).where(HandoverDelivery.id.in_(keys))
    for one in session.scalars(wanted.with_for_update()):
        one.last_error = None
    return set()


def _empty_mails(session: ScopedSession, keys: Keys) -> set[str]:
    wanted = select(InvoiceMail).where(InvoiceMail.id.in_(keys))
    for mail in session.scalars(wanted.with_for_update()):
        empty_mail(mail, None)
    return set()


_KINDS: Mapping[str, _Kind] = {
    "staged_upload": _Kind(
        StagedUpload.id,
        StagedUpload,
        lambda before: StagedUpload.created_at < before,
        _deleting(StagedUpload.id, StagedUpload.file_key),
    ),
    "import": _Kind(ImportFile.id, ImportFile, _old_imports, _forget_imports, portion=1),
    "job_file": _Kind(JobFile.id, JobFile, _old_job_files, _deleting(JobFile.id, JobFile.file_key)),
    "idempotent_call": _Kind(
        IdempotentCall.id,
        IdempotentCall,
        lambda before: IdempotentCall.created_at < before,
        _deleting(IdempotentCall.id),
    ),
    "sign_in": _Kind(
        SignIn.id,
        SignIn,
        lambda before: func.coalesce(SignIn.ended_at, SignIn.expires_at) < before,
        _deleting(SignIn.id),
    ),
    "account_link": _Kind(
        AccountLink.id,
        AccountLink,
        lambda before: func.coalesce(AccountLink.used_at, AccountLink.expires_at) < before,
        _deleting(AccountLink.id),
        of_a_firm=False,
    ),
    "tally": _Kind(
        Tally.key,
        Tally,
        lambda before: Tally.until < before,
        _deleting(Tally.key),
        of_a_firm=False,
    ),
    "delivery_error": _Kind(
        HandoverDelivery.id,
        HandoverDelivery,
        lambda before: (
            (HandoverDelivery.created_at < before)
            & HandoverDelivery.last_error.is_not(None)
            & HandoverDelivery.next_attempt_at.is_(None)
        ),
        _forget_errors,
    ),
    "invoice_mail": _Kind(
        InvoiceMail.id,
        InvoiceMail,
        lambda before: (
            (func.coalesce(InvoiceMail.sent_at, InvoiceMail.created_at) < before)
            & InvoiceMail.state.not_in(WAITING)
            & (InvoiceMail.subject != "")
        ),
        _empty_mails,
    ),
}


def expired(
    database: Database, files: Files, organisation_id: int, now: datetime
) -> dict[str, int]:
    """How many things of a firm, and of no firm, are older than their term; nothing is removed."""
    found = dict.fromkeys(TERMS, 0)
    for name, kind in _KINDS.items():
        with database.reading(organisation_id if kind.of_a_firm else None) as session:
            old = select(func.count()).select_from(kind.record).where(kind.is_old(_end(name, now)))
            found[name] = session.scalar(old) or 0
    with database.reading(organisation_id) as session:
        for name in ("derived_file", "personal_export"):
            found[name] = len(_files(session, files, name, now))
    return found


def remove_expired(
    database: Database, files: Files, organisation_id: int, now: datetime
) -> dict[str, int]:
    """Removes what is older than its term, in small transactions; how much of each kind."""
    removed = dict.fromkeys(TERMS, 0)
    for name, kind in _KINDS.items():
        is_old, last = kind.is_old(_end(name, now)), None
        while keys := _remove_portion(database, files, organisation_id, kind, is_old, last):
            removed[name] += len(keys)
            last = keys[-1]
    with database.reading(organisation_id) as session:
        old = {
            name: _files(session, files, name, now) for name in ("derived_file", "personal_export")
        }
    for name, gone in old.items():
        removed[name] = remove_files(files, gone)
    return removed


def _end(name: str, now: datetime) -> datetime:
    return now - timedelta(days=TERMS[name].days)


def _files(session: ScopedSession, files: Files, name: str, now: datetime) -> set[str]:
    return expired_files(
        session, files, before=_end(name, now), of_persons=name == "personal_export"
    )


def _remove_portion(
    database: Database,
    files: Files,
    organisation_id: int,
    kind: _Kind,
    is_old: ColumnElement[bool],
    last: Any,
) -> Keys:
    """Removes the next ones after the key `last`; their keys, none at the end."""
    at = organisation_id if kind.of_a_firm else None
    old = select(kind.key).where(is_old).order_by(kind.key).limit(kind.portion)
    if last is not None:
        old = old.where(kind.key > last)
    with database.reading(at) as session:
        # Whoever has nothing to remove waits for no writer.
        if session.scalars(old).first() is None:
            return ()
    with database.writing(at, patient=True) as session:
        keys = list(session.scalars(old))
        gone = kind.remove(session, keys)
        session.flush()
        if at is not None and gone:
            give_files_up(session, gone)
        # Before the commit: a file that is gone is found gone, one that stays would be forgotten.
        remove_files(files, gone)
    return keys


def out_of_term(session: ScopedSession, today: date) -> int:
    """How many final documents no longer have to be kept; they are, in this version."""
    years = Years(session)
    days = (
        select(Invoice.issue_date, Invoice.entity_id, func.count())
        .where(Invoice.state.in_(LEGAL), Invoice.issue_date.is_not(None))
        .group_by(Invoice.issue_date, Invoice.entity_id)
    )
    return sum(
        count
        for day, entity_id, count in session.execute(days)
        if day is not None and years.until(day, entity_id) < today
    )
