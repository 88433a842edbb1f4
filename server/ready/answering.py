"""Answering by plans: those of the documents that are known, with the executor behind them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from graphql import DocumentNode, GraphQLError, GraphQLSchema
from sqlalchemy import Dialect
from sqlalchemy.exc import SQLAlchemyError
from strawberry.schema.schema_converter import GraphQLCoreConverter

from domain.errors import Refusal
from persistence.ready.prepared import Blown, NotReady
from persistence.ready.reader import Reader
from schema.context import Context
from server.breathing import ANSWER_BYTES
from server.ready.plans import Plan, Site
from server.ready.selection import Selecting, conditions_in, operation_of
from server.ready.values import Surprise

log = structlog.get_logger("jalon")

MOST = 8
"""Plans of one document, by operation, truths of its conditions and kind of database; it counts for
as many documents."""

MISSES = 3
"""Times in a row that a plan had no answer; then it rests."""

RESTS = 100
"""Times that the executor is asked at once before a plan that rested is tried again."""

Variables = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Answered:
    """The data of an answer as JSON."""

    written: bytes

    @property
    def values(self) -> Any:
        """What the JSON says: for whom the library answers."""
        return orjson.loads(self.written)


@dataclass(eq=False, slots=True)
class Entry:
    """A plan, or that there can be none, and how it did lately."""

    plan: Plan | None
    misses: int = 0
    rests: int = 0
    told: set[str] = field(default_factory=set)
    """The kinds of faults that were noted of it."""


@dataclass(eq=False, slots=True)
class Plans:
    """The plans of one document."""

    document: DocumentNode
    conditions: tuple[str, ...] | None = None
    names: dict[str | None, str | None] = field(default_factory=dict)
    """Of each name that was asked for, and is there, that of the operation."""
    known: OrderedDict[Any, Entry] = field(default_factory=OrderedDict)


class Answering:
    """Answers operations of one schema by plans."""

    def __init__(self) -> None:
        self.schema: GraphQLSchema | None = None
        self.converter: GraphQLCoreConverter | None = None

    async def answer(
        self, plans: Plans, name: str | None, variables: Variables, context: Any, *, is_long: bool
    ) -> Answered | None:
        """The answer; None where the executor is to give it.

        The document is a valid one. Whoever reaches a part of the firm only is not answered here,
        nor is what would be too large: the executor ends that where it becomes so.
        """
        if not isinstance(context, Context) or context.is_without_plan:
            return None
        if not context.caller.reach.is_whole:
            return None
        reader = Reader.of(context.house.database)
        entry = self._entry(plans, name, variables, reader.dialect)
        if entry is None or entry.plan is None:
            return None
        if entry.rests:
            entry.rests -= 1
            return None
        try:
            text = await entry.plan.answer(reader, context, variables, is_long=is_long)
            written = text.encode()
        except Exception as error:
            # Whatever it was, the executor meets it again, and says it in its own words.
            _note(entry, error)
            return None
        entry.misses = 0
        return Answered(written) if len(written) <= ANSWER_BYTES else None

    def _entry(
        self, plans: Plans, name: str | None, variables: Variables, dialect: Dialect
    ) -> Entry | None:
        """That of what is asked; None, and nothing is kept, where it is no plain question."""
        if self.schema is None or self.converter is None:
            return None
        try:
            if name not in plans.names:
                found = operation_of(plans.document, name).name
                plans.names[name] = None if found is None else found.value
            truths = _truths(plans, variables)
        except NotReady:
            return None
        key = (dialect.name, plans.names[name], truths)
        entry = plans.known.get(key)
        if entry is None:
            entry = plans.known[key] = Entry(self._made(plans, name, dict(truths), dialect))
            if len(plans.known) > MOST:
                plans.known.popitem(last=False)
        else:
            plans.known.move_to_end(key)
        return entry

    def _made(
        self, plans: Plans, name: str | None, truths: dict[str, bool], dialect: Dialect
    ) -> Plan | None:
        assert self.schema is not None
        assert self.converter is not None
        site = Site(self.schema, self.converter, dialect)
        try:
            operation = operation_of(plans.document, name)
            return Plan(site, operation, Selecting(self.schema, plans.document, truths))
        except NotReady:
            return None
        except Exception:
            log.exception("plan not made", operation=name)
            return None


_EXPECTED = (NotReady, Surprise, Blown, Refusal, GraphQLError, SQLAlchemyError)
"""What leads to the executor every day: odd rows, refusals, reads that take too long."""


def _note(entry: Entry, error: Exception) -> None:
    """Has a plan rest that misses again and again; tells of a fault once a kind."""
    entry.misses += 1
    if entry.misses >= MISSES:
        entry.misses, entry.rests = 0, RESTS
    kind = type(error).__name__
    if not isinstance(error, _EXPECTED) and kind not in entry.told:
        entry.told.add(kind)
        log.warning("plan failed", error=kind, exc_info=error)


def _truths(plans: Plans, variables: Variables) -> tuple[tuple[str, bool], ...]:
    """The values of what conditions ask for; NotReady unless each is true or false."""
    if plans.conditions is None:
        plans.conditions = conditions_in(plans.document)
    given = variables or {}
    found = tuple((name, given.get(name)) for name in plans.conditions)
    if any(value.__class__ is not bool for _, value in found):
        raise NotReady("a condition is neither true nor false")
    return tuple((name, bool(value)) for name, value in found)
