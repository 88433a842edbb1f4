"""Following long work: which there is, how far it is, and giving it up."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import strawberry

from domain.errors import NOT_FOUND, Refusal
from domain.job import NEEDED, SUBJECTS, UNFINISHED, JobKind, JobStatus, require_unfinished
from persistence.jobs import jobs_where, the_job
from persistence.pages import Sort
from persistence.reading import Wanted, load_one
from resolvers._reading import PageInput, read, read_page
from resolvers._shares import to_read
from schema.connection import Connection
from schema.context import Info
from schema.job import Job, job_noun
from schema.needs import admit
from schema.node import key_of
from schema.user_error import UserError, user_errors
from schema.view import wanted


@strawberry.type
class JobPayload:
    job: Job | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class FollowingQueries:
    """Queries about long work."""

    @strawberry.field(
        description="The newest first; `subjectId` is what they are about, as import_file_12."
    )
    async def jobs(
        self,
        info: Info,
        status: JobStatus | None = None,
        kind: JobKind | None = None,
        subject_id: strawberry.ID | None = None,
        page: PageInput | None = None,
    ) -> Connection[Job]:
        return await read_page(
            info,
            job_noun(info.context.house, info.context.caller.locale),
            asked=(page or PageInput()).asked(),
            sort=Sort("id", falling=True),
            where=jobs_where(status=status, kind=kind, subject=_subject(subject_id)),
        )

    @strawberry.field
    async def job(self, info: Info, id: strawberry.ID) -> Job | None:
        key, fields = key_of(id, "job", field=("id",)), wanted(info)
        noun = job_noun(info.context.house, info.context.caller.locale)
        found: Any = await read(info, lambda session: load_one(session, noun, fields, key))
        return found


@strawberry.type
class FollowingSubscriptions:
    """What can be followed as it goes on."""

    @strawberry.subscription(
        description="The job as it is, then whenever its status or progress has changed, until it "
        "is finished. Over WebSocket (graphql-transport-ws), at this same address."
    )
    async def job_changed(self, info: Info, id: strawberry.ID) -> AsyncGenerator[Job, None]:
        context = info.context
        key, noun = key_of(id, "job", field=("id",)), job_noun(context.house, context.caller.locale)
        # Whatever was selected: what tells one state from the next, and the last from the others.
        fields: Wanted = {**wanted(info), "status": {}, "progress": {}}
        assert context.watch is not None
        last: Any = None
        with context.watch.bell_of(key) as bell:
            while last is None or last["status"] in UNFINISHED:
                bell.clear()
                found: Any = await read(info, lambda session: load_one(session, noun, fields, key))
                if found is None:
                    raise Refusal(NOT_FOUND(field=("id",), noun="job", key=id))
                if found != last:
                    last = found
                    yield found
                else:
                    await bell.wait()


@strawberry.type
class Following:
    """The mutation that ends a job."""

    @strawberry.mutation(
        description="Asks for a job to be given up; who may ask for it may cancel it. Nothing of "
        "an import is then written; what is made in parts keeps those that are done. It may come "
        "to its end first, so look at its status until finishedAt is there."
    )
    async def job_cancel(self, info: Info, id: strawberry.ID) -> JobPayload:
        # No transaction of ours: on SQLite it would wait for the very job that is to be ended.
        house, caller, fields = info.context.house, info.context.caller, wanted(info, "job")

        def act() -> Any:
            key = key_of(id, "job", field=("id",))
            with house.database.reading(caller.standing()) as session:
                job = the_job(session, key, shown=True)
                caller.require(NEEDED[job.kind])
                require_unfinished(job)
                if house.jobs is not None:
                    house.jobs.cancel(key)
                return load_one(session, job_noun(house, caller.locale), fields, key)

        try:
            admit(info.field_name, caller.role, caller.reach)
            found = await to_read(caller, act)
        except Refusal as refusal:
            said: Any = user_errors(refusal.issues, caller.locale)
            return JobPayload(user_errors=said)
        return JobPayload(job=found)


def _subject(identifier: str | None) -> tuple[list[JobKind], int] | None:
    if identifier is None:
        return None
    noun = identifier.rpartition("_")[0]
    kinds = [kind for kind, about in SUBJECTS.items() if about == noun]
    return kinds, key_of(identifier, noun if kinds else "import_file", field=("subject_id",))
