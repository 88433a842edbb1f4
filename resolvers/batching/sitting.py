"""Billing all that is due in one sitting: plan, select, run, generate, make final, send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

from domain.access import Permission
from domain.batch.model import Batch as BatchRecord
from domain.errors import Refusal
from domain.given import text
from domain.invoice.euro import EuroRate
from persistence.batch import batches
from persistence.reading import load_one
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._shares import to_read
from resolvers.batching import _delivering as delivering
from resolvers.batching._choices import choices_of, criteria_of
from resolvers.batching._generating import ask_to_generate, begin_generating
from resolvers.batching._inputs import (
    BatchDeleteInput,
    BatchDropInput,
    BatchFinaliseInput,
    BatchGenerateInput,
    BatchPayload,
    BatchPlanInput,
    BatchRefreshInput,
    BatchRunInput,
    BatchSelectInput,
    BatchSendInput,
    BatchUpdateInput,
    batch_key,
    bill_keys,
)
from resolvers.batching._planning import PlanWanted, locked_batch, plan_batch, refresh_batch
from resolvers.batching._running import (
    Checked,
    check_plan,
    choose,
    delete_batch,
    drop_bills,
    regroup,
    run_batch,
)
from schema.batch import batch_noun
from schema.context import Info
from schema.view import wanted

Act = Callable[[Acting], BatchRecord]


@strawberry.type
class Batching:
    """Mutations of batches; the long ones leave their work to a job (`batch { job }`)."""

    @strawberry.mutation(
        description="Lists all that is due of the contracts that meet the filter, and selects it. "
        "Nothing is held. Of many contracts a job makes the list: the batch is PLANNING meanwhile."
    )
    async def batch_plan(self, info: Info, input: BatchPlanInput) -> BatchPayload:
        def act(acting: Acting) -> BatchRecord:
            asked = PlanWanted(
                name=input.name,
                cut_off=input.cut_off,
                criteria=criteria_of(input.filter),
                grouping=input.grouping,
            )
            return plan_batch(acting, asked)

        return await _once(info, "batchPlan", input, act)

    @strawberry.mutation(description="Lists what is due anew; what was left out stays out.")
    async def batch_refresh(self, info: Info, input: BatchRefreshInput) -> BatchPayload:
        def act(acting: Acting) -> BatchRecord:
            return refresh_batch(acting, batch_key(input.id), cut_off=input.cut_off)

        return await _write(info, act)

    @strawberry.mutation(description="Includes and leaves out; the totals answered are the plan's.")
    async def batch_select(self, info: Info, input: BatchSelectInput) -> BatchPayload:
        def act(acting: Acting) -> BatchRecord:
            key = batch_key(input.id)
            return choose(acting, key, choices_of(key, input.choices))

        return await _write(info, act)

    @strawberry.mutation(
        description="Names a batch otherwise, or groups its invoices otherwise until they are made."
    )
    async def batch_update(self, info: Info, input: BatchUpdateInput) -> BatchPayload:
        def act(acting: Acting) -> BatchRecord:
            key = batch_key(input.id)
            batch = locked_batch(acting, key)
            if input.name is not None:
                name = text(
                    input.name, field=("name",), name="The name", longest=120, required=True
                )
                batch.name = name or batch.name
            if input.grouping is not None:
                regroup(acting, key, input.grouping)
            return batch

        return await _write(info, act)

    @strawberry.mutation(
        description="Holds the selection that planHash stands for, and proposes its invoices: "
        "exactly that, or STALE_PLAN with what moved. What moves at that very moment, or later, is "
        "told of its invoice by the job that makes them (ITEM_MOVED): that one is not made."
    )
    async def batch_run(self, info: Info, input: BatchRunInput) -> BatchPayload:
        context = info.context

        def check() -> Checked | None:
            # Before the transaction: on SQLite all other writers would wait for it.
            with context.house.database.reading(context.caller.standing()) as session:
                try:
                    return check_plan(session, batch_key(input.id))
                except Refusal:
                    return None

        checked = await to_read(context.caller, check)

        def act(acting: Acting) -> BatchRecord:
            key = batch_key(input.id)
            batch = run_batch(acting, key, plan=input.plan_hash, checked=checked)
            if input.generate:
                begin_generating(acting, batch)
            return batch

        return await _once(info, "batchRun", input, act)

    @strawberry.mutation(
        description="Makes the pro formas of the proposals, by a job; those that failed before are "
        "tried again."
    )
    async def batch_generate(self, info: Info, input: BatchGenerateInput) -> BatchPayload:
        def act(acting: Acting) -> BatchRecord:
            return ask_to_generate(acting, batch_key(input.id))

        return await _once(info, "batchGenerate", input, act)

    @strawberry.mutation(
        description="Takes invoices out of a batch: pro formas are deleted, what they billed is "
        "free again."
    )
    async def batch_drop(self, info: Info, input: BatchDropInput) -> BatchPayload:
        def act(acting: Acting) -> BatchRecord:
            key = batch_key(input.id)
            # Whose batch it is comes before what of it is meant.
            batches.the_batch(acting.session, key)
            return drop_bills(acting, key, bill_keys(input.invoice_ids) or [])

        return await _once(info, "batchDrop", input, act)

    @strawberry.mutation(
        description="Makes the pro formas of a batch final, by a job, in the order of the batch. "
        "Of a batch that is not all made, those alone that are named (BATCH_UNMADE)."
    )
    async def batch_finalise(self, info: Info, input: BatchFinaliseInput) -> BatchPayload:
        def act(acting: Acting) -> BatchRecord:
            part = delivering.Part(
                batch_id=batch_key(input.id), bill_ids=bill_keys(input.invoice_ids)
            )
            given = [
                (one.currency, EuroRate(one.rate, one.on, one.source))
                for one in input.euro_rates or ()
            ]
            return delivering.ask_to_finalise(
                acting, part, issue_date=input.issue_date, euro_rates=given
            )

        return await _once(info, "batchFinalise", input, act, Permission.FINALISE_INVOICES)

    @strawberry.mutation(description="Mails the invoices of a batch with their PDF, by a job.")
    async def batch_send(self, info: Info, input: BatchSendInput) -> BatchPayload:
        def act(acting: Acting) -> BatchRecord:
            part = delivering.Part(
                batch_id=batch_key(input.id), bill_ids=bill_keys(input.invoice_ids)
            )
            return delivering.ask_to_send(acting, part)

        return await _once(info, "batchSend", input, act)

    @strawberry.mutation(
        description="Deletes a batch: its pro formas go, what it held is free again; legal "
        "invoices stay."
    )
    async def batch_delete(self, info: Info, input: BatchDeleteInput) -> BatchPayload:
        def act(acting: Acting) -> BatchRecord:
            return delete_batch(acting, batch_key(input.id))

        return await _once(info, "batchDelete", input, act)


async def _write(info: Info, act: Act) -> Any:
    fields = wanted(info, "batch")

    def run(acting: Acting) -> Payload:
        return _shown(acting, act(acting).id, fields)

    nothing = {"batch": None, "replayed": False}
    found = await write(info, Permission.PREPARE_INVOICES, run, nothing=nothing)
    return {"replayed": False, **found}


async def _once(
    info: Info,
    mutation: str,
    asked: Any,
    act: Act,
    permission: Permission = Permission.PREPARE_INVOICES,
) -> Any:
    fields = wanted(info, "batch")
    once = Once(
        key=asked.idempotency_key,
        mutation=mutation,
        asked=asked,
        keep=lambda payload: {"key": payload["batch"]["key"]},
        restore=lambda acting, kept: _shown(acting, kept["key"], fields),
    )
    return await write(
        info,
        permission,
        lambda acting: _shown(acting, act(acting).id, fields),
        nothing={"batch": None, "replayed": False},
        once=once,
    )


def _shown(acting: Acting, key: int, fields: Any) -> Payload:
    acting.session.flush()
    noun = batch_noun(acting.house, acting.caller.locale)
    return {"batch": load_one(acting.session, noun, {**fields, "id": {}}, key)}
