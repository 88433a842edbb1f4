"""The headers of a request, read once for all layers that ask for them."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

_KEPT = "jalon.heads"
"""Where in the scope of a request they stand."""


class Heads(Headers):
    """Headers that find a name at once; the library goes through all of them each time."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        super().__init__(raw=raw)
        self._first = dict(reversed(raw))

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower().encode("latin-1")].decode("latin-1")

    def __contains__(self, key: Any) -> bool:
        return key.lower().encode("latin-1") in self._first

    def get(self, key: str, default: Any = None) -> Any:
        value = self._first.get(key.lower().encode("latin-1"))
        return default if value is None else value.decode("latin-1")

    def getlist(self, key: str) -> list[str]:
        if len(self._first) != len(self._list):
            return super().getlist(key)
        return [] if (value := self.get(key)) is None else [value]


def heads_of(scope: Scope) -> Heads:
    """The headers of the request of `scope`."""
    found: Heads | None = scope.get(_KEPT)
    if found is None:
        found = scope[_KEPT] = Heads(scope["headers"])
    return found
