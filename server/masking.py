"""What a caller is told of an error: a refusal in words, a mistake as it is, a bug's reference."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

import structlog
from graphql import GraphQLError

from domain.errors import Issue, Refusal
from persistence.deadline import OutOfTime
from schema.user_error import sentence, user_error
from server.breathing import TOO_LONG, AnswerTooLarge
from server.limits import TOO_LARGE, QueryTooLarge
from words import phrase, translated

log = structlog.get_logger("jalon")

OUT_OF_TIME = (
    "This took longer than the {limit} s it may take and was ended. What it was to write is "
    "written whole or not at all: ask again with the same idempotency key, or look."
)
"""An act may be committed when the fields of its answer run out of time."""


MISTAKEN = "BAD_REQUEST"
"""The code of a document that cannot be read or does not fit the schema, or its variables."""


def new_reference() -> str:
    """A short name for one error, told to the caller and noted with the traceback."""
    return secrets.token_hex(5)


def told(errors: Iterable[GraphQLError], locale: str) -> list[dict[str, Any]]:
    """The errors of an operation as they may leave the house, in the language of `locale`."""
    ended: set[type] = set()
    entries: list[dict[str, Any]] = []
    met = list(errors)
    for error in met:
        cause = error.original_error or error
        if isinstance(cause, OutOfTime | AnswerTooLarge):
            # Every list that was under way meets it: it is told where it was met first.
            if cause.__class__ in ended:
                continue
            ended.add(cause.__class__)
        entries += _told(error, locale)
    _let_go(met)
    return entries


def _let_go(errors: list[GraphQLError]) -> None:
    """Drops where errors, and what led to them, came from: nothing asks for that any more.

    The frames hold rows and half of an answer, up to 32 MiB of it, and some hold the error: a
    circle, which only the collector would free.
    """
    left: list[BaseException | None] = [*errors, *(error.original_error for error in errors)]
    while left:
        error = left.pop()
        if error is not None and error.__traceback__ is not None:
            error.__traceback__ = None
            left += [error.__cause__, error.__context__]


def _told(error: GraphQLError, locale: str) -> list[dict[str, Any]]:
    cause = error.original_error
    if isinstance(cause, Refusal):
        return [_refused(error, issue, locale) for issue in cause.issues]
    if isinstance(cause, OutOfTime):
        seconds = round(cause.seconds, 3)
        log.warning("out of time", path=error.path, seconds=seconds)
        message = phrase(OUT_OF_TIME, locale, limit=f"{seconds:g}")
        return [_placed(error, message, {"code": "REQUEST_TIMEOUT", "limit": seconds})]
    large = cause or error
    if isinstance(large, AnswerTooLarge):
        message = phrase(TOO_LONG, locale, limit=large.limit)
        return [_placed(error, message, large.extensions or {})]
    if isinstance(error, QueryTooLarge):
        what = translated(error.what, locale)
        message = phrase(TOO_LARGE, locale, limit=error.limit, what=what)
        return [_placed(error, message, error.extensions or {})]
    if not is_bug(error):
        return [_mistake(error)]
    reference = new_reference()
    log.error("bug", reference=reference, path=error.path, exc_info=cause)
    message = phrase("Internal error, reference {reference}.", locale, reference=reference)
    return [_placed(error, message, {"code": "INTERNAL_ERROR", "reference": reference})]


def _mistake(error: GraphQLError) -> dict[str, Any]:
    """What the library says of a document or of its variables, under a code like all else."""
    said = dict(error.formatted)
    return {**said, "extensions": {"code": MISTAKEN, **(error.extensions or {})}}


def is_bug(error: GraphQLError) -> bool:
    """Whether nobody meant this error.

    An exception that is not GraphQL's own and comes from a field (it has a path) or from outside
    the document (it has no node). The rest are mistakes of the caller: syntax, types, variables.
    """
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError | Refusal | OutOfTime):
        return False
    return error.path is not None or not error.nodes


def _refused(error: GraphQLError, issue: Issue, locale: str) -> dict[str, Any]:
    known = user_error(issue, locale)
    extensions = {
        name: value
        for name, value in known.items()
        if value is not None and name not in ("message", "code", "severity")
    }
    head = {"code": issue.code, "severity": issue.severity.value}
    return _placed(error, sentence(issue, locale), {**head, **extensions})


def _placed(error: GraphQLError, message: str, extensions: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"message": message, "extensions": extensions}
    formatted = error.formatted
    for name in ("locations", "path"):
        if name in formatted:
            entry[name] = formatted[name]
    return entry
