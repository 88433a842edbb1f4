"""A firm that has imported nothing yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar


@pytest.fixture
def empty(founded_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    """A firm of four entities and no records; on SQLite."""
    with open_api(founded_sqlite_url, tmp_path, clock=calendar) as api:
        yield api


@pytest.fixture
def empty_any(empty_database_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    """The same on each of the two databases."""
    with open_api(empty_database_url, tmp_path, clock=calendar) as api:
        yield api
