"""What tests of reads that are awaited have in common."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from persistence.ready.reader import Reader
from persistence.session import Database
from tests.support.api import ApiClient


@pytest.fixture
def postgres_database(postgres_firm: ApiClient) -> Database:
    return postgres_firm.house.database


@pytest.fixture
def postgres_reader(postgres_database: Database) -> Iterator[Reader]:
    reader = Reader(postgres_database)
    yield reader
    reader.close()
