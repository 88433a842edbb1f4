"""The file as a whole: each prefilled row is sealed, and the archive is sound and repeatable."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from templates_xlsx.generator import Prefilled, write_template
from templates_xlsx.seal import (
    ENVELOPE_PROPERTY,
    ENVELOPE_SHEET,
    EnvelopeState,
    Verdict,
    canonical,
    unfolded,
)
from templates_xlsx.sheet import Sheet
from tests.templates_xlsx.generator.conftest import Opened
from tests.templates_xlsx.generator.sheets import (
    CLIENT_ROWS,
    CLIENTS,
    ISSUED,
    PROGRESS,
    PROGRESS_ROWS,
    SEAL,
    SETTING,
)


# ---- seal
def sealed_rows(worksheet: Worksheet, sheet: Sheet) -> list[tuple[Verdict, int | None]]:
    """What the tokens of the prefilled rows say of the cells that stand there now."""
    verdicts = []
    for row in worksheet.iter_rows(min_row=2):
        cells = {c.key: row[place].value for place, c in enumerate(sheet.columns) if c.locked}
        token = cells.pop("ref")
        if token:
            references = {key: canonical(value) for key, value in cells.items()}
            verdicts.append(SEAL.read_token(kind=sheet.kind, token=token, references=references))
    return verdicts


def test_each_prefilled_row_is_sealed_and_survives_another_editor(opened: Opened) -> None:
    """O33: the tokens verify after openpyxl saved the file, and tell the cell that was changed."""
    workbook = opened(PROGRESS, PROGRESS_ROWS)
    workbook.active["D2"] = 45
    saved = BytesIO()
    workbook.save(saved)
    again = load_workbook(saved)
    assert sealed_rows(again.active, PROGRESS) == [(Verdict.INTACT, 11), (Verdict.INTACT, 12)]
    again.active["C2"] = 18401
    assert sealed_rows(again.active, PROGRESS)[0] == (Verdict.CHANGED, 11)


def test_the_envelope_is_in_the_hidden_sheet_and_in_the_properties(opened: Opened) -> None:
    workbook = opened(PROGRESS, PROGRESS_ROWS, locale="fr-CA")
    entries = {row[0].value: row[1].value for row in workbook[ENVELOPE_SHEET].iter_rows(max_row=6)}
    verdict = SEAL.read_envelope(entries, kind="progress")
    assert (verdict.state, verdict.version, verdict.issued) == (EnvelopeState.INTACT, 1, ISSUED)
    assert entries["locale"] == "fr-CA"
    assert unfolded(workbook.custom_doc_props[ENVELOPE_PROPERTY].value) == entries


# ---- file
def test_the_same_input_gives_the_same_bytes() -> None:
    files = [BytesIO(), BytesIO()]
    for out in files:
        count = write_template(
            out,
            sheet=PROGRESS,
            setting=SETTING,
            seal=SEAL,
            issued=ISSUED,
            rows=iter(PROGRESS_ROWS),
            locale="fr",
        )
        assert count == 2
    assert files[0].getvalue() == files[1].getvalue()


def test_the_file_is_written_front_to_back_and_is_a_sound_archive() -> None:
    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, offset: int, whence: int = 0, /) -> int:
            raise OSError("a pipe")

    for rows in ((), CLIENT_ROWS, [Prefilled(n, {"name": f"Client {n}"}) for n in range(700)]):
        pipe = Pipe()
        write_template(
            pipe,
            sheet=CLIENTS,
            setting=SETTING,
            seal=SEAL,
            issued=ISSUED,
            rows=rows,
            locale="fr",
        )
        with ZipFile(BytesIO(pipe.getvalue())) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
        assert names[0] == "[Content_Types].xml"
        assert len(names) == len(set(names))


def test_more_rows_than_a_sheet_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="a sheet holds"):
        write_template(
            BytesIO(),
            sheet=CLIENTS,
            setting=SETTING,
            seal=SEAL,
            issued=ISSUED,
            rows=CLIENT_ROWS,
            room=1_048_574,
            locale="fr",
        )
