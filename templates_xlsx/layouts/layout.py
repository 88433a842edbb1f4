"""A layout: a sheet with the rules between its cells, and what of it depends on the firm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from templates_xlsx.layouts.rules.telling import Rule
from templates_xlsx.sheet import Column, Flag, Setting, Sheet


def declared_flag(column: Column, setting: Setting) -> Flag:
    """The flag as the column declares it."""
    return column.flag


@dataclass(frozen=True, slots=True)
class Layout:
    """One template, whole."""

    sheet: Sheet
    rules: tuple[Rule, ...] = ()
    """Applied in order to every row, after its cells were read."""
    flag: Callable[[Column, Setting], Flag] = declared_flag
    """How a column stands for a firm (an entity is mandatory from two entities on)."""
    spoken_for: frozenset[str] = frozenset()
    """Recommended columns whose absence a rule judges."""
