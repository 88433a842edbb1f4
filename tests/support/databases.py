"""Databases lent to one test after the other, so that each statement is compiled once a run.

SQLAlchemy keeps what it compiled with the engine; an engine a test would compile everything anew,
which is a quarter of what such a test takes. To a file of the shelf (tests/support/shelf.py) their
connections stay open as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Engine, NullPool, create_engine, event, make_url

from persistence.engine import PATIENCE
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
_KEPT: dict[str, list[_Lent]] = {}
"""By the URL of a file that is filled again: those whose connections to it stay open."""


@contextmanager
def lent(url: str, *, patience: float = PATIENCE) -> Iterator[Database]:
    """The database of `url`; its connections are closed at the end, unless the file is kept."""
    is_kept = url in _KEPT and patience == PATIENCE
    closed = _SPARE[(make_url(url).get_backend_name(), patience)]
    spare = _KEPT[url] if is_kept and (_KEPT[url] or not closed) else closed
    one = spare.pop() if spare else _opened(url, patience)
    one.url = one.database.url = url
    try:
        yield one.database
    finally:
        if is_kept and url in _KEPT:
            _KEPT[url].append(one)
        else:
            one.database.close()
            closed.append(one)


def _opened(url: str, patience: float) -> _Lent:
    one = _Lent(Database(url, patience=patience), url)
    event.listen(one.database.engine, "do_connect", one.connect)
    return one


def keep(url: str) -> None:
    """From now on connections to the file of `url` stay open from one test to the next."""
    _KEPT[url] = []


def is_idle(url: str) -> bool:
    """Whether nobody has a connection to the kept file of `url` in hand, and all are as opened."""
    pools: list[Any] = [one.database.engine.pool for one in _KEPT[url]]
    return all(pool.checkedout() == 0 and _is_as_opened(pool) for pool in pools)


def _is_as_opened(pool: Any) -> bool:
    """Whether foreign keys are kept, and no table is a connection's own."""
    with ExitStack() as stack:
        resting = [stack.enter_context(closing(pool.connect())) for _ in range(pool.checkedin())]
        asked = "SELECT foreign_keys, (SELECT count(*) FROM temp.sqlite_master)"
        asked += " FROM pragma_foreign_keys"
        return all(one.driver_connection.execute(asked).fetchone() == (1, 0) for one in resting)


def put_away(url: str) -> None:
    """Closes the connections to the kept file of `url`."""
    for one in _KEPT.pop(url):
        one.database.close()
        _SPARE[("sqlite", PATIENCE)].append(one)


def owner(database: Database) -> Engine:
    """Connections of who owns the tables, past the walls: what is in the database, whoever's."""
    if database.is_sqlite:
        return database.engine
    url = make_url(database.url).set(drivername="postgresql+psycopg")
    if url not in _OWNERS:
        _OWNERS[url] = create_engine(url, poolclass=NullPool)
    return _OWNERS[url]


_OWNERS: dict[URL, Engine] = {}
