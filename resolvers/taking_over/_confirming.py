"""Confirming an import: while its caller waits, or, a long one, as a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from domain.errors import Refusal
from domain.job import Errand, JobKind, JobStatus, Stage, Tell
from domain.takeover.model import ImportFile, ImportState
from domain.takeover.review import STALE_REVIEW, require_clear, require_reviewable
from persistence import jobs
from persistence.session import ScopedSession
from persistence.takeover import rows
from persistence.telling import telling
from resolvers._errands import acting_for, is_long, leave_to_job
from resolvers._mutation import Acting
from resolvers.taking_over import _taking as takeover
from schema.context import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a confirmation is given, beside the import."""

    review_hash: str
    accept_warnings: bool
    skip_red: bool


def confirm_or_ask(acting: Acting, import_id: int, choices: Choices) -> None:
    """Writes what the review shows, in this transaction; above `rows_at_once` asks for a job.

    What can be refused at once is: the job meets only what moves until it is done.
    """
    taken = rows.the_import(acting.session, import_id, locked=True)
    # A sheet of a workbook is refused either way, in the words of the act itself.
    if not is_long(acting, taken) or taken.workbook_id is not None:
        takeover.confirm(acting, import_id=import_id, **asdict(choices))
        return
    sheets = rows.sheets_of(acting.session, taken.id) or [taken]
    _require_confirmable(acting, taken, sheets, choices)
    for one in {taken, *sheets}:
        one.state = ImportState.APPLYING
    leave_to_job(acting, JobKind.IMPORT_CONFIRM, import_id, asdict(choices))


def _require_confirmable(
    acting: Acting, taken: ImportFile, sheets: Sequence[ImportFile], choices: Choices
) -> None:
    require_reviewable(taken.state)
    if choices.review_hash != taken.review_hash:
        raise Refusal(STALE_REVIEW(field=("review_hash",), moved="the rows skipped"))
    for sheet in sheets:
        require_clear(
            rows.in_the_way(acting.session, sheet.id, accept_warnings=choices.accept_warnings),
            accept_warnings=choices.accept_warnings,
            skip_red=choices.skip_red,
            sheet=sheet.sheet,
        )


def carry_out_confirm(house: House, errand: Errand, tell: Tell) -> None:
    """The job: confirms as the caller would have, in one transaction with the job's own end."""
    with house.database.writing(errand.standing, patient=True) as session:
        if not jobs.holds(session, errand):
            return
        acting = acting_for(session, errand, house)
        taken = rows.the_import(session, errand.subject_id, locked=True)
        # Nobody else sees it so: as long as this transaction lasts, others read APPLYING.
        taken.state = ImportState.REVIEW
        with telling(session, tell):
            takeover.confirm(acting, import_id=errand.subject_id, **asdict(_choices(errand)))
            session.flush()
            is_whole = taken.state is ImportState.APPLIED
            status = JobStatus.SUCCEEDED if is_whole else JobStatus.SUCCEEDED_WITH_ERRORS
            jobs.end(session, errand.job_id, status=status, at=house.clock())
            # The last word before the commit: whoever cancelled by now is heard.
            count = taken.counts.get("rows", 0)
            tell(Stage.KEEPING, count, count)


def give_confirm_up(session: ScopedSession, errand: Errand) -> None:
    """Brings the import back under review: nothing of it was written."""
    taken = rows.the_import(session, errand.subject_id, locked=True)
    for one in (taken, *rows.sheets_of(session, taken.id)):
        if one.state is ImportState.APPLYING:
            one.state = ImportState.REVIEW


def _choices(errand: Errand) -> Choices:
    return Choices(**{field.name: errand.values[field.name] for field in fields(Choices)})
