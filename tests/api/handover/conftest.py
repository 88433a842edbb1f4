"""A firm whose webhooks may lead to a receiver on this machine, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar
from tests.support.receiver import Receiver, receiver


@pytest.fixture
def box() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def hooked(prepared_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    with open_api(
        prepared_sqlite_url,
        tmp_path,
        clock=calendar,
        webhooks_private=True,
        public_url="https://jalon.test",
    ) as api:
        yield api


@pytest.fixture
def hooked_postgres(
    prepared_postgres_url: str, tmp_path: Path, calendar: Calendar
) -> Iterator[ApiClient]:
    with open_api(prepared_postgres_url, tmp_path, clock=calendar, webhooks_private=True) as api:
        yield api


@pytest.fixture(params=["sqlite", "postgresql"])
def any_hooked(request: pytest.FixtureRequest) -> ApiClient:
    """The same on each of the two databases, where the database matters."""
    name = "hooked" if request.param == "sqlite" else "hooked_postgres"
    found: ApiClient = request.getfixturevalue(name)
    return found


@pytest.fixture
def dropping(prepared_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    """A firm of an installation that drops final invoices into `tmp_path`/accounts."""
    folder = tmp_path / "accounts"
    folder.mkdir()
    with open_api(
        prepared_sqlite_url, tmp_path, clock=calendar, webhooks_private=True, handover_folder=folder
    ) as api:
        yield api
