"""Documents that were agreed on beforehand: asked for by their SHA-256, and if so wished no others.

JALON_DOCUMENTS names a file {"<SHA-256>": "<document>"}, as Relay's compiler writes it, or the
manifest that Apollo's tools write. A request then sends `documentId` (or Apollo's
`extensions.persistedQuery.sha256Hash`) instead of the text. JALON_DOCUMENTS_ONLY=1 refuses all
other documents.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import strawberry
from graphql import GraphQLError

from server.refusing import RequestRefused

APOLLO = "apollo-persisted-query-manifest"
DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
NOT_TRUSTED = "This document is not one of those that may be asked here."
LARGEST_FILE = 16 * 1024 * 1024


class DocumentsUnreadable(ValueError):
    """The file is not there, is no manifest, or names a document by another one's SHA-256."""


class TrustedDocuments:
    """The documents by their SHA-256; `only`: whether no other may be asked."""

    def __init__(self, known: Mapping[str, str], *, only: bool = False) -> None:
        self._known = {_of(text): text for text in known.values()}
        self.only = only
        if sorted(self._known) != sorted(known):
            raise DocumentsUnreadable

    @classmethod
    def read(cls, path: Path | None, *, only: bool = False) -> TrustedDocuments:
        """Those of the manifest at `path`, none without one; DocumentsUnreadable."""
        if path is None:
            return cls({}, only=only)
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise DocumentsUnreadable
            content = orjson.loads(path.read_bytes())
        except (OSError, ValueError):
            raise DocumentsUnreadable from None
        return cls(_listed(content), only=only)

    def text_of(self, content: Mapping[str, Any]) -> Any:
        """The document that a request asks for by its text, by its name or by both.

        RequestRefused: it is not known here, not the one that its name says, or not trusted.
        """
        text, name = content.get("query"), _named(content)
        if name is None:
            self._require(text)
            return text
        known = self._known.get(name)
        if text is None:
            if known is None:
                # The code that Apollo's clients know.
                raise RequestRefused(
                    404, "PERSISTED_QUERY_NOT_FOUND", "No document of that name is known here."
                )
            return known
        if not isinstance(text, str) or _of(text) != name:
            raise RequestRefused(400, "BAD_REQUEST", "The document is not the one its name says.")
        self._require(text)
        return text

    def allows(self, text: str) -> bool:
        """Whether this text may be asked: any, unless only those that are known may."""
        return not self.only or _of(text) in self._known

    def _require(self, text: object) -> None:
        if isinstance(text, str) and not self.allows(text):
            raise RequestRefused(403, DOCUMENT_NOT_TRUSTED, NOT_TRUSTED)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """A schema as far as it can be asked by socket: what is followed, if it is trusted."""

    whole: strawberry.Schema
    trusted: TrustedDocuments

    async def stream(self, query: str, **more: Any) -> AsyncIterator[Any]:
        """The answers one by one; a document that is not trusted is a mistake of the first."""
        return self._stream(query, **more)

    async def _stream(self, query: str, **more: Any) -> AsyncIterator[Any]:
        if not self.trusted.allows(query):
            raise GraphQLError(NOT_TRUSTED, extensions={"code": DOCUMENT_NOT_TRUSTED})
        source: Any = await self.whole.subscribe(query, **more)
        async with aclosing(source):
            async for answer in source:
                yield answer


def _named(content: Mapping[str, Any]) -> str | None:
    """The SHA-256 by which a request names its document; None where it names none."""
    name = content.get("documentId")
    if name is None:
        extensions = content.get("extensions")
        persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
        name = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if name is not None and not isinstance(name, str):
        raise RequestRefused(400, "BAD_REQUEST", "The document is not the one its name says.")
    return None if name is None else name.removeprefix("sha256:").lower()


def _listed(content: object) -> dict[str, str]:
    """The documents of a manifest by their names; DocumentsUnreadable."""
    if isinstance(content, dict) and content.get("format") == APOLLO:
        operations = content.get("operations")
        if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
            raise DocumentsUnreadable
        content = {one.get("id"): one.get("body") for one in operations}
    if not isinstance(content, dict):
        raise DocumentsUnreadable
    if not all(isinstance(one, str) for pair in content.items() for one in pair):
        raise DocumentsUnreadable
    return content


def _of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
