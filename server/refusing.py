"""Answers that refuse a whole request: JSON in the shape of GraphQL errors, in words."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.negotiation import language_asked
from words import phrase, translated

JSON = "application/json; charset=utf-8"


class RequestRefused(HTTPException):
    """A request that is refused before it is looked at: a status, a stable code and a sentence."""

    def __init__(self, status: int, code: str, sentence: str, **facts: object) -> None:
        super().__init__(status, sentence)
        self.code = code
        self.facts = facts


_PLAIN: dict[int, tuple[str, str]] = {
    400: ("BAD_REQUEST", "The request cannot be read."),
    404: ("NOT_FOUND", "There is nothing at this address."),
    405: ("METHOD_NOT_ALLOWED", "This address does not take that method."),
    413: ("CONTENT_TOO_LARGE", "The request is too large."),
}


def refusing(
    status: int,
    code: str,
    sentence: str,
    *,
    locale: str | None,
    headers: Mapping[str, str] | None = None,
    facts: Mapping[str, object] | None = None,
) -> Response:
    """An answer with one error: its `sentence` in the language of `locale`, its code beside it."""
    language = locale or ""
    spoken = {name: translated(str(fact), language) for name, fact in (facts or {}).items()}
    told = {"message": phrase(sentence, language, **spoken), "extensions": {"code": code}}
    return Response(orjson.dumps({"errors": [told]}), status, headers, JSON)


async def refuse(request: Request, error: Exception) -> Response:
    """The answer to an HTTPException, ours or Starlette's."""
    assert isinstance(error, HTTPException)
    locale = language_asked(request.headers)
    if isinstance(error, RequestRefused):
        code, sentence, facts = error.code, error.detail, error.facts
    else:
        code, sentence = _PLAIN.get(error.status_code, _PLAIN[400])
        facts = {}
    return refusing(
        error.status_code, code, sentence, locale=locale, headers=error.headers, facts=facts
    )
