"""The layouts of all templates, one file each; a new one is its file and a line here."""

from __future__ import annotations

from templates_xlsx.layouts import (
    adjustments,
    clients,
    clients_fusion,
    collaborators,
    history,
    phases,
    progress,
    projects,
    time_entries,
)
from templates_xlsx.layouts.layout import Layout
from templates_xlsx.sheet import Sheet

_IN_ORDER = (
    clients.LAYOUT,
    projects.LAYOUT,
    phases.LAYOUT,
    collaborators.LAYOUT,
    progress.LAYOUT,
    history.LAYOUT,
    adjustments.LAYOUT,
    time_entries.LAYOUT,
    # Another layout of the first file; what both know is read as Clients.
    clients_fusion.LAYOUT,
)

_BY_KIND: dict[str, Layout] = {entry.sheet.kind: entry for entry in _IN_ORDER}

LAYOUTS: dict[str, Sheet] = {kind: entry.sheet for kind, entry in _BY_KIND.items()}
"""Every template by its kind, in the order of import (O08, O09)."""


def layout(kind: str) -> Sheet:
    """The sheet of a template; KeyError when there is no such kind."""
    return LAYOUTS[kind]


def whole_layout(sheet: Sheet) -> Layout:
    """`sheet` with its rules; a sheet of no known kind has none."""
    found = _BY_KIND.get(sheet.kind)
    return found if found is not None and found.sheet is sheet else Layout(sheet)


__all__ = ["LAYOUTS", "Layout", "layout", "whole_layout"]
