"""The papers of many invoices as a job: printed one by one, handed out as one file (B29)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import structlog
from sqlalchemy.exc import DBAPIError

from documents.file_names import Names
from domain.errors import FIELD_REQUIRED, INPUT_TOO_LARGE, NOT_FOUND, Issue, Refusal
from domain.invoice.papers import (
    MOST_PAPERS,
    PAPER_GONE,
    PAPER_NOT_PRINTED,
    ElectronicForm,
    PapersForm,
)
from domain.job import Errand, Job, JobKind, JobStatus, MadeFile, Stage, Tell
from persistence import jobs
from persistence.invoice.papers import numbers_of
from persistence.session import ScopedSession
from resolvers._errands import acting_for, leave_to_job
from resolvers._mutation import Acting
from resolvers.delivering._electronic import prepare_electronic, write_electronic
from resolvers.delivering._printing import Paper, prepare_paper, print_paper
from schema.context import Caller, House
from schema.download import PDF, ZIP, KeptFile

if TYPE_CHECKING:
    from documents.pdf.binding import Binder

log = structlog.get_logger("jalon")


@dataclass(frozen=True, slots=True)
class _Kind:
    ending: str
    media_type: str


_KINDS = {
    PapersForm.MERGED_PDF: _Kind(".pdf", PDF),
    PapersForm.ZIP: _Kind(".zip", ZIP),
    PapersForm.FACTUR_X: _Kind(".zip", ZIP),
    PapersForm.CII: _Kind(".zip", ZIP),
}


def ask_for_papers(
    acting: Acting, ids: Sequence[int], form: PapersForm, *, batch_id: int = 0
) -> Job:
    """Asks for a job that prints these invoices, each once, in this order.

    `batch_id` is what they were chosen by, as the job's subject. Refuses with FIELD_REQUIRED for
    none, INPUT_TOO_LARGE, or NOT_FOUND for each that is not there.
    """
    keys = list(dict.fromkeys(ids))
    require_known(acting.session, ids, limit=MOST_PAPERS)
    values = {"ids": keys, "form": form.value}
    return leave_to_job(acting, JobKind.INVOICES_PRINT, batch_id, values)


def require_known(session: ScopedSession, ids: Sequence[int], *, limit: int) -> None:
    """Refuses with FIELD_REQUIRED for none, INPUT_TOO_LARGE, or NOT_FOUND for each stranger."""
    if not ids:
        raise Refusal(FIELD_REQUIRED(field=("ids",), name="ids"))
    if len(ids) > limit:
        raise Refusal(INPUT_TOO_LARGE(field=("ids",), count=len(ids), limit=limit))
    known = numbers_of(session, ids)
    strangers = [
        NOT_FOUND(field=("ids", place), noun="invoice", key=f"invoice_{key}")
        for place, key in enumerate(ids)
        if key not in known
    ]
    if strangers:
        raise Refusal(*strangers)


def carry_out_papers(house: House, errand: Errand, tell: Tell) -> None:
    """The job: prints, binds in a file of its own, hands that to the store, and notes it.

    An invoice that cannot be printed is named, the rest is done. Papers of final invoices are kept
    as they are printed, so that a job begun again prints the rest alone.
    """
    standing, ids = errand.standing, errand.values["ids"]
    form = PapersForm(errand.values["form"])
    with house.database.reading(standing) as session:
        caller = acting_for(session, errand, house).caller
        numbers = numbers_of(session, ids)
    with TemporaryDirectory(prefix="jalon-papers-") as folder:
        path = Path(folder, "papers")
        issues = list(_printed(house, caller, ids, numbers, tell, form=form, path=path))
        files = [] if len(issues) == len(ids) else [_kept(house, errand, caller, form, path)]
    with house.database.writing(standing, patient=True) as session:
        if not jobs.holds(session, errand):
            return
        jobs.add_files(session, errand.job_id, files)
        status = JobStatus.SUCCEEDED_WITH_ERRORS if issues else JobStatus.SUCCEEDED
        status = status if files else JobStatus.FAILED
        jobs.end(session, errand.job_id, status=status, at=house.clock(), issues=issues)
        session.flush()
        # The last word before the commit: whoever cancelled by now is heard.
        tell(Stage.KEEPING, len(files), len(files))


def give_papers_up(session: ScopedSession, errand: Errand) -> None:
    """There is nothing to bring back: printing changes no record."""


def _printed(
    house: House,
    caller: Caller,
    ids: Sequence[int],
    numbers: Mapping[int, str],
    tell: Tell,
    *,
    form: PapersForm,
    path: Path,
) -> Iterator[Issue]:
    """Prints into the file at `path`; what is said of those that could not be."""
    with _binding(form, path) as binder:
        for place, key in enumerate(ids):
            tell(Stage.PRINTING, place, len(ids))
            number = numbers.get(key)
            if number is None:
                yield PAPER_GONE(field=("ids", place), number=f"invoice_{key}")
                continue
            try:
                paper = _drawn(house, caller, key, form)
                binder.add(house.files.get(paper.key), Path(paper.filename))
            except DBAPIError:
                # The database is away: that is no fault of this invoice.
                raise
            except Refusal as refusal:
                is_gone = any(issue.kind is NOT_FOUND for issue in refusal.issues)
                gone = PAPER_GONE(field=("ids", place), number=number)
                at = ("ids", place)
                yield from [gone] if is_gone else (one.at(field=at) for one in refusal.issues)
            except Exception:
                reference = secrets.token_hex(5)
                log.exception("bug", reference=reference, invoice=key)
                yield PAPER_NOT_PRINTED(field=("ids", place), number=number, reference=reference)
        tell(Stage.PRINTING, len(ids), len(ids))


def _drawn(house: House, caller: Caller, key: int, form: PapersForm) -> Paper | KeptFile:
    """The paper of an invoice in the store, or its electronic invoice."""
    if form in (PapersForm.FACTUR_X, PapersForm.CII):
        electronic = ElectronicForm(form.value)
        with house.database.reading(caller.standing()) as session:
            told = prepare_electronic(Acting(session, caller, house), key, electronic)
        return write_electronic(house, caller, told, electronic, patient=True)
    with house.database.reading(caller.standing()) as session:
        prepared = prepare_paper(Acting(session, caller, house), key)
    return print_paper(house, caller, prepared, patient=True)


class _Binding(Protocol):
    def add(self, content: bytes, name: Path) -> None: ...


class _Zip:
    """Papers as files of a zip, written as they come."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._names = Names()

    def add(self, content: bytes, name: Path) -> None:
        self._archive.writestr(ZipInfo(self._names.give(name.stem, name.suffix)), content)


class _Bound:
    """Papers in one file, each under its number."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder

    def add(self, content: bytes, name: Path) -> None:
        self._binder.add(content, name.stem)


@contextmanager
def _binding(form: PapersForm, path: Path) -> Iterator[_Binding]:
    if form is not PapersForm.MERGED_PDF:
        with ZipFile(path, "w", ZIP_STORED) as archive:
            yield _Zip(archive)
        return
    # Here and not above: what reads papers is needed by this job alone.
    from documents.pdf.binding import Binder

    with path.open("wb") as out:
        binder = Binder(out)
        yield _Bound(binder)
        binder.finish()


def _kept(house: House, errand: Errand, caller: Caller, form: PapersForm, path: Path) -> MadeFile:
    """Hands the file to the store."""
    kind = _KINDS[form]
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    key = f"{errand.organisation_id}/jobs/{errand.job_id}/{sha256[:32]}{kind.ending}"
    house.files.put_file(key, path)
    return MadeFile(
        key=key,
        filename=f"invoices-{house.today(caller.time_zone).isoformat()}{kind.ending}",
        media_type=kind.media_type,
        sha256=sha256,
        size=path.stat().st_size,
    )
