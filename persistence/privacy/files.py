"""Files that may name a person: uploads are read, what can be made again is dropped."""

from __future__ import annotations

import html
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from sqlalchemy import delete, select

from domain.account import Member
from domain.invoice.model import IssuedDocument
from domain.job import JobFile
from domain.privacy import Rewriter
from domain.takeover.model import ImportFile, StagedUpload
from persistence.files import Files
from persistence.session import ScopedSession

_MOST = 256 * 1024 * 1024
"""Bytes of one part of a workbook that are read; the reader of imports refuses larger ones."""

DERIVED = ("returned", "templates", "plans", "privacy", "audit", "jobs", "invoices/zip")
"""Folders of a firm that hold only what can be made again."""

_UNKEPT = ("returned", "templates", "plans", "jobs", "invoices", "imports", "uploads")
"""Folders in which a file is kept for the record that refers to it, or for a while."""

_OF_PERSONS = ("privacy", "audit")
"""Folders of what was gathered to be fetched at once: it tells much of persons."""

_PRO_FORMA = "PF-"


def uploads_of(session: ScopedSession) -> set[str]:
    """The keys of every file that was uploaded and is still kept."""
    imports = select(ImportFile.file_key).where(ImportFile.file_key.is_not(None))
    staged = select(StagedUpload.file_key).where(StagedUpload.file_key != "")
    keys = [*session.scalars(imports), *session.scalars(staged)]
    return {key for key in keys if key}


def named_in(files: Files, keys: set[str], rewriter: Rewriter) -> set[str]:
    """Those of the files whose content names the person."""
    return {key for key in sorted(keys) if _names(files, key, rewriter)}


def _names(files: Files, key: str, rewriter: Rewriter) -> bool:
    try:
        content = files.get(key)
    except FileNotFoundError:
        return False
    return any(rewriter.is_in(text) for text in _texts(content))


def _texts(content: bytes) -> Iterator[str]:
    try:
        with ZipFile(BytesIO(content)) as archive:
            for part in archive.infolist():
                with archive.open(part) as opened:
                    yield html.unescape(opened.read(_MOST).decode("utf-8", "replace"))
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error):
        # No archive, one packed in a way that is not known here, locked, cut off, or damaged.
        yield content.decode("utf-8", "replace")
        yield content.decode("cp1252", "replace")


def derived_files(session: ScopedSession, files: Files) -> set[str]:
    """Papers of pro formas, zips, returned and prefilled workbooks, plans of imports, jobs' files.

    All of them can be made again, and no law wants them kept.
    """
    found = _below(session, files, DERIVED)
    papers = _below(session, files, ("invoices",))
    start = f"{session.organisation_id}/invoices/{_PRO_FORMA}"
    return set(found) | {key for key in papers if key.startswith(start)} - set(_issued(session))


def expired_files(
    session: ScopedSession, files: Files, *, before: datetime, of_persons: bool
) -> set[str]:
    """Files that no record refers to and that were put there earlier.

    With `of_persons` those that were gathered of a person and of the audit, else all others.
    """
    folders = _OF_PERSONS if of_persons else _UNKEPT
    found = {key for key, at in _below(session, files, folders).items() if at < before}
    referred = {*_issued(session), *uploads_of(session)}
    return found - referred - set(session.scalars(select(JobFile.file_key)))


def _below(session: ScopedSession, files: Files, folders: Sequence[str]) -> dict[str, datetime]:
    root = f"{session.organisation_id}/"
    return {key: at for folder in folders for key, at in files.keys(f"{root}{folder}/")}


def forget_job_files(session: ScopedSession, keys: set[str]) -> None:
    """No job refers to these files any more."""
    session.execute(delete(JobFile).where(JobFile.file_key.in_(keys)))


def _issued(session: ScopedSession) -> Iterator[str]:
    kept = select(IssuedDocument.file_key).where(IssuedDocument.file_key.is_not(None))
    yield from (key for key in session.scalars(kept) if key)


def remove_files(files: Files, keys: set[str]) -> int:
    """Removes files that may be gone already; how many there were."""
    count = 0
    for key in sorted(keys):
        try:
            files.delete(key)
            count += 1
        except FileNotFoundError:
            continue
    return count


def accounts_of_other_firms(session: ScopedSession, organisation_id: int) -> set[int]:
    """Accounts of the firm that other firms have as members too; the session is of no firm."""
    own = select(Member.account_id).where(Member.organisation_id == organisation_id)
    others = select(Member.account_id).where(
        Member.organisation_id != organisation_id, Member.account_id.in_(own)
    )
    return set(session.scalars(others))
