"""Databases lent to one test after the other, so that each statement is compiled once a run.

SQLAlchemy keeps what it compiled with the engine; an engine a test would compile everything anew,
which is a quarter of what such a test takes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Engine, NullPool, create_engine, event, make_url

from persistence.session import Database


@dataclass
class _Lent:
    """A database whose new connections go to `url`, whatever it was opened on."""

    database: Database
    url: str

    def connect(self, dialect: Any, record: object, args: list[Any], named: dict[str, Any]) -> None:
        url = make_url(self.url)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        args[:], found = dialect.create_connect_args(url)
        for name in found:
            named[name] = found[name]


_SPARE: dict[tuple[str, float], list[_Lent]] = defaultdict(list)


@contextmanager
def lent(url: str, *, patience: float) -> Iterator[Database]:
    """The database of `url`; its connections are closed at the end."""
    spare = _SPARE[(make_url(url).get_backend_name(), patience)]
    if spare:
        one = spare.pop()
    else:
        one = _Lent(Database(url, patience=patience), url)
        event.listen(one.database.engine, "do_connect", one.connect)
    one.url = one.database.url = url
    try:
        yield one.database
    finally:
        one.database.close()
        spare.append(one)


def owner(database: Database) -> Engine:
    """Connections of who owns the tables, past the walls: what is in the database, whoever's."""
    if database.is_sqlite:
        return database.engine
    url = make_url(database.url).set(drivername="postgresql+psycopg")
    if url not in _OWNERS:
        _OWNERS[url] = create_engine(url, poolclass=NullPool)
    return _OWNERS[url]


_OWNERS: dict[URL, Engine] = {}
