"""Following long work: which there is, how far it is, and giving it up."""

from __future__ import annotations

from typing import Any

import strawberry
from anyio import to_thread

from domain.access import Permission, require
from domain.errors import Refusal
from domain.job import JobKind, JobStatus, require_unfinished
from persistence.jobs import jobs_where, the_job
from persistence.pages import Sort
from persistence.reading import load_one
from resolvers._reading import PageInput, read, read_page
from schema.connection import Connection
from schema.context import Info
from schema.job import Job, job_noun
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

    @strawberry.field(description="The newest first.")
    async def jobs(
        self,
        info: Info,
        status: JobStatus | None = None,
        kind: JobKind | None = None,
        page: PageInput | None = None,
    ) -> Connection[Job]:
        return await read_page(
            info,
            job_noun(info.context.house, info.context.caller.locale),
            asked=(page or PageInput()).asked(),
            sort=Sort("id", falling=True),
            where=jobs_where(status=status, kind=kind),
        )

    @strawberry.field
    async def job(self, info: Info, id: strawberry.ID) -> Job | None:
        key, fields = key_of(id, "job", field=("id",)), wanted(info)
        noun = job_noun(info.context.house, info.context.caller.locale)
        found: Any = await read(info, lambda session: load_one(session, noun, fields, key))
        return found


@strawberry.type
class Following:
    """The mutation that ends a job."""

    @strawberry.mutation(
        description="Asks for a job to be given up: nothing of it is then written. It may come to "
        "its end first, so look at its status until finishedAt is there."
    )
    async def job_cancel(self, info: Info, id: strawberry.ID) -> JobPayload:
        # No transaction of ours: on SQLite it would wait for the very job that is to be ended.
        house, caller, fields = info.context.house, info.context.caller, wanted(info, "job")

        def act() -> Any:
            key = key_of(id, "job", field=("id",))
            with house.database.reading(caller.organisation_id) as session:
                require_unfinished(the_job(session, key))
                if house.jobs is not None:
                    house.jobs.cancel(key)
                return load_one(session, job_noun(house, caller.locale), fields, key)

        try:
            require(caller.role, Permission.IMPORT)
            found = await to_thread.run_sync(act)
        except Refusal as refusal:
            said: Any = user_errors(refusal.issues, caller.locale)
            return JobPayload(user_errors=said)
        return JobPayload(job=found)
