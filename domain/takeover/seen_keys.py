"""Keys that rows of a file take: each is one row's."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from domain.errors import Issue
from domain.takeover.issues import DUPLICATE_KEY_IN_FILE


class SeenKeys:
    """Keys taken higher in the file: a second use is refused, never last-one-wins."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, dict[Any, int]] = defaultdict(dict)

    def refuse(self, field: str, key: Any, shown: str) -> tuple[Issue, ...]:
        """DUPLICATE_KEY_IN_FILE when `key` of `field` stands higher in the file."""
        row = self._rows[field].get(key)
        if row is None:
            return ()
        return (DUPLICATE_KEY_IN_FILE(field=(field,), found=shown, first=row, first_row=row),)

    def keep(self, field: str, key: Any, row: int) -> None:
        self._rows[field].setdefault(key, row)
