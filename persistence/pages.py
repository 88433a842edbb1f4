"""Pages by key, not by offset: page 2,000 costs what page 1 does (API.md 11)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, func, select

from domain.base import Record
from domain.errors import Refusal, call_error
from persistence.places import Keys, after
from persistence.reach import shown_to
from persistence.reading import Noun, Row, Wanted, load
from persistence.session import ScopedSession

DEFAULT_SIZE = 50
LARGEST_SIZE = 100

CURSOR_INVALID = call_error("CURSOR_INVALID", "The cursor {cursor} is not one of this list.")
PAGE_SIZE_INVALID = call_error(
    "PAGE_SIZE_INVALID",
    "A page has from 1 to {limit} items[[; {count} were asked for]]"
    "[[: give `first` or `{other}`, not both]].",
)
FORWARDS_ONLY = call_error(
    "FORWARDS_ONLY", "This list is paged forwards only: give `first` and `after`."
)
TOO_MANY_NODES = call_error(
    "TOO_MANY_NODES", "{count} identifiers were asked for at once; the limit is {limit}."
)


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of a list: by a column that is never empty, then by identifier.

    `within` groups: the rows of one value of that column (rising) stand together, for amounts that
    mean nothing beside those of another currency.
    """

    column: str
    falling: bool = False
    within: str | None = None

    @property
    def keys(self) -> tuple[tuple[str, bool], ...]:
        """The columns that sort, each with whether it falls; no two rows are alike in all."""
        group = () if self.within is None else ((self.within, False),)
        last = () if self.column == "id" else (("id", self.falling),)
        return (*group, (self.column, self.falling), *last)

    def list_of(self, of: str) -> str:
        """What a cursor calls the list of these things in this order: it is a place in no other."""
        return _list_of(self, of)


@lru_cache(maxsize=512)
def _list_of(sort: Sort, of: str) -> str:
    return ".".join([of, *(f"{name}-" if falls else name for name, falls in sort.keys)])


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
    bounds = bounds_of(noun, asked, sort, where)
    rows = load(
        session,
        noun,
        wanted,
        where=bounds.conditions(noun),
        order=[
            noun.column(name).desc() if falls else noun.column(name).asc()
            for name, falls in bounds.order
        ],
        limit=bounds.size + 1,
        extra=[name for name, _ in sort.keys],
    )
    more = bounds.cut(rows)
    return Page(
        rows=rows,
        cursors=[write_cursor(row, sort, noun.prefix) for row in rows],
        has_next=bounds.has_next(asked, more),
        has_previous=bounds.has_previous(asked, more),
    )


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a page begins and how it is read: one row more than `size`, in `order`."""

    size: int
    backwards: bool
    where: list[ColumnElement[bool]]
    order: tuple[tuple[str, bool], ...]
    """Columns with whether each falls; turned round for a page that is read backwards."""
    beyond: list[tuple[tuple[tuple[str, bool], ...], list[Any]]]
    """What the rows stand after: columns as in `order`, and the values of that place."""

    def conditions(self, noun: Noun) -> list[ColumnElement[bool]]:
        """All that the rows meet."""
        places = [
            after([(noun.column(name), falls) for name, falls in ways], values)
            for ways, values in self.beyond
        ]
        return [*self.where, *places]

    def cut(self, rows: list[Any]) -> bool:
        """Puts the rows that were read into their order; whether there were more of them."""
        more = len(rows) > self.size
        del rows[self.size :]
        if self.backwards:
            rows.reverse()
        return more

    def has_next(self, asked: PageAsked, more: bool) -> bool:
        return asked.before is not None if self.backwards else more

    def has_previous(self, asked: PageAsked, more: bool) -> bool:
        return more if self.backwards else asked.after is not None


def bounds_of(
    noun: Noun, asked: PageAsked, sort: Sort, where: Sequence[ColumnElement[bool]]
) -> Bounds:
    """Of what was `asked` of the rows that meet `where`; PAGE_SIZE_INVALID, CURSOR_INVALID."""
    size, backwards = page_size(asked)
    keys = sort.keys
    turned = tuple((name, not falls) for name, falls in keys)
    beyond = []
    kinds = _kinds(noun.record, keys)
    for name, cursor, ways in (("after", asked.after, keys), ("before", asked.before, turned)):
        if cursor is not None:
            beyond.append((ways, _values(cursor, sort, noun.prefix, kinds, name)))
    return Bounds(size, backwards, list(where), turned if backwards else keys, beyond)


@lru_cache(maxsize=512)
def _kinds(record: type[Record], keys: tuple[tuple[str, bool], ...]) -> tuple[type, ...]:
    """The kinds of the values of the columns that sort."""
    return tuple(getattr(record, name).type.python_type for name, _ in keys)


def count(session: ScopedSession, noun: Noun, where: Sequence[ColumnElement[bool]] = ()) -> int:
    """How many rows of `noun` meet `where`."""
    shown = shown_to(session, noun.record)
    return session.scalar(select(func.count(noun.column("id"))).where(*where, *shown)) or 0


def size_of(asked: PageAsked) -> int:
    """How many items were asked for of a list that goes forwards only."""
    if asked.last is not None or asked.before is not None:
        name = "last" if asked.last is not None else "before"
        raise Refusal(FORWARDS_ONLY(field=("page", name)))
    return page_size(asked)[0]


def page_size(asked: PageAsked) -> tuple[int, bool]:
    """How many rows were asked for, and whether backwards; PAGE_SIZE_INVALID otherwise."""
    size = asked.last if asked.last is not None else asked.first
    if size is None:
        # What stands before a place is what stands nearest to it.
        return DEFAULT_SIZE, asked.before is not None and asked.after is None
    backwards = asked.last is not None
    is_both = asked.first is not None and backwards
    if is_both or not 1 <= size <= LARGEST_SIZE:
        field = ("page", "last" if backwards else "first")
        said = {"count": "", "other": "last"} if is_both else {"count": size, "other": ""}
        raise Refusal(PAGE_SIZE_INVALID(field=field, found=str(size), limit=LARGEST_SIZE, **said))
    return size, backwards


def write_cursor(row: Row, sort: Sort, of: str) -> str:
    """What stands for the row in a list of such things (`of`) sorted so."""
    names = [name for name in (sort.within, sort.column) if name is not None]
    content = [sort.list_of(of), *(_marked(row[f"_{name}"]) for name in names), row["key"]]
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


def _marked(value: Any) -> Any:
    match value:
        case datetime():
            return {"t": value.isoformat()}
        case date():
            return {"d": value.isoformat()}
    return value


def _unmarked(marked: Any) -> Any:
    if not isinstance(marked, dict):
        return marked
    if "t" in marked:
        return datetime.fromisoformat(marked["t"])
    return date.fromisoformat(marked["d"])


def read_cursor(cursor: str, sort: Sort, of: str, columns: Keys, *, given: str) -> list[Any]:
    """The values of the row that `cursor` stands for, one for each of `columns`.

    `given`: as what it was, "after" or "before".
    """
    kinds = tuple(column.type.python_type for column, _ in columns)
    return _values(cursor, sort, of, kinds, given)


def _values(cursor: str, sort: Sort, of: str, kinds: tuple[type, ...], given: str) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, *marked = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        values = [_unmarked(one) for one in marked]
        if sort.column == "id":
            # Its identifier stands in the cursor twice: as what sorts, and as the last resort.
            kinds = (*kinds, int)
        if name != sort.list_of(of) or len(values) != len(kinds):
            raise ValueError(cursor)
        values = [_chosen(*one) for one in zip(values, kinds, strict=True)]
        if not all(map(_fits, values, kinds)):
            raise ValueError(cursor)
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        field = ("page", given)
        raise Refusal(CURSOR_INVALID(field=field, cursor=cursor[:60])) from error
    return values


def _chosen(value: Any, kind: type) -> Any:
    """A word of a closed list as its column compares it; anything else as it is."""
    return kind(value) if issubclass(kind, StrEnum) else value


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
