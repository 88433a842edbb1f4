"""A house in which something happens at each transaction of a job: a change, or its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from persistence.session import Database, ScopedSession
from tests.support.api import ApiClient


class Killed(BaseException):
    """The process is gone: nothing catches it, nothing is written after it."""


def nothing() -> None:
    """Nothing happens."""


@dataclass
class Happening:
    """What happens before the end of each patient transaction, and what after it."""

    before: Callable[[], None] = nothing
    after: Callable[[], None] = nothing


class WatchedDatabase(Database):
    """The same database, with what happens meanwhile."""

    def __init__(self, url: str, happening: Happening) -> None:
        super().__init__(url)
        self._happening = happening

    @contextmanager
    def writing(
        self, organisation_id: int | None, *, durable: bool = False, patient: bool = False
    ) -> Iterator[ScopedSession]:
        with super().writing(organisation_id, durable=durable, patient=patient) as session:
            yield session
            self._happening.before()
        self._happening.after()


@contextmanager
def house_with(api: ApiClient, happening: Happening) -> Iterator[ApiClient]:
    """A process of the same installation in which that happens."""
    # The password is part of the address, and is shown only when asked for.
    database = WatchedDatabase(api.house.database.url, happening)
    try:
        yield replace(api, house=replace(api.house, database=database))
    finally:
        database.close()
