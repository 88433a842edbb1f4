"""Every column of every record has its place in the register of personal data (GDPR art. 30)."""

from __future__ import annotations

from domain.privacy_fates import COMMON
from domain.privacy_register import ACTIVITIES, fates
from domain.records import METADATA


def test_every_column_is_classified_and_none_that_is_not_there() -> None:
    """A new column fails here until somebody has said what becomes of it."""
    declared = fates()
    wrong = []
    for table in METADATA.sorted_tables:
        columns = {column.name for column in table.columns} - COMMON
        told = set(declared.get(table.name, {}))
        wrong += [f"{table.name}.{name} is not classified" for name in sorted(columns - told)]
        wrong += [f"{table.name}.{name} is not a column" for name in sorted(told - columns)]
    wrong += sorted(declared.keys() - METADATA.tables.keys())
    assert not wrong, wrong


def test_no_column_has_two_fates() -> None:
    for activity in ACTIVITIES:
        for table, columns in activity.tables.items():
            names = [name for told in columns.values() for name in told.split()]
            assert len(names) == len(set(names)), table
    tables = [table for activity in ACTIVITIES for table in activity.tables]
    assert len(tables) == len(set(tables))
