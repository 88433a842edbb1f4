"""How cost grows with size: the exponent of the line through what it is at several sizes."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from _shared.measuring import show

Points = Sequence[tuple[float, float]]
"""Sizes, and what each of them cost."""


def exponent(points: Points) -> float:
    """1 grows as the size, 2 as its square (least squares over the logarithms).

    What cost nothing is left aside; NaN with fewer than two different sizes.

    >>> round(exponent([(10, 2.0), (100, 20.0), (1000, 200.0)]), 6)
    1.0
    """
    pairs = [(math.log(size), math.log(cost)) for size, cost in points if size > 0 and cost > 0]
    if len({size for size, _ in pairs}) < 2:
        return math.nan
    return statistics.linear_regression(*zip(*pairs, strict=True)).slope


def show_growth(title: str, measured: Mapping[str, Points]) -> None:
    """A table of stages: what each takes at each size, in CPU seconds, and its exponent."""
    sizes = sorted({size for points in measured.values() for size, _ in points})
    if len(sizes) < 2:
        return
    rows = []
    for stage, points in measured.items():
        costs = (f"{dict(points).get(size, math.nan):.3f}" for size in sizes)
        rows.append((stage, *costs, f"{exponent(points):.2f}"))
    show([title, *(f"{size:,}" for size in sizes), "exponent"], rows)
