"""Kinds of issues: their codes are a promise to programs, so they change only on purpose."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import domain
import persistence
from domain.errors import KINDS, IssueKind, Refusal, Scope, Severity, call_error, call_warning

RED_OF_A_CALL = """
ALREADY_EXISTS AMOUNT_ABOVE_REMAINING AMOUNT_AGAINST_FEE CATALOGUE_CODE_TAKEN CLIENT_CODE_TAKEN
CLIENT_IN_USE CLIENT_NAME_TAKEN COLLABORATOR_EMAIL_TAKEN CONTRACT_IN_USE CONTRACT_METHOD_FROZEN
CONTRACT_NAME_TAKEN CONTRACT_STATUS_FROZEN CURSOR_INVALID DUE_BEFORE_ISSUE ENTITY_REQUIRED
EXEMPTION_MISSING
FIELD_INVALID FIELD_REQUIRED IDEMPOTENCY_KEY_PARAMETER_MISMATCH ID_INVALID IMPORT_BLOCKED
IMPORT_NOT_IN_REVIEW INPUT_TOO_LARGE INVOICE_ALREADY_FINAL INVOICE_EMPTY
INVOICE_PROJECT_NOT_SIGNED INVOICE_ZERO ISSUE_DATE_IN_FUTURE ISSUE_DATE_TOO_EARLY
ISSUE_DATE_TOO_OLD LEDGER_ACCOUNT_UNKNOWN LINE_INCOMPLETE LINE_WITHOUT_ACCOUNT LINE_WITHOUT_TAX
MENTION_MISSING NOTHING_TO_INVOICE NOT_FOUND ORGANISATION_EXISTS ORGANISATION_FILE_INVALID
PAGE_SIZE_INVALID PERMISSION_DENIED PHASE_OF_OTHER_PROJECT PRODUCT_UNKNOWN PROGRESS_OUT_OF_RANGE
PROJECT_OF_OTHER_CLIENT RECORD_ARCHIVED ROW_NOT_THERE SEVERAL_MEASURES STALE_OBJECT STALE_REVIEW
TAX_CODE_UNKNOWN TEMPLATE_KIND_UNKNOWN WARNINGS_NOT_ACCEPTED
"""
YELLOW_OF_A_CALL = "AMOUNT_ABOVE_EARNED PROGRESS_LOWERED PROGRESS_UNSIGNED"
RED_OF_A_FILE = "IMPORT_ORDER"
RED_OF_A_ROW = """
AMOUNT_CURRENCY_MISMATCH AMOUNT_NEGATIVE CONTRACT_INCONSISTENT DATE_ORDER DUPLICATE_KEY_IN_FILE
ENTITY_MISMATCH FEE_BELOW_BILLED KEY_TAKEN MANDATORY_MISSING PROJECT_CLIENT_FROZEN
PROJECT_CURRENCY_FROZEN PROJECT_CURRENCY_INEXACT PROJECT_ENTITY_FROZEN
REFERENCE_AMBIGUOUS REFERENCE_ID_UNKNOWN REFERENCE_MODIFIED REFERENCE_UNKNOWN VAT_RATE_UNKNOWN
"""
YELLOW_OF_A_ROW = """
AMOUNT_NEGATIVE_ANNEX AMOUNT_NEGATIVE_HISTORY AMOUNT_ROUNDED AMOUNT_ZERO CLIENT_NAME_CONFLICT
CURRENCY_DIFFERS DUPLICATE_ADDRESS MULTIPLE_DEFAULTS OVER_BILLED POSSIBLE_DUPLICATE
PROGRESS_DECREASED PROJECT_NOT_SIGNED REFERENCE_MATCHED_APPROX VAT_EXEMPTION_REASON_MISSING
VAT_RATE_UNVERIFIED WILL_UPDATE
"""
PROMISED = {
    **dict.fromkeys(RED_OF_A_CALL.split(), (Severity.ERROR, Scope.CALL)),
    **dict.fromkeys(YELLOW_OF_A_CALL.split(), (Severity.WARNING, Scope.CALL)),
    **dict.fromkeys(RED_OF_A_FILE.split(), (Severity.ERROR, Scope.FILE)),
    **dict.fromkeys(RED_OF_A_ROW.split(), (Severity.ERROR, Scope.ROW)),
    **dict.fromkeys(YELLOW_OF_A_ROW.split(), (Severity.WARNING, Scope.ROW)),
}


def load_everything() -> None:
    for package in (domain, persistence):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)


def test_every_code_promised_is_there_with_its_colour_and_its_place() -> None:
    """API.md 2: codes are stable; a red note that turns yellow breaks a promise."""
    load_everything()
    found = {code: (KINDS[code].severity, KINDS[code].scope) for code in PROMISED if code in KINDS}
    assert found == PROMISED


def test_a_code_is_declared_once() -> None:
    load_everything()
    with pytest.raises(ValueError, match="NOT_FOUND"):
        call_error("NOT_FOUND", "Nobody is there.")
    assert KINDS["NOT_FOUND"].sentence == "There is no {noun} {key}."


def test_a_refusal_says_why() -> None:
    with pytest.raises(ValueError, match="says why"):
        Refusal()
    refusal = Refusal(KINDS["NOT_FOUND"](noun="client", key="client_1"))
    assert str(refusal) == "NOT_FOUND"


def test_an_issue_keeps_what_it_is_not_told_anew() -> None:
    kind = KINDS["NOT_FOUND"]
    issue = kind(field=("id",), row=3, column="B", expected="x", found="y", noun="client", key=7)
    assert issue.facts == {"noun": "client", "key": "7"}
    moved = issue.at(row=9)
    assert (moved.row, moved.column, moved.field) == (9, "B", ("id",))
    assert (moved.expected, moved.found, moved.facts) == ("x", "y", issue.facts)
    assert issue.at(field=(), column="C").field == ()
    assert issue.row == 3


def test_red_and_yellow_exclude_each_other() -> None:
    kinds: list[IssueKind] = list(KINDS.values())
    for kind in kinds:
        issue = kind()
        assert issue.is_red is (kind.severity is Severity.ERROR)
        assert issue.is_yellow is (kind.severity is Severity.WARNING)
        assert issue.code == kind.code
        assert issue.severity is kind.severity


def test_the_two_short_forms_declare_what_is_said_of_a_call() -> None:
    made = [call_error("TRIED_ERROR", "No."), call_warning("TRIED_WARNING", "Mind.", "Look.")]
    try:
        assert [(kind.severity, kind.scope, kind.fix) for kind in made] == [
            (Severity.ERROR, Scope.CALL, None),
            (Severity.WARNING, Scope.CALL, "Look."),
        ]
    finally:
        for kind in made:
            del KINDS[kind.code]
