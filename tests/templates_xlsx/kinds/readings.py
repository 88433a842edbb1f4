"""Cells made by hand, and what a kind says of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Kind, Setting

FRENCH = Setting()
ENGLISH = Setting(locale="en")


def text(value: str) -> Cell:
    return Cell(value)


def number(value: str | int, *, zeros: int = 0) -> Cell:
    return Cell(Decimal(value), Shape.NUMBER, zeros=zeros)


def power(value: str) -> Cell:
    return Cell(Decimal(value), Shape.SCIENTIFIC)


def percent(value: str) -> Cell:
    return Cell(Decimal(value), Shape.PERCENT)


def time(days: str) -> Cell:
    return Cell(Decimal(days), Shape.TIME)


def day(*parts: int) -> Cell:
    return Cell(datetime(*parts), Shape.DATE)  # type: ignore[arg-type]  # noqa: DTZ001


def truth(value: bool) -> Cell:
    return Cell(value, Shape.BOOLEAN)


def outcome(kind: Kind, cell: Cell | str, setting: Setting = FRENCH) -> tuple[Any, list[str]]:
    """The value kept, and the codes of what was said."""
    reading = kind.read(text(cell) if isinstance(cell, str) else cell, setting)
    return reading.value, [note.kind.code for note in reading.notes]
