"""Pages by key, not by offset: page 2,000 costs what page 1 does (API.md 11)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, func, or_, select

from domain.errors import Refusal, call_error
from persistence.reading import Noun, Row, Wanted, load
from persistence.session import ScopedSession

DEFAULT_SIZE = 50
LARGEST_SIZE = 100

CURSOR_INVALID = call_error("CURSOR_INVALID", "The cursor {cursor} is not one of this list.")
PAGE_SIZE_INVALID = call_error(
    "PAGE_SIZE_INVALID", "A page has from 1 to {limit} items; {found} were asked for."
)
TOO_MANY_NODES = call_error(
    "TOO_MANY_NODES", "{count} identifiers were asked for at once; the limit is {limit}."
)


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of a list: by a column that is never empty, then by identifier."""

    column: str
    falling: bool = False


@dataclass(frozen=True, slots=True)
class PageAsked:
    """Relay's four arguments; `first` counts forwards, `last` backwards."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows with the cursor of each."""

    rows: list[Row]
    cursors: list[str]
    has_next: bool
    has_previous: bool


def page(
    session: ScopedSession,
    noun: Noun,
    wanted: Wanted,
    *,
    asked: PageAsked,
    sort: Sort,
    where: Sequence[ColumnElement[bool]] = (),
) -> Page:
    """The rows of `noun` that meet `where`, in the order `sort`, as much as was `asked`."""
    size, backwards = _size(asked)
    falling = sort.falling != backwards
    columns = [noun.column(sort.column)]
    if sort.column != "id":
        columns.append(noun.column("id"))
    bounds = list(where)
    for cursor, beyond_falls in ((asked.after, sort.falling), (asked.before, not sort.falling)):
        if cursor is not None:
            bounds.append(_beyond(columns, _read_cursor(cursor, sort, columns[0]), beyond_falls))
    rows = load(
        session,
        noun,
        wanted,
        where=bounds,
        order=[column.desc() if falling else column.asc() for column in columns],
        limit=size + 1,
        extra=[sort.column],
    )
    more = len(rows) > size
    del rows[size:]
    if backwards:
        rows.reverse()
    return Page(
        rows=rows,
        cursors=[_write_cursor(row, sort) for row in rows],
        has_next=asked.before is not None if backwards else more,
        has_previous=more if backwards else asked.after is not None,
    )


def count(session: ScopedSession, noun: Noun, where: Sequence[ColumnElement[bool]] = ()) -> int:
    """How many rows of `noun` meet `where`."""
    return session.scalar(select(func.count(noun.column("id"))).where(*where)) or 0


def _size(asked: PageAsked) -> tuple[int, bool]:
    backwards = asked.last is not None
    size = asked.last if asked.last is not None else asked.first
    if size is None:
        return DEFAULT_SIZE, False
    if not 1 <= size <= LARGEST_SIZE or (asked.first is not None and backwards):
        name = "last" if backwards else "first"
        raise Refusal(PAGE_SIZE_INVALID(field=(name,), limit=LARGEST_SIZE, found=str(size)))
    return size, backwards


def _beyond(
    columns: Sequence[ColumnElement[Any]], values: Sequence[Any], falling: bool
) -> ColumnElement[bool]:
    def past(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
        beyond: ColumnElement[bool] = column < value if falling else column > value
        return beyond

    if len(columns) == 1:
        return past(columns[0], values[0])
    first, second = columns
    return or_(past(first, values[0]), and_(first == values[0], past(second, values[1])))


def _write_cursor(row: Row, sort: Sort) -> str:
    value = row[f"_{sort.column}"]
    marked: Any = value
    if isinstance(value, datetime):
        marked = {"t": value.isoformat()}
    elif isinstance(value, date):
        marked = {"d": value.isoformat()}
    content = [sort.column, marked, row["key"]]
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


def _read_cursor(cursor: str, sort: Sort, sorted_by: ColumnElement[Any]) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        column, marked, key = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        value = marked
        if isinstance(marked, dict):
            value = (
                datetime.fromisoformat(marked["t"])
                if "t" in marked
                else date.fromisoformat(marked["d"])
            )
        fits = _fits(value, sorted_by.type.python_type) and _fits(key, int)
        if column != sort.column or not fits:
            raise ValueError(cursor)
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise Refusal(CURSOR_INVALID(cursor=cursor[:60])) from error
    return [value] if column == "id" else [value, key]


def _fits(value: Any, kind: type) -> bool:
    """Whether a value from outside can stand in a comparison with a column of `kind`."""
    if type(value) is not kind:
        return False
    match value:
        case int():
            return abs(value) < 2**63
        case str():
            return "\x00" not in value
        case datetime():
            return value.tzinfo is not None
    return True
