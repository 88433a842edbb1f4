"""A workbook of several sheets: which of them are templates of ours, and each of these checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from domain.errors import Issue, Refusal
from templates_xlsx.checker.check import rows_under
from templates_xlsx.checker.choice import header_issues, sheets_hidden, sheets_ignored
from templates_xlsx.checker.header import Found, candidates, fits_best, top_rows
from templates_xlsx.checker.sealing import envelope_issues, envelope_of
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.layouts.workbook import WORKBOOK
from templates_xlsx.raw import RawBook
from templates_xlsx.reader.refusals import TooLarge, too_large
from templates_xlsx.seal import Seal
from templates_xlsx.sheet import Checked, Setting

MOST_ROWS = 50_000
"""Of all sheets together: they are tried out one after the other while SQLite's writers wait."""


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
    """The sheets that have the header of a template, whichever it is; hidden ones too."""
    found = (fits_best(raw, top_rows(raw), LAYOUTS.values(), {}) for raw in candidates(book))
    return tuple(one for one in found if one is not None)


def is_of_several(sheets: tuple[Found, ...]) -> bool:
    """Whether a book is read as a whole workbook: it has the header of two templates.

    Not the entire header: a sheet that lacks a column is refused, not left aside.
    """
    return len({one.sheet.kind for one in sheets}) > 1


def check_workbook(
    book: RawBook, sheets: tuple[Found, ...], *, setting: Setting, seal: Seal | None = None
) -> CheckedWorkbook:
    """Every one of `sheets` judged without any record, as `check` judges the sheet of a file.

    A sheet in sight that is none of them is told as ignored (SHEET_IGNORED), a hidden one that is
    read as such (SHEET_HIDDEN). FILE_TOO_LARGE beyond `MOST_ROWS` in all.
    """
    entries = envelope_of(book)
    issues = (
        *book.issues,
        *envelope_issues(entries, WORKBOOK, seal),
        *sheets_ignored(book, sheets),
        *sheets_hidden(sheets),
    )
    if any(issue.is_red for issue in issues):
        return CheckedWorkbook(issues, ())
    checked, rows = [], 0
    for one in sheets:
        sheet = _checked(one, setting, seal, entries, most=MOST_ROWS - rows)
        rows += len(sheet.drafts)
        checked.append(CheckedSheet(one.raw.name, sheet))
    return CheckedWorkbook(issues, tuple(checked))


def _checked(
    found: Found, setting: Setting, seal: Seal | None, entries: Mapping[str, str], *, most: int
) -> Checked:
    issues = tuple(header_issues(found, setting))
    if any(issue.is_red for issue in issues):
        return Checked(found.sheet, issues, ())
    rows = rows_under(found, setting, seal, entries)
    try:
        drafts = tuple(islice(rows.drafts(), most + 1))
        if len(drafts) > most:
            raise too_large(TooLarge.WORKBOOK_ROWS, MOST_ROWS)
    except Refusal as refusal:
        return Checked(found.sheet, (*issues, *refusal.issues), ())
    return Checked(found.sheet, issues, drafts, tuple(rows.ignored))
