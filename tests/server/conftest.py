"""A running API of a test's own, on SQLite: what is asked here does not depend on the database."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.logs import configure_logs
from tests.support.api import ApiClient, open_api


@pytest.fixture
def api(founded_sqlite_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    """The product's own API, in development."""
    with open_api(founded_sqlite_url, tmp_path) as client:
        yield client


@pytest.fixture
def in_json() -> Iterator[None]:
    """For a test that has the log written as JSON: afterwards it is as it was."""
    root = logging.getLogger()
    kept = root.handlers[:]
    yield
    configure_logs(as_json=False)
    # Its stream is that of the test, which is closed.
    root.handlers[:] = kept
