"""A file on its way in: read, checked and planned before anything of it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy.exc import DBAPIError

from domain.errors import Issue, Refusal
from domain.takeover.candidate import Candidate
from domain.takeover.model import WORKBOOK
from domain.takeover.workbook import family_of, in_turn, told_twice
from persistence.session import lost_a_race
from persistence.takeover.spool import View
from resolvers._mutation import Acting
from resolvers.taking_over._planning import (
    SheetPlan,
    SheetRows,
    candidate_of,
    foreseen,
    order_issues,
)
from resolvers.taking_over._sheets import layout_of, seal_of, setting_of
from resolvers.taking_over._spooling import spooled_drafts
from schema.context import Caller, House
from templates_xlsx.checker import (
    CheckedWorkbook,
    check,
    check_workbook,
    is_of_several,
    sheets_of,
)
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.raw import RawBook
from templates_xlsx.reader import open_book
from templates_xlsx.reader.refusals import FILE_EMPTY
from templates_xlsx.seal import Seal
from templates_xlsx.sheet import Checked, Setting


@dataclass(frozen=True, slots=True)
class ExaminedSheet:
    """A sheet that was read and checked, and its plan when the file is not refused."""

    name: str | None
    """None for the only sheet of a file."""
    checked: Checked
    candidates: Collection[Candidate] = ()
    plan: SheetPlan | None = None

    @property
    def kind(self) -> str:
        return self.checked.sheet.kind

    @property
    def issues(self) -> list[Issue]:
        """What is said of the sheet as a whole, and of its rows that are no data."""
        told = (*self.checked.issues, *self.checked.ignored)
        return [issue.at(sheet=self.name) for issue in told]

    def rows(self) -> SheetRows:
        return SheetRows(self.kind, self.candidates, self.name or "")


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that was read, checked and planned before any transaction, or is refused whole."""

    filename: str
    size: int
    sha256: str
    file_key: str
    kind: str | None
    issues: tuple[Issue, ...] = ()
    """What is said of the file, its sheets aside."""
    refused: tuple[Issue, ...] = ()
    sheets: tuple[ExaminedSheet, ...] = ()
    """In the order they go in."""


def examine(
    house: House, caller: Caller, *, filename: str, content: bytes, kind: str | None = None
) -> Examined:
    """Reads, checks and plans `content`, and keeps its bytes. Long for long files: no lock is held.

    `kind` None recognises the sheet by its header, or a workbook by the headers of its sheets.
    """
    if kind is not None and kind != WORKBOOK:
        layout_of(kind)
    sha256 = hashlib.sha256(content).hexdigest()
    file_key = f"{caller.organisation_id}/imports/{sha256}"
    house.files.put(file_key, content)
    examined = Examined(filename[:255], len(content), sha256, file_key, kind)
    with house.database.reading(caller.standing()) as session:
        setting = setting_of(session, caller)
    try:
        book = open_book(content, filename=filename)
        examined = _checked(examined, book, setting, seal_of(house, caller))
    except Refusal as refusal:
        # The frames it was raised in hold the file, and some hold the refusal: a circle, which only
        # the collector would free, and it does not count bytes.
        refusal.__traceback__ = None
        return replace(examined, refused=refusal.issues)
    return examined if examined.refused else _planned_ahead(house, caller, examined)


def _checked(examined: Examined, book: RawBook, setting: Setting, seal: Seal) -> Examined:
    """The file with its sheets checked: one, or all those of a workbook."""
    found = sheets_of(book) if examined.kind in (None, WORKBOOK) else ()
    if examined.kind == WORKBOOK or is_of_several(found):
        return _of_several(
            examined, check_workbook(book, found, setting=setting, seal=seal), setting
        )
    checked = check(book, kind=examined.kind, setting=setting, seal=seal, keep=spooled_drafts)
    return replace(
        examined,
        kind=checked.sheet.kind or None,
        refused=checked.issues if checked.is_refused else (),
        sheets=(ExaminedSheet(None, checked),),
    )


def _of_several(examined: Examined, whole: CheckedWorkbook, setting: Setting) -> Examined:
    """The file as its sheets; those nobody filled in are no part of it, but for what they say."""
    all_sheets = [ExaminedSheet(one.name, one.checked) for one in whole.sheets]
    filled = [one for one in all_sheets if one.checked.drafts or one.checked.is_refused]
    left = [issue for one in all_sheets if one not in filled for issue in one.issues]
    told = (*whole.issues, *left)
    titles = {name: sheet.name(setting.locale) for name, sheet in LAYOUTS.items()}
    refused = (
        *told,
        *(issue for one in filled for issue in one.issues),
        *told_twice([(one.name or "", one.kind) for one in filled], titles=titles),
        *(() if filled else (FILE_EMPTY(),)),
    )
    return replace(
        examined,
        kind=WORKBOOK,
        issues=told,
        refused=refused if any(issue.is_red for issue in refused) else (),
        sheets=tuple(in_turn(filled, [one.kind for one in filled])),
    )


def _planned_ahead(house: House, caller: Caller, examined: Examined) -> Examined:
    """The plan of the rows on one snapshot of the records.

    What changes before it is kept counts, at its confirmation, as what changes after: STALE_REVIEW.
    """
    sheets = [
        replace(one, candidates=View(one.checked.drafts, candidate_of)) for one in examined.sheets
    ]
    beside = {family_of(one.kind) for one in sheets if one.name is not None}
    # Several sheets are tried out one after the other, and nothing of it stays.
    database = house.database
    opened = database.reading if len(sheets) == 1 else database.writing

    def plan() -> Examined:
        with opened(caller.organisation_id) as session:
            acting = Acting(session, caller, house)
            refused = [
                issue.at(sheet=one.name)
                for one in sheets
                for issue in order_issues(acting, one.kind, beside=beside)
            ]
            if refused:
                return replace(examined, refused=tuple(refused))
            plans = foreseen(acting, [one.rows() for one in sheets])
        planned = [replace(one, plan=its) for one, its in zip(sheets, plans, strict=True)]
        return replace(examined, sheets=tuple(planned))

    try:
        return plan()
    except DBAPIError as error:
        if not lost_a_race(error):
            raise
        return plan()
