"""Where bytes are kept: a local folder or an object store, behind the same few verbs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlparse

from obstore.store import LocalStore, ObjectStore, from_url

_PORTIONS = 2
"""Of one file on its way into the store at a time."""

_PORTION = 5 * 1024 * 1024
"""Bytes: the least that S3 takes as a part."""

_LOCAL_PORTION = 1024 * 1024
"""Bytes, for a folder: a fifth of the memory, and half of the processor."""


class Files:
    """A store of files by key ("imports/12/clients.xlsx"). Keys never leave the store's root."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._portion = _LOCAL_PORTION if isinstance(store, LocalStore) else _PORTION

    @classmethod
    def at(cls, url: str) -> Files:
        """The store at `url`: file:///folder (made when absent), or s3://bucket/prefix."""
        parsed = urlparse(url)
        if parsed.scheme == "file":
            folder = Path(unquote(parsed.path))
            folder.mkdir(parents=True, exist_ok=True)
            return cls(LocalStore(folder))
        return cls(from_url(url))

    def put(self, key: str, content: bytes) -> None:
        """Keeps `content` under `key`, replacing what was there."""
        self._put(key, content)

    def put_file(self, key: str, source: Path | IO[bytes]) -> None:
        """Keeps a file under `key`, whole or not at all, and never all in memory."""
        self._put(key, source)

    def _put(self, key: str, content: bytes | Path | IO[bytes]) -> None:
        self._store.put(key, content, chunk_size=self._portion, max_concurrency=_PORTIONS)

    def pour(self, key: str) -> tuple[int, Iterator[bytes]]:
        """How many bytes are under `key`, and these in portions; FileNotFoundError for none."""
        found = self._store.get(key)
        return found.meta["size"], (bytes(portion) for portion in found.stream())

    def get(self, key: str) -> bytes:
        """The bytes under `key`; FileNotFoundError when there are none."""
        return bytes(self._store.get(key).bytes())

    def keys(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Every key below the folder `prefix`, with the moment it was put there."""
        for portion in self._store.list(prefix):
            for found in portion:
                yield found["path"], found["last_modified"]

    def delete(self, key: str) -> None:
        self._store.delete(key)
