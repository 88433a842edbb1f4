"""Measuring side by side: stages and rounds, ratios of what was taken in one, tables of both.

A script hands each of its figures to `report` beside the table it prints:

    report("R4", "page, 1 client: processor a request", ratios(ours, floor), at_most=1.3)

Nothing comes of it unless `run.py` asked for it by FIGURES_VARIABLE.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import math
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

Figures = dict[str, tuple[float, float, float]]
"""CPU seconds, seconds, and peak MiB over what the start took, by stage."""

_STATUS = Path("/proc/self/status")
_FORGET_PEAK = Path("/proc/self/clear_refs")


class Stages:
    """Measures one stage after another of this process; the peak is that of each stage by itself.

    Where the kernel cannot forget a peak (not Linux), it is the highest so far.
    """

    def __init__(self) -> None:
        self.figures: Figures = {}
        give_back()
        self._rest = memory_of("VmRSS")

    def measure(self, name: str, act: Callable[[], Any]) -> Any:
        give_back()
        cpu, wall = time.process_time(), time.perf_counter()
        result = act()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        self.figures[name] = (cpu, wall, memory_of("VmHWM") - self._rest)
        return result


def give_back() -> None:
    """Gives free memory back to the system, so that a stage answers for its own alone."""
    gc.collect()
    if not _STATUS.exists():
        return
    # Another C library than GNU's has nothing to trim.
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    _FORGET_PEAK.write_text("5")


def memory_of(name: str) -> float:
    """What the kernel tells of this process, in MiB."""
    if _STATUS.exists():
        return int(_STATUS.read_text().partition(f"{name}:")[2].split()[0]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024**2 if sys.platform == "darwin" else 1024)


def ratios(ours: Sequence[float], floor: Sequence[float]) -> list[float]:
    """Ours by the floor, round by round."""
    return [one / other for one, other in zip(ours, floor, strict=True) if other > 0]


def ratio(ours: Sequence[float], floor: Sequence[float]) -> str:
    """The median of the ratios of the rounds, with the smallest and the largest."""
    found = sorted(ratios(ours, floor))
    if not found:
        return "–"
    return f"{statistics.median(found):.2f} ({found[0]:.2f} – {found[-1]:.2f})"


FIGURES_VARIABLE = "JALON_BENCH_FIGURES"
"""Names the file that `report` adds a line of JSON to for each figure."""


def report(
    goal: str,
    what: str,
    found: float | Sequence[float],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    unit: str = "×",
    size: str = "",
    of: float = 0,
    cost: float = 0,
    growth: float | None = None,
) -> None:
    """Hands over one figure: of which goal ("" for none), what it is, and what came out.

    `found` is one figure or that of each round, in `unit`: × is a ratio to the floor or peer. It
    keeps to its goal when its median is `at_most` or `at_least` so much. How its cost grows is
    either said by `growth`, an exponent, or found by `run.py` from what is handed over at several
    sizes: then `cost` is what our side took (processor seconds, say) for a number `of` things.
    """
    path = os.environ.get(FIGURES_VARIABLE)
    taken = [found] if isinstance(found, int | float) else list(found)
    if not path or not taken:
        return
    figure = {
        "goal": goal,
        "what": what,
        "value": statistics.median(taken),
        "least": min(taken),
        "most": max(taken),
        "unit": unit,
        "at_most": at_most,
        "at_least": at_least,
        "size": size or (f"{of:,.0f}" if of else ""),
        "of": of,
        "cost": cost,
        "growth": None if growth is None or math.isnan(growth) else growth,
    }
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(figure, ensure_ascii=False) + "\n")


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
