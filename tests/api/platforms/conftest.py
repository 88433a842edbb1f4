"""A platform on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.platform import Platform, platform


@pytest.fixture
def pa() -> Iterator[Platform]:
    with platform() as found:
        yield found
