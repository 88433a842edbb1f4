"""What is said over a socket, judged before it is believed: the greeting, and each message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers

from server.identity_door import ORGANISATION

_LONGEST_ID = 128
_GREETED_WITH = ("authorization", ORGANISATION.lower())
"""What a page cannot send as headers: browsers let it add none to a handshake."""


def headers_with(shaken_by: Headers, greeting: Mapping[str, Any]) -> Headers:
    """The headers of the handshake, but what the greeting says of whom it is from."""
    raw = list(shaken_by.raw)
    for header in _GREETED_WITH:
        given = next((greeting[name] for name in greeting if name.lower() == header), None)
        if isinstance(given, str):
            name = header.encode()
            raw = [pair for pair in raw if pair[0].lower() != name]
            raw.append((name, given.encode("latin-1", "replace")))
    return Headers(raw=raw)


def is_of_the_protocol(message: Any) -> bool:
    """Whether a message has the shape of one; what it means is the library's to say."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    if message["type"] not in ("subscribe", "complete"):
        return True
    name = message.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_ID:
        return False
    if message["type"] == "complete":
        return True
    asked = message.get("payload")
    return (
        isinstance(asked, dict)
        and isinstance(asked.get("query"), str)
        and isinstance(asked.get("variables"), dict | None)
        and isinstance(asked.get("operationName"), str | None)
    )
