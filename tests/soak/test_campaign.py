"""No value is ever silently wrong: a campaign of dirty cells, small in every run, large on demand.

make soak                    100,000 spoilt cells and more, in firms of new seeds
make soak SEED=17            from the firm of that seed on
"""

from __future__ import annotations

import os
import sys
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import SystemRandom

import pytest

from tests.soak import kinds
from tests.soak.campaign import Told, minimal, of_written, run
from tests.soak.cells import Cell, red, text

CELLS = int(os.environ.get("SOAK_CELLS", "100000"))
ROWS = 60
"""Of each sheet of each firm."""


def say(line: str) -> None:
    """To whoever waits for the campaign, at once."""
    sys.stderr.write(f"{line}\n")


def test_dirty_cells_are_stored_as_they_were_meant_or_are_named(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    """O10–O36, A21, A22: two thousand cells over all nine sheets."""
    told = run(migrated_sqlite, tmp_path, seed=1, rows=20)
    assert not told.wrong, "\n".join(map(str, told.wrong))
    assert told.cells > 1_800
    assert told.refused > 20


@pytest.mark.parametrize(
    ("cell", "said", "stored", "is_silent"),
    [
        (text("1 234,56"), set(), Decimal("123456"), True),
        (text("1 234,56"), {"NUMBER_AMBIGUOUS"}, Decimal("123456"), False),
        (text("1.234", "NUMBER_AMBIGUOUS"), set(), Decimal("1234.56"), False),
        (red("12 k€", "NUMBER_INVALID"), set(), Decimal(12), True),
        (red("12 k€", "NUMBER_INVALID"), set(), None, True),
    ],
)
def test_the_campaign_would_see_it(
    cell: Cell, said: set[str], stored: Decimal | None, is_silent: bool
) -> None:
    """A campaign that could find nothing would prove nothing."""
    meant = {"F": (Decimal("1234.56"), kinds.money("EUR"))}
    (found,) = of_written(meant, {"F": cell}, {"F": said}, {"F": stored})
    assert (found[0], found[2]) == ("F", is_silent)


@pytest.mark.soak
def test_a_hundred_thousand_dirty_cells(migrated_sqlite: Path, tmp_path: Path) -> None:
    """The campaign: each seed is told, and what went wrong is shown as small as it goes wrong."""
    whole = Told()
    first = int(os.environ.get("SOAK_SEED") or SystemRandom().randrange(1_000_000))
    for seed in count(first):
        told = run(migrated_sqlite, tmp_path / str(seed), seed=seed, rows=ROWS)
        say(f"seed {seed}: {told}")
        whole += told
        if whole.spoilt >= CELLS or len(whole.wrong) > 20:
            break
    say(f"all: {whole}")
    shown = [
        minimal(migrated_sqlite, tmp_path / f"alone {number}", wrong, rows=ROWS)
        for number, wrong in enumerate(whole.wrong[:5])
    ]
    assert not whole.wrong, "\n".join(shown)
