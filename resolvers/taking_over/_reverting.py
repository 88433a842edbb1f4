"""Undoing an import: while its caller waits, or, a long one, as a job."""

from __future__ import annotations

from domain.errors import Issue
from domain.job import Errand, JobKind, JobStatus, Stage, Tell
from domain.takeover.model import ImportFile, ImportState
from domain.takeover.revert import Entry, require_applied, require_remembered, state_after
from persistence import jobs
from persistence.invoice.invoices import lock_projects
from persistence.session import ScopedSession
from persistence.takeover.rows import the_import
from persistence.takeover.undo import (
    entries_of,
    forget_restored,
    plan_revert,
    projects_touched,
    take_back,
)
from persistence.telling import telling, told
from resolvers._errands import acting_for, is_long, leave_to_job
from resolvers._mutation import Acting
from resolvers.taking_over._taking import sheets_of, whole
from schema.context import House


def revert_or_ask(acting: Acting, import_id: int, *, dry_run: bool) -> list[Entry] | None:
    """Takes an import back in this transaction, or only tells; None: it was left to a job."""
    taken = whole(acting, import_id, alone=True)
    require_applied(taken.state)
    require_remembered(taken.counts)
    if dry_run or not is_long(acting, taken):
        return _revert(acting, taken, dry_run=dry_run)
    touched = {one.id: one for one in (taken, *sheets_of(acting, taken))}
    states = {str(key): one.state.value for key, one in touched.items()}
    leave_to_job(acting, JobKind.IMPORT_REVERT, import_id, {"states": states})
    for one in touched.values():
        one.state = ImportState.REVERTING
    return None


def _revert(acting: Acting, taken: ImportFile, *, dry_run: bool) -> list[Entry]:
    session = acting.session
    entries = entries_of(session, taken)
    # Nothing is drawn on what goes while it goes.
    lock_projects(session, projects_touched(session, entries))
    told(session, Stage.PLANNING, 0, len(entries))
    plan_revert(session, entries)
    told(session, Stage.WRITING, 0, len(entries))
    if not dry_run:
        take_back(session, entries)
        sheets = sheets_of(acting, taken)
        forget_restored(session, [sheet.id for sheet in sheets], entries)
        state = state_after(entries, taken.state)
        for one in (taken, *sheets):
            one.state = state
    return entries


def stays(entries: list[Entry]) -> list[Issue]:
    """What stays of an import that was taken back, and why, in the order of its rows."""
    issues = [said for entry in entries if (said := entry.said()) is not None]
    issues.sort(key=lambda issue: (issue.sheet or "", issue.row or 0))
    return issues


def carry_out_revert(house: House, errand: Errand, tell: Tell) -> None:
    """The job: takes back as the caller would have, in one transaction with the job's own end."""
    with house.database.writing(errand.standing, patient=True) as session:
        if not jobs.holds(session, errand):
            return
        acting = acting_for(session, errand, house)
        # Nobody else sees it so: as long as this transaction lasts, others read REVERTING.
        give_revert_up(session, errand)
        taken = whole(acting, errand.subject_id, alone=True)
        with telling(session, tell):
            entries = _revert(acting, taken, dry_run=False)
            issues = stays(entries)
            status = JobStatus.SUCCEEDED_WITH_ERRORS if issues else JobStatus.SUCCEEDED
            jobs.end(session, errand.job_id, status=status, at=house.clock(), issues=issues)
            session.flush()
            tell(Stage.KEEPING, len(entries), len(entries))


def give_revert_up(session: ScopedSession, errand: Errand) -> None:
    """Brings the import back to where it was: nothing of it was taken back."""
    for key, state in errand.values["states"].items():
        the_import(session, int(key), locked=True).state = ImportState(state)
