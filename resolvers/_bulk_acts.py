"""Many acts of one kind in one call: each succeeds or fails as one, in their order (API.md 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from domain.access import Permission
from domain.errors import Issue, Refusal
from domain.takeover.candidate import Change
from persistence.reading import load_by_ids
from persistence.session import part_of
from resolvers._bulk import kept, restored
from resolvers._judging import placed
from resolvers._mutation import Acting, Once, Payload, write
from schema.context import Info
from schema.import_file import shown_changes
from schema.invoice import INVOICE
from schema.payload import BulkOutcome, ErrorPolicy, bulk_counts, require_size
from schema.user_error import user_errors
from schema.view import wanted

Item = TypeVar("Item")


class AskedBulk(Protocol):
    """What every bulk input has."""

    items: Any
    error_policy: ErrorPolicy
    dry_run: bool
    idempotency_key: Any


@dataclass(slots=True)
class Done:
    """What became of an item: the record it is about, or why it was refused."""

    outcome: BulkOutcome
    key: int | None = None
    issues: list[Issue] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    """Of a record that was there."""

    @property
    def is_refused(self) -> bool:
        return self.outcome is BulkOutcome.REJECTED


def one_by_one(
    acting: Acting,
    items: Sequence[Item],
    act: Callable[[Item], tuple[int, Sequence[Issue]]],
    *,
    asked: AskedBulk,
    outcome: BulkOutcome,
) -> list[Done]:
    """Acts on each item in a savepoint of its own; nothing stays of one that is refused.

    With REJECT_EVERYTHING nothing stays of any once one is refused, and of a dry run never.
    """
    session = acting.session
    done = []
    with part_of(session) as whole:
        for item in items:
            try:
                with part_of(session):
                    key, issues = act(item)
                    session.flush()
            except Refusal as refusal:
                done.append(Done(BulkOutcome.REJECTED, issues=list(refusal.issues)))
            else:
                done.append(Done(outcome, key, list(issues)))
        whole.is_kept = not (asked.dry_run or is_stopped(asked, done))
    return done


def is_stopped(asked: AskedBulk, done: Sequence[Done]) -> bool:
    """Whether one that is refused keeps all others from being done."""
    return asked.error_policy is ErrorPolicy.REJECT_EVERYTHING and any(
        one.is_refused for one in done
    )


async def write_bulk(
    info: Info,
    permission: Permission,
    asked: AskedBulk,
    act: Callable[[Acting], list[Done]],
    *,
    mutation: str,
    shows_dry: bool,
) -> Any:
    """The payload of a bulk of invoices. `shows_dry`: the records are there in a dry run too."""
    fields = wanted(info, "results", "node")

    def run(acting: Acting) -> Payload:
        require_size(asked.items)
        done = act(acting)
        stopped = is_stopped(asked, done)
        acting.session.flush()
        keys = [one.key for one in done if one.key is not None]
        if (asked.dry_run or stopped) and not shows_dry:
            keys = []
        nodes = load_by_ids(acting.session, INVOICE, fields, keys)
        results = []
        for index, (item, one) in enumerate(zip(asked.items, done, strict=True)):
            said = [placed(issue, "items", index) for issue in one.issues]
            skipped = stopped and not one.is_refused
            results.append(
                {
                    "index": index,
                    "external_reference": item.external_reference,
                    "outcome": BulkOutcome.SKIPPED if skipped else one.outcome,
                    "node": nodes.get(one.key or 0),
                    "changes": shown_changes(one.changes),
                    "user_errors": user_errors(said, acting.caller.locale),
                }
            )
        return {"counts": bulk_counts(results), "results": results}

    once = Once(
        key=asked.idempotency_key,
        mutation=mutation,
        asked=asked,
        keep=lambda payload: kept(payload, dry_run=asked.dry_run),
        restore=lambda acting, before: restored(acting, INVOICE, before, fields),
    )
    nothing = {"counts": bulk_counts([]), "results": [], "replayed": False}
    return await write(info, permission, run, nothing=nothing, once=once, durable=True)
