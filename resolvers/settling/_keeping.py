"""Keeping one record of the settings or of a catalogue: made, changed, put away, brought back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import strawberry

from domain.access import Permission
from domain.base import Versioned
from domain.errors import RECORD_ARCHIVED, Issue, Refusal
from persistence.reading import Noun, Wanted, load_one
from persistence.records import the_record
from resolvers._judging import stale
from resolvers._mutation import Acting, Payload, write
from schema.context import Info
from schema.node import key_of
from schema.user_error import user_errors
from schema.view import wanted

Made = tuple[Any, Sequence[Issue]]
"""A record that was just made, and what to be warned of."""

_NOTHING: Payload = {"node": None}


@strawberry.input(description="A record, and the version of it that was read.")
class RecordInput:
    id: strawberry.ID
    expected_version: int | None = None


async def make(
    info: Info, permission: Permission, noun: Noun, create: Callable[[Acting], Made]
) -> Any:
    """The payload of a record that `create` makes."""
    fields = wanted(info, "node")

    def act(acting: Acting) -> Payload:
        record, said = create(acting)
        acting.session.add(record)
        acting.session.flush()
        return _shown(acting, noun, record.id, fields, said)

    return await write(info, permission, act, nothing=_NOTHING)


async def alter(
    info: Info,
    permission: Permission,
    noun: Noun,
    asked: Any,
    change: Callable[[Acting, Any], Sequence[Issue]],
    *,
    before: Callable[[Acting], object] | None = None,
    even_archived: bool = False,
    named_by: str = "id",
) -> Any:
    """The payload of a known record that `change` changes; `before` locks what it rests on.

    An archived record is brought back before it is changed. `named_by` is the field of the input
    that says which record is meant.
    """
    fields = wanted(info, "node")

    def act(acting: Acting) -> Payload:
        place = (named_by,)
        key = key_of(asked.id, noun.prefix, field=place)
        if before is not None:
            before(acting)
        found: Any = the_record(acting.session, noun.record, key, field=place, locked=True)
        name = noun.prefix.replace("_", " ")
        moved = stale(found, asked.expected_version, noun=name, key=asked.id)
        if moved is not None:
            return _shown(acting, noun, key, fields, [moved])
        if found.archived_at is not None and not even_archived:
            raise Refusal(RECORD_ARCHIVED(field=place, noun=name, key=asked.id))
        said = change(acting, found)
        acting.session.flush()
        return _shown(acting, noun, key, fields, said)

    return await write(info, permission, act, nothing=_NOTHING)


async def put_away(
    info: Info,
    permission: Permission,
    noun: Noun,
    asked: RecordInput,
    require: Callable[[Acting, Any], object] | None = None,
    *,
    before: Callable[[Acting], object] | None = None,
    warn: Callable[[Acting, Any], Sequence[Issue]] | None = None,
) -> Any:
    """The payload of a record that leaves the lists, unless `require` refuses; twice is once.

    `warn` says what is to be warned of once it has left.
    """

    def archive(acting: Acting, record: Versioned) -> Sequence[Issue]:
        if record.archived_at is None:
            if require is not None:
                require(acting, record)
            record.archived_at = acting.house.clock()
        return () if warn is None else warn(acting, record)

    return await alter(info, permission, noun, asked, archive, before=before, even_archived=True)


async def bring_back(
    info: Info,
    permission: Permission,
    noun: Noun,
    asked: RecordInput,
    require: Callable[[Acting, Any], object] | None = None,
    *,
    warn: Callable[[Acting, Any], Sequence[Issue]] | None = None,
) -> Any:
    """The payload of a record that comes back into the lists, unless `require` refuses.

    `warn` says what is to be warned of once it is back.
    """

    def restore(acting: Acting, record: Versioned) -> Sequence[Issue]:
        if record.archived_at is not None and require is not None:
            require(acting, record)
        record.archived_at = None
        return () if warn is None else warn(acting, record)

    return await alter(info, permission, noun, asked, restore, even_archived=True)


def assign(record: Any, columns: dict[str, Any]) -> None:
    """Writes the columns that differ: a record that nothing changes on keeps its version."""
    for name, value in columns.items():
        if getattr(record, name) != value:
            setattr(record, name, value)


def _shown(acting: Acting, noun: Noun, key: int, fields: Wanted, said: Sequence[Issue]) -> Payload:
    return {
        "node": load_one(acting.session, noun, fields, key),
        "user_errors": user_errors(said, acting.caller.locale),
    }
