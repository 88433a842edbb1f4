"""Months of a whole firm in any order, after which an accountant reckons all of it anew.

Papers, entries, files, receivables, reminders and figures are held against plain sums of what the
API tells and the files say. make soak SEED=17: the firm of that seed first; WALKS, STEPS: how many
and how long.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from random import SystemRandom

import pytest

from tests.soak.audited_entries import (
    EARLIEST,
    judge_entries,
    judge_letters,
    judge_nothing,
)
from tests.soak.audited_figures import judge_figures
from tests.soak.audited_files import judge_files, judge_printed
from tests.soak.audited_papers import judge_lists, judge_numbers, judge_owed, judge_papers
from tests.soak.read_books import Read, read_all
from tests.soak.walked_firm import found_firm
from tests.soak.walked_months import Walk
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar

WALKS = int(os.environ.get("WALKS") or 20)
STEPS = int(os.environ.get("STEPS") or 200)
_YEARS_BEGIN = {"RIV-PAR": "01-01", "RIV-LYO": "07-01"}


def walked(api: ApiClient, calendar: Calendar, *, seed: int, steps: int, audits: int) -> Walk:
    """The walk of a seed; the books are looked at in between, and when all is paid or undone."""
    walk = Walk(found_firm(api, calendar, seed))
    for _ in range(audits):
        for _ in range(steps // audits):
            walk.step()
        books = _audited(walk)
        judge_files(walk.firm, books)
    judge_printed(walk.firm, books)
    (walk.undo if seed % 2 else walk.settle)()
    books = _audited(walk)
    judge_letters(walk.firm, books)
    if seed % 2:
        judge_nothing(walk.firm, books)
    return walk


def _audited(walk: Walk) -> Read:
    firm, books = walk.firm, read_all(walk.firm.api)
    judge_papers(books)
    judge_numbers(books, _YEARS_BEGIN)
    judge_lists(firm, books)
    length = (firm.today - EARLIEST).days
    for _ in range(5):
        day = EARLIEST + timedelta(days=firm.chance.randrange(length + 60))
        judge_owed(firm, books, day, walk.cancelled)
    judge_owed(firm, books, firm.today, walk.cancelled)
    judge_entries(firm, books, walk.cancelled)
    judge_figures(walk, books)
    return books


def test_the_books_of_some_weeks(empty_sqlite_url: str, tmp_path: Path) -> None:
    """What all papers, payments, entries and figures come to, reckoned anew."""
    calendar = Calendar()
    with open_api(empty_sqlite_url, tmp_path, clock=calendar) as api:
        walk = walked(api, calendar, seed=4, steps=36, audits=1)
    assert len(walk.finals) > 5
    assert len(walk.payments) > 2


@pytest.mark.soak
def test_the_books_of_many_months(database_url: str, tmp_path: Path) -> None:
    """Every seed is told, so that a walk that fails can be done again."""
    first = int(os.environ.get("SOAK_SEED") or SystemRandom().randrange(1_000_000))
    for seed in range(first, first + WALKS):
        sys.stderr.write(f"books of seed {seed}\n")
        calendar = Calendar()
        with open_api(database_url, tmp_path / str(seed), clock=calendar) as api:
            whole = api.of_another_firm(f"firm-{seed}")
            walked(whole, calendar, seed=seed, steps=STEPS, audits=2)
