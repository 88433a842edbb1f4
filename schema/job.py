"""Long work, as it is followed: what it is, how far it is, how it ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from domain.job import UNFINISHED, JobKind, JobStatus, Progress, Stage
from domain.job import Job as JobRecord
from domain.job import JobFile as JobFileRecord
from domain.takeover.wire import unpack_issue
from persistence.invoice.papers import papers_shown
from persistence.jobs import last_jobs_of
from persistence.reading import Computed, Derived, Noun, Row, Wanted, load, load_by_ids
from persistence.session import ScopedSession
from schema.context import House
from schema.download import DownloadLink, KeptFile, link_to
from schema.node import Node
from schema.user_error import UserError, user_errors

strawberry.enum(JobKind, description="What is done by a job: the mutation that asked for it.")
strawberry.enum(
    JobStatus,
    description="QUEUED and RUNNING go on. SUCCEEDED_WITH_ERRORS: done, but for what userErrors "
    "name. FAILED: userErrors say why. CANCELLED: given up when it was asked to.",
)
strawberry.enum(Stage, name="JobPhase", description="What a job is at.")


@strawberry.type(description="How far a job is, within one of its phases.")
class JobProgress:
    phase: Stage
    done: int
    total: int
    rate_per_second: float


@strawberry.type(description="A file that a job made.")
class JobFile:
    filename: str
    media_type: str
    size: int = strawberry.field(description="Bytes.")
    sha256: str = strawberry.field(description="Of its bytes, in hexadecimal.")
    download: DownloadLink = strawberry.field(
        description="An address that is good for fifteen minutes; asked again, another one."
    )


@strawberry.type(
    description="Long work. Follow it with jobChanged, or ask for it every second or two until "
    "finishedAt is there."
)
class Job(Node):
    kind: JobKind
    status: JobStatus
    progress: JobProgress | None = strawberry.field(
        description="Told now and then while it is done, and for some days after."
    )
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancellable: bool
    author: str = strawberry.field(description="The key that asked for it.")
    user_errors: list[UserError] = strawberry.field(
        description="Why it failed, or what of it, one by one."
    )
    result_files: list[JobFile] = strawberry.field(
        description="What it made, once it is finished; kept as long as the job. Papers are for "
        "who reaches each of them today."
    )


def job_noun(house: House, locale: str) -> Noun:
    """How a job is read by somebody who reads `locale`; its progress is known to the house."""

    def progress(
        session: ScopedSession, ids: Sequence[int], wanted: Wanted
    ) -> Mapping[int, dict[str, Any]]:
        found = {} if house.jobs is None else house.jobs.progress(ids)
        return {job: _progress(told) for job, told in found.items()}

    def files(
        session: ScopedSession, ids: Sequence[int], wanted: Wanted
    ) -> Mapping[int, list[Row]]:
        noun, found = _file_noun(house), defaultdict[int, list[Row]](list)
        own = [noun.column("job_id").in_(papers_shown(session, ids))]
        order = [noun.column("position")]
        for row in load(session, noun, wanted, where=own, order=order, extra=["job_id"]):
            found[row["_job_id"]].append(row)
        return found

    return Noun(
        JobRecord,
        "Job",
        {
            "progress": Derived(progress),
            "cancellable": Computed(("status",), lambda row: row["status"] in UNFINISHED),
            "user_errors": Computed(
                ("issues",), lambda row: user_errors(map(unpack_issue, row["issues"]), locale)
            ),
            "result_files": Derived(files, default=()),
        },
    )


def _file_noun(house: House) -> Noun:
    def download(row: Mapping[str, Any]) -> DownloadLink:
        kept = KeptFile(row["file_key"], row["filename"], row["media_type"], row["size"])
        return link_to(house, row["organisation_id"], kept)

    columns = ("organisation_id", "file_key", "filename", "media_type", "size")
    return Noun(JobFileRecord, "JobFile", {"download": Computed(columns, download)})


def last_job(house: House, locale: str, *kinds: JobKind) -> Derived:
    """The field of a noun that is the last job of `kinds` about it."""

    def find(
        session: ScopedSession, ids: Sequence[int], wanted: Wanted
    ) -> Mapping[int, dict[str, Any]]:
        last = last_jobs_of(session, kinds, ids)
        found = load_by_ids(session, job_noun(house, locale), wanted, last.values())
        return {subject: found[job] for subject, job in last.items()}

    return Derived(find)


def _progress(told: Progress) -> dict[str, Any]:
    return {
        "phase": told.stage,
        "done": told.done,
        "total": told.total,
        "rate_per_second": told.rate,
    }
