"""What is said of a row against the firm's records, or against the other cells of its row.

Source: DOMAIN §3.7. What is said of a cell, a header or a file alone is in `templates_xlsx`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from domain.errors import Issue, IssueKind, Scope, Severity


def _red(code: str, sentence: str, fix: str | None = None) -> IssueKind:
    return IssueKind(code, Severity.ERROR, Scope.ROW, sentence, fix)


def _yellow(code: str, sentence: str, fix: str | None = None) -> IssueKind:
    return IssueKind(code, Severity.WARNING, Scope.ROW, sentence, fix)


IMPORT_ORDER = IssueKind(
    "IMPORT_ORDER",
    Severity.ERROR,
    Scope.FILE,
    "Nothing that “{kind}” refers to has been imported yet.",
    "Import the file “{first}” first.",
)
SHEET_KIND_TWICE = IssueKind(
    "SHEET_KIND_TWICE",
    Severity.ERROR,
    Scope.FILE,
    "The sheets {found} and {expected} both hold {kind}: which of them counts is not ours to say.",
    "Bring their rows together on one sheet, send them as two files, or delete the one that does "
    "not count.",
)

MANDATORY_MISSING = _red(
    "MANDATORY_MISSING", "The cell “{column_title}” is mandatory and is empty."
)
ENUM_UNKNOWN = _red("ENUM_UNKNOWN", "“{found}” is not in the list.", "Choose among: {expected}.")
DATE_IN_FUTURE = _yellow(
    "DATE_IN_FUTURE", "The date {found} is still to come; today is {expected}."
)
REFERENCE_UNKNOWN = _red(
    "REFERENCE_UNKNOWN",
    "“{found}” is not among your records.[[ Near names: {near}.]]",
    "Correct the name or the code, or import the missing record first.",
)
REFERENCE_AMBIGUOUS = _red(
    "REFERENCE_AMBIGUOUS",
    "Several records answer to “{found}”: {near}.",
    "Give the code instead of the name.",
)
REFERENCE_MODIFIED = _red(
    "REFERENCE_MODIFIED",
    "A locked reference column was changed: “{found}” instead of “{expected}”.",
    "Put the original value back, or download the template again.",
)
REFERENCE_ID_UNKNOWN = _red(
    "REFERENCE_ID_UNKNOWN",
    "The system reference stands for nothing in your data, or for nothing any more.",
    "Leave the cell as it was in the template; empty it for a new record.",
)
ENTITY_MISMATCH = _red(
    "ENTITY_MISMATCH", "The entity “{found}” is not that of the project: “{expected}”."
)
DUPLICATE_KEY_IN_FILE = _red(
    "DUPLICATE_KEY_IN_FILE", "“{found}” already stands higher in the file, on row {first_row}."
)
CONTRACT_INCONSISTENT = _red(
    "CONTRACT_INCONSISTENT",
    "The rows of the fee project “{contract}” disagree on the billing method: "
    "“{found}” here, “{expected}” before.",
)
AMOUNT_NEGATIVE = _red("AMOUNT_NEGATIVE", "{found} is negative; only zero or more is allowed here.")
AMOUNT_CURRENCY_MISMATCH = _red(
    "AMOUNT_CURRENCY_MISMATCH",
    "“{found}” does not agree with the currency expected here, {expected}.",
)
VAT_RATE_UNKNOWN = _red("VAT_RATE_UNKNOWN", "{found} % is not a VAT rate of {country}.")
DATE_ORDER = _red("DATE_ORDER", "The end ({found}) is before the start ({expected}).")

WILL_UPDATE = _yellow(
    "WILL_UPDATE",
    "“{name}” already exists and will be updated: {fields}.",
    "Skip the row if the update is not wanted.",
)
POSSIBLE_DUPLICATE = _yellow("POSSIBLE_DUPLICATE", "“{found}” looks like “{other}”.")
ARCHIVED_BEFORE = _yellow(
    "ARCHIVED_BEFORE",
    "“{found}” was recorded before, and archived since: it would count again.",
    "Skip the row if it was archived rightly.",
)
REFERENCE_MATCHED_APPROX = _yellow(
    "REFERENCE_MATCHED_APPROX",
    "“{found}” was understood as “{expected}”: only punctuation or the legal form differ.",
)
CLIENT_NAME_CONFLICT = _yellow(
    "CLIENT_NAME_CONFLICT",
    "This client code already goes with the name “{expected}”; “{found}” is not kept.",
)
DUPLICATE_ADDRESS = _yellow(
    "DUPLICATE_ADDRESS",
    "The address code “{found}” was already given for this client: the last one is kept.",
)
MULTIPLE_DEFAULTS = _yellow(
    "MULTIPLE_DEFAULTS", "This client already has a default here: the first one is kept."
)
CURRENCY_DIFFERS = _yellow(
    "CURRENCY_DIFFERS", "The project is in {found} and its client in {expected}."
)
AMOUNT_ROUNDED = _yellow(
    "AMOUNT_ROUNDED", "{found} has more decimals than are kept: rounded to {expected}."
)
AMOUNT_ZERO = _yellow("AMOUNT_ZERO", "The amount is zero.")
AMOUNT_NEGATIVE_ANNEX = _yellow(
    "AMOUNT_NEGATIVE_ANNEX",
    "The annex is negative ({found}): a deduction, or an advance paid back.",
)
AMOUNT_NEGATIVE_HISTORY = _yellow(
    "AMOUNT_NEGATIVE_HISTORY", "The amount is negative ({found}): taken as a past credit note."
)
OVER_BILLED = _yellow(
    "OVER_BILLED", "With this row {found} is billed, more than the fee of {expected}."
)
PROGRESS_DECREASED = _yellow(
    "PROGRESS_DECREASED", "The progress of {found} % is lower than before ({expected} %)."
)
PROJECT_NOT_SIGNED = _yellow(
    "PROJECT_NOT_SIGNED", "The project {found} is not signed: nothing can be invoiced on it yet."
)
VAT_RATE_UNVERIFIED = _yellow(
    "VAT_RATE_UNVERIFIED", "There is no list of VAT rates for {country}: {found} % was not checked."
)
VAT_EXEMPTION_REASON_MISSING = _yellow(
    "VAT_EXEMPTION_REASON_MISSING",
    "The VAT rate is 0 without a reason: final invoices will be blocked until there is one.",
    "Fill in “{column_title}”. {expected}",
)


def still_to_come(column: str, day: date, today: date | None) -> Iterator[Issue]:
    """DATE_IN_FUTURE of a day after `today`, in `column`; nothing where no day is known."""
    if today is not None and day > today:
        found, expected = f"{day:%d/%m/%Y}", f"{today:%d/%m/%Y}"
        yield DATE_IN_FUTURE(field=(column,), found=found, expected=expected)
