"""/graphql over WebSocket: subscriptions, by the protocol graphql-transport-ws and no other.

    a caller says who they are within 10 seconds · 10 operations a connection, each of which counts
    as a request
    10 connections a key and process, 1,000 a process · messages of at most 256 KiB
    a connection that follows nothing is closed after a minute, one of a revoked key within seconds

Queries and mutations are sent by HTTP, where each is judged by itself.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import strawberry
import structlog
from graphql import GraphQLError
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import (
    NonJsonMessageReceived,
    NonTextMessageReceived,
    WebSocketDisconnected,
)
from strawberry.http.websocket_origin import is_same_origin
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types.unset import UNSET

from resolvers._watching import JobWatch
from schema.context import Caller, Context, House
from server.asking import ANY_DOCUMENT
from server.auth import Doors
from server.greeting import headers_with, is_of_the_protocol
from server.masking import new_reference, told
from server.negotiation import language_asked
from server.rates import TOO_OFTEN, Allowance, Purse
from server.refusing import RequestRefused
from server.trusted import Subscriptions, TrustedDocuments
from words import phrase

log = structlog.get_logger("jalon")

MESSAGE_BYTES = 256 * 1024
"""Room for the largest query and its variables."""

BY_HTTP = "Only subscriptions are taken here: queries and mutations are sent by HTTP."
TOO_MANY = "At most {limit} operations at a time on one connection."


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a caller may take; times in seconds."""

    init: float = 10.0
    """Until they have said who they are."""
    send: float = 10.0
    """For them to take what they are sent."""
    idle: float = 60.0
    """Without any operation."""
    check: float = 5.0
    """Between two looks whether their key is still one."""
    operations: int = 10
    connections_a_key: int = 10
    connections: int = 1_000


class Sockets:
    """The address of subscriptions; pages of other web sites are let in from `origins` only."""

    def __init__(
        self,
        schema: strawberry.Schema,
        doors: Doors,
        *,
        origins: frozenset[str] = frozenset(),
        trusted: TrustedDocuments = ANY_DOCUMENT,
        bounds: Bounds | None = None,
        purse: Purse | None = None,
    ) -> None:
        """`purse`: that of requests, of which each operation is one."""
        self.bounds = bounds or Bounds()
        self._purse = purse or Purse(Allowance())
        self._schema = Subscriptions(schema, trusted)
        self._origins = origins
        self._doors = doors
        self._open = 0
        self._open_by_key: Counter[str] = Counter()
        self._watch: JobWatch | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        if self._open >= self.bounds.connections or not self._is_welcome(socket.headers):
            # Before it is accepted, which answers the handshake with 403.
            await socket.close(1008)
            return
        if GRAPHQL_TRANSPORT_WS_PROTOCOL not in scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
            return
        self._open += 1
        try:
            await socket.accept(subprotocol=GRAPHQL_TRANSPORT_WS_PROTOCOL)
            await self._converse(socket)
        finally:
            self._open -= 1

    def _is_welcome(self, headers: Headers) -> bool:
        """Whether a page may open it; what is no browser names no origin, and bears a key."""
        origin = headers.get("origin")
        return (
            origin is None or is_same_origin(origin, headers.get("host")) or origin in self._origins
        )

    async def _converse(self, socket: WebSocket) -> None:
        house: House = socket.app.state.house
        self._watch = self._watch or JobWatch(house)
        conversation = Conversation(self, house, self._watch, socket)
        started = time.perf_counter()
        watching = asyncio.create_task(conversation.watch_over())
        with structlog.contextvars.bound_contextvars(request_id=conversation.request_id):
            try:
                await conversation.handle()
            except Exception:
                log.exception("bug", reference=new_reference())
                await conversation.wire.close(1011, "Internal error")
            finally:
                watching.cancel()
                self._leave(conversation)
                caller = conversation.caller
                log.info(
                    "socket",
                    seconds=round(time.perf_counter() - started, 1),
                    **({} if caller is None else {"organisation": caller.organisation_code}),
                )

    async def find(self, house: House, headers: Headers, **where: Any) -> Caller | None:
        """Who bears the key, or has the cookie, in these headers."""
        try:
            return await self._doors.caller_of(house, headers, by_socket=True, **where)
        except RequestRefused:
            return None

    def enter(self, key: str) -> bool:
        """Counts a connection of a key; False when it has too many."""
        if self._open_by_key[key] >= self.bounds.connections_a_key:
            return False
        self._open_by_key[key] += 1
        return True

    def ask(self, caller: Caller | None) -> object:
        """Counts a request of a caller: 0, or the seconds until there is another one for them."""
        if caller is not None:
            try:
                self._purse.ask(caller.organisation_id, caller.actor.id or caller.key_name)
            except RequestRefused as refused:
                return refused.facts["seconds"]
        return 0

    def _leave(self, conversation: Conversation) -> None:
        if (key := conversation.key) is not None:
            self._open_by_key[key] -= 1
            if not self._open_by_key[key]:
                del self._open_by_key[key]

    @property
    def schema(self) -> Any:
        return self._schema


class Conversation(BaseGraphQLTransportWSHandler[Any, None]):
    """One connection, from its greeting to its end; the library keeps the protocol."""

    def __init__(self, sockets: Sockets, house: House, watch: JobWatch, socket: WebSocket) -> None:
        self.wire = Wire(socket, sockets.bounds.send)
        self.request_id = secrets.token_hex(8)
        self.caller: Caller | None = None
        self.key: str | None = None
        self._sockets = sockets
        self._bounds = sockets.bounds
        self._house = house
        self._watch = watch
        self._shaken_by = socket.headers
        self._headers = socket.headers
        self._address = socket.client.host if socket.client else ""
        # Of a view and of its adapter the library asks no more than these two have.
        view: Any = self
        wire: Any = self.wire
        super().__init__(
            view=view,
            websocket=wire,
            # Until they are known; the greeting is put into it.
            context={},
            root_value=None,
            schema=sockets.schema,
            connection_init_wait_timeout=timedelta(seconds=self._bounds.init),
        )

    async def on_ws_connect(self, context: Mapping[str, Any]) -> Any:
        """Finds out who greets: by the greeting, else by the headers of the handshake."""
        self._headers = headers_with(self._shaken_by, context["connection_params"])
        caller = await self._sockets.find(
            self._house, self._headers, address=self._address, request_id=self.request_id
        )
        if caller is None:
            raise ConnectionRejectionError
        key = f"{caller.organisation_id}.{caller.actor.id}"
        if not self._sockets.enter(key):
            await self.wire.close(4429, "Too many connections")
            raise ConnectionRejectionError
        self.key, self.caller = key, caller
        self.context = Context(self._house, caller, self.request_id, self._watch)
        return UNSET

    async def watch_over(self) -> None:
        """Closes it when it follows nothing any more, or who opened it is not what they were."""
        last_busy = time.monotonic()
        while True:
            await asyncio.sleep(min(self._bounds.check, self._bounds.idle))
            if self.operations or not self.connection_acknowledged:
                last_busy = time.monotonic()
            if time.monotonic() - last_busy >= self._bounds.idle:
                await self.wire.close(1000, "Nothing is followed")
            elif self.caller is not None and not await self._is_still_known():
                await self.wire.close(4403, "Forbidden")

    async def _is_still_known(self) -> bool:
        try:
            found = await self._sockets.find(self._house, self._headers, is_use=False)
        except Exception as error:
            # A database that is away for a moment says nothing about the key.
            log.warning("key not looked up", error=type(error).__name__)
            return True
        # Who is less, or somewhere else, than when they came is no longer who was let in.
        return found is not None and _standing(found) == _standing(self.caller)

    async def handle_message(self, message: Any) -> None:
        """One message; one that is not of the protocol ends the connection."""
        if not is_of_the_protocol(message):
            await self.handle_invalid_message("Invalid message")
            return
        await super().handle_message(message)

    async def handle_subscribe(self, message: Any) -> None:
        limit = self._bounds.operations
        # Without the greeting, or under a name that is taken, the library ends the connection.
        is_one_more = self.connection_acknowledged and message["id"] not in self.operations
        if is_one_more and len(self.operations) >= limit:
            said = phrase(TOO_MANY, self._locale, limit=limit)
            await self._turn_away(message, said, code="TOO_MANY_OPERATIONS", limit=limit)
            return
        if is_one_more and (seconds := self._sockets.ask(self.caller)):
            said = phrase(TOO_OFTEN, self._locale, seconds=seconds)
            await self._turn_away(message, said, code="RATE_LIMITED", seconds=seconds)
            return
        await super().handle_subscribe(message)

    async def _turn_away(self, message: Any, said: str, **told: object) -> None:
        error = {"message": said, "extensions": told}
        await self.send_message(_message(message["id"], "error", [error]))

    @property
    def _locale(self) -> str:
        return self.caller.locale if self.caller else language_asked(self._headers) or ""

    async def _send_result_stream(
        self, operation: Operation[Any, None], result_source: Any
    ) -> None:
        """Sends what comes as it may leave the house; what never began is an error and no more."""
        try:
            async for result in result_source:
                if result.errors and result.data is None:
                    await self._refuse(operation, result.errors)
                    return
                content: Any = {"data": result.data}
                if result.errors:
                    content["errors"] = told(result.errors, self._locale)
                await operation.send_operation_message(_message(operation.id, "next", content))
        except GraphQLError as mistake:
            # Of the document: it was not even parsed.
            await self._refuse(operation, [mistake])

    async def _refuse(self, operation: Operation[Any, None], errors: list[GraphQLError]) -> None:
        said = told(map(self._as_meant, errors), self._locale)
        await operation.send_operation_message(_message(operation.id, "error", said))

    def _as_meant(self, error: GraphQLError) -> GraphQLError:
        """The library's own refusals are mistakes of the caller, and no bugs."""
        match error.original_error:
            case InvalidOperationTypeError():
                return GraphQLError(phrase(BY_HTTP, self._locale))
            case CannotGetOperationTypeError() as cause:
                return GraphQLError(cause.as_http_error_reason())
        return error

    async def handle_task_exception(self, error: Exception) -> None:
        if not isinstance(error, WebSocketDisconnected):
            log.error("bug", reference=new_reference(), exc_info=error)


class Wire:
    """Messages as they come and go: bounded in size, and in the time they take to leave."""

    def __init__(self, socket: WebSocket, patience: float) -> None:
        self._socket = socket
        self._patience = patience
        self._is_closing = False
        self._ended = asyncio.Event()

    async def iter_json(self) -> AsyncIterator[object]:
        """What the caller says, until either side ends it; who never answers is not waited for."""
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            while not self._ended.is_set():
                coming = asyncio.ensure_future(self._socket.receive())
                try:
                    await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not coming.done():
                        coming.cancel()
                if coming.cancelled() or not coming.done():
                    return
                message = coming.result()
                if message["type"] == "websocket.disconnect":
                    self._ended.set()
                    return
                yield await self._read(message.get("text"))
        finally:
            ended.cancel()

    async def _read(self, text: str | None) -> object:
        if text is None:
            raise NonTextMessageReceived
        if len(text) > MESSAGE_BYTES or len(text.encode("utf-8", "replace")) > MESSAGE_BYTES:
            await self.close(1009, "Message too big")
            raise WebSocketDisconnected
        try:
            return orjson.loads(text)
        except ValueError:
            raise NonJsonMessageReceived from None

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Sends it; WebSocketDisconnected when the caller is gone, or takes nothing any more."""
        if self._is_closing:
            raise WebSocketDisconnected
        try:
            async with asyncio.timeout(self._patience):
                await self._socket.send_text(orjson.dumps(message).decode())
        except (TimeoutError, OSError, WebSocketDisconnect) as error:
            self._is_closing = True
            self._ended.set()
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        """Ends the connection; a second time nothing happens."""
        if self._is_closing:
            return
        self._is_closing = True
        try:
            with suppress(TimeoutError, OSError, RuntimeError, WebSocketDisconnect):
                async with asyncio.timeout(self._patience):
                    await self._socket.close(code, reason)
        finally:
            self._ended.set()


def _standing(caller: Caller | None) -> object:
    """What of a caller what they follow depends on."""
    if caller is None:
        return None
    actor = caller.actor
    return (caller.organisation_id, caller.role, caller.reach, actor.door, actor.id, caller.person)


def _message(name: str, kind: str, payload: Any) -> Any:
    return {"id": name, "type": kind, "payload": payload}
