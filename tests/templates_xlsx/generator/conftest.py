"""Opening what was written the way other software does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from templates_xlsx.generator import Prefilled, write_template
from templates_xlsx.sheet import Setting, Sheet
from tests.templates_xlsx.generator.sheets import ISSUED, SEAL, SETTING

Opened = Callable[..., Workbook]


@pytest.fixture
def opened() -> Opened:
    """A template written by us and opened by openpyxl, with little room for speed."""

    def write_and_open(
        sheet: Sheet,
        rows: Iterable[Prefilled] = (),
        *,
        room: int = 40,
        locale: str = "fr",
        setting: Setting = SETTING,
    ) -> Workbook:
        out = BytesIO()
        write_template(
            out,
            sheet=sheet,
            setting=setting,
            seal=SEAL,
            issued=ISSUED,
            rows=rows,
            room=room,
            locale=locale,
        )
        return load_workbook(out)

    return write_and_open
