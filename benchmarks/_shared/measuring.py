"""Measuring side by side: rounds, ratios of what was taken in one round, and the tables of both."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence


def ratio(ours: Sequence[float], floor: Sequence[float]) -> str:
    """The median of the ratios of the rounds, with the smallest and the largest."""
    ratios = sorted(one / other for one, other in zip(ours, floor, strict=True) if other > 0)
    if not ratios:
        return "–"
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} – {ratios[-1]:.2f})"


def show(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table: the first column to the left, figures to the right."""
    lines = [list(titles), *(list(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(titles))]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        first, *others = zip(line, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
        print("| " + " | ".join(cells) + " |")
    print()
