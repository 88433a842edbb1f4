"""The checked rows of a long file, of which only a portion is in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.takeover.wire import pack_issue, unpack_issue
from persistence.takeover.spool import Spool
from templates_xlsx.sheet import Draft


def spooled_drafts(drafts: Iterable[Draft]) -> Spool[Draft]:
    """Checked rows as a spool; the token of a row has told its record by now, and is not kept."""
    return Spool(drafts, _told, _made)


def _told(one: Draft) -> tuple[Any, ...]:
    issues = [pack_issue(issue) for issue in one.issues]
    return (one.row, one.raw, one.values, issues, one.record_id, one.references_changed)


def _made(told: tuple[Any, ...]) -> Draft:
    row, raw, values, issues, record_id, references_changed = told
    found = [unpack_issue(issue) for issue in issues]
    return Draft(row, raw, values, found, None, record_id, references_changed)
