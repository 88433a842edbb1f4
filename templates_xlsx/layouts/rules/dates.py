"""Rules on the dates of a row."""

from __future__ import annotations

from domain.takeover.issues import DATE_ORDER
from templates_xlsx.layouts.rules.telling import Rule, refuse, says
from templates_xlsx.sheet import Column, Draft, Setting


def in_order(start: Column, end: Column) -> Rule:
    """The end is not before the start (DATE_ORDER on the end)."""
    first, last = start.key, end.key

    @says(DATE_ORDER, of=(end,))
    def judge(draft: Draft, setting: Setting) -> None:
        begins, ends = draft.values.get(first), draft.values.get(last)
        if begins is not None and ends is not None and ends < begins:
            shown = {"found": f"{ends:%d/%m/%Y}", "expected": f"{begins:%d/%m/%Y}"}
            refuse(draft, end, DATE_ORDER, setting, **shown)

    return judge
