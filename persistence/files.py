"""Where bytes are kept: a local folder or an object store, behind the same four verbs."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlparse

from obstore.store import LocalStore, ObjectStore, from_url


class Files:
    """A store of files by key ("imports/12/clients.xlsx"). Keys never leave the store's root."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

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
        self._store.put(key, content)

    def get(self, key: str) -> bytes:
        """The bytes under `key`; FileNotFoundError when there are none."""
        return bytes(self._store.get(key).bytes())

    def delete(self, key: str) -> None:
        self._store.delete(key)
