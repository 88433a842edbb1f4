"""A workbook of several sheets: which of them are templates of ours, and each of these checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.errors import Issue, Refusal
from templates_xlsx.checker.check import rows_under
from templates_xlsx.checker.choice import header_issues, sheets_ignored
from templates_xlsx.checker.header import Found, candidates, fits_best, top_rows
from templates_xlsx.checker.sealing import envelope_issues, envelope_of
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.layouts.workbook import WORKBOOK
from templates_xlsx.raw import RawBook
from templates_xlsx.seal import Seal
from templates_xlsx.sheet import Checked, Setting


@dataclass(frozen=True, slots=True)
class CheckedSheet:
    """A sheet of the workbook by its name, checked."""

    name: str
    checked: Checked


@dataclass(frozen=True, slots=True)
class CheckedWorkbook:
    """What is to be said of the file as a whole, and its sheets in the order of the book."""

    issues: tuple[Issue, ...]
    sheets: tuple[CheckedSheet, ...]


def sheets_of(book: RawBook) -> tuple[Found, ...]:
    """The sheets in sight that have the header of a template, whichever it is."""
    found = []
    for raw in candidates(book):
        if raw.state == "visible":
            best = fits_best(raw, top_rows(raw), LAYOUTS.values(), {})
            if best is not None:
                found.append(best)
    return tuple(found)


def is_of_several(sheets: tuple[Found, ...]) -> bool:
    """Whether a book is read as a whole workbook: it has the entire header of two templates."""
    return len({one.sheet.kind for one in sheets if not one.header.lacks(one.sheet)}) > 1


def check_workbook(
    book: RawBook, sheets: tuple[Found, ...], *, setting: Setting, seal: Seal | None = None
) -> CheckedWorkbook:
    """Every one of `sheets` judged without any record, as `check` judges the sheet of a file.

    A sheet in sight that is none of them is told as ignored (SHEET_IGNORED).
    """
    entries = envelope_of(book)
    issues = (
        *book.issues,
        *envelope_issues(entries, WORKBOOK, seal),
        *sheets_ignored(book, sheets),
    )
    if any(issue.is_red for issue in issues):
        return CheckedWorkbook(issues, ())
    checked = [CheckedSheet(one.raw.name, _checked(one, setting, seal, entries)) for one in sheets]
    return CheckedWorkbook(issues, tuple(checked))


def _checked(
    found: Found, setting: Setting, seal: Seal | None, entries: Mapping[str, str]
) -> Checked:
    issues = tuple(header_issues(found, setting))
    if any(issue.is_red for issue in issues):
        return Checked(found.sheet, issues, ())
    rows = rows_under(found, setting, seal, entries)
    try:
        drafts = tuple(rows.drafts())
    except Refusal as refusal:
        return Checked(found.sheet, (*issues, *refusal.issues), ())
    return Checked(found.sheet, issues, drafts, tuple(rows.ignored))
