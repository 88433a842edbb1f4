"""Undoing an import: what it made goes, what it changed is as before, what moved on stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import strawberry

from domain.access import Permission
from domain.takeover.revert import Entry, Verdict
from persistence.reading import Wanted, load_one
from resolvers._mutation import Acting, Once, Payload, write
from resolvers.taking_over._reverting import revert_or_ask, stays
from schema.context import Info
from schema.import_file import ImportFile, import_file_noun
from schema.node import key_of
from schema.user_error import UserError, errors_again, kept_errors, user_errors
from schema.view import wanted


@strawberry.input
class ImportRevertInput:
    import_id: strawberry.ID
    dry_run: bool = strawberry.field(
        default=False, description="Only tells what would be undone, and what would stay."
    )
    idempotency_key: strawberry.ID


@strawberry.type(description="Records, not rows: a client with its contact are two.")
class RevertCounts:
    removed: int
    restored: int
    kept: int
    gone: int = strawberry.field(description="Somebody had removed them already.")


@strawberry.type
class ImportRevertPayload:
    import_file: ImportFile | None
    counts: RevertCounts | None
    user_errors: list[UserError] = strawberry.field(
        description="Warnings, each with its row: what stays, and why."
    )
    replayed: bool


_COUNTED = {Verdict.REMOVE: "removed", Verdict.RESTORE: "restored", Verdict.GONE: "gone"}


@strawberry.type
class Undoing:
    """The mutation that takes an import back."""

    @strawberry.mutation(
        description="Takes back what an import wrote, as far as nobody changed, used or invoiced "
        "it since; the rest stays and is told. A long import answers at once, REVERTING: its `job` "
        "brings it to its end, and tells what stays."
    )
    async def import_revert(self, info: Info, input: ImportRevertInput) -> ImportRevertPayload:
        fields = wanted(info, "import_file")

        def act(acting: Acting) -> Payload:
            key = key_of(input.import_id, "import_file", field=("import_id",))
            entries = revert_or_ask(acting, key, dry_run=input.dry_run)
            if entries is None:
                return {**_shown(acting, key, fields), "counts": None}
            return {
                **_shown(acting, key, fields),
                "counts": _counts(entries),
                "user_errors": user_errors(stays(entries), acting.caller.locale),
            }

        def keep(payload: Payload) -> Payload | None:
            if input.dry_run:
                return None
            return {
                "key": payload["import_file"]["key"],
                "counts": payload["counts"],
                "errors": kept_errors(payload["user_errors"]),
            }

        def restore(acting: Acting, kept: Payload) -> Payload:
            return {
                **_shown(acting, kept["key"], fields),
                "counts": kept["counts"],
                "user_errors": errors_again(kept["errors"]),
            }

        once = Once(
            key=input.idempotency_key,
            mutation="importRevert",
            asked=input,
            keep=keep,
            restore=restore,
        )
        nothing = {"import_file": None, "counts": None, "replayed": False}
        return await write(info, Permission.IMPORT, act, nothing=nothing, once=once)


def _counts(entries: Sequence[Entry]) -> dict[str, int]:
    counted = Counter(_COUNTED.get(entry.verdict, "kept") for entry in entries)
    return {name: counted[name] for name in ("removed", "restored", "kept", "gone")}


def _shown(acting: Acting, key: int, fields: Wanted) -> Payload:
    acting.session.flush()
    noun = import_file_noun(acting.house, acting.caller.locale)
    return {"import_file": load_one(acting.session, noun, fields, key)}
