"""The row checker: a book that was read becomes drafts, each with its values and its issues."""

from templates_xlsx.checker.check import Opened, check, open_sheet
from templates_xlsx.checker.values import check_values
from templates_xlsx.checker.workbook import (
    CheckedWorkbook,
    check_workbook,
    is_of_several,
    sheets_of,
)

__all__ = [
    "CheckedWorkbook",
    "Opened",
    "check",
    "check_values",
    "check_workbook",
    "is_of_several",
    "open_sheet",
    "sheets_of",
]
