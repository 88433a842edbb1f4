"""Plans: an operation that was asked before, as fields whose answers are read by code of their own.

A plan calls the same resolvers as the executor of the library does, with the same arguments; what
it hands them in the place of `info` answers a page or a thing at once as it stands in the answer.
Whatever a plan cannot do (a field of another kind, a value that is not what its type says, any
refusal) is left to the executor, which does the operation from the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues
from sqlalchemy import ColumnElement, Dialect
from strawberry.schema.schema_converter import GraphQLCoreConverter

from persistence.pages import PageAsked, Sort, bounds_of
from persistence.reading import Noun
from persistence.ready.prepared import NotReady, Steps
from persistence.ready.reader import Reader
from schema.context import Context
from server.ready.arguments import Arguments
from server.ready.rows import MOST_TEXT
from server.ready.selection import TYPENAME, Chosen, Selecting
from server.ready.showing import ShownPage, ShownThing, cursor_of, shown
from server.ready.sitting import Pace, Sitting
from server.ready.variables import Variables


@dataclass(frozen=True, slots=True)
class Done:
    """A field's value as it stands in the answer, as JSON; None of what is not there."""

    text: str | None


@dataclass(eq=False, slots=True)
class Site:
    """What plans are made for: a schema, on one kind of database."""

    schema: GraphQLSchema
    converter: GraphQLCoreConverter
    dialect: Dialect


class Plan:
    """A query whose fields are all read by code made for them."""

    def __init__(
        self, site: Site, operation: OperationDefinitionNode, selecting: Selecting
    ) -> None:
        if operation.operation is not OperationType.QUERY:
            raise NotReady("no query")
        query = site.schema.query_type
        assert query is not None
        self._variables = Variables(site.schema, operation)
        self._written: dict[str, str] = {}
        """What is known of the answer beforehand, by its keys in their order."""
        self._fields: list[tuple[str, PlannedField]] = []
        for chosen in selecting.of(query, [operation.selection_set]):
            self._written[chosen.key] = f'"{query.name}"'
            if chosen.name != TYPENAME:
                self._fields.append((chosen.key, PlannedField(site, query, chosen)))

    async def answer(
        self,
        reader: Reader,
        context: Context,
        given: Mapping[str, Any] | None,
        *,
        is_long: bool = False,
    ) -> str:
        """The data of the answer as JSON; any exception leaves it to the executor.

        What `is_long` is read in a thread, whatever the database.
        """
        values = self._variables.of(given or {})
        written = dict(self._written)
        is_alone, length = len(self._fields) == 1, 0
        sitting = Sitting(reader, context, is_alone=is_alone, is_long=is_long)
        try:
            for key, field in self._fields:
                written[key] = await field.answer(sitting, reader, context, values)
                length += len(written[key])
                if length > MOST_TEXT:
                    raise NotReady("too long")
                if not is_alone:
                    # Others are let in between two reads of one request.
                    await asyncio.sleep(0)
        finally:
            sitting.end()
        return "{" + ",".join([f'"{key}":{text}' for key, text in written.items()]) + "}"


class PlannedField:
    """One field of a query: its resolver, its arguments, and how its answer is made."""

    def __init__(self, site: Site, query: GraphQLObjectType, chosen: Chosen) -> None:
        field = chosen.field
        if field is None or field.base_resolver is None or not field.is_async or field.extensions:
            raise NotReady(chosen.name)
        if field.permission_classes:
            raise NotReady(chosen.name)
        node = chosen.nodes[0]
        self._name = node.name.value
        resolve: Any = field.base_resolver.wrapped_func
        self._resolve: Callable[..., Any] = resolve
        self._arguments = Arguments(query.fields[self._name], field, node, site.converter)
        self._is_needed = isinstance(chosen.type, GraphQLNonNull)
        self.shown = shown(chosen)
        self.pace = Pace()

    async def answer(
        self, sitting: Sitting, reader: Reader, context: Context, values: VariableValues
    ) -> str:
        given = self._arguments.of(values)
        ready = ReadyField(self, sitting, reader.dialect)
        found = await self._resolve(None, info=ReadyInfo(context, self._name, ready), **given)
        if found is not ready.done or found is None:
            raise NotReady(self._name)
        if found.text is None and self._is_needed:
            raise NotReady(self._name)
        return found.text or "null"


class ReadyInfo:
    """What a resolver is handed: the context, the name of its field, and what reads for it."""

    __slots__ = ("context", "field_name", "ready")

    def __init__(self, context: Context, field_name: str, ready: ReadyField) -> None:
        self.context = context
        self.field_name = field_name
        self.ready = ready

    def __getattr__(self, name: str) -> Any:
        raise NotReady(f"info.{name}")


class ReadyField:
    """Reads for one call of a resolver."""

    __slots__ = ("_dialect", "_planned", "_sitting", "done")

    def __init__(self, planned: PlannedField, sitting: Sitting, dialect: Dialect) -> None:
        self._planned = planned
        self._sitting = sitting
        self._dialect = dialect
        self.done: Done | None = None

    async def page(
        self, noun: Noun, asked: PageAsked, sort: Sort, where: Sequence[ColumnElement[bool]]
    ) -> Any:
        wanted = self._planned.shown
        if not isinstance(wanted, ShownPage):
            raise NotReady("no page")
        rows = wanted.rows(noun, self._dialect, sort)
        bounds = bounds_of(noun, asked, sort, where)

        def find(firm: int) -> Steps:
            found = yield rows.reading.of_list(
                bounds.where,
                bounds.order,
                organisation_id=firm,
                limit=bounds.size + 1,
                beyond=bounds.beyond,
            )
            total = 0
            if wanted.is_counted:
                ((total,),) = yield rows.reading.count(where, organisation_id=firm)
            # The row beyond the page is completed, too, as the executor does.
            nodes = yield from rows.fill(firm, found)
            bounds.cut(found)
            more = bounds.cut(nodes)
            cursors = [
                cursor_of(row, rows, sort, noun.prefix) for row in wanted.with_cursors(found)
            ]
            marks = (bounds.has_next(asked, more), bounds.has_previous(asked, more))
            return wanted.connection(nodes, cursors, marks, total)

        self.done = Done(await self._read(find, most=rows.statements + wanted.is_counted))
        return self.done

    async def one(self, noun: Noun, by: Mapping[str, Any]) -> Any:
        wanted = self._planned.shown
        if not isinstance(wanted, ShownThing):
            raise NotReady("no thing")
        rows = wanted.rows(noun, self._dialect)

        def find(firm: int) -> Steps:
            found = yield rows.reading.of_one(by, organisation_id=firm)
            return (yield from rows.fill(firm, found))[0] if found else None

        self.done = Done(await self._read(find, most=rows.statements))
        return self.done

    async def _read(self, find: Callable[[int], Steps], *, most: int) -> Any:
        return await self._sitting.read(self._planned.pace, find, most=most)
