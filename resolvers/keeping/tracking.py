"""Recording how far the phases are: one by one, or many at once (O03)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from domain.access import Permission
from domain.errors import NOT_FOUND, RECORD_ARCHIVED, Issue, Refusal
from domain.given import day, text
from domain.project.progress import ProgressUpdate as ProgressUpdateRecord
from domain.project.progress import judge_progress
from persistence.billing.progress import Standing, standings_of
from persistence.reading import load_by_ids, load_one
from resolvers._bulk import kept, restored
from resolvers._judging import placed
from resolvers._mutation import Acting, Once, Payload, write
from schema.context import Info
from schema.import_file import FieldChange
from schema.node import key_of
from schema.payload import (
    COMES_BACK,
    REPLAYED,
    BulkCounts,
    BulkOutcome,
    ErrorPolicy,
    bulk_counts,
    require_size,
)
from schema.project import PHASE, Phase
from schema.user_error import UserError, errors_again, kept_errors, user_errors
from schema.view import wanted


@strawberry.input
class ProgressInput:
    phase_id: strawberry.ID
    percent: Decimal = strawberry.field(description="Done in all, from 0 to 100.")
    as_of: date | None = strawberry.field(default=None, description="Today when left out.")
    comment: str | None = None
    external_reference: str | None = strawberry.field(default=None, description=COMES_BACK)


@strawberry.input
class ProgressBulkRecordInput:
    items: list[ProgressInput]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.type
class ProgressRecordPayload:
    phase: Phase | None
    user_errors: list[UserError]
    replayed: bool = strawberry.field(description=REPLAYED)


@strawberry.type
class ProgressBulkResult:
    index: int
    external_reference: str | None
    outcome: BulkOutcome
    node: Phase | None
    changes: list[FieldChange] = strawberry.field(
        description="Of the percentage in force on that day."
    )
    user_errors: list[UserError]


@strawberry.type
class ProgressBulkRecordPayload:
    counts: BulkCounts
    results: list[ProgressBulkResult]
    user_errors: list[UserError]
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Judged:
    """One item: whether it may be recorded, and what is to be said of it."""

    phase_id: int | None
    issues: tuple[Issue, ...]
    update: ProgressUpdateRecord | None = None
    """None when it is refused."""
    before: Decimal | None = None
    """What was in force on its day."""

    @property
    def is_refused(self) -> bool:
        return any(issue.is_red for issue in self.issues)


@strawberry.type
class Tracking:
    """Mutations that record progress."""

    @strawberry.mutation(
        description="Adds one progress update; the earlier ones stay. With an idempotencyKey it is "
        "added once, however often it is sent."
    )
    async def progress_record(
        self, info: Info, input: ProgressInput, idempotency_key: strawberry.ID | None = None
    ) -> ProgressRecordPayload:
        fields = wanted(info, "phase")

        def act(acting: Acting) -> Payload:
            judged = _judge(acting, [input])[0]
            if judged.is_refused or judged.phase_id is None:
                raise Refusal(*judged.issues)
            _record(acting, [judged])
            said = user_errors(judged.issues, acting.caller.locale)
            return {**shown(acting, judged.phase_id), "user_errors": said}

        def shown(acting: Acting, key: int) -> Payload:
            return {"phase": load_one(acting.session, PHASE, fields, key)}

        once = Once(
            key=idempotency_key,
            mutation="progressRecord",
            asked=input,
            keep=lambda payload: {
                "key": payload["phase"]["key"],
                "user_errors": kept_errors(payload["user_errors"]),
            },
            restore=lambda acting, before: {
                **shown(acting, before["key"]),
                "user_errors": errors_again(before["user_errors"]),
            },
        )
        nothing = {"phase": None}
        return await write(info, Permission.RECORD_PROGRESS, act, nothing=nothing, once=once)

    @strawberry.mutation(description="Many updates in one transaction, answered in their order.")
    async def progress_bulk_record(
        self, info: Info, input: ProgressBulkRecordInput
    ) -> ProgressBulkRecordPayload:
        fields = wanted(info, "results", "node")

        def act(acting: Acting) -> Payload:
            require_size(input.items)
            judged = _judge(acting, input.items)
            refused = any(one.is_refused for one in judged)
            stopped = refused and input.error_policy is ErrorPolicy.REJECT_EVERYTHING
            if not stopped and not input.dry_run:
                _record(acting, judged)
            return _answer(acting, input.items, judged, stopped=stopped, fields=fields)

        once = Once(
            key=input.idempotency_key,
            mutation="progressBulkRecord",
            asked=input,
            keep=lambda payload: kept(payload, dry_run=input.dry_run),
            restore=lambda acting, before: restored(acting, PHASE, before, fields),
        )
        nothing = {"counts": bulk_counts([]), "results": [], "replayed": False}
        return await write(info, Permission.RECORD_PROGRESS, act, nothing=nothing, once=once)


def _judge(acting: Acting, items: Sequence[ProgressInput]) -> list[_Judged]:
    """Judges the items in order; each sees the ones before it."""
    keys: list[int | Refusal] = []
    for item in items:
        try:
            keys.append(key_of(item.phase_id, "phase", field=("phase_id",)))
        except Refusal as refusal:
            keys.append(refusal)
    standings = standings_of(acting.session, [key for key in keys if isinstance(key, int)])
    return [_judge_one(acting, key, standings, item) for key, item in zip(keys, items, strict=True)]


def _judge_one(
    acting: Acting, key: int | Refusal, standings: dict[int, Standing], item: ProgressInput
) -> _Judged:
    try:
        if isinstance(key, Refusal):
            raise key
        standing = standings.get(key)
        if standing is None:
            raise Refusal(_no_phase(item.phase_id))
        if standing.archived:
            field = ("phase_id",)
            raise Refusal(RECORD_ARCHIVED(field=field, noun="phase", key=item.phase_id))
        as_of = day(item.as_of, field=("as_of",), name="The date") or acting.today
        before = standing.in_force(as_of)
        comment = text(item.comment, field=("comment",), name="The comment", longest=2000)
        issues = judge_progress(
            phase=standing.phase,
            percent=item.percent,
            before=before,
            project=standing.project,
            signed=standing.signed,
            ahead=as_of if as_of > acting.today else None,
        )
        standing.history.append((as_of, item.percent))
        return _Judged(key, issues, _update(acting, key, as_of, comment, item.percent), before)
    except Refusal as refusal:
        return _Judged(None, refusal.issues)


def _update(
    acting: Acting, key: int, as_of: date, comment: str | None, percent: Decimal
) -> ProgressUpdateRecord:
    return ProgressUpdateRecord(
        phase_id=key,
        percent=percent,
        as_of=as_of,
        comment=comment,
        author=acting.caller.key_name or None,
    )


def _no_phase(identifier: str) -> Issue:
    return NOT_FOUND(field=("phase_id",), noun="phase", key=identifier)


def _record(acting: Acting, judged: Sequence[_Judged]) -> None:
    acting.session.add_all(one.update for one in judged if one.update is not None)
    acting.session.flush()


def _answer(
    acting: Acting,
    items: Sequence[ProgressInput],
    judged: Sequence[_Judged],
    *,
    stopped: bool,
    fields: Any,
) -> Payload:
    keys = {one.phase_id for one in judged if one.phase_id is not None}
    nodes = load_by_ids(acting.session, PHASE, fields, keys)
    results = [
        {
            "index": index,
            "external_reference": item.external_reference,
            "outcome": _outcome(one, stopped=stopped),
            "node": nodes.get(one.phase_id or 0),
            "changes": _changes(one),
            "user_errors": user_errors(
                [placed(issue, "items", index) for issue in one.issues], acting.caller.locale
            ),
        }
        for index, (item, one) in enumerate(zip(items, judged, strict=True))
    ]
    return {"counts": bulk_counts(results), "results": results}


def _changes(one: _Judged) -> list[dict[str, str | None]]:
    if one.update is None or one.before == one.update.percent:
        return []
    return [{"field": "percent", "before": _text(one.before), "after": _text(one.update.percent)}]


def _text(percent: Decimal | None) -> str | None:
    return None if percent is None else f"{percent.normalize():f}"


def _outcome(one: _Judged, *, stopped: bool) -> BulkOutcome:
    if one.is_refused:
        return BulkOutcome.REJECTED
    return BulkOutcome.SKIPPED if stopped else BulkOutcome.CREATED
