"""The workbook of the whole takeover: every sheet in one file, in the order of import."""

from __future__ import annotations

from dataclasses import replace

from domain.takeover.model import WORKBOOK as KIND
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.sheet import Sheet

_NAMES_A_PHASE = frozenset({"project_code", "contract", "phase_code", "phase_name"})

WORKBOOK = Sheet(
    kind=KIND,
    fr="Reprise complète",
    en="Whole takeover",
    columns=(),
    # Any sheet that moves on makes the whole an older one.
    version=sum(sheet.version for sheet in LAYOUTS.values()),
)
"""What the envelope of the file says it is; its columns are those of its sheets."""


def _with_new_rows(sheet: Sheet) -> Sheet:
    """The sheet with rows for phases that come in the same file, so have no reference yet."""
    if not sheet.prefilled_only:
        return sheet
    return replace(sheet, prefilled_only=False, rows_per_record=1, free_when_new=_NAMES_A_PHASE)


IN_WORKBOOK: tuple[Sheet, ...] = tuple(
    _with_new_rows(sheet) for kind, sheet in LAYOUTS.items() if kind != "clients_fusion"
)
"""Its sheets. The fifteen-column clients are another layout of the first: they have their file."""
