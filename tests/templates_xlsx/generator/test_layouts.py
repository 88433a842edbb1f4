"""Every template of the house, generated and opened: letters, locks, limits of Excel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from templates_xlsx.generator.guidance import PURPOSES
from templates_xlsx.layouts import LAYOUTS, layout
from templates_xlsx.sheet import GUIDANCE_SHEET, Flag, Setting, Sheet
from tests.templates_xlsx.generator.conftest import Opened
from words import translated

FIRM = Setting(entities=(("PAR", "Rivage Paris"), ("LYO", "Rivage Lyon, Ingénierie")))

every = pytest.mark.parametrize("sheet", LAYOUTS.values(), ids=LAYOUTS)
in_each_language = pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])


@every
@in_each_language
def test_each_letter_of_each_template_has_its_column(
    opened: Opened, sheet: Sheet, locale: str
) -> None:
    """O32: the letters are fixed and the gaps of the source pages are real columns."""
    workbook = opened(sheet, setting=FIRM, locale=locale)
    worksheet = workbook.active
    assert worksheet.title == sheet.name(locale)
    assert worksheet.max_column == len(sheet.columns)
    for place, column in enumerate(sheet.columns, 1):
        assert worksheet.cell(1, place).coordinate == f"{column.letter}1"
        assert worksheet.cell(1, place).value == column.title(locale)
    guidance = workbook[translated(GUIDANCE_SHEET, locale)]
    said = {cell.value for row in guidance.iter_rows() for cell in row}
    assert {column.title(locale) for column in sheet.columns} <= said
    assert translated(PURPOSES[sheet.kind], locale) in said


@every
def test_reference_columns_of_each_template_are_locked_and_the_others_free(
    opened: Opened, sheet: Sheet
) -> None:
    """O33: on the rows where something may be typed."""
    worksheet = opened(replace(sheet, prefilled_only=False), setting=FIRM).active
    for column in sheet.columns:
        for row in (2, 41):
            cell = worksheet[f"{column.letter}{row}"]
            assert cell.protection.locked is column.locked
            assert cell.number_format == column.kind.number_format
        assert worksheet[f"{column.letter}42"].protection.locked


@every
@in_each_language
def test_no_message_or_list_goes_beyond_what_excel_opens(
    opened: Opened, sheet: Sheet, locale: str
) -> None:
    """XlsxWriter warns of a longer one, and warnings are errors here; openpyxl sees the rest."""
    rules = opened(sheet, setting=FIRM, locale=locale).active.data_validations.dataValidation
    assert len(rules) == len(sheet.columns) - len(sheet.reference_columns)
    for rule in rules:
        assert len(rule.promptTitle or "") <= 32
        assert len(rule.prompt or "") <= 255
        assert len(rule.error or "") <= 255
        assert len(rule.formula1 or "") <= 257


def test_what_is_mandatory_depends_on_the_firm(opened: Opened) -> None:
    """O22, O13: the entity from two entities on; the VAT number unless the firm lowers it."""

    def colour(kind: str, letter: str, setting: Setting) -> str:
        cell = opened(layout(kind), setting=setting).active[f"{letter}1"]
        return str(cell.fill.fgColor.rgb)

    mandatory = colour("clients", "B", Setting())
    assert colour("phases", "A", FIRM) == colour("clients", "G", FIRM) == mandatory
    assert colour("phases", "A", Setting()) != mandatory
    lowered = Setting(vat_number_mandatory=False)
    assert colour("clients", "G", lowered) == colour("clients", "N", lowered) != mandatory


def test_lists_speak_the_language_of_the_template(opened: Opened) -> None:
    """A French firm may hand an English template to a foreign partner."""
    sheet = layout("clients")
    letter = sheet.column("client_type").letter
    for locale, word in (("fr", "entreprise"), ("en", "company")):
        rules = opened(sheet, locale=locale).active.data_validations.dataValidation
        (rule,) = [rule for rule in rules if str(rule.sqref).startswith(f"{letter}2")]
        assert word in rule.formula1
    assert sheet.column("ref").flag is Flag.REFERENCE
