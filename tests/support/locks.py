"""What a caller holds and waits for in the database: writing transactions, and rows of others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event, text

from persistence.engine import READ_ONLY
from tests.support.api import ApiClient
from tests.support.databases import owner


@contextmanager
def under_the_lock(api: ApiClient) -> Iterator[list[str]]:
    """The statements that the application sends within writing transactions meanwhile."""
    told: list[str] = []

    def note(connection: Connection, cursor: object, statement: str, *rest: object) -> None:
        if not connection.get_execution_options().get(READ_ONLY):
            told.append(statement)

    engine = api.house.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(engine, "before_cursor_execute", note)


def wait_until_it_waits(api: ApiClient, act: Future[Any]) -> None:
    """Returns once a connection to PostgreSQL waits for a row of another, or `act` is done.

    So a race is run in one order: what should wait does, or shows that it did not.
    """
    asked = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with owner(api.house.database).connect() as connection:
        while not act.done():
            if connection.execute(asked).scalar_one():
                return
            connection.rollback()
            time.sleep(0.01)
