"""How a run of the tests begins and ends; what they are given is in tests/support/fixtures.py."""

from __future__ import annotations

import gc
import os
import random
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.room import roomiest

# SQLite waits for the disk whenever a number is given; what tests leave goes with them.
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(roomiest()))
# openpyxl would write with lxml, which is here for the rules of e-invoices only.
os.environ.setdefault("OPENPYXL_LXML", "False")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Imports what tests are given, and with it the product, where tests are run."""
    plugins = session.config.pluginmanager
    # Who hands them out to workers runs none: they would wait for its import, and do their own.
    if not plugins.hasplugin("dsession"):
        # What is imported stays: nothing of it is garbage to look for.
        gc.disable()
        plugins.import_plugin("tests.support.fixtures")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Each worker takes the files in its own order: it reads what another has rewritten by then."""
    report = yield
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker and isinstance(collector, pytest.Directory):
        random.Random(worker).shuffle(report.result)
    return report


ROOMS = ("scenarios", "soak", "jobs", "api", "persistence", "server", "documents")
"""Of tests whose files take long, those that take longest first; what is beside them is short."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One order for all workers: long files first, for the last of each to be short."""
    counted = Counter(item.path for item in items)
    ranks = {item.path: _rank(item) for item in items}
    items.sort(key=lambda item: (ranks[item.path], -counted[item.path], item.path))


def _rank(item: pytest.Item) -> int:
    room = item.path.relative_to(Path(__file__).parent).parts[0]
    return ROOMS.index(room) if room in ROOMS else len(ROOMS)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Three workers for two processors: now and then a worker waits for a database or an editor."""
    return (yield) * 3 // 2


def pytest_collection_finish() -> None:
    """What was imported stays: left to itself Python goes through it again and again."""
    from server.house import collect_seldom

    collect_seldom()
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was left out and how to have it: a quiet run would show a letter of it."""
    left_out = terminalreporter.stats.get("skipped", [])
    reasons = {str(one.longrepr[2]) for one in left_out if isinstance(one.longrepr, tuple)}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"LEFT OUT: {reason.removeprefix('Skipped: ')}", yellow=True)
