"""/graphql: one operation a request, answered as GraphQL over HTTP says.

Written on Starlette's request rather than on the library's view: the key is looked at before the
body, and no body, however odd, is more than a 400.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import orjson
import strawberry
from graphql import GraphQLError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from persistence.deadline import within
from schema.context import Caller, Context, House
from server.asking import ANY_DOCUMENT, Asked, asked_of
from server.auth import Doors, unauthenticated
from server.crowd import Crowd, Uploads
from server.documents import Ready
from server.graphql import documents_of
from server.heads import heads_of
from server.masking import told
from server.negotiation import language_asked, ranked
from server.page import page_response
from server.rates import Allowance, Purse, Tab, too_often
from server.refusing import JSON, RequestRefused
from server.trusted import TrustedDocuments
from server.written import Written
from words import language_of

BY_SOCKET = "Subscriptions are followed over WebSocket, by graphql-transport-ws."
GRAPHQL_JSON = "application/graphql-response+json; charset=utf-8"
_MAY = {
    "GET": frozenset({OperationType.QUERY}),
    "POST": frozenset({OperationType.QUERY, OperationType.MUTATION}),
}


class Endpoint:
    """The address of the API; with `pages` (by language), browsers that ask for HTML get one."""

    def __init__(
        self,
        schema: strawberry.Schema,
        doors: Doors,
        *,
        pages: Mapping[str, bytes] | None = None,
        allowance: Allowance | None = None,
        trusted: TrustedDocuments = ANY_DOCUMENT,
    ) -> None:
        self._schema = schema
        self._documents = documents_of(schema)
        self._trusted = trusted
        self._pages = pages
        self._doors = doors
        self._allowance = allowance or Allowance()
        self.purse = Purse(self._allowance)
        self._crowd = Crowd(self._allowance.at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.answer(Request(scope, receive))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> ASGIApp:
        """The answer to a request, to be sent; RequestRefused and Refusal are for who asks."""
        try:
            return await self._answer(request)
        finally:
            # Files of a form that were too large for memory.
            await request.close()

    async def _answer(self, request: Request) -> ASGIApp:
        scope, headers, state = request.scope, heads_of(request.scope), request.scope["state"]
        if scope["method"] not in _MAY:
            raise _wrong_method("GET, POST")
        accepted = ranked(headers.get("accept", ""))
        if self._pages is not None and _is_a_browser(request, accepted):
            return page_response(self._pages[language_of(language_asked(headers))])
        house: House = scope["app"].state.house
        client = scope.get("client")
        caller = await self._doors.caller_of(
            house,
            headers,
            address=client[0] if client else "",
            request_id=state["request_id"],
        )
        if caller is None:
            return unauthenticated(headers)
        state["organisation"] = caller.organisation_code
        state["actor"] = caller.actor.id
        firm, name = caller.organisation_id, caller.actor.id or caller.key_name
        place = f"{firm}/{name}"
        self.purse.ask(firm, name)
        self._crowd.check(place)
        async with _room_for_files(request, headers, firm):
            asked = await asked_of(request, headers, self._trusted)
            tab = Tab(self.purse, firm, name)
            context = Context(house, caller, state["request_id"], account=tab)
            async with self._crowd.place(place):
                with within(self._allowance.seconds):
                    result = await self._run(request, asked, context)
        if tab.wait:
            raise too_often(tab.wait)
        return _answered(result, caller, is_modern="application/graphql-response+json" in accepted)

    async def _run(
        self, request: Request, asked: Asked, context: Context
    ) -> ExecutionResult | Ready:
        """The result: an answer by its plan, where there is one, else by the executor."""
        ready = await self._documents.ready(asked, context)
        if ready is not None:
            return ready
        try:
            return await self._schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                allowed_operation_types=_MAY[request.method],
            )
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.SUBSCRIPTION:
                raise RequestRefused(405, "METHOD_NOT_ALLOWED", BY_SOCKET) from None
            raise _wrong_method("POST") from None
        except CannotGetOperationTypeError as error:
            mistake = GraphQLError(error.as_http_error_reason())
            return ExecutionResult(data=None, errors=[mistake])


_NO_ROOM: AbstractAsyncContextManager[None] = nullcontext()


def _room_for_files(
    request: Request, headers: Headers, firm: int
) -> AbstractAsyncContextManager[None]:
    """A place among the uploads for what may bring files, before any of it is read."""
    if not headers.get("content-type", "").lower().startswith("multipart/"):
        return _NO_ROOM
    uploads: Uploads = request.app.state.uploads
    return uploads.place(firm)


def _is_a_browser(request: Request, accepted: tuple[str, ...]) -> bool:
    return (
        request.method == "GET" and "text/html" in accepted and "query" not in request.query_params
    )


def _wrong_method(allowed: str) -> RequestRefused:
    refusal = RequestRefused(
        405, "METHOD_NOT_ALLOWED", "This operation is sent by {allowed}.", allowed=allowed
    )
    refusal.headers = {"Allow": allowed}
    return refusal


def _answered(result: ExecutionResult | Ready, caller: Caller, *, is_modern: bool) -> ASGIApp:
    """The result as the caller may see it.

    An operation that was not begun (bad syntax, wrong variables) has no data at all; clients that
    know the newer media type are told by the status, too.
    """
    media_type = GRAPHQL_JSON if is_modern else JSON
    if isinstance(result, Ready):
        told_beside = orjson.dumps(result.extensions)
        written = b'{"data":%b,"extensions":%b}' % (result.answered.written, told_beside)
        return Written(written, media_type)
    content: dict[str, Any] = {}
    begun = result.data is not None or not result.errors or any(e.path for e in result.errors)
    if result.errors:
        content["errors"] = told(result.errors, caller.locale)
    if begun:
        content["data"] = result.data
    if result.extensions:
        content["extensions"] = result.extensions
    status = 400 if is_modern and not begun else 200
    return Written(orjson.dumps(content), media_type, status)
