"""Answering by plans: those of the documents that are known, with the executor behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLSchema
from sqlalchemy import Dialect
from strawberry.schema.schema_converter import GraphQLCoreConverter

from persistence.ready.prepared import NotReady
from persistence.ready.reader import Reader
from schema.context import Context
from server.breathing import ANSWER_BYTES
from server.ready.plans import Plan, Site
from server.ready.selection import Selecting, conditions_in, operation_of

MOST = 8
"""Plans of one document: by operation, by what its conditions are, by kind of database."""

Variables = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Answered:
    """The data of an answer, and the same as JSON."""

    data: dict[str, Any]
    written: bytes


@dataclass(eq=False, slots=True)
class Plans:
    """The plans of one document."""

    document: DocumentNode
    conditions: tuple[str, ...] | None = None
    known: dict[Any, Plan | None] = field(default_factory=dict)


class Answering:
    """Answers operations of one schema by plans."""

    def __init__(self) -> None:
        self.schema: GraphQLSchema | None = None
        self.converter: GraphQLCoreConverter | None = None

    async def answer(
        self, plans: Plans, name: str | None, variables: Variables, context: Any, *, is_dear: bool
    ) -> Answered | None:
        """The answer; None where the executor is to give it.

        The document is a valid one. Whoever reaches a part of the firm only is not answered here,
        nor is what would be too large: the executor ends that where it becomes so.
        """
        if not isinstance(context, Context) or not context.caller.reach.is_whole:
            return None
        reader = Reader.of(context.house.database)
        key = (reader.dialect.name, name, _truths(plans, variables))
        try:
            if key in plans.known:
                plan = plans.known[key]
            else:
                plan = self._make(plans, key, reader.dialect)
            if plan is None:
                return None
            data = await plan.answer(reader, context, variables, is_dear=is_dear)
            written = orjson.dumps(data)
            return Answered(data, written) if len(written) <= ANSWER_BYTES else None
        except NotReady:
            plans.known[key] = None
        except Exception:
            # Whatever it was, the executor meets it again, and says it in its own words.
            pass
        return None

    def _make(self, plans: Plans, key: Any, dialect: Dialect) -> Plan | None:
        if self.schema is None or self.converter is None or len(plans.known) >= MOST:
            return None
        _, name, truths = key
        if any(value is None for _, value in truths):
            raise NotReady("a condition is neither true nor false here")
        site = Site(self.schema, self.converter, dialect)
        plan = Plan(
            site,
            operation_of(plans.document, name),
            Selecting(self.schema, plans.document, dict(truths)),
        )
        plans.known[key] = plan
        return plan


def _truths(plans: Plans, variables: Variables) -> tuple[tuple[str, Any], ...]:
    """The values of what conditions ask for; only what is true or false makes a plan."""
    if plans.conditions is None:
        plans.conditions = conditions_in(plans.document)
    given = variables or {}
    found = ((name, given.get(name)) for name in plans.conditions)
    return tuple((name, value if value.__class__ is bool else None) for name, value in found)
