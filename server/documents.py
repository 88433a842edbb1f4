"""Queries as text, parsed, measured and validated once: what is asked often costs nothing again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import ASTValidationRule, GraphQLError, GraphQLSchema
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from server.limits import PRICE, Measured, parse_within_limits

KEPT_TOKENS = 250_000
"""A token's nodes take about half a kilobyte: some 120 MB at most, and in practice far less."""


@dataclass(slots=True)
class _Known:
    measured: Measured
    errors: list[GraphQLError] | None = None
    """What validation found; None before it ran."""


class Documents:
    """The documents asked lately, those least used forgotten first. Belongs to one event loop."""

    def __init__(self, room: int = KEPT_TOKENS) -> None:
        self._room = room
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def find(self, text: str) -> _Known:
        """The document of `text`, parsed unless it is known; QueryTooLarge or bad syntax raise."""
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            return known
        known = _Known(parse_within_limits(text))
        self._known[text] = known
        self._room -= known.measured.tokens
        while self._room < 0 and len(self._known) > 1:
            self._room += self._known.popitem(last=False)[1].measured.tokens
        return known


class KnownDocument(SchemaExtension):
    """Takes the document of an operation from those known, and tells its price."""

    def __init__(self, documents: Documents, rules: tuple[type[ASTValidationRule], ...]) -> None:
        self._documents = documents
        self._rules = rules
        self._known: _Known | None = None

    def on_parse(self) -> Iterator[None]:
        self._known = self._documents.find(self.execution_context.query or "")
        self.execution_context.graphql_document = self._known.measured.document
        yield

    def on_validate(self) -> Iterator[None]:
        known, context = self._known, self.execution_context
        if known is not None and known.errors is None:
            schema: GraphQLSchema = context.schema._schema
            rules = (*context.validation_rules, *self._rules)
            known.errors = validate_document(schema, known.measured.document, rules)
        context.pre_execution_errors = None if known is None else known.errors
        yield

    def get_results(self) -> dict[str, Any]:
        """`extensions.price` of the answer (API.md 13)."""
        if self._known is None:
            return {}
        return {"price": {"asked": self._known.measured.price, "limit": PRICE}}
