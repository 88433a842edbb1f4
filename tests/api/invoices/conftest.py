"""A firm whose installation sends mail, on either database, and the server it sends to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import ApiClient, open_api
from tests.support.mailbox import SENDER, Mailbox, mail_server
from tests.support.prepared import Calendar


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def mailing(prepared_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    """The administrator of a firm that sends mail (SQLite)."""
    with open_api(prepared_sqlite_url, tmp_path, clock=calendar, mail_from=SENDER) as api:
        yield api


@pytest.fixture(params=["sqlite", "postgresql"])
def any_mailing(
    request: pytest.FixtureRequest, tmp_path: Path, calendar: Calendar
) -> Iterator[ApiClient]:
    """The same on each of the two databases."""
    if request.param == "sqlite":
        url = request.getfixturevalue("prepared_sqlite_url")
    else:
        url = request.getfixturevalue("prepared_postgres_url")
    with open_api(url, tmp_path, clock=calendar, mail_from=SENDER) as api:
        yield api
