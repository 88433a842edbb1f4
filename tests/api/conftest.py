"""A firm whose workbooks were taken in, its own copy for each test, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import ApiClient, open_api
from tests.support.postgres import PostgresServer
from tests.support.prepared import Calendar, copy_of, prepare


@pytest.fixture
def calendar() -> Calendar:
    """The clock of the test: 21 November 2026 until it is told another day."""
    return Calendar()


@pytest.fixture
def firm(prepared_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    """The administrator of the firm, in a copy that the test may change (SQLite)."""
    with open_api(prepared_sqlite_url, tmp_path, clock=calendar) as api:
        yield api


@pytest.fixture
def postgres_firm(
    prepared_postgres_url: str, tmp_path: Path, calendar: Calendar
) -> Iterator[ApiClient]:
    with open_api(prepared_postgres_url, tmp_path, clock=calendar) as api:
        yield api


@pytest.fixture(params=["sqlite", "postgresql"])
def any_firm(request: pytest.FixtureRequest) -> ApiClient:
    """The same on each of the two databases, where the database matters."""
    name = "firm" if request.param == "sqlite" else "postgres_firm"
    found: ApiClient = request.getfixturevalue(name)
    return found


@pytest.fixture(scope="session")
def browsed(prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiClient]:
    """The firm for tests that only look: nobody may change it."""
    folder = tmp_path_factory.mktemp("browsed")
    url = copy_of(prepared_sqlite, folder)
    with open_api(url, folder, clock=Calendar(), mail_from="firm@jalon.test") as api:
        yield api


@pytest.fixture(scope="session")
def browsed_postgres(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiClient]:
    folder = tmp_path_factory.mktemp("browsed-postgres")
    dsn = postgres.create_database(template=postgres.template("prepared", prepare))
    with open_api(dsn, folder, clock=Calendar()) as api:
        yield api
    postgres.drop_database(dsn)


@pytest.fixture(params=["sqlite", "postgresql"])
def browsed_any(request: pytest.FixtureRequest) -> ApiClient:
    """The same on each of the two databases."""
    name = "browsed" if request.param == "sqlite" else "browsed_postgres"
    found: ApiClient = request.getfixturevalue(name)
    return found


HOOKED: dict[str, Any] = {"webhooks_private": True, "public_url": "https://jalon.test"}


@pytest.fixture
def hooked(prepared_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    """A firm whose server may call this machine: webhooks, platforms."""
    with open_api(prepared_sqlite_url, tmp_path, clock=calendar, **HOOKED) as api:
        yield api


@pytest.fixture
def hooked_postgres(
    prepared_postgres_url: str, tmp_path: Path, calendar: Calendar
) -> Iterator[ApiClient]:
    with open_api(prepared_postgres_url, tmp_path, clock=calendar, **HOOKED) as api:
        yield api


@pytest.fixture(params=["sqlite", "postgresql"])
def any_hooked(request: pytest.FixtureRequest) -> ApiClient:
    """The same on each of the two databases, where the database matters."""
    name = "hooked" if request.param == "sqlite" else "hooked_postgres"
    found: ApiClient = request.getfixturevalue(name)
    return found
