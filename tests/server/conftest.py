"""A running API of a test's own, on SQLite: what is asked here does not depend on the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import ApiClient, open_api


@pytest.fixture
def api(empty_sqlite_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    """The product's own API, in development."""
    with open_api(empty_sqlite_url, tmp_path) as client:
        yield client
