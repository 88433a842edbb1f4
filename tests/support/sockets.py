"""A connection by graphql-transport-ws, as the tests hold one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.testclient import WebSocketTestSession

from server.sockets import Bounds, Sockets
from tests.support.api import ApiClient

PROTOCOL = "graphql-transport-ws"
ADDRESS = "ws://localhost/graphql"
CHANGED = """
subscription($id: ID!) {
  jobChanged(id: $id) {
    id status finishedAt progress { phase done total } userErrors { code message }
  }
}
"""

Message = dict[str, Any]


@contextmanager
def connected(
    api: ApiClient, *, greeting: Message | None = None, **headers: str
) -> Iterator[WebSocketTestSession]:
    """A connection that was acknowledged."""
    with opened(api, **headers) as socket:
        payload = {"authorization": f"Bearer {api.token}"} if greeting is None else greeting
        socket.send_json({"type": "connection_init", "payload": payload})
        assert socket.receive_json() == {"type": "connection_ack"}
        yield socket


@contextmanager
def opened(api: ApiClient, **headers: str) -> Iterator[WebSocketTestSession]:
    """A connection of which nothing is known yet."""
    with api.http.websocket_connect(ADDRESS, subprotocols=[PROTOCOL], headers=headers) as socket:
        assert socket.accepted_subprotocol == PROTOCOL
        yield socket


def subscribe(
    socket: WebSocketTestSession, job: str, *, name: str = "1", query: str = CHANGED
) -> None:
    asked = {"query": query, "variables": {"id": job}}
    socket.send_json({"type": "subscribe", "id": name, "payload": asked})


def heard(socket: WebSocketTestSession) -> list[Message]:
    """The messages of an operation until its last one, which is told apart by its type."""
    found: list[Message] = []
    while not found or found[-1]["type"] == "next":
        found.append(socket.receive_json())
    return found


def ending(socket: WebSocketTestSession) -> tuple[int, str]:
    """With which code and reason the server ends the connection; answers before it are skipped."""
    while (message := socket.receive())["type"] != "websocket.close":
        pass
    return message["code"], message["reason"]


def sockets_of(api: ApiClient) -> Sockets:
    """The address of subscriptions of the application."""
    app: Any = api.http.app
    found = next(route.app for route in app.routes if isinstance(route, WebSocketRoute))
    assert isinstance(found, Sockets)
    return found


def bounded(api: ApiClient, **bounds: Any) -> None:
    """Sets other bounds to the connections of the application."""
    sockets_of(api).bounds = Bounds(**bounds)
