"""Queries as text, parsed, measured and validated once: what is asked often costs nothing again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from anyio import to_thread
from graphql import ASTValidationRule, ExecutionResult, GraphQLError, GraphQLSchema
from strawberry.extensions import SchemaExtension

from resolvers._shares import Shares
from schema.context import Account, Context
from server.asking import Asked
from server.lately import Lately
from server.limits import (
    NO_SHAPES,
    PRICE,
    Measured,
    QueryTooLarge,
    parse_within_limits,
    price_of_variables,
    require_affordable,
)
from server.ready.answering import Answered, Answering, Plans
from server.validating import validate_briefly

KEPT_TOKENS = 60_000
"""With a plan a token takes some 1 kB: 60 MB at most, a third of it for what was asked once. A
document of several plans counts for as many."""

LEAST_TOKENS = 50
"""What a document counts at least: with its plans it takes 20 kB and more, however short."""


DEAR = 10_000
"""The price above which few operations run at a time: each may hold 20 MiB until it is sent."""

LONG = 40_000
"""The price above which a plan reads in a thread; below it is done in short reads on the loop."""

SHORT = 2_000
"""Characters of a document that is parsed where it stands: it takes a few milliseconds."""

SHORT_TOKENS = 200

Done = TypeVar("Done")


@dataclass(slots=True)
class _Known:
    measured: Measured
    plans: Plans
    plans_weighed: int = 0
    errors: list[GraphQLError] | None = None
    """What validation found; None before it ran."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer by a plan: what there is to tell beside the data."""

    answered: Answered
    extensions: dict[str, Any]


class Documents:
    """The documents asked lately. Belongs to one event loop."""

    def __init__(self, room: int = KEPT_TOKENS) -> None:
        self.shapes = NO_SHAPES
        """Of the schema that the documents are for."""
        self._known: Lately[_Known] = Lately(room)
        self.answering = Answering()
        self._places = Shares(2)
        self.dear = Shares(4)

    def find(self, text: str) -> _Known:
        """The document of `text`, parsed unless it is known; QueryTooLarge or bad syntax raise."""
        return self._known.get(text) or self._keep(text, parse_within_limits(text, self.shapes))

    async def ready(self, asked: Asked, context: Context) -> Ready | None:
        """The answer to an operation of a document that is known, by its plan; None: execute it.

        It pays what executing it would, once.
        """
        known = self._known.get(asked.query)
        if known is None or known.errors is None or known.errors:
            return None
        price = known.measured.price + price_of_variables(asked.variables)
        if price > PRICE or (context.account is not None and not context.account.pay(price)):
            return None
        firm = context.caller.organisation_id
        async with self.dear.place(firm) if price > DEAR else nullcontext():
            found = await self.answering.answer(
                known.plans, asked.operation_name, asked.variables, context, is_long=price > LONG
            )
        self.weigh(asked.query, known)
        context.is_without_plan = found is None
        return None if found is None else Ready(found, cost_told(price, context.account))

    async def look_up(self, text: str, firm: object) -> _Known:
        """As `find`; a long document is parsed in a thread, one at a time for each firm."""
        if (known := self._known.get(text)) is not None:
            return known
        measured = await self.aside(
            len(text) > SHORT, firm, partial(parse_within_limits, text, self.shapes)
        )
        return self._known.get(text) or self._keep(text, measured)

    async def aside(self, is_long: bool, firm: object, work: Callable[[], Done]) -> Done:
        """What `work` returns, which goes through a document; a long one stops nobody else."""
        if not is_long:
            return work()
        async with self._places.place(firm):
            return await to_thread.run_sync(work)

    def _keep(self, text: str, measured: Measured) -> _Known:
        known = _Known(measured, Plans(measured.document))
        self._known.keep(text, known, max(measured.tokens, LEAST_TOKENS))
        return known

    def weigh(self, text: str, known: _Known) -> None:
        """Has a document count for the plans that it has by now."""
        plans = len(known.plans.known)
        if plans != known.plans_weighed:
            known.plans_weighed = plans
            weight = max(known.measured.tokens, LEAST_TOKENS) * max(plans, 1)
            self._known.weigh(text, weight)


class KnownDocument(SchemaExtension):
    """Takes the document of an operation from those known, and tells its price."""

    def __init__(self, documents: Documents, rules: tuple[type[ASTValidationRule], ...]) -> None:
        self._documents = documents
        self._rules = rules
        self._known: _Known | None = None
        self._price = 0

    async def on_parse(self) -> AsyncIterator[None]:
        text = self.execution_context.query or ""
        self._known = await self._documents.look_up(text, self._firm)
        self.execution_context.graphql_document = self._known.measured.document
        yield

    async def on_validate(self) -> AsyncIterator[None]:
        known, context = self._known, self.execution_context
        if known is not None and known.errors is None:
            schema: GraphQLSchema = context.schema._schema
            rules = (*context.validation_rules, *self._rules)
            document = known.measured.document
            known.errors = await self._documents.aside(
                known.measured.tokens > SHORT_TOKENS,
                self._firm,
                lambda: validate_briefly(schema, document, rules),
            )
        if known is not None and not known.errors:
            context.pre_execution_errors = self._pay(known.measured.price)
        elif known is not None:
            context.pre_execution_errors = known.errors
        yield

    def _pay(self, price: int) -> list[GraphQLError]:
        self._price = price + price_of_variables(self.execution_context.variables)
        try:
            require_affordable(self._price)
        except QueryTooLarge as too_large:
            return [too_large]
        account = self._account
        if account is not None and not account.pay(self._price):
            # The endpoint answers in its own words, with a status.
            return [GraphQLError("RATE_LIMITED")]
        return []

    @property
    def _firm(self) -> object:
        caller = getattr(self.execution_context.context, "caller", None)
        return None if caller is None else caller.organisation_id

    @property
    def _account(self) -> Account | None:
        return getattr(self.execution_context.context, "account", None)

    async def on_execute(self) -> AsyncIterator[None]:
        known, context, is_long = self._known, self.execution_context, self._price > LONG
        async with self._documents.dear.place(self._firm) if self._price > DEAR else nullcontext():
            found = None
            if known is not None:
                found = await self._documents.answering.answer(
                    known.plans,
                    context.operation_name,
                    context.variables,
                    context.context,
                    is_long=is_long,
                )
                self._documents.weigh(context.query or "", known)
            if found is not None:
                context.result = ExecutionResult(found.values, None)
            yield

    def get_results(self) -> dict[str, Any]:
        """`extensions.cost` of the answer (API.md 13): the price and what is left."""
        if self._known is None:
            return {}
        price = self._price or self._known.measured.price
        return cost_told(price, self._account)


def cost_told(price: int, account: Account | None) -> dict[str, Any]:
    """What an answer says of its price, and of what is left."""
    left = {} if account is None else account.told()
    return {"cost": {"price": price, "limit": PRICE, **left}}
