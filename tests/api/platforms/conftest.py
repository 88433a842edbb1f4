"""A firm whose platform is a real one on this machine, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import ApiClient, open_api
from tests.support.platform import Platform, platform
from tests.support.prepared import Calendar


@pytest.fixture
def pa() -> Iterator[Platform]:
    with platform() as found:
        yield found


@pytest.fixture
def linked(prepared_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    with open_api(prepared_sqlite_url, tmp_path, clock=calendar, webhooks_private=True) as api:
        yield api


@pytest.fixture
def linked_postgres(
    prepared_postgres_url: str, tmp_path: Path, calendar: Calendar
) -> Iterator[ApiClient]:
    with open_api(prepared_postgres_url, tmp_path, clock=calendar, webhooks_private=True) as api:
        yield api


@pytest.fixture(params=["sqlite", "postgresql"])
def any_linked(request: pytest.FixtureRequest) -> ApiClient:
    """The same on each of the two databases, where the database matters."""
    name = "linked" if request.param == "sqlite" else "linked_postgres"
    found: ApiClient = request.getfixturevalue(name)
    return found
