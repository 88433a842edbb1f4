"""Acts on entries of worked time that are there: approved, written off, taken up again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from domain.access import Permission
from domain.errors import NOT_FOUND, RECORD_ARCHIVED, Issue, Refusal
from domain.given import text
from domain.takeover.candidate import Change
from domain.time_entry import (
    TimeEntry,
    approve,
    require_unbilled,
    take_up_again,
    write_off,
)
from persistence.reading import load_by_ids
from persistence.time_entries import billed_by, entries_by_id
from resolvers._bulk import kept, restored
from resolvers._judging import placed
from resolvers._mutation import Acting, Once, Payload, write
from resolvers.keeping._drawn_hours import DrawnHours
from resolvers.keeping._reach import require_unapproved
from schema.context import Info
from schema.import_file import shown_changes
from schema.node import key_of
from schema.payload import BulkOutcome, ErrorPolicy, bulk_counts, require_size
from schema.time_entry import TIME_ENTRY
from schema.user_error import user_errors
from schema.view import wanted

Act = Callable[[Acting, TimeEntry], list[Change]]
"""What is done to an entry that is live and not billed; what of it changed."""

Warn = Callable[[Acting, TimeEntry], Sequence[Issue]]

_LONGEST_REASON = 2000


def putting_away() -> tuple[Callable[[Acting, TimeEntry], None], Warn]:
    """What refuses to put away what a line bills (TIME_ENTRY_BILLED), and what it is warned of."""
    drawn: list[DrawnHours] = []

    def require(acting: Acting, entry: TimeEntry) -> None:
        require_unapproved(acting, entry)
        require_unbilled(billed_by(acting.session, [entry.id]).get(entry.id))
        # Anew each time: what waited too long for others is tried again.
        drawn[:] = [DrawnHours.of(acting, [entry.id])]

    def warn(acting: Acting, entry: TimeEntry) -> Sequence[Issue]:
        return [issue for one in drawn for issue in one.told()]

    return require, warn


def approving(approved: bool) -> Act:
    changes = [Change("approved", not approved, approved)]
    return lambda acting, entry: changes if approve(entry, approved) else []


def writing_off(reason: str) -> Act:
    """Writes off for `reason`, which must say something."""

    def act(acting: Acting, entry: TimeEntry) -> list[Change]:
        told = text(
            reason, field=("reason",), name="The reason", longest=_LONGEST_REASON, required=True
        )
        if not write_off(entry, told or "", at=acting.house.clock()):
            return []
        return [Change("written_off", False, True), Change("write_off_reason", None, told)]

    return act


def taking_up_again(acting: Acting, entry: TimeEntry) -> list[Change]:
    reason = entry.write_off_reason
    if not take_up_again(entry):
        return []
    return [Change("written_off", True, False), Change("write_off_reason", reason, None)]


async def act_on_many(
    info: Info, permission: Permission, mutation: str, asked: Any, act_on: Act
) -> Any:
    """The payload of `act_on` for each of the entries named, in their order.

    Those not found, archived or billed are refused, and with them all unless the policy is
    REJECT_FAILED_ROWS. What is so already is UNCHANGED.
    """
    fields = wanted(info, "results", "node")

    def act(acting: Acting) -> Payload:
        require_size(asked.ids, field="ids")
        keys = _keys_of(asked.ids)
        drawn = DrawnHours.of(acting, [key for key in keys if isinstance(key, int)])
        judged = _judged(acting, asked.ids, keys, act_on)
        refused = any(said for _, _, said in judged)
        stopped = refused and asked.error_policy is ErrorPolicy.REJECT_EVERYTHING
        if stopped or asked.dry_run:
            # Judging has changed the records themselves; none of it is to be written.
            acting.session.expunge_all()
            told = []
        else:
            acting.session.flush()
            told = drawn.told()
        return _answer(acting, judged, told, stopped=stopped, fields=fields)

    once = Once(
        key=asked.idempotency_key,
        mutation=mutation,
        asked=asked,
        keep=lambda payload: kept(payload, dry_run=asked.dry_run),
        restore=lambda acting, before: restored(acting, TIME_ENTRY, before, fields),
    )
    nothing = {"counts": bulk_counts([]), "results": [], "replayed": False}
    return await write(info, permission, act, nothing=nothing, once=once)


Judged = tuple[int | None, list[Change], tuple[Issue, ...]]
"""An entry, what of it changed, and why it was refused."""


def _keys_of(ids: Sequence[str]) -> list[int | Refusal]:
    keys: list[int | Refusal] = []
    for identifier in ids:
        try:
            keys.append(key_of(identifier, "time_entry"))
        except Refusal as refusal:
            keys.append(refusal)
    return keys


def _judged(
    acting: Acting, ids: Sequence[str], keys: Sequence[int | Refusal], act_on: Act
) -> list[Judged]:
    named = [key for key in keys if isinstance(key, int)]
    entries = entries_by_id(acting.session, named)
    billed = billed_by(acting.session, named)
    judged: list[Judged] = []
    for key, identifier in zip(keys, ids, strict=True):
        if isinstance(key, Refusal):
            judged.append((None, [], key.issues))
            continue
        try:
            entry = _live(entries.get(key), identifier)
            require_unbilled(billed.get(key))
            judged.append((key, act_on(acting, entry), ()))
        except Refusal as refusal:
            judged.append((key if key in entries else None, [], refusal.issues))
    return judged


def _live(entry: TimeEntry | None, identifier: str) -> TimeEntry:
    if entry is None:
        raise Refusal(NOT_FOUND(field=("id",), noun="time entry", key=identifier[:60]))
    if entry.archived_at is not None:
        raise Refusal(RECORD_ARCHIVED(field=("id",), noun="time entry", key=identifier))
    return entry


def _answer(
    acting: Acting,
    judged: Sequence[Judged],
    told: Sequence[Issue],
    *,
    stopped: bool,
    fields: Any,
) -> Payload:
    """`told` is what to be warned of, of all of them."""
    keys = [key for key, _, _ in judged if key is not None]
    nodes = load_by_ids(acting.session, TIME_ENTRY, fields, keys)
    results = []
    for index, (key, changes, said) in enumerate(judged):
        outcome = BulkOutcome.UPDATED if changes else BulkOutcome.UNCHANGED
        if said:
            outcome = BulkOutcome.REJECTED
        elif stopped:
            outcome = BulkOutcome.SKIPPED
        places = [_placed(issue, index) for issue in said]
        results.append(
            {
                "index": index,
                "outcome": outcome,
                "node": nodes.get(key or 0),
                "changes": shown_changes(changes),
                "user_errors": user_errors(places, acting.caller.locale),
            }
        )
    warned = user_errors(told, acting.caller.locale)
    return {"counts": bulk_counts(results), "results": results, "user_errors": warned}


def _placed(issue: Issue, index: int) -> Issue:
    """The issue by its path: of an entry, the identifier that names it; else the field itself."""
    return placed(issue) if issue.field == ("reason",) else placed(issue.at(field=()), "ids", index)
