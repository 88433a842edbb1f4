"""Rules on cells that other cells of the row make mandatory."""

from __future__ import annotations

from domain.takeover.issues import MANDATORY_MISSING
from templates_xlsx.layouts.rules.telling import Rule, says, tell
from templates_xlsx.sheet import Column, Draft, Setting


def needed_when(column: Column, key: str, value: object) -> Rule:
    """`column` is mandatory on rows whose cell `key` holds `value`."""

    @says(MANDATORY_MISSING, of=(column,), when=(key, value))
    def judge(draft: Draft, setting: Setting) -> None:
        if draft.values.get(key) == value and column.key not in draft.values:
            tell(draft, column, MANDATORY_MISSING, setting)

    return judge
