"""Batches that recur: their schedules, made, changed, put away, run by hand, looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import strawberry

from domain.access import Permission
from domain.batch.schedule import BatchSchedule as BatchScheduleRecord
from domain.errors import Issue
from persistence.batch.schedules import schedules_where
from persistence.pages import Sort
from persistence.reading import Noun, load_one
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._reading import PageInput, read_one, read_page
from resolvers.batching import _scheduling as scheduling
from resolvers.batching._inputs import BatchPayload
from resolvers.batching._scheduling_inputs import (
    BatchScheduleCreateInput,
    BatchScheduleRunNowInput,
    BatchScheduleUpdateInput,
    changed,
    created,
)
from resolvers.keeping.editing import RecordPayload
from resolvers.settling._keeping import RecordInput, alter, make
from schema.batch import batch_noun
from schema.batch_schedule import BatchSchedule, batch_schedule_noun
from schema.connection import Connection
from schema.context import Info
from schema.node import key_of
from schema.view import wanted

_PREPARE = Permission.PREPARE_INVOICES


@strawberry.input
class BatchScheduleFilter:
    text: str | None = strawberry.field(default=None, description="In the name.")
    active: bool | None = None
    archived: bool | None = strawberry.field(default=False, description="Null shows both.")


@strawberry.type
class SchedulingQueries:
    """Queries about schedules of recurring batches."""

    @strawberry.field(description="The newest first.")
    async def batch_schedules(
        self, info: Info, filter: BatchScheduleFilter | None = None, page: PageInput | None = None
    ) -> Connection[BatchSchedule]:
        given = filter or BatchScheduleFilter()
        return await read_page(
            info,
            _noun(info),
            asked=(page or PageInput()).asked(),
            sort=Sort("id", falling=True),
            where=schedules_where(text=given.text, active=given.active, archived=given.archived),
        )

    @strawberry.field
    async def batch_schedule(self, info: Info, id: strawberry.ID) -> BatchSchedule | None:
        key = key_of(id, "batch_schedule", field=("id",))
        return await read_one(info, _noun(info), id=key)


@strawberry.type
class Scheduling:
    """Mutations of schedules. A server begins what is due; there may be several servers."""

    @strawberry.mutation(description="It is due for the first time after now.")
    async def batch_schedule_create(
        self, info: Info, input: BatchScheduleCreateInput
    ) -> RecordPayload[BatchSchedule]:
        def act(acting: Acting) -> Any:
            return scheduling.create_schedule(acting, created(input))

        return await make(info, _PREPARE, _noun(info), act)

    @strawberry.mutation(
        description="What is left out stays. Another cadence, day, hour or first day counts from "
        "now on."
    )
    async def batch_schedule_update(
        self, info: Info, input: BatchScheduleUpdateInput
    ) -> RecordPayload[BatchSchedule]:
        def act(acting: Acting, schedule: BatchScheduleRecord) -> Sequence[Issue]:
            return scheduling.change_schedule(acting, schedule, changed(input))

        return await alter(info, _PREPARE, _noun(info), input, act)

    @strawberry.mutation(description="It is due no more. Its batches stay, as does a running job.")
    async def batch_schedule_archive(
        self, info: Info, input: RecordInput
    ) -> RecordPayload[BatchSchedule]:
        return await _alter(info, input, scheduling.archive_schedule)

    @strawberry.mutation(
        description="It is due again, after now: what would have been due is not caught up."
    )
    async def batch_schedule_restore(
        self, info: Info, input: RecordInput
    ) -> RecordPayload[BatchSchedule]:
        return await _alter(info, input, scheduling.restore_schedule)

    @strawberry.mutation(
        description="Runs it at once, as of today, with the caller's role; it may be paused. When "
        "it is due next stays as it is. The answer is the batch: its job tells how far it is."
    )
    async def batch_schedule_run_now(
        self, info: Info, input: BatchScheduleRunNowInput
    ) -> BatchPayload:
        fields = wanted(info, "batch")

        def shown(acting: Acting, key: int) -> Payload:
            acting.session.flush()
            noun = batch_noun(acting.house, acting.caller.locale)
            return {"batch": load_one(acting.session, noun, {**fields, "id": {}}, key)}

        def act(acting: Acting) -> Payload:
            key = key_of(input.id, "batch_schedule", field=("id",))
            return shown(acting, scheduling.run_now(acting, key).id)

        once = Once(
            key=input.idempotency_key,
            mutation="batchScheduleRunNow",
            asked=input,
            keep=lambda payload: {"key": payload["batch"]["key"]},
            restore=lambda acting, kept: shown(acting, kept["key"]),
        )
        nothing = {"batch": None, "replayed": False}
        return await write(info, _PREPARE, act, nothing=nothing, once=once)


def _noun(info: Info) -> Noun:
    return batch_schedule_noun(info.context.house, info.context.caller.locale)


async def _alter(
    info: Info,
    asked: RecordInput,
    act: Callable[[Acting, BatchScheduleRecord], Sequence[Issue]],
) -> Any:
    return await alter(info, _PREPARE, _noun(info), asked, act, even_archived=True)
