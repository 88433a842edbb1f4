"""A plot of the figures as SVG, written by hand: how far each is from its goal, how its cost grows.

It is read in light and in dark, and its text is text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from _shared.results import Figure

_LABELS = 560
_SCALE = 380
_SIDE = 70
_WIDTH = _LABELS + _SCALE + _SIDE
_LINE = 19
_HEAD = 62
_GAP = 84
_LETTERS = 88
"""The most of a label; what is cut off is in the table."""

_STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .quiet { fill: #59636e }
  .end { text-anchor: end }
  .middle { text-anchor: middle }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .goal { stroke: #1f2328; stroke-width: 1.5 }
  .spread { stroke-width: 3; stroke-linecap: round; opacity: .35 }
  .kept { fill: #1a7f37; stroke: #1a7f37 }
  .missed { fill: #bc4c00; stroke: #bc4c00 }
  .paper { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #30363d }
    .goal { stroke: #e6edf3 } .kept { fill: #3fb950; stroke: #3fb950 }
    .missed { fill: #f0883e; stroke: #f0883e } .paper { fill: #0d1117 }
  }
"""


def plot(figures: Sequence[Figure]) -> str:
    """The whole file."""
    judged = [one for one in figures if 0 < (one.distance or 0) < math.inf]
    growing = [one for one in figures if one.growth is not None]
    below = _HEAD + _LINE * len(judged) + (_GAP if growing else 0)
    height = below + _LINE * len(growing) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img">',
        "<title>Each figure against its goal, and how cost grows</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
        *_distances(judged),
    ]
    if growing:
        parts += _growths(growing, below)
    return "\n".join([*parts, "</svg>", ""])


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(text)}</text>'


def _upright(x: float, top: float, bottom: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>'


def _label(figure: Figure, y: float) -> Iterator[str]:
    said = figure.what if len(figure.what) <= _LETTERS else figure.what[: _LETTERS - 1] + "…"
    yield _text(8, y + 4, figure.goal, "quiet")
    yield _text(44, y + 4, said)


def _distances(figures: Sequence[Figure]) -> Iterator[str]:
    """Each figure by its goal, on a logarithmic scale: the goal stands at 1."""
    factors = [one.distance or 1 for one in figures]
    least, most = min([0.5, *factors]), max([2.0, *factors])
    low, high = math.floor(math.log10(least)), math.ceil(math.log10(most))

    def across(factor: float) -> float:
        place = (math.log10(min(max(factor, 10**low), 10**high)) - low) / (high - low)
        return _LABELS + 12 + place * (_SCALE - 24)

    bottom = _HEAD + _LINE * len(figures)
    yield _text(8, 20, "How far from its goal", "title")
    yield _text(8, 38, "1 is the goal; to the left of it is better, to the right worse", "quiet")
    for power in range(low, high + 1):
        x = across(10.0**power)
        yield _upright(x, _HEAD - 6, bottom, "goal" if power == 0 else "grid")
        yield _text(x, _HEAD - 12, f"{10.0**power:g} ×", "middle quiet")
    for place, one in enumerate(figures):
        y = _HEAD + _LINE * place + _LINE / 2
        kind = "kept" if one.verdict == "✓" else "missed"
        yield from _label(one, y)
        value = one.distance or 1
        ends = [value * end / one.value for end in (one.least, one.most) if one.value and end > 0]
        if one.at_least is not None:
            ends = [value * one.value / end for end in (one.most, one.least) if end > 0]
        if len(ends) == 2:
            yield (
                f'<line class="spread {kind}" x1="{across(ends[0]):.1f}" '
                f'x2="{across(ends[1]):.1f}" y1="{y}" y2="{y}"/>'
            )
        yield f'<circle class="{kind}" cx="{across(value):.1f}" cy="{y}" r="4.5"/>'
        yield _text(_WIDTH - 8, y + 4, f"{value:.3g} ×", "end quiet")


def _growths(figures: Sequence[Figure], top: float) -> Iterator[str]:
    """The exponent with which each cost grows: 0 not at all, 1 as its size, 2 as the square."""
    high = max(2.0, *(math.ceil(one.growth or 0) for one in figures))

    def across(power: float) -> float:
        return _LABELS + 12 + min(max(power, 0.0), high) / high * (_SCALE - 24)

    bottom = top + _LINE * len(figures)
    yield _text(8, top - 42, "How cost grows with size", "title")
    yield _text(8, top - 24, "the exponent: 1 grows as the size, 2 as its square", "quiet")
    for power in range(int(high) + 1):
        x = across(power)
        yield _upright(x, top - 6, bottom, "goal" if power == 1 else "grid")
        yield _text(x, top - 12, f"n^{power}", "middle quiet")
    for place, one in enumerate(figures):
        y = top + _LINE * place + _LINE / 2
        growth = one.growth or 0.0
        kind = "kept" if growth <= 1.1 else "missed"
        yield from _label(one, y)
        yield f'<circle class="{kind}" cx="{across(growth):.1f}" cy="{y}" r="4.5"/>'
        yield _text(_WIDTH - 8, y + 4, f"n^{growth:.2f}", "end quiet")
