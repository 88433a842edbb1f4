"""How a query field reads: in a thread, on one short session of the caller's organisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import strawberry
from sqlalchemy import ColumnElement

from persistence.pages import PageAsked, Sort, count, page
from persistence.reading import Noun, load
from persistence.session import ScopedSession
from resolvers._shares import to_read
from schema.connection import connection
from schema.context import Context, Info
from schema.needs import admit
from schema.view import wanted, wanted_of_nodes

Found = TypeVar("Found")


class ReadyField(Protocol):
    """A field of which the answer is made by code of its own (server.ready)."""

    async def page(
        self, noun: Noun, asked: PageAsked, sort: Sort, where: Sequence[ColumnElement[bool]]
    ) -> Any:
        """The connection as it stands in the answer."""

    async def one(self, noun: Noun, by: Mapping[str, Any]) -> Any:
        """The object as it stands in the answer, or null."""


async def read(info: Info, find: Callable[[ScopedSession], Found]) -> Found:
    """What `find` finds in the caller's organisation."""
    _admitted(info)
    return await _found(info.context, find)


def _admitted(info: Any) -> ReadyField | None:
    """Lets the caller in, or refuses; what the field is read by, where that is code of its own."""
    admit(info.field_name, info.context.caller.role, info.context.caller.reach)
    found: ReadyField | None = getattr(info, "ready", None)
    return found


async def _found(context: Context, find: Callable[[ScopedSession], Found]) -> Found:
    caller, house = context.caller, context.house

    def run() -> Found:
        today = house.today(caller.time_zone)
        with house.database.reading(caller.standing(), today=today) as session:
            return find(session)

    return await to_read(context.caller, run)


async def read_one(info: Info, noun: Noun, **by: Any) -> Any:
    """The only row of `noun` whose columns are as `by` says, or null."""
    if (ready := _admitted(info)) is not None:
        return await ready.one(noun, by)
    fields = wanted(info)
    where = [noun.column(name) == value for name, value in by.items()]

    def find(session: ScopedSession) -> Any:
        return next(iter(load(session, noun, fields, where=where, limit=1)), None)

    return await _found(info.context, find)


async def read_page(
    info: Info,
    noun: Noun,
    *,
    asked: PageAsked,
    sort: Sort,
    where: Sequence[ColumnElement[bool]] = (),
) -> Any:
    """A page of `noun` as a connection; rows are counted only when the count was asked for."""
    if (ready := _admitted(info)) is not None:
        return await ready.page(noun, asked, sort, where)
    counting = "total_count" in wanted(info)
    fields = wanted_of_nodes(info)

    def find(session: ScopedSession) -> Any:
        found = page(session, noun, fields, asked=asked, sort=sort, where=where)
        return connection(found, total=(lambda: count(session, noun, where)) if counting else None)

    return await _found(info.context, find)


@strawberry.input(
    description="Relay's paging: `first`/`after` forwards, `last`/`before` backwards."
)
class PageInput:
    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def asked(self) -> PageAsked:
        return PageAsked(self.first, self.after, self.last, self.before)
