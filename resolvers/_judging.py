"""What acts of every room judge alike: whether a record has moved on, and where an issue stands."""

from __future__ import annotations

from domain.base import Versioned
from domain.errors import STALE_OBJECT, Issue, PathPart
from domain.organisation import Organisation


def stale(
    record: Versioned | Organisation, expected: int | None, *, noun: str, key: str
) -> Issue | None:
    """STALE_OBJECT when somebody changed `record` since it was read (API.md 10)."""
    if expected is None or record.version == expected:
        return None
    return STALE_OBJECT(
        field=("expected_version",),
        noun=noun,
        key=key,
        current=record.version,
        expected=str(expected),
        found=str(record.version),
    )


def placed(issue: Issue, *before: PathPart) -> Issue:
    """The issue by its path in the input, without a row: there is no sheet."""
    return Issue(
        kind=issue.kind,
        facts=issue.facts,
        field=(*before, *issue.field),
        column=issue.column,
        expected=issue.expected,
        found=issue.found,
    )
