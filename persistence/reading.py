"""Reading nouns by what was asked for: one statement a noun, one more a relation, never one a row.

A query hands over the tree of wanted fields. Only their columns are read, into plain dicts whose
keys are the fields of the API's types; relations are filled by one statement each, for all rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, inspect, select

from domain.base import Record
from persistence.reach import shown_to
from persistence.session import ScopedSession

Wanted = Mapping[str, "Wanted"]
"""The fields asked for, each with the fields asked for below it."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Computed:
    """A field made of columns of the same row."""

    columns: tuple[str, ...]
    make: Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class ToOne:
    """A field that is another noun, found by the identifier in `column`."""

    noun: Callable[[], Noun]
    column: str


@dataclass(frozen=True, slots=True)
class ToMany:
    """A field that is a list of another noun's rows, which carry our identifier in `column`."""

    noun: Callable[[], Noun]
    column: str
    order: tuple[str, ...] = ("id",)


@dataclass(frozen=True, slots=True)
class Derived:
    """A field worked out for all rows at once; `find` answers by identifier."""

    find: Callable[[ScopedSession, Sequence[int], Wanted], Mapping[int, Any]]
    default: Any = None


Field = Computed | ToOne | ToMany | Derived


@dataclass(frozen=True, eq=False)
class Noun:
    """How a record is read: its fields beyond the columns of the same name."""

    record: type[Record]
    typename: str
    fields: Mapping[str, Field] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """What its identifiers begin with in the API: client_12."""
        return str(self.record.__tablename__)

    def column(self, name: str) -> Any:
        return getattr(self.record, name)


def load(
    session: ScopedSession,
    noun: Noun,
    wanted: Wanted,
    *,
    where: Sequence[ColumnElement[bool]] = (),
    order: Sequence[Any] = (),
    limit: int | None = None,
    extra: Iterable[str] = (),
) -> list[Row]:
    """The rows of `noun` that meet `where`, with the `wanted` fields.

    Each row also carries `key` (the integer identifier) and the columns named in `extra`, under
    their names with a leading underscore.
    """
    extra = tuple(extra)
    shown = shown_to(session, noun.record)
    statement = _statement(noun, wanted, extra).where(*where, *shown).order_by(*order)
    if limit is not None:
        statement = statement.limit(limit)
    found: list[Mapping[str, Any]] = [dict(row) for row in session.execute(statement).mappings()]
    rows = [_shape(noun, wanted, extra, values) for values in found]
    _fill(session, noun, wanted, rows, found)
    return rows


def load_by_ids(
    session: ScopedSession, noun: Noun, wanted: Wanted, ids: Iterable[int]
) -> dict[int, Row]:
    """The rows of `noun` by identifier; an unknown one is absent."""
    wanted_ids = set(ids)
    if not wanted_ids:
        return {}
    rows = load(session, noun, wanted, where=[noun.column("id").in_(wanted_ids)])
    return {row["key"]: row for row in rows}


def load_one(session: ScopedSession, noun: Noun, wanted: Wanted, key: int) -> Row | None:
    """The row of `noun` with the identifier `key`, or None."""
    return load_by_ids(session, noun, wanted, [key]).get(key)


def _columns_of(noun: Noun) -> set[str]:
    return set(inspect(noun.record).column_attrs.keys())


def _statement(noun: Noun, wanted: Wanted, extra: tuple[str, ...]) -> Select[Any]:
    names = {"id", *extra}
    plain = _columns_of(noun)
    for name in wanted:
        known = noun.fields.get(name)
        match known:
            case Computed(columns=columns):
                names.update(columns)
            case ToOne(column=column):
                names.add(column)
            case None if name in plain:
                names.add(name)
    return select(*(noun.column(name) for name in sorted(names)))


def _shape(noun: Noun, wanted: Wanted, extra: tuple[str, ...], values: Mapping[str, Any]) -> Row:
    key = values["id"]
    row: Row = {"key": key, "id": f"{noun.prefix}_{key}", "__typename": noun.typename}
    for name in wanted:
        known = noun.fields.get(name)
        if known is None:
            if name in values and name != "id":
                row[name] = values[name]
        elif isinstance(known, Computed):
            row[name] = known.make(values)
    for name in extra:
        row[f"_{name}"] = values[name]
    return row


def _fill(
    session: ScopedSession,
    noun: Noun,
    wanted: Wanted,
    rows: list[Row],
    found: Sequence[Mapping[str, Any]],
) -> None:
    if not rows:
        return
    for name, below in wanted.items():
        match noun.fields.get(name):
            case ToOne(noun=other, column=column):
                keys = [values[column] for values in found]
                others = load_by_ids(session, other(), below, (k for k in keys if k is not None))
                for row, key in zip(rows, keys, strict=True):
                    row[name] = others.get(key)
            case ToMany() as many:
                children = _children(session, many, below, [row["key"] for row in rows])
                for row in rows:
                    row[name] = children.get(row["key"], [])
            case Derived(find=find, default=default):
                answers = find(session, [row["key"] for row in rows], below)
                for row in rows:
                    row[name] = answers.get(row["key"], default)


def _children(
    session: ScopedSession, many: ToMany, wanted: Wanted, keys: Sequence[int]
) -> dict[int, list[Row]]:
    noun = many.noun()
    children: dict[int, list[Row]] = defaultdict(list)
    found = load(
        session,
        noun,
        wanted,
        where=[noun.column(many.column).in_(keys)],
        order=[noun.column(name) for name in many.order],
        extra=[many.column],
    )
    for row in found:
        children[row[f"_{many.column}"]].append(row)
    return children
