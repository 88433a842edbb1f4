"""Every order of the files that is allowed, one after the other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from persistence.migrate import migrate
from tests.scenarios.test_the_whole_takeover import FILES, digest
from tests.support.api import open_api
from tests.support.prepared import Calendar
from tests.support.takeover import take_in

AFTER = {
    "projects": {"clients"},
    "phases": {"projects"},
    "progress": {"phases"},
    "history": {"phases"},
    "adjustments": {"phases"},
    "time_entries": {"phases", "collaborators"},
}
"""What each file of the samples refers to."""
ORDERS = 132
"""How many orders that allows."""

pytestmark = pytest.mark.soak


def test_all_allowed_orders_end_in_the_same_firm(tmp_path: Path) -> None:
    """O08, O09: none of the 132 orders loses or changes anything."""
    begun = tmp_path / "0" / "jalon.db"
    begun.parent.mkdir()
    migrate(f"sqlite:///{begun}")
    ends = list(walked(begun, frozenset()))
    assert len(ends) == ORDERS
    assert all(end == ends[0] for end in ends)


def walked(database: Path, done: frozenset[str]) -> Iterator[dict[str, list[str]]]:
    """What each way on from `database`, which holds the files `done`, ends in."""
    following = [kind for kind in FILES if kind not in done and AFTER.get(kind, set()) <= done]
    for kind in following:
        folder = database.parent / kind
        folder.mkdir()
        copy = folder / database.name
        shutil.copy(database, copy)
        with open_api(f"sqlite:///{copy}", folder, clock=Calendar()) as api:
            take_in(api, kind)
            end = digest(api) if len(done) + 1 == len(FILES) else None
        if end is None:
            yield from walked(copy, done | {kind})
        else:
            yield end
        shutil.rmtree(folder)
