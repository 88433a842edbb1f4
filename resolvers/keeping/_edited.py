"""A record edited by hand: as it is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.errors import Issue
from domain.takeover.candidate import Planned


@dataclass(frozen=True, slots=True)
class Asked:
    """A record as it is asked for: the fields given, on a known record or by its key."""

    fields: Mapping[str, Any]
    record_id: int | None = None
    external_reference: str | None = None
    issues: tuple[Issue, ...] = ()
    """Why it is refused before it is judged: its identifier names nothing."""


@dataclass(slots=True)
class Edited:
    """What became of one record asked for."""

    asked: Asked
    planned: Planned
    record_id: int | None = None
    issues: list[Issue] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        return any(issue.is_red for issue in self.issues)
