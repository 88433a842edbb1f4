"""The firm as elsewhere, in an installation that sends mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar

SENDER = {"mail_from": "firm@jalon.test"}


@pytest.fixture
def firm(prepared_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    with open_api(prepared_sqlite_url, tmp_path, clock=calendar, **SENDER) as api:
        yield api


@pytest.fixture
def postgres_firm(
    prepared_postgres_url: str, tmp_path: Path, calendar: Calendar
) -> Iterator[ApiClient]:
    with open_api(prepared_postgres_url, tmp_path, clock=calendar, **SENDER) as api:
        yield api
