"""The figures of all scripts: kept in a file, compared with those before, told as a table."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from _shared.growth import exponent

NOISE = 1.15
"""Two figures that differ by less are alike, whatever their rounds told."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a script handed to `measuring.report`, and where and when it was taken."""

    goal: str
    what: str
    value: float
    least: float
    most: float
    unit: str = "×"
    at_most: float | None = None
    at_least: float | None = None
    size: str = ""
    of: float = 0
    cost: float = 0
    growth: float | None = None
    command: str = ""
    taken_on: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return (self.command.partition(" ")[0], self.what)

    @property
    def distance(self) -> float | None:
        """How far it is beyond its goal, as a factor: 1 is the goal, less is better."""
        if self.at_most:
            return self.value / self.at_most
        if self.at_least:
            return self.at_least / self.value if self.value > 0 else math.inf
        return None

    @property
    def verdict(self) -> str:
        if self.at_most is not None:
            return "✓" if self.value <= self.at_most else "✗"
        return "" if self.distance is None else "✓" if self.distance <= 1 else "✗"

    @property
    def asked(self) -> str:
        """The goal, in words."""
        if self.at_most is not None:
            return f"≤ {_number(self.at_most)} {self.unit}"
        return "–" if self.at_least is None else f"≥ {_number(self.at_least)} {self.unit}"

    @property
    def measured(self) -> str:
        spread = ""
        if self.least < self.most:
            spread = f" ({_number(self.least)} – {_number(self.most)})"
        return f"{_number(self.value)}{spread}{'' if self.unit == '×' else ' ' + self.unit}"

    def against(self, former: Figure | None) -> str:
        """How it differs from the same figure of a former run."""
        if former is None:
            return "new"
        if former.value <= 0 or self.value <= 0:
            return "=" if former.value == self.value else f"{_number(former.value)} before"
        change = self.value / former.value
        overlaps = self.least <= former.most and former.least <= self.most
        if overlaps or 1 / NOISE <= change <= NOISE:
            return "="
        return f"{100 * (change - 1):+.0f} %"


def _number(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def grown(figures: Sequence[Figure]) -> list[Figure]:
    """Of figures taken at several sizes only those of the largest, with how cost grows."""
    by_key: dict[tuple[str, str], list[Figure]] = {}
    for one in figures:
        by_key.setdefault(one.key, []).append(one)
    found = []
    for ones in by_key.values():
        largest = max(ones, key=lambda one: one.of)
        growth = exponent([(one.of, one.cost) for one in ones])
        found.append(largest if math.isnan(growth) else replace(largest, growth=growth))
    return found


@dataclass(frozen=True)
class Results:
    """All figures known, and the machine of the last run."""

    machine: Mapping[str, Any] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Results:
        if not path.exists():
            return cls()
        told = json.loads(path.read_text(encoding="utf-8"))
        known = {one.name for one in fields(Figure)}
        return cls(
            told["machine"],
            tuple(
                Figure(**{name: value for name, value in one.items() if name in known})
                for one in told["figures"]
            ),
        )

    def write(self, path: Path) -> None:
        told = {"machine": self.machine, "figures": [asdict(one) for one in self.figures]}
        text = json.dumps(told, ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")

    def with_those(self, figures: Iterable[Figure], machine: Mapping[str, Any]) -> Results:
        """The figures of commands that ran anew instead of theirs, and the others as they were."""
        new = list(figures)
        commands = {one.command for one in new}
        kept = [one for one in self.figures if one.command not in commands]
        return Results(machine, tuple(sorted([*kept, *new], key=_place)))

    def of_commands(self, commands: Iterable[str]) -> Results:
        """Without the figures of commands that are no more."""
        known = set(commands)
        return replace(self, figures=tuple(one for one in self.figures if one.command in known))

    def of(self, figure: Figure) -> Figure | None:
        return next((one for one in self.figures if one.key == figure.key), None)


def _place(figure: Figure) -> tuple[bool, str, int, str]:
    letters = figure.goal.rstrip("0123456789")
    number = figure.goal[len(letters) :]
    return (not figure.goal, letters, int(number or 0), figure.command)


TITLES = ("goal", "promise", "of", "goal", "measured", "", "grows", "since last", "on", "command")


def rows(figures: Sequence[Figure], former: Results) -> list[list[str]]:
    """The cells of the table, under TITLES; a command is said once for its rows."""
    found = []
    before = ""
    for one in figures:
        growth = "" if one.growth is None else f"n^{one.growth:.2f}"
        command = "″" if one.command == before else f"`{one.command}`"
        before = one.command
        found.append(
            [
                one.goal or "–",
                one.what,
                one.size,
                one.asked,
                one.measured,
                one.verdict,
                growth,
                one.against(former.of(one)),
                one.taken_on,
                command,
            ]
        )
    return found


def as_markdown(figures: Sequence[Figure], former: Results) -> str:
    lines = [TITLES, ["---"] * len(TITLES), *rows(figures, former)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
