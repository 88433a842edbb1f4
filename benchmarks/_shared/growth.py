"""How cost grows with the size of what is measured: the exponent, 1 where it costs its size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from _shared.measuring import show


def exponent(points: Sequence[tuple[int, float]]) -> str:
    """Of (size, cost) pairs: the slope of the line through their logarithms."""
    pairs = [(math.log(size), math.log(cost)) for size, cost in points if cost > 0]
    if len({size for size, _ in pairs}) < 2:
        return "–"
    sizes, costs = (sum(each) / len(pairs) for each in zip(*pairs, strict=True))
    rise = sum((size - sizes) * (cost - costs) for size, cost in pairs)
    return f"{rise / sum((size - sizes) ** 2 for size, _ in pairs):.2f}"


def show_growth(title: str, measured: Mapping[str, Sequence[tuple[int, float]]]) -> None:
    """A table of stages: what each takes at each size, in CPU seconds, and its exponent."""
    sizes = sorted({size for points in measured.values() for size, _ in points})
    if len(sizes) < 2:
        return
    rows = [
        (stage, *(f"{dict(points).get(size, math.nan):.3f}" for size in sizes), exponent(points))
        for stage, points in measured.items()
    ]
    show([title, *(f"{size:,}" for size in sizes), "exponent"], rows)
