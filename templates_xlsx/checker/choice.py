"""Which sheet of the book is read as which template, and what its header gives rise to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.errors import Issue
from domain.takeover.workbook import family_of, told_twice
from templates_xlsx.checker.header import (
    DEEPEST_HEADER,
    Found,
    candidates,
    find_header,
    fits_best,
    is_rather,
    top_rows,
)
from templates_xlsx.checker.rows import RowChecker
from templates_xlsx.issues import (
    COLUMN_HIDDEN,
    COLUMN_ORDER_CHANGED,
    COLUMN_UNKNOWN,
    HEADER_COLUMN_MISSING,
    HEADER_DUPLICATE_COLUMN,
    HEADER_NOT_FOUND,
    SHEET_HIDDEN,
    SHEET_IGNORED,
    TEMPLATE_WRONG_KIND,
    TITLE_ROWS_SKIPPED,
)
from templates_xlsx.kinds.cleaning import quoted
from templates_xlsx.layouts import LAYOUTS, whole_layout
from templates_xlsx.raw import RawBook
from templates_xlsx.reader.letters import letters_of
from templates_xlsx.sheet import GUIDANCE_SHEET, UNRECOGNISED, Flag, Setting, Sheet
from words import LANGUAGES, translated

_GUIDANCE = frozenset(translated(GUIDANCE_SHEET, language) for language in LANGUAGES)
"""Our own guidance sheet, which nobody expects to be read."""

_MOST_NAMED = 20
"""Unknown columns that are told by name; a sheet may have hundreds."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sheet to read (None when there is none) and what choosing it gave rise to."""

    sheet: Sheet
    found: Found | None
    issues: tuple[Issue, ...] = ()


def choose(
    book: RawBook,
    *,
    kind: str | None,
    setting: Setting,
    layouts: Mapping[str, Sheet],
    mapping: Mapping[str, str],
) -> Chosen:
    """The sheet with a header of the asked kind, or of the first kind met when none is asked for.

    Of several such sheets in sight the one that is filled; two that are refuse the file
    (SHEET_KIND_TWICE): no row is left out because it stands on another sheet.
    """
    if kind is None:
        fitting = _of_first_kind(book, layouts, mapping)
        if not fitting:
            return Chosen(UNRECOGNISED, None, (_not_found(None, setting),))
        return _chosen_of(book, fitting, setting)
    return _choose_asked(book, layouts[kind], setting, layouts, mapping)


def _of_first_kind(
    book: RawBook, layouts: Mapping[str, Sheet], mapping: Mapping[str, str]
) -> list[Found]:
    fitting: list[Found] = []
    for raw in candidates(book):
        if fitting and raw.state != "visible":
            break
        found = fits_best(raw, top_rows(raw), layouts.values(), mapping)
        if found is not None and (not fitting or found.sheet is fitting[0].sheet):
            fitting.append(found)
    return fitting


def _choose_asked(
    book: RawBook,
    asked: Sheet,
    setting: Setting,
    layouts: Mapping[str, Sheet],
    mapping: Mapping[str, str],
) -> Chosen:
    wrong: Found | None = None
    fitting: list[Found] = []
    for raw in candidates(book):
        if fitting and raw.state != "visible":
            break
        top = top_rows(raw)
        ours = find_header(raw, top, asked, mapping)
        best = fits_best(raw, top, layouts.values(), mapping)
        if best is not None and is_rather(ours, best, asked):
            wrong = wrong or best
        elif ours is not None:
            fitting.append(ours)
    if fitting:
        return _chosen_of(book, fitting, setting)
    if wrong is None:
        return Chosen(asked, None, (_not_found(asked, setting),))
    issue = TEMPLATE_WRONG_KIND(
        row=wrong.header.row,
        found=wrong.sheet.called(setting.locale),
        expected=asked.called(setting.locale),
    )
    return Chosen(asked, None, (issue,))


def _chosen_of(book: RawBook, fitting: Sequence[Found], setting: Setting) -> Chosen:
    """The one to read of the sheets with a header of one template; hidden ones come last."""
    found = fitting[0]
    in_sight = [one for one in fitting if one.raw.state == "visible"]
    if len(in_sight) > 1:
        filled = [one for one in in_sight if _is_filled(one, setting)]
        kind, called = found.sheet.kind, found.sheet.called(setting.locale)
        named = [(one.raw.name, kind) for one in filled]
        if twice := told_twice(named, titles={family_of(kind): called}):
            return Chosen(found.sheet, None, twice)
        found = filled[0] if filled else found
    return Chosen(found.sheet, found, tuple(_header_issues(book, found, setting)))


def _is_filled(found: Found, setting: Setting) -> bool:
    """Whether a sheet has a row that is data."""
    rows = RowChecker(found, setting, None, setting.locale).drafts()
    return next(rows, None) is not None


def _not_found(asked: Sheet | None, setting: Setting) -> Issue:
    columns = asked.columns if asked else ()
    titles = [c.title(setting.locale) for c in columns if c.flag is Flag.MANDATORY]
    return HEADER_NOT_FOUND(limit=DEEPEST_HEADER, expected=", ".join(titles) or "…")


def _header_issues(book: RawBook, found: Found, setting: Setting) -> Iterator[Issue]:
    yield from header_issues(found, setting)
    yield from sheets_ignored(book, [found])
    yield from sheets_hidden([found])


def header_issues(found: Found, setting: Setting) -> Iterator[Issue]:
    """What the header of a sheet gives rise to."""
    header, sheet = found.header, found.sheet
    if found.first_row < header.row:
        yield TITLE_ROWS_SKIPPED(row=header.row, header_row=header.row)
    yield from _absent_columns(found, setting)
    for key, places in header.repeated.items():
        column = sheet.column(key)
        yield HEADER_DUPLICATE_COLUMN(
            row=header.row,
            column=column.letter,
            field=(key,),
            found=", ".join(map(letters_of, places)),
            column_title=column.title(setting.locale),
        )
    if header.unknown:
        named = [quoted(title) for title in header.unknown[:_MOST_NAMED]]
        more = ["…"] if len(header.unknown) > _MOST_NAMED else []
        yield COLUMN_UNKNOWN(row=header.row, found=", ".join([*named, *more]))
    order = [sheet.columns.index(column) for _, column in sorted(header.columns.items())]
    if order != sorted(order):
        yield COLUMN_ORDER_CHANGED(row=header.row)
    hidden = [
        column.title(setting.locale)
        for place, column in header.columns.items()
        if place in found.raw.hidden_columns and not column.locked
    ]
    if hidden:
        yield COLUMN_HIDDEN(row=header.row, found=", ".join(hidden))


def sheets_ignored(book: RawBook, taken: Sequence[Found]) -> Iterator[Issue]:
    """SHEET_IGNORED for each sheet in sight that nothing is read from, or with rows of ours."""
    for raw in candidates(book):
        if any(raw is found.raw for found in taken) or raw.name in _GUIDANCE:
            continue
        is_ours = raw.state != "visible" and fits_best(raw, top_rows(raw), LAYOUTS.values(), {})
        if raw.state == "visible" or is_ours:
            yield SHEET_IGNORED(found=quoted(raw.name))


def sheets_hidden(taken: Sequence[Found]) -> Iterator[Issue]:
    """SHEET_HIDDEN for each sheet out of sight that is read: it may be one that was put aside."""
    yield from (SHEET_HIDDEN(found=one.raw.name) for one in taken if one.raw.state != "visible")


def _absent_columns(found: Found, setting: Setting) -> Iterator[Issue]:
    there = {column.key for column in found.header.columns.values()}
    flag = whole_layout(found.sheet).flag
    for column in found.sheet.columns:
        if column.key not in there and flag(column, setting) is Flag.MANDATORY:
            yield HEADER_COLUMN_MISSING(
                row=found.header.row,
                column=column.letter,
                field=(column.key,),
                letter=column.letter,
                column_title=column.title(setting.locale),
            )
