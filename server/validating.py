"""Validation by the rules of the library, which stops after a few mistakes.

A mistake is told with the value that it is in: a list or an object of thousands of mistakes would
be written out as often as it holds mistakes, three seconds of processor for a document within the
limits (`server.limits`).
"""

from __future__ import annotations

from graphql import ASTValidationRule, DocumentNode, GraphQLError, GraphQLSchema, validate
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

MISTAKES = 10
"""That are told of one document, before a last one that says there are more."""


def validate_briefly(
    schema: GraphQLSchema, document: DocumentNode, rules: tuple[type[ASTValidationRule], ...]
) -> list[GraphQLError]:
    """The first mistakes of `document`, none if it is valid."""
    # What the library adds for inputs of its own: null told from left out, and one of several.
    all_rules = (*rules, MaybeNullValidationRule, OneOfInputValidationRule)
    return validate(schema, document, all_rules, max_errors=MISTAKES)
