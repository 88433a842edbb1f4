"""What papers are called, and which of those that jobs printed may still be shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select

from domain.invoice.model import Invoice
from domain.job import Job
from persistence.reach import reach_of_session, shown_to
from persistence.session import ScopedSession

_AT_ONCE = 1_000


def numbers_of(session: ScopedSession, invoice_ids: Iterable[int]) -> dict[int, str]:
    """The number of each invoice as it stands, legal or pro forma; a stranger is left out."""
    wanted = list(dict.fromkeys(invoice_ids))
    found: dict[int, str] = {}
    number = func.coalesce(Invoice.number, Invoice.pro_forma_number)
    statement = select(Invoice.id, number).where(*shown_to(session, Invoice))
    for start in range(0, len(wanted), _AT_ONCE):
        portion = wanted[start : start + _AT_ONCE]
        rows = session.execute(statement.where(Invoice.id.in_(portion)))
        found.update((key, str(told)) for key, told in rows)
    return found


def papers_shown(session: ScopedSession, job_ids: Sequence[int]) -> Sequence[int]:
    """Those of these jobs of whose papers none is out of the caller's reach.

    Who asked may reach less by now: another role, fewer entities, off the team of a project.
    """
    if reach_of_session(session).is_whole:
        return job_ids
    rows = session.execute(select(Job.id, Job.values).where(Job.id.in_(job_ids)))
    asked = {key: set(values.get("ids", ())) for key, values in rows}
    known = numbers_of(session, (one for ids in asked.values() for one in ids))
    return [key for key, ids in asked.items() if ids <= known.keys()]
