"""The look of a template: one colour per flag, and the cell formats made from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from templates_xlsx.generator.wording import Standing
from templates_xlsx.seal import TOKEN_KEY
from templates_xlsx.sheet import Column, Flag, Sheet

INK, PAPER, LINE, QUIET = "#1F2D33", "#FFFFFF", "#D3DBDE", "#58666D"
MISSING = "#FBE0CF"
REFERENCE_PAPER = "#EEF1F2"

_HEADERS = {
    Flag.MANDATORY: ("#17505E", "#FFFFFF"),
    Flag.CONDITIONAL: ("#427684", "#FFFFFF"),
    Flag.RECOMMENDED: ("#F1D9A4", INK),
    Flag.OPTIONAL: ("#DCE8EA", INK),
    Flag.REFERENCE: ("#6C787E", "#FFFFFF"),
}
BANNER = _HEADERS[Flag.MANDATORY]


def chip(flag: Flag) -> dict[str, Any]:
    """The colours of a header of this flag, also shown in the legend."""
    paper, ink = _HEADERS[flag]
    return {"bg_color": paper, "font_color": ink, "bold": True, "border": 1, "border_color": LINE}


@dataclass(frozen=True, slots=True)
class CellFormats:
    """The formats of the data sheet: one header and one body format per column, in order."""

    headers: tuple[Format, ...]
    cells: tuple[Format, ...]
    new_cells: tuple[Format, ...]
    """Those of the new rows: a column may be locked where a record stands, and free below."""
    missing: Format


def cell_formats(workbook: Workbook, sheet: Sheet, standing: Standing) -> CellFormats:
    """Makes the formats in `workbook`; equal ones are made once."""
    columns = sheet.columns
    made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def once(look: dict[str, Any]) -> Format:
        key = tuple(sorted(look.items()))
        if key not in made:
            made[key] = workbook.add_format(look)
        return made[key]

    return CellFormats(
        headers=tuple(once(_header(standing(column))) for column in columns),
        cells=tuple(once(_cell(column, locked=column.locked)) for column in columns),
        new_cells=tuple(
            once(_cell(column, locked=column.locked and column.key not in sheet.free_when_new))
            for column in columns
        ),
        missing=workbook.add_format({"bg_color": MISSING}),
    )


def _header(flag: Flag) -> dict[str, Any]:
    return {**chip(flag), "text_wrap": True, "valign": "vcenter", "align": "left", "indent": 1}


def _cell(column: Column, *, locked: bool) -> dict[str, Any]:
    look = {
        "num_format": column.kind.number_format,
        "border": 1,
        "border_color": LINE,
        "valign": "top",
        "align": "left" if column.kind.number_format == "@" else "right",
        "indent": 1,
        "locked": locked,
        "text_wrap": column.key in _WRAPPED,
    }
    if column.key == TOKEN_KEY:
        # Nobody reads a token; "fill" keeps it from running over the next cell.
        look |= {"align": "fill", "indent": 0}
    if locked:
        look |= {"bg_color": REFERENCE_PAPER, "font_color": QUIET}
    return look


_WRAPPED = frozenset({"address", "billing_address"})
"""Addresses are typed on several lines, with a line break inside the cell."""
