"""Every kind of issue of an import is declared, of the right colour, and said in French."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from domain.errors import KINDS, IssueKind, Scope, Severity
from domain.takeover import issues as of_records
from templates_xlsx import issues as of_cells
from templates_xlsx.reader import refusals as of_files
from words import missing, phrase, translated

FILE_RED = """
FILE_UNREADABLE FILE_TYPE_UNSUPPORTED FILE_TOO_LARGE FILE_EMPTY HEADER_NOT_FOUND
HEADER_COLUMN_MISSING HEADER_DUPLICATE_COLUMN TEMPLATE_WRONG_KIND TEMPLATE_TAMPERED IMPORT_ORDER
SHEET_KIND_TWICE
"""
FILE_YELLOW = "COLUMN_UNKNOWN COLUMN_ORDER_CHANGED TEMPLATE_OUTDATED SHEET_HIDDEN"
FILE_INFO = "TITLE_ROWS_SKIPPED TEMPLATE_UNSIGNED SHEET_IGNORED ENCODING_DETECTED COLUMN_HIDDEN"
ROW_RED = """
MANDATORY_MISSING REFERENCE_UNKNOWN REFERENCE_AMBIGUOUS REFERENCE_MODIFIED REFERENCE_ID_UNKNOWN
ENTITY_MISMATCH DUPLICATE_KEY_IN_FILE NUMBER_INVALID NUMBER_OUT_OF_RANGE AMOUNT_NEGATIVE AMOUNT_TTC
AMOUNT_CURRENCY_MISMATCH PERCENT_OUT_OF_RANGE VAT_RATE_UNKNOWN CURRENCY_UNKNOWN COUNTRY_UNKNOWN
ENUM_UNKNOWN BOOLEAN_INVALID DATE_INVALID DATE_OUT_OF_RANGE DATE_ORDER EMAIL_INVALID
VAT_NUMBER_INVALID SYMBOL_FORBIDDEN TEXT_TOO_LONG HOURS_OUT_OF_RANGE CONTRACT_INCONSISTENT
CELL_ERROR FORMULA_NO_VALUE CODE_NOT_TEXT
"""
ROW_YELLOW = """
RECOMMENDED_MISSING WILL_UPDATE POSSIBLE_DUPLICATE REFERENCE_MATCHED_APPROX ENUM_SYNONYM
SIRET_INVALID SIRET_PADDED SIREN_ONLY VAT_PREFIX_ADDED VAT_SIRET_MISMATCH VAT_COUNTRY_MISMATCH
VAT_EXEMPTION_REASON_MISSING VAT_RATE_UNVERIFIED PERCENT_AS_FRACTION PERCENT_AMBIGUOUS
NUMBER_AMBIGUOUS AMOUNT_ROUNDED AMOUNT_ZERO AMOUNT_NEGATIVE_ANNEX AMOUNT_NEGATIVE_HISTORY
OVER_BILLED PROGRESS_DECREASED PROJECT_NOT_SIGNED CURRENCY_DIFFERS DATE_AMBIGUOUS DATE_SERIAL
EMAIL_DROPPED EMAIL_MULTIPLE FORMULA_VALUE_USED MERGED_CELL_FILLED ROW_HIDDEN SYMBOL_DISCOURAGED
TEXT_MOJIBAKE CELL_NOT_TEXT MULTIPLE_DEFAULTS DUPLICATE_ADDRESS CLIENT_NAME_CONFLICT DATE_IN_FUTURE
ARCHIVED_BEFORE
"""
ROW_INFO = "TOTAL_ROW_IGNORED HEADER_REPEATED EXAMPLE_ROW_IGNORED"

DECLARED = [
    (code, scope, severity)
    for scope, severity, names in (
        (Scope.FILE, Severity.ERROR, FILE_RED),
        (Scope.FILE, Severity.WARNING, FILE_YELLOW),
        (Scope.FILE, Severity.INFO, FILE_INFO),
        (Scope.ROW, Severity.ERROR, ROW_RED),
        (Scope.ROW, Severity.WARNING, ROW_YELLOW),
        (Scope.ROW, Severity.INFO, ROW_INFO),
    )
    for code in names.split()
]


def _kinds_of(*modules: ModuleType) -> list[IssueKind]:
    return [v for module in modules for v in vars(module).values() if isinstance(v, IssueKind)]


OURS = _kinds_of(of_records, of_cells)


@pytest.mark.parametrize(("code", "scope", "severity"), DECLARED)
def test_every_code_is_declared_with_its_scope_and_colour(
    code: str, scope: Scope, severity: Severity
) -> None:
    """DOMAIN §3.7; A21 red, A22 yellow."""
    assert (KINDS[code].scope, KINDS[code].severity) == (scope, severity)


def test_no_code_of_ours_is_outside_the_list() -> None:
    assert {kind.code for kind in OURS} <= {code for code, _, _ in DECLARED}
    assert of_files.FILE_EMPTY.code in KINDS


def test_every_kind_of_issue_has_a_french_sentence() -> None:
    sentences = [text for kind in OURS for text in (kind.sentence, kind.fix) if text]
    assert missing(sentences, "fr") == []


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.code)
def test_french_names_the_facts_of_the_english_sentence(kind: IssueKind) -> None:
    for sentence in filter(None, (kind.sentence, kind.fix)):
        french = translated(sentence, "fr")
        assert set(re.findall(r"{\w+}", french)) == set(re.findall(r"{\w+}", sentence))
        assert not re.search(r" [:;?!%»]|« |'", french), "French spaces and apostrophes"


def test_a_sentence_is_filled_with_its_facts() -> None:
    issue = of_records.ENUM_UNKNOWN(found="lot", expected="phase, annexe")
    facts = {**issue.facts, "found": issue.found, "expected": issue.expected}
    assert (
        phrase(issue.kind.sentence, "fr", **facts) == "«\u00a0lot\u00a0» n’est pas dans la liste."
    )
