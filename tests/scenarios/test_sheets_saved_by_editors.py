"""Templates that other programmes saved: honest ones raise no alarm, tampered ones are found out.

What each editor keeps of the carriers of the seal is the table of docs/decisions/0011.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook.defined_name import DefinedName

from persistence.migrate import migrate
from persistence.takeover.rows import rows_of as kept_rows_of
from templates_xlsx.seal import ENVELOPE_PROPERTY, ENVELOPE_SHEET
from tests.api.takeover.reviews import take
from tests.api.takeover.sheets import CLIENT, PHASE, PROJECT, download, opened, saved
from tests.scenarios.test_the_whole_takeover import REPLACED
from tests.support.api import ApiClient, open_api
from tests.support.editors import EDITORS, saved_by
from tests.support.prepared import Calendar
from tests.support.takeover import send, take_in

AS_OF = date(2026, 10, 31)
LETTERS = "ABCDEFGHIJKLM"
MOVED = "KLMDCBAEFGHIJ"
"""The columns of Progress in another order, the entries first."""
FILLED = 60
NAME = "jalon_probe"

KEPT: dict[str, dict[str, Any]] = {
    "LibreOffice": {"sheet": "hidden", "property": True, "name": True, "protected": True},
    "LibreOffice, .ods and back": {
        "sheet": "hidden",
        "property": True,
        "name": True,
        "protected": True,
    },
    "openpyxl": {"sheet": "veryHidden", "property": True, "name": True, "protected": True},
    "pandas": {"sheet": "visible", "property": False, "name": False, "protected": False},
    "ExcelJS": {"sheet": "veryHidden", "property": False, "name": False, "protected": True},
    "SheetJS": {"sheet": "veryHidden", "property": True, "name": True, "protected": False},
}
"""What is left of a template; tokens, titles and texts of cells are, in all of them."""

Line = dict[str, Any]
Said = set[tuple[str, str | None]]


@dataclass
class Sent:
    """The files as a person left them, and what is to be said of the rows of the tampered one."""

    files: dict[str, bytes] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    said: dict[str, Said] = field(default_factory=dict)
    """By comment, which goes with a row wherever it stands."""
    changed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What was typed over a text that is locked, and what stood there."""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiClient]:
    folder = tmp_path_factory.mktemp("edited")
    url = f"sqlite:///{folder}/jalon.db"
    migrate(url)
    with open_api(url, folder, clock=Calendar()) as api:
        take_in(api, "clients", "projects", "phases")
        yield api


@pytest.fixture(scope="module")
def sent(firm: ApiClient) -> Sent:
    sent = Sent()
    sent.files["phases"] = download(firm, "phases", prefilled=True)
    progress = download(firm, "progress", prefilled=True)
    _, sheet = opened(progress)
    lines = [{letter: sheet[f"{letter}{row}"].value for letter in LETTERS[:10]} for row in _ROWS]
    for number, line in enumerate(lines):
        line |= {"K": 3 + number * 37 % 90, "L": AS_OF, "M": f"n° {number}"}
    sent.files["progress"] = _written(progress, lines, probed=True)
    alone = sorted(({key: line[key] for key in "KLM"} for line in lines), key=lambda one: one["K"])
    sorted_alone = [line | moved for line, moved in zip(lines, alone, strict=True)]
    sent.files["sorted"] = _written(progress, sorted_alone)
    sent.lines = lines
    _tamper(sent, lines, _token_of_another_firm(firm))
    kept = sorted(sent.lines, key=lambda line: line["K"], reverse=True)
    sent.files["tampered"] = _written(progress, kept, order=MOVED, locked=False)
    sent.files["fees"] = _fees_sorted(sent.files["phases"])
    return sent


_ROWS = range(2, 2 + FILLED)


def _written(
    template: bytes,
    lines: list[Line],
    *,
    order: str = LETTERS,
    locked: bool = True,
    probed: bool = False,
) -> bytes:
    """The Progress template with these rows alone; ExcelJS opens no comment of openpyxl's."""
    workbook, sheet = opened(template)
    titles = {letter: sheet[f"{letter}1"].value for letter in LETTERS}
    formats = {letter: sheet[f"{letter}2"].number_format for letter in LETTERS}
    sheet.delete_rows(2 + len(lines), sheet.max_row)
    for place, letter in zip(LETTERS, order, strict=True):
        sheet[f"{place}1"], sheet[f"{place}1"].comment = titles[letter], None
        for row, line in enumerate(lines, start=2):
            cell = sheet[f"{place}{row}"]
            cell.value, cell.number_format = line[letter], formats[letter]
    sheet.protection.sheet = locked
    for row, line in enumerate(lines, start=2):
        sheet.row_dimensions[row].hidden = bool(line.get("hidden"))
    if probed:
        sheet["N1"] = NAME
        workbook.defined_names[NAME] = DefinedName(NAME, attr_text=f'"{NAME}"')
    return saved(workbook)


def _fees_sorted(phases: bytes) -> bytes:
    """The fees of forty phases sorted by themselves, past codes and names that stay."""
    workbook, sheet = opened(phases)
    sheet.delete_rows(42, sheet.max_row)
    for row, fee in enumerate(sorted(sheet[f"F{row}"].value for row in range(2, 42)), start=2):
        sheet[f"F{row}"] = fee
    for cell in sheet[1]:
        cell.comment = None
    return saved(workbook)


def _token_of_another_firm(firm: ApiClient) -> str:
    other = firm.of_another_firm()
    take(other, "clients", {**CLIENT, "C": "CLI-0001"})
    take(other, "projects", PROJECT)
    take(other, "phases", {**PHASE, "A": "RIV-PAR", "B": PROJECT["B"]})
    _, sheet = opened(download(other, "progress", prefilled=True))
    return str(sheet["A2"].value)


def _tamper(sent: Sent, lines: list[Line], foreign: str) -> None:
    """What O33 is about, in one file: each row says by its comment what is to be found there."""
    sent.lines = lines = [dict(line) for line in lines]
    sent.said = {line["M"]: set() for line in lines}

    def expect(line: Line, code: str, *letters: str | None) -> None:
        sent.said[line["M"]] = {(code, letter) for letter in letters}

    for line, letter in zip(lines, "BCDEFGHIJ", strict=False):
        before, line[letter] = line[letter], REPLACED[letter](line[letter])
        if letter in "CDEFGJ":
            sent.changed[line["M"]] = (line[letter], before)
        expect(line, "REFERENCE_MODIFIED", letter)
    one, other = lines[10], lines[50]
    differing = [letter for letter in LETTERS[1:10] if one[letter] != other[letter]]
    one["A"], other["A"] = other["A"], one["A"]
    for line in (one, other):
        expect(line, "REFERENCE_MODIFIED", *differing)
    token = lines[12]["A"]
    lines[12]["A"] = token[:20] + ("0" if token[20] != "0" else "1") + token[21:]
    lines[13]["A"] = foreign
    for line in (lines[12], lines[13]):
        expect(line, "REFERENCE_ID_UNKNOWN", "A")
    copied = lines[14] | {"K": lines[14]["K"] - 1, "M": "copied"}
    found_by_codes = lines[15] | {"A": None, "L": date(2026, 9, 30), "K": 2, "M": "inserted"}
    of_nothing = dict.fromkeys(LETTERS) | {"C": "NO-SUCH", "F": "X", "K": 5, "L": AS_OF, "M": "new"}
    lines[16:20] = []
    lines += [copied, found_by_codes, of_nothing]
    sent.said |= {"inserted": set()}
    sent.said["copied"] = {("POSSIBLE_DUPLICATE", "L"), ("PROGRESS_DECREASED", "K")}
    expect(of_nothing, "REFERENCE_UNKNOWN", "C")
    for line in lines[20:24]:
        line["hidden"] = True
        expect(line, "ROW_HIDDEN", None)


_LONG = {"LibreOffice, .ods and back": pytest.mark.soak}
"""Twice the time of the others."""


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=_LONG.get(name, ())) for name in EDITORS],
)
def edited(
    request: pytest.FixtureRequest, sent: Sent, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, bytes]]:
    """An editor, and the files as it saved them, in one start of it."""
    editor = str(request.param)
    return editor, saved_by(editor, sent.files, tmp_path_factory.mktemp("editor"))


def reviewed(api: ApiClient, content: bytes) -> tuple[list[str], dict[int, Any]]:
    """The codes of the file that are more than a piece of information, and its rows."""
    review = send(api, content)
    assert review["state"] == "REVIEW", review
    key = int(review["id"].rpartition("_")[2])
    with api.house.database.reading(api.organisation_id) as session:
        rows = {row.number: row for row in kept_rows_of(session, key)}
    codes = [note["code"] for note in review["userErrors"] if note["severity"] != "INFO"]
    return codes, rows


def said_of(row: Any) -> Said:
    return {(issue["code"], issue.get("column")) for issue in row.issues}


def test_what_each_editor_keeps_of_the_carriers(
    edited: tuple[str, dict[str, bytes]], sent: Sent
) -> None:
    """O33: the tokens and the envelope's sheet outlive every editor, the rest does not."""
    editor, files = edited
    workbook = load_workbook(BytesIO(files["progress"]))
    sheet = workbook.worksheets[0]
    envelope = workbook[ENVELOPE_SHEET]
    found = {
        "sheet": envelope.sheet_state,
        "property": ENVELOPE_PROPERTY in workbook.custom_doc_props.names,
        "name": NAME in workbook.defined_names,
        "protected": bool(sheet.protection.sheet),
    }
    assert found == KEPT[editor]
    assert sheet["N1"].value == NAME
    before = load_workbook(BytesIO(sent.files["progress"])).worksheets[0]
    for letter in "ACDEFGH":
        texts = [sheet[f"{letter}{row}"].value for row in range(1, 2 + FILLED)]
        assert texts == [before[f"{letter}{row}"].value for row in range(1, 2 + FILLED)]


def test_an_honest_file_raises_no_alarm(
    firm: ApiClient, edited: tuple[str, dict[str, bytes]]
) -> None:
    """O33, A22: nothing is changed by opening and saving; what was typed is taken."""
    codes, rows = reviewed(firm, edited[1]["phases"])
    assert (codes, len(rows)) == ([], 324)
    assert {(row.outcome.value, row.colour.value) for row in rows.values()} == {
        ("UNCHANGED", "GREEN")
    }
    codes, rows = reviewed(firm, edited[1]["progress"])
    assert (codes, sorted(rows)) == (["COLUMN_UNKNOWN"], list(_ROWS))
    assert {row.colour.value for row in rows.values()} == {"GREEN"}


def test_each_tampered_row_is_found_and_no_other(
    firm: ApiClient, edited: tuple[str, dict[str, bytes]], sent: Sent
) -> None:
    """O33: unprotected, sorted, filtered, rows inserted, deleted and copied, columns moved."""
    editor, files = edited
    codes, rows = reviewed(firm, files["tampered"])
    assert codes == ["COLUMN_ORDER_CHANGED"]
    found = {row.raw["M"]: said_of(row) for row in rows.values()}
    if editor == "pandas":  # it shows what was hidden
        found |= {key: said for key, said in sent.said.items() if ("ROW_HIDDEN", None) in said}
    assert found == {line["M"]: sent.said[line["M"]] for line in sent.lines}
    told = {row.raw["M"]: row.issues for row in rows.values() if row.raw["M"] in sent.changed}
    assert {
        key: (issue["found"], issue["expected"]) for key, (issue,) in told.items()
    } == sent.changed


def test_entries_sorted_alone_are_found(
    firm: ApiClient, edited: tuple[str, dict[str, bytes]]
) -> None:
    """O33: LibreOffice sorts the free cells of a protected sheet, and every token is still true."""
    _, rows = reviewed(firm, edited[1]["sorted"])
    assert len(rows) == FILLED
    assert all(("VALUES_SORTED", "K") in said_of(row) for row in rows.values())
    _, rows = reviewed(firm, edited[1]["fees"])
    moved = {number for number, row in rows.items() if row.outcome.value == "UPDATE"}
    told = {number for number, row in rows.items() if ("VALUES_MOVED", "F") in said_of(row)}
    assert told <= moved
    assert len(told) > len(moved) // 2
