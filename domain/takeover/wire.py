"""Cell values and issues as they are kept with an import's rows: exact, typed, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from domain.errors import KINDS, Issue


def pack(value: Any) -> Any:
    """`value` as JSON keeps it: {"n": "12.50"} a number, {"d": "2026-10-31"} a day."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return {"n": f"{value:f}"}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value


def unpack(kept: Any) -> Any:
    """The value that `pack` kept."""
    if isinstance(kept, dict):
        return Decimal(kept["n"]) if "n" in kept else date.fromisoformat(kept["d"])
    return kept


def pack_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: pack(value) for name, value in values.items()}


def unpack_values(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: unpack(value) for name, value in kept.items()}


def pack_issue(issue: Issue) -> dict[str, Any]:
    """An issue as a row keeps it; only what is there."""
    kept: dict[str, Any] = {"code": issue.code}
    for name in ("row", "column", "expected", "found", "sheet"):
        if (value := getattr(issue, name)) is not None:
            kept[name] = value
    if issue.field:
        kept["field"] = list(issue.field)
    if issue.facts:
        kept["facts"] = dict(issue.facts)
    return kept


def unpack_issue(kept: Mapping[str, Any]) -> Issue:
    """The issue that `pack_issue` kept."""
    return Issue(
        kind=KINDS[kept["code"]],
        facts=kept.get("facts", {}),
        field=tuple(kept.get("field", ())),
        row=kept.get("row"),
        column=kept.get("column"),
        expected=kept.get("expected"),
        found=kept.get("found"),
        sheet=kept.get("sheet"),
    )
