"""Statements made ready: the SQL of a wish once, then only the values that a request brings.

A wish says which columns of a noun are read, and of those its to-one relations lead to (a join
each). Its SQL is written by the library from the same records and with the same conditions
(`persistence.scoping`) as any other reading; what is kept is the text, by the structure
of the conditions, and where in it which value goes. Rows come as the driver has them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from threading import Lock
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Dialect,
    Integer,
    Select,
    and_,
    any_,
    bindparam,
    func,
    inspect,
    select,
    true,
)

from domain.base import Record, Scoped
from persistence.places import after
from persistence.reading import Noun, ToOne
from persistence.ready.prepared import (
    OURS,
    SHORT,
    Bound,
    Convert,
    NotReady,
    Prepared,
    key_of,
    prepare,
)
from persistence.scoping import ORGANISATION

Path = tuple[str, ...]
"""The to-one relations that lead from the noun that is read to another one, by field."""
Place = tuple[Path, str]
"""A column at the end of a path."""

Order = tuple[tuple[str, bool], ...]
"""Columns with whether each falls."""

KEPT = 2_000
"""Statements kept of all wishes together: the filters of a list have a handful. They take 3 to 8 kB
each, 42 where an invoice is read with all that stands around it."""

WISHES = 500
"""Kept to be told apart: of 1,135 columns, all that stands around an invoice, one takes 75 kB."""

_LIMIT = f"{OURS}limit"
_KEYS = f"{OURS}keys"
_BY = f"{OURS}by_"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is read of a noun: `columns`, in that order. Documents that wish the same share its SQL.

    `by` is the column that carries the identifier of the row above, of rows that belong to one.
    """

    noun: Noun
    columns: tuple[Place, ...]
    by: str | None = None
    order: tuple[str, ...] = ()


class Reading:
    """A wish on one kind of database."""

    def __init__(self, wish: Wish, dialect: Dialect) -> None:
        self._wish = wish
        self._dialect = dialect
        self._is_sqlite = dialect.name == "sqlite"
        self._joined = _joined(wish)
        self._number = _number_of(wish, dialect)

    def of_list(
        self,
        where: Sequence[ColumnElement[bool]],
        order: Sequence[tuple[str, bool]],
        *,
        organisation_id: int,
        limit: int,
        beyond: Sequence[tuple[Order, Sequence[Any]]] = (),
    ) -> Bound:
        """The rows that meet `where`, by columns that rise or fall (True), at most `limit`.

        They stand after the places that `beyond` names: columns, and the values of the place.
        """
        condition = _all_of(where)
        values = {ORGANISATION.key: organisation_id, _LIMIT: limit}
        for number, (_, place) in enumerate(beyond):
            values |= zip(_names(number, len(place)), place, strict=False)
        ways = tuple(one for one, _ in beyond)
        found, given = self._prepared(
            condition, (tuple(order), ways), lambda one: self._list(one, order, ways)
        )
        return found.bound(given, values)

    def of_one(self, by: Mapping[str, Any], *, organisation_id: int) -> Bound:
        """The first row whose columns are as `by` says."""
        names = tuple(by)

        def make() -> Prepared:
            equal = [self._wish.noun.column(name) == bindparam(_BY + name, None) for name in names]
            condition = and_(*equal)
            made = self._selected().where(condition).limit(1)
            return prepare(made, key_of(condition), self._dialect)

        found = self._ready(names, make)
        if None in by.values():
            raise NotReady("nothing equals null")
        given = {_BY + name: value for name, value in by.items()}
        return found.bound((), {ORGANISATION.key: organisation_id, **given})

    def of_many(self, keys: Sequence[int], *, organisation_id: int) -> Bound:
        """The rows that belong to those with the identifiers `keys`."""

        def make() -> Prepared:
            among = self._among()
            return prepare(self._many(among), key_of(among), self._dialect, gathers=SHORT)

        found = self._ready("many", make)
        listed: Any = orjson.dumps(keys).decode() if self._is_sqlite else list(keys)
        return found.bound((), {ORGANISATION.key: organisation_id, _KEYS: listed})

    def count(self, where: Sequence[ColumnElement[bool]], *, organisation_id: int) -> Bound:
        """How many rows meet `where`: one row of one column."""
        condition = _all_of(where)
        column = self._wish.noun.column("id")
        found, given = self._prepared(
            condition, "count", lambda one: select(func.count(column)).where(one)
        )
        return found.bound(given, {ORGANISATION.key: organisation_id})

    def reader(self, place: Place) -> Convert | None:
        """What makes a value of the driver one of the record; None where they are the same."""
        kind = self._column(place).type.dialect_impl(self._dialect)
        convert: Convert | None = kind.result_processor(self._dialect, None)
        return convert

    def _list(
        self, condition: Any, order: Sequence[tuple[str, bool]], beyond: tuple[Order, ...]
    ) -> Select[Any]:
        noun = self._wish.noun
        columns = [(noun.column(name), falls) for name, falls in order]
        limit = bindparam(_LIMIT, 0, type_=Integer)
        return (
            self._selected()
            .where(condition, *(self._after(*one) for one in enumerate(beyond)))
            .order_by(*(column.desc() if falls else column.asc() for column, falls in columns))
            .limit(limit)
        )

    def _after(self, number: int, ways: Order) -> ColumnElement[bool]:
        """What stands after a place, whose values are bound by name."""
        columns = [(self._wish.noun.column(name), falls) for name, falls in ways]
        named = zip(_names(number, len(ways)), columns, strict=True)
        return after(columns, [bindparam(name, None, type_=one.type) for name, (one, _) in named])

    def _many(self, condition: Any) -> Select[Any]:
        noun, wish = self._wish.noun, self._wish
        names = [name for name in (wish.by, *wish.order) if name is not None]
        return self._selected().where(condition).order_by(*(noun.column(name) for name in names))

    def _among(self) -> Any:
        assert self._wish.by is not None
        column = self._wish.noun.column(self._wish.by)
        if self._is_sqlite:
            listed = func.json_each(bindparam(_KEYS, "[]")).table_valued("value")
            return column.in_(select(listed.c.value))
        return column == any_(bindparam(_KEYS, [], type_=ARRAY(BigInteger)))

    def _selected(self) -> Select[Any]:
        statement = select(*(self._column(place) for place in self._wish.columns))
        statement = statement.select_from(self._wish.noun.record)
        for path, (joined, _, column) in self._joined.items():
            if path:
                above = (path[:-1], column)
                firm = (path[:-1], "organisation_id")
                # Tied to the row above, not to the value: SQLite would sift a whole table first.
                statement = statement.outerjoin(
                    joined,
                    and_(
                        joined.c.id == self._column(above),
                        joined.c.organisation_id == self._column(firm),
                    ),
                )
        return statement

    def _column(self, place: Place) -> Any:
        path, name = place
        joined, noun, _ = self._joined[path]
        return joined.c[_kept(noun, name)] if path else getattr(joined, name)

    def _prepared(
        self, condition: Any, kind: Any, make: Callable[[Any], Select[Any]]
    ) -> tuple[Prepared, Any]:
        key = key_of(condition)
        lengths = tuple(len(one.value) for one in key.bindparams if one.expanding)
        gathers = None if kind == "count" else SHORT
        found = self._ready(
            (kind, key.key, lengths),
            lambda: prepare(make(condition), key, self._dialect, gathers=gathers),
        )
        return found, key.bindparams

    def _ready(self, kind: Any, make: Callable[[], Prepared]) -> Prepared:
        """The statement of that kind, from the room of all, or made and put there."""
        name = (self._number, kind)
        with _at_hand:
            known = _prepared.get(name)
            if known is not None:
                _prepared.move_to_end(name)
                return known
        known = make()
        with _at_hand:
            _prepared[name] = known
            if len(_prepared) > KEPT:
                _prepared.popitem(last=False)
        return known


_prepared: OrderedDict[Any, Prepared] = OrderedDict()
_at_hand = Lock()
_numbers = count()


@lru_cache(maxsize=WISHES)
def _number_of(wish: Wish, dialect: Dialect) -> int:
    """What stands for a wish where its statements are looked for: told apart at once."""
    return next(_numbers)


def _all_of(where: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    return where[0] if len(where) == 1 else and_(true(), *where)


def _names(number: int, many: int) -> list[str]:
    return [f"{OURS}beyond_{number}_{place}" for place in range(many)]


def _kept(noun: Noun, name: str) -> str:
    """The name of a column in the database."""
    return str(inspect(noun.record).column_attrs[name].columns[0].name)


@lru_cache(maxsize=512)
def _alias(record: type[Record], number: int) -> Any:
    """The table of a record under the name of the join `number` of any statement.

    Made once: it copies every column of the table, more than all else that is kept of a wish.
    """
    found = record.__table__.alias(f"one_{number}")
    # The copies are made when they are first asked for; here no other thread asks.
    assert found.c
    return found


def _joined(wish: Wish) -> dict[Path, tuple[Any, Noun, str]]:
    """Of each path its table, under a name of its own, the noun, and the column above."""
    found: dict[Path, tuple[Any, Noun, str]] = {(): (wish.noun.record, wish.noun, "")}
    paths = {path[:end] for path, _ in wish.columns for end in range(1, len(path) + 1)}
    for path in sorted(paths, key=lambda one: (len(one), one)):
        relation = found[path[:-1]][1].fields[path[-1]]
        assert isinstance(relation, ToOne)
        other = relation.noun()
        if not issubclass(other.record, Scoped):
            raise NotReady(f"{other.typename} is of no organisation")
        found[path] = (_alias(other.record, len(found)), other, relation.column)
    if not issubclass(wish.noun.record, Scoped):
        raise NotReady(f"{wish.noun.typename} is of no organisation")
    return found
