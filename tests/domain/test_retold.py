"""What tells anew, and otherwise, what is recorded: found without looking at all of each."""

from __future__ import annotations

import tracemalloc

from domain.takeover.retold import Retold

Line = tuple[str, int]
LINES = 2_000


def test_a_thousand_lines_of_one_day_are_kept_once_and_not_for_each_row() -> None:
    """A past without numbers, all of it corrected: 100,000 rows are not their square."""
    recorded = [("31/12/2025", amount) for amount in range(LINES)]
    retold: Retold[Line] = Retold(recorded, lambda line: (line[0],))
    tracemalloc.start()
    for row, (day, amount) in enumerate(recorded):
        retold.note(row, (day, -amount))
    found = list(retold.beside(recorded))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == LINES
    assert {other for _, _, other in found} == {("31/12/2025", 0)}
    assert most < 1_000 * LINES


def test_the_first_gist_that_stands_in_no_row_tells_what_is_meant() -> None:
    recorded = [("a", 1), ("b", 2), ("b", 1)]
    retold: Retold[Line] = Retold(recorded, lambda line: line)
    retold.note(5, ("b", 1))
    retold.note(6, ("c", 3))
    assert list(retold.beside(recorded[1:])) == [(5, ("b", 1), ("b", 2))]
    assert list(retold.beside(recorded[:1])) == [(5, ("b", 1), ("a", 1))]
    assert list(retold.beside([])) == []
    of_nothing: Retold[Line] = Retold([], lambda line: line)
    of_nothing.note(5, ("b", 1))
    assert list(of_nothing.beside(recorded)) == []
