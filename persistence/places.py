"""What stands after a place in a list that is sorted by several columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

Keys = Sequence[tuple[ColumnElement[Any], bool]]
"""Columns with whether each falls, the one that sorts first before the others."""


def after(columns: Keys, values: Sequence[Any]) -> ColumnElement[bool]:
    """What stands after `values`: past the first column, or level with it and past the next."""
    (column, falls), *others = columns
    past: ColumnElement[bool] = column < values[0] if falls else column > values[0]
    if not others:
        return past
    return or_(past, and_(column == values[0], after(others, values[1:])))
