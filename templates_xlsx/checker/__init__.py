"""The row checker: a book that was read becomes drafts, each with its values and its issues."""

from templates_xlsx.checker.check import Opened, check, open_sheet
from templates_xlsx.checker.values import check_values

__all__ = ["Opened", "check", "check_values", "open_sheet"]
