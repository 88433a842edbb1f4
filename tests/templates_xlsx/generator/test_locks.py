"""The locked template: what is free, what is locked, what it says to the person who fills it."""

from __future__ import annotations

from io import BytesIO

from openpyxl import load_workbook

from templates_xlsx.generator import write_template
from templates_xlsx.generator.guidance import ORDER, PURPOSES
from templates_xlsx.generator.wording import FLAG_MEANINGS, FLAG_NAMES
from templates_xlsx.seal import ENVELOPE_SHEET
from templates_xlsx.sheet import GUIDANCE_SHEET
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
from words import missing


# ---- locked and free (O33)
def test_reference_columns_and_headers_are_locked_and_entry_cells_are_free(opened: Opened) -> None:
    """O33: in prefilled rows and in the room of new rows alike."""
    worksheet = opened(CLIENTS, CLIENT_ROWS, room=2000).active
    assert worksheet.protection.sheet
    assert not worksheet.protection.password
    assert all(cell.protection.locked for cell in worksheet[1])
    for row in (2, 3, 4, 2003):
        locked = [cell.protection.locked for cell in worksheet[row]]
        assert locked == [True] + [False] * 8
    assert all(cell.protection.locked for cell in worksheet[2004])


def test_there_is_room_for_two_thousand_new_rows(opened: Opened) -> None:
    """O33: rows 2 to 2001 of an empty template are free, and nothing under them is."""
    out = BytesIO()
    write_template(out, sheet=CLIENTS, setting=SETTING, seal=SEAL, issued=ISSUED, locale="fr")
    worksheet = load_workbook(out).active
    assert not worksheet["B2001"].protection.locked
    assert worksheet["A2001"].protection.locked
    assert worksheet["A2001"].value is None
    assert worksheet["B2002"].protection.locked
    assert worksheet.auto_filter.ref == "A1:I2001"
    assert not opened(CLIENTS, room=2500).active["B2501"].protection.locked


def test_a_takeover_sheet_has_no_room_because_new_rows_have_no_meaning(opened: Opened) -> None:
    """O33: rows stand for phases that exist."""
    worksheet = opened(PROGRESS, PROGRESS_ROWS).active
    assert [cell.protection.locked for cell in worksheet[3]] == [True, True, True, False, False]
    assert worksheet.max_row == 3
    assert worksheet["D4"].protection.locked


def test_sorting_and_moving_columns_stay_forbidden_while_filtering_is_allowed(
    opened: Opened,
) -> None:
    """O33: sorting would move the free cells alone, past the locked references."""
    protection = opened(CLIENTS).active.protection
    forbidden = (
        protection.sort,
        protection.insertColumns,
        protection.deleteColumns,
        protection.insertRows,
        protection.deleteRows,
        protection.formatCells,
    )
    allowed = (
        protection.autoFilter,
        protection.formatColumns,
        protection.formatRows,
        protection.selectLockedCells,
        protection.selectUnlockedCells,
    )
    assert forbidden == (True,) * 6  # in the file, true means locked
    assert allowed == (False,) * 5


# ---- letters and titles (O32)
def test_every_declared_letter_has_its_title_in_the_header(opened: Opened) -> None:
    """O32: the letters are fixed, the gaps are real columns."""
    worksheet = opened(CLIENTS).active
    for column in CLIENTS.columns:
        assert worksheet[f"{column.letter}1"].value == column.fr
    worksheet = opened(CLIENTS, locale="en-GB").active
    assert [cell.value for cell in worksheet[1]] == [column.en for column in CLIENTS.columns]


def test_only_mandatory_columns_look_mandatory(opened: Opened) -> None:
    """O32: the other columns are recommended, not mandatory, and look so."""
    worksheet = opened(CLIENTS).active
    mandatory = worksheet["B1"].fill.fgColor.rgb
    same = {c.coordinate for c in worksheet[1] if c.fill.fgColor.rgb == mandatory}
    assert same == {"B1", "D1", "E1", "G1"}


def test_the_data_sheet_opens_first_with_its_header_and_names_in_place(opened: Opened) -> None:
    workbook = opened(CLIENTS)
    assert workbook.sheetnames == ["Clients", "Mode d'emploi", ENVELOPE_SHEET]
    assert workbook.active.title == "Clients"
    assert workbook.active.freeze_panes == "C2"
    assert workbook[ENVELOPE_SHEET].sheet_state == "veryHidden"
    english = opened(PROGRESS, PROGRESS_ROWS, locale="en").sheetnames
    assert english[:2] == ["Progress", GUIDANCE_SHEET]


# ---- lists, hints and colours
def test_every_entry_column_says_what_to_type(opened: Opened) -> None:
    worksheet = opened(CLIENTS).active
    rules = {str(rule.sqref): rule for rule in worksheet.data_validations.dataValidation}
    assert set(rules) == {f"{letter}2:{letter}41" for letter in "BCDEFGHI"}
    assert rules["E2:E41"].formula1 == '"EUR,CHF"'
    assert rules["I2:I41"].type == "decimal"
    assert rules["I2:I41"].errorTitle == "Plafond"
    assert rules["I2:I41"].error == (
        "Cette valeur ne convient pas. Attendu\u00a0: Un montant positif ou nul."
    )
    assert rules["H2:H41"].prompt == "Texte.\nExemple\u00a0: 73282932000074"
    for rule in rules.values():
        assert len(rule.promptTitle or "") <= 32
        assert len(rule.prompt or "") <= 255
        assert len(rule.error or "") <= 255


def test_an_empty_mandatory_cell_of_a_begun_row_is_tinted(opened: Opened) -> None:
    worksheet = opened(CLIENTS).active
    tinted = {str(c.sqref): c.rules[0].formula for c in worksheet.conditional_formatting}
    assert set(tinted) == {f"{letter}2:{letter}41" for letter in "BDEG"}
    assert tinted["D2:D41"] == ["AND(COUNTA($B2:$I2)>0,LEN(TRIM($D2))=0)"]


def test_header_cells_carry_the_hint_and_the_example(opened: Opened) -> None:
    worksheet = opened(CLIENTS).active
    assert worksheet["H1"].comment.text == "Recommandée\nTexte.\nExemple\u00a0: 73282932000074"
    assert worksheet["A1"].comment.text.startswith("Référence verrouillée")


def test_the_guidance_tells_the_order_the_grey_columns_and_the_symbols(opened: Opened) -> None:
    """O08, O09, O33, O34: in the user's language."""
    guidance = opened(CLIENTS, room=2000)["Mode d'emploi"]
    texts = [cell.value for row in guidance.iter_rows() for cell in row if cell.value]
    order = [texts.index(name) for name in ("Projets", "Phases et annexes", "Collaborateurs")]
    assert order == sorted(order)
    said = "\n".join(map(str, texts))
    for words in ("garantissent la synchronisation", "Évitez les symboles", "2\u202f000 lignes"):
        assert words in said
    for column in CLIENTS.columns:
        assert column.fr in texts
    assert guidance.protection.sheet
    english = opened(PROGRESS, locale="en")[GUIDANCE_SHEET]
    said = "\n".join(str(cell.value) for row in english.iter_rows() for cell in row)
    assert "must not be changed" in said
    assert "stands for a phase or annex" in said


def test_nothing_of_the_guidance_is_left_in_english(opened: Opened) -> None:
    """What both languages say alike is only letters, numbers, examples and titles."""
    french = opened(PROGRESS)["Mode d'emploi"]
    english = opened(PROGRESS, locale="en")[GUIDANCE_SHEET]
    alike = {
        str(ours.value)
        for row, theirs in zip(french.iter_rows(), english.iter_rows(), strict=True)
        for ours, other in zip(row, theirs, strict=True)
        if ours.value is not None and ours.value == other.value
    }
    letters = {column.letter for column in PROGRESS.columns}
    assert alike <= letters | {"1", "2", "3", "4", "5", "6", "7", "8", "•", "Clients", "Code"}
    sentences = [*PURPOSES.values(), *FLAG_NAMES.values(), *FLAG_MEANINGS.values()]
    assert missing([*sentences, *ORDER.values()], "fr") == []
