"""The audit through the API: every act that succeeds is an entry, found by all that it tells."""

from __future__ import annotations

from typing import Any

from persistence.audit.tables import WATCHED
from tests.api.records.calling import operation
from tests.api.records.test_bad_input import IDENTIFIERS, RIGHT, hardened, needs_key, right_call
from tests.persistence.firms import raw
from tests.support.api import ApiClient

__all__ = ["hardened"]

TOLD_ALL_THE_SAME = frozenset({"auditExport", "personExport"})
"""They write nothing that is watched; that somebody took so much with them is told."""


def written(api: ApiClient) -> list[tuple[Any, ...]]:
    """What changes with each row of the watched tables that is written (PostgreSQL)."""
    parts = [
        f"SELECT '{name}', count(*), coalesce(max(xmin::text::bigint), 0) FROM {name}"
        for name in sorted(WATCHED)
    ]
    return raw(api.house.database, " UNION ALL ".join(parts))


def told(api: ApiClient) -> list[tuple[Any, ...]]:
    """The acts of the firm and the doors they came by, the oldest first."""
    return raw(
        api.house.database,
        "SELECT act_name, door FROM audit_entry WHERE organisation_id = :o ORDER BY place",
        o=api.organisation_id,
    )


def test_every_mutation_that_writes_is_one_entry_and_no_other_is_any(hardened: ApiClient) -> None:
    """Issue 6, 6: with the name of the mutation and whoever called it; what is refused is none."""
    wrong, before, wrote = [], written(hardened), 0
    for name in sorted(RIGHT.keys() | IDENTIFIERS.keys()):
        given, place = right_call(name), len(told(hardened))
        if needs_key(name):
            given["input"]["idempotencyKey"] = f"audited {name}"
        hardened.query(operation(name), **given)
        after = written(hardened)
        expected = [(name, "KEY")] if after != before or name in TOLD_ALL_THE_SAME else []
        wrote += len(expected)
        before = after
        if (found := told(hardened)[place:]) != expected:
            wrong.append((name, found, expected))
    assert not wrong, "\n".join(map(str, wrong))
    assert wrote > 50
