"""SQLite databases on a shelf: filled for one test after the other, with their connections.

    shelf = Shelf(folder)
    with shelf.filled(template) as url:     # a copy of `template`, which the test may change
        ...

A connection that opens a file reads its whole schema, 0.4 MB with the triggers of the audit: four
times what filling the same file again takes, and an application opens two or three a test. What is
filled again is copied page by page as one transaction, so that connections see it as they see any
other; a file whose schema was changed, or which somebody still holds, is put away for good.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.databases import is_idle, keep, put_away


@dataclass
class Shelf:
    """The files of one worker, in `folder`, each filled from one template alone."""

    folder: Path
    _free: dict[Path, list[_Filled]] = field(default_factory=lambda: defaultdict(list))
    _made: int = 0

    @contextmanager
    def filled(self, template: Path) -> Iterator[str]:
        """The URL of a database with the content of `template`, nobody else's meanwhile."""
        free = self._free[template]
        one = free.pop() if free else self._another(template)
        one.fill()
        yield one.url
        if one.is_whole():
            free.append(one)
        else:
            one.put_away()

    def _another(self, template: Path) -> _Filled:
        self._made += 1
        folder = self.folder / str(self._made)
        folder.mkdir()
        return _Filled(folder / "jalon.db", template)

    def close(self) -> None:
        for free in self._free.values():
            for one in free:
                one.put_away()


class _Filled:
    """A file, and the connection that fills it."""

    def __init__(self, path: Path, template: Path) -> None:
        self._path = path
        self._template = template
        self.url = f"sqlite:///{path}"
        self._connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        # An end of the machine may take it all.
        self._connection.execute("PRAGMA synchronous=OFF")
        keep(self.url)

    def fill(self) -> None:
        with closing(sqlite3.connect(self._template)) as other:
            self._version = _version(other)
            other.backup(self._connection)
        # Copying counts it up, and everybody would read the schema anew, which is the same.
        self._connection.execute(f"PRAGMA schema_version={self._version}")

    def is_whole(self) -> bool:
        """Whether it may be filled again: the schema is the template's, and nobody is at it."""
        beside = {path.name for path in self._path.parent.iterdir()}
        return (
            beside <= {"jalon.db", "jalon.db-wal", "jalon.db-shm"}
            and is_idle(self.url)
            and _version(self._connection) == self._version
            and not self._is_locked()
        )

    def _is_locked(self) -> bool:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        self._connection.execute("ROLLBACK")
        return False

    def put_away(self) -> None:
        self._connection.close()
        put_away(self.url)


def _version(connection: sqlite3.Connection) -> int:
    """Counted up by whatever changes the schema of a database."""
    return int(connection.execute("PRAGMA schema_version").fetchone()[0])
