"""A receiver on this machine, and a firm that drops its final invoices into a folder."""

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
def dropping(prepared_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    """A firm of an installation that drops final invoices into `tmp_path`/accounts."""
    folder = tmp_path / "accounts"
    folder.mkdir()
    with open_api(
        prepared_sqlite_url, tmp_path, clock=calendar, webhooks_private=True, handover_folder=folder
    ) as api:
        yield api
