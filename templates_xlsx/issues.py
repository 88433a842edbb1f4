"""What is said of a file, its header or its cells, before any record is looked up.

Source: DOMAIN §3.7. What the opening of the file says is in `reader.refusals`; what is said against
the firm's records, or against the other cells of the row, is in `domain.takeover.issues`.
"""

from __future__ import annotations

from domain.errors import IssueKind, Scope, Severity
from domain.takeover import moved


def _file(code: str, severity: Severity, sentence: str, fix: str | None = None) -> IssueKind:
    return IssueKind(code, severity, Scope.FILE, sentence, fix)


def _row(code: str, severity: Severity, sentence: str, fix: str | None = None) -> IssueKind:
    return IssueKind(code, severity, Scope.ROW, sentence, fix)


RED, YELLOW, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

# ---- of the file
HEADER_NOT_FOUND = _file(
    "HEADER_NOT_FOUND",
    RED,
    "No row of titles was recognised in the first {limit} rows.",
    "Keep the row of titles of the template: {expected}.",
)
HEADER_COLUMN_MISSING = _file(
    "HEADER_COLUMN_MISSING",
    RED,
    "The mandatory column “{column_title}” ({letter}) is absent from the header.",
    "Add a column titled “{column_title}”.",
)
HEADER_DUPLICATE_COLUMN = _file(
    "HEADER_DUPLICATE_COLUMN",
    RED,
    "The column “{column_title}” appears twice, in {found}.",
    "Keep one of the two columns.",
)
TEMPLATE_WRONG_KIND = _file(
    "TEMPLATE_WRONG_KIND",
    RED,
    "This file is the template “{found}”, not “{expected}”.",
    "Import it as “{found}”, or choose the other file.",
)
TEMPLATE_TAMPERED = _file(
    "TEMPLATE_TAMPERED",
    RED,
    "The signature of the template does not verify: it was changed or made for someone else.",
    "Download the template again and copy your entries into it.",
)
COLUMN_UNKNOWN = _file("COLUMN_UNKNOWN", YELLOW, "Columns that are not read: {found}.")
COLUMN_ORDER_CHANGED = _file(
    "COLUMN_ORDER_CHANGED",
    YELLOW,
    "The columns are in another order; they were recognised by their titles.",
)
TEMPLATE_OUTDATED = _file(
    "TEMPLATE_OUTDATED",
    YELLOW,
    "This is version {found} of the template; the current one is {expected}.",
    "Download the current template for the next time.",
)
SHEET_HIDDEN = _file(
    "SHEET_HIDDEN",
    YELLOW,
    "The sheet {found} is hidden; it is read all the same.",
    "Delete it when it is not to be imported.",
)
TITLE_ROWS_SKIPPED = _file(
    "TITLE_ROWS_SKIPPED", INFO, "The titles are in row {header_row}; the rows above are not read."
)
TEMPLATE_UNSIGNED = _file(
    "TEMPLATE_UNSIGNED", INFO, "This file was not made from the template: it carries no signature."
)
SHEET_IGNORED = _file("SHEET_IGNORED", INFO, "The sheet “{found}” is not read.")
COLUMN_HIDDEN = _file("COLUMN_HIDDEN", INFO, "Hidden columns were read: {found}.")

# ---- of a row, red
NUMBER_INVALID = _row("NUMBER_INVALID", RED, "“{found}” is not a number.", "Expected: {expected}.")
NUMBER_OUT_OF_RANGE = _row(
    "NUMBER_OUT_OF_RANGE", RED, "{found} is outside the allowed range: {expected}."
)
AMOUNT_TTC = _row(
    "AMOUNT_TTC",
    RED,
    "“{found}” is an amount including VAT; the net amount is expected.",
    "Give the amount excluding VAT.",
)
PERCENT_OUT_OF_RANGE = _row(
    "PERCENT_OUT_OF_RANGE", RED, "{found} % is not a percentage between 0 and 100."
)
CURRENCY_UNKNOWN = _row(
    "CURRENCY_UNKNOWN",
    RED,
    "“{found}” is not a currency, or names several.",
    "Give the three letters of the currency: EUR, CHF, USD…",
)
COUNTRY_UNKNOWN = _row(
    "COUNTRY_UNKNOWN", RED, "“{found}” is not a country.", "Give its two letters: FR, BE, CH…"
)
BOOLEAN_INVALID = _row(
    "BOOLEAN_INVALID", RED, "“{found}” is neither yes nor no.", "Expected: {expected}."
)
DATE_INVALID = _row(
    "DATE_INVALID", RED, "“{found}” is not a date that exists.", "Expected: {expected}."
)
DATE_OUT_OF_RANGE = _row("DATE_OUT_OF_RANGE", RED, "The date {found} is not between 1990 and 2100.")
EMAIL_INVALID = _row("EMAIL_INVALID", RED, "“{found}” is not one valid e-mail address.")
VAT_NUMBER_INVALID = _row(
    "VAT_NUMBER_INVALID",
    RED,
    "“{found}” is not a valid VAT number (structure or key).",
    "Correct it, or write NA for a client that has none.",
)
SYMBOL_FORBIDDEN = _row(
    "SYMBOL_FORBIDDEN",
    RED,
    "The code “{found}” holds a forbidden symbol: {symbols}",
    "Use letters, digits, - _ and . only.",
)
CODE_NOT_TEXT = _row(
    "CODE_NOT_TEXT",
    RED,
    "The spreadsheet took “{found}” for a date, for a number like 3E5, or for true or false: the "
    "code that was typed is lost.",
    "Format the column as text, then type the code again.",
)
TEXT_TOO_LONG = _row(
    "TEXT_TOO_LONG",
    RED,
    "The text is too long: {expected} at most.",
    "Shorten it; nothing is ever cut silently.",
)
HOURS_OUT_OF_RANGE = _row(
    "HOURS_OUT_OF_RANGE", RED, "{found} hours are outside the allowed range: {expected}."
)
CELL_ERROR = _row("CELL_ERROR", RED, "The cell holds the error {found}.", "Correct the formula.")
FORMULA_NO_VALUE = _row(
    "FORMULA_NO_VALUE",
    RED,
    "The cell holds a formula without a stored value.",
    "Open the file in a spreadsheet and save it, or type the value.",
)

# ---- of a row, yellow
RECOMMENDED_MISSING = _row(
    "RECOMMENDED_MISSING", YELLOW, "The cell “{column_title}” is recommended and is empty."
)
ENUM_SYNONYM = _row("ENUM_SYNONYM", YELLOW, "“{found}” was understood as “{expected}”.")
SIRET_INVALID = _row(
    "SIRET_INVALID", YELLOW, "“{found}” is not a valid SIRET (length or checksum): not stored."
)
SIRET_PADDED = _row(
    "SIRET_PADDED", YELLOW, "The SIRET {found} had lost its leading zero: {expected}."
)
SIREN_ONLY = _row("SIREN_ONLY", YELLOW, "{found} is a SIREN, not a SIRET: stored as SIREN.")
VAT_PREFIX_ADDED = _row(
    "VAT_PREFIX_ADDED", YELLOW, "The country was added to the VAT number: {expected}."
)
VAT_SIRET_MISMATCH = _row(
    "VAT_SIRET_MISMATCH",
    YELLOW,
    "The VAT number holds the SIREN {found} and the SIRET another one, {expected}.",
)
VAT_COUNTRY_MISMATCH = _row(
    "VAT_COUNTRY_MISMATCH",
    YELLOW,
    "The VAT number {found} is not one of the client's country, {expected}.",
)
PERCENT_AS_FRACTION = _row("PERCENT_AS_FRACTION", YELLOW, "“{found}” was read as {expected} %.")
PERCENT_AMBIGUOUS = _row(
    "PERCENT_AMBIGUOUS", YELLOW, "“{found}” was read as {expected} %, not as 100 %."
)
NUMBER_AMBIGUOUS = _row("NUMBER_AMBIGUOUS", YELLOW, "“{found}” was read as {expected}.")
DATE_AMBIGUOUS = _row(
    "DATE_AMBIGUOUS", YELLOW, "“{found}” has a year of two digits: read as {expected}."
)
DATE_SERIAL = _row(
    "DATE_SERIAL", YELLOW, "The number {found} was read as a spreadsheet date: {expected}."
)
EMAIL_DROPPED = _row(
    "EMAIL_DROPPED", YELLOW, "“{found}” is not a valid e-mail address: not stored."
)
EMAIL_MULTIPLE = _row(
    "EMAIL_MULTIPLE", YELLOW, "“{found}” holds several e-mail addresses: {expected} is kept."
)
FORMULA_VALUE_USED = _row(
    "FORMULA_VALUE_USED", YELLOW, "The cell holds a formula: its stored value was used, {found}."
)
MERGED_CELL_FILLED = _row(
    "MERGED_CELL_FILLED", YELLOW, "The value was taken from a merged cell: {found}."
)
ROW_HIDDEN = _row(
    "ROW_HIDDEN", YELLOW, "The row is hidden or filtered; it is imported all the same."
)
SYMBOL_DISCOURAGED = _row(
    "SYMBOL_DISCOURAGED", YELLOW, "“{found}” holds a symbol to be avoided: {symbols}"
)
CELL_NOT_TEXT = _row(
    "CELL_NOT_TEXT",
    YELLOW,
    "The spreadsheet took “{found}” for a date, for a number like 3E5, or for true or false; it is "
    "kept as it is.",
    "If something else was typed, format the column as text and type it again.",
)
TEXT_MOJIBAKE = _row(
    "TEXT_MOJIBAKE", YELLOW, "“{found}” looks wrongly decoded; it is kept as it is."
)

# ---- of a row, info: it is not data
TOTAL_ROW_IGNORED = _row("TOTAL_ROW_IGNORED", INFO, "The row is a total: it is not read.")
HEADER_REPEATED = _row("HEADER_REPEATED", INFO, "The row repeats the titles: it is not read.")
EXAMPLE_ROW_IGNORED = _row(
    "EXAMPLE_ROW_IGNORED", INFO, "The row is an example of the template: it is not read."
)

EVERY_CELL = (
    CELL_ERROR,
    FORMULA_NO_VALUE,
    TEXT_TOO_LONG,
    FORMULA_VALUE_USED,
    MERGED_CELL_FILLED,
    TEXT_MOJIBAKE,
    moved.VALUES_MOVED,
    moved.VALUES_SORTED,
)
"""What may be said of a cell of any column."""
EVERY_ROW = (ROW_HIDDEN, TOTAL_ROW_IGNORED, HEADER_REPEATED, EXAMPLE_ROW_IGNORED)
"""What may be said of a row of any sheet as a whole."""
