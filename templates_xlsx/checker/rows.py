"""Row after row: what is data, what the cells say, what is missing, what the rules add."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from domain.errors import Issue, IssueKind
from domain.likeness import name_key
from domain.takeover.issues import MANDATORY_MISSING
from templates_xlsx.checker.header import Found, read_header
from templates_xlsx.checker.lane import Lane
from templates_xlsx.checker.sealing import TokenReader
from templates_xlsx.checker.titles import fold_title, known_titles
from templates_xlsx.issues import (
    EXAMPLE_ROW_IGNORED,
    HEADER_REPEATED,
    RECOMMENDED_MISSING,
    ROW_HIDDEN,
    TOTAL_ROW_IGNORED,
)
from templates_xlsx.kinds.cleaning import quoted
from templates_xlsx.layouts import whole_layout
from templates_xlsx.raw import RawRow, Shape
from templates_xlsx.seal import TOKEN_KEY, Seal
from templates_xlsx.sheet import Column, Draft, Flag, Setting

_TOTAL = re.compile(r"(?:grand )?(?:sous[- ]?|sub[- ]?)?(?:total|totaux|totals|somme)\b")
_EXAMPLE = re.compile(r"(?:exemple|example)\b|ex\.(?!\w)")
"""A code may be EX.2501."""
_EXAMPLE_STARTS = frozenset({"Ex", "ex", "EX"})

_TEXT, _NUMBER, _DATE = Shape.TEXT, Shape.NUMBER, Shape.DATE


class RowChecker:
    """Judges the rows of one sheet; what is no data goes to `ignored`."""

    def __init__(self, found: Found, setting: Setting, seal: Seal | None, locale: str) -> None:
        sheet = found.sheet
        if found.raw.days_from_1904:
            setting = replace(setting, days_from_1904=True)
        layout = whole_layout(sheet)
        flags = {column.key: layout.flag(column, setting) for column in sheet.columns}
        lanes = [Lane(column, setting) for column in found.header.columns.values()]
        self.ignored: list[Issue] = []
        self._found = found
        self._setting = setting
        self._rules = layout.rules
        self._lanes = dict(zip(found.header.columns, lanes, strict=True))
        self._mandatory = [c for c in sheet.columns if flags[c.key] is Flag.MANDATORY]
        self._recommended = [
            c
            for c in sheet.columns
            if flags[c.key] is Flag.RECOMMENDED and c.key not in layout.spoken_for
        ]
        self._entries = _keys(c for c in sheet.columns if not c.locked)
        self._telling = _keys([*self._mandatory, *(c for c in sheet.columns if c.locked)])
        self._watched = self._first_place_of(self._mandatory)
        self._token = next((c for c in sheet.columns if c.key == TOKEN_KEY), None)
        self._tokens = TokenReader(sheet, lanes, seal, locale) if seal else None

    def _first_place_of(self, columns: list[Column]) -> int:
        """Where the first of `columns` stands in the file; 0 when none does."""
        keys = _keys(columns)
        return next((place for place, lane in self._lanes.items() if lane.key in keys), 0)

    def drafts(self) -> Iterator[Draft]:
        """The rows under the header that are data, judged, as they are read."""
        header = self._found.header.row
        for row in self._found.raw.rows():
            if row.number > header:
                draft = self._judge(row)
                if draft is not None:
                    yield draft

    def _judge(self, row: RawRow) -> Draft | None:
        draft = Draft(row.number)
        self._read_cells(row, draft)
        values = draft.values
        if TOKEN_KEY in values:
            draft.token = values.pop(TOKEN_KEY)
        if not values:
            return None
        if self._found.sheet.prefilled_only and values.keys().isdisjoint(self._entries):
            return None
        missing = [column for column in self._mandatory if column.key not in values]
        ignored = self._why_ignored(row, draft, missing)
        if ignored is not None:
            self.ignored.append(ignored)
            return None
        self._complete(row, draft, missing)
        return draft

    def _read_cells(self, row: RawRow, draft: Draft) -> None:
        lanes, raw, values = self._lanes, draft.raw, draft.values
        for place, cell in row.cells.items():
            lane = lanes.get(place)
            if lane is None:
                continue
            shape = cell.shape
            is_plain = shape is _TEXT or shape is _NUMBER or shape is _DATE
            if not is_plain or cell.formula or cell.merged or cell.zeros:
                judged = lane.judge(cell)
            else:
                judged = lane.seen.get(cell.value) or lane.learn(cell)
            value, text, notes = judged
            if notes:
                lane.tell(draft, notes)
            elif value is None:
                continue
            values[lane.key] = value
            if text:
                raw[lane.letter] = text

    def _complete(self, row: RawRow, draft: Draft, missing: list[Column]) -> None:
        """Adds what no single cell could tell."""
        setting, values = self._setting, draft.values
        for column in missing:
            draft.issues.append(_absent(MANDATORY_MISSING, column, draft, setting))
        for column in self._recommended:
            if column.key not in values:
                draft.issues.append(_absent(RECOMMENDED_MISSING, column, draft, setting))
        if draft.token and self._tokens is not None and self._token is not None:
            self._tokens.read(draft, self._token, self._token.title(setting.locale))
        for rule in self._rules:
            rule(draft, setting)
        if row.hidden:
            draft.issues.append(ROW_HIDDEN(row=row.number))

    def _why_ignored(self, row: RawRow, draft: Draft, missing: list[Column]) -> Issue | None:
        """The reason why a row is no data; None when it is."""
        first = next(iter(draft.raw.values()), "")
        if first[:2] in _EXAMPLE_STARTS and _EXAMPLE.match(first.casefold()):
            return EXAMPLE_ROW_IGNORED(row=row.number, found=quoted(first))
        if missing and (total := self._total_in(row)):
            return TOTAL_ROW_IGNORED(row=row.number, found=quoted(total))
        if (missing or draft.issues) and self._repeats_header(row):
            return HEADER_REPEATED(row=row.number, found=quoted(first))
        return None

    def _total_in(self, row: RawRow) -> str | None:
        """The cell that makes the row a total, when no other cell that tells a record is filled.

        A client may be named “Total Énergies”: then its address and its currency stand beside it.
        """
        total: str | None = None
        told = 0
        for place, cell in row.cells.items():
            if cell.shape is not _TEXT or not isinstance(cell.value, str):
                continue
            text = cell.value.strip()
            if total is None and _TOTAL.match(name_key(text[:40])):
                total = text
                continue
            lane = self._lanes.get(place)
            told += lane is not None and lane.key in self._telling and bool(text)
        return total if not told else None

    def _repeats_header(self, row: RawRow) -> bool:
        sheet = self._found.sheet
        titles = known_titles(sheet)
        watched = row.cells.get(self._watched)
        if watched is None or fold_title(str(watched.value)) not in titles:
            return False
        header = read_header(row, titles)
        in_place = [
            place
            for place, column in header.columns.items()
            if (lane := self._lanes.get(place)) is not None and lane.key == column.key
        ]
        return len(in_place) >= min(3, len(self._lanes)) and header.is_of(sheet)


def _keys(columns: Iterable[Column]) -> frozenset[str]:
    return frozenset(column.key for column in columns)


def _absent(kind: IssueKind, column: Column, draft: Draft, setting: Setting) -> Issue:
    return kind(
        field=(column.key,),
        row=draft.row,
        column=column.letter,
        column_title=column.title(setting.locale),
    )
