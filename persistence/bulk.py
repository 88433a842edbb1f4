"""Rows handed to the driver in one go, for files of a hundred thousand of them.

SQLAlchemy prepares the parameters of each row by itself, which takes longer than writing it. Here
its statement is compiled once, each column is converted on its own, by the column's own type, and
a statement carries many rows: with triggers, half of what a row costs is its statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import chain, pairwise, repeat
from types import NoneType
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Table,
    Update,
    insert,
)
from sqlalchemy.sql.schema import Column, ScalarElementColumnDefault

_ROWS = 1000
_PARAMETERS = 32_000
"""Of a statement: SQLite takes 32,766, PostgreSQL 65,535."""

_MANY = 10
"""Rows that are handed over column by column."""

FEW = 20
"""Identifiers that are named rather than told as a span."""

_SIMPLE = {"BIGINT", "BOOLEAN", "BYTEA", "DATE", "INTEGER", "TEXT", "TIMESTAMP WITH TIME ZONE"}
_LISTED = {**{kind: kind for kind in _SIMPLE}, "VARCHAR": "TEXT", "JSON": "TEXT"}
"""Of what PostgreSQL is handed lists: a list of JSON would be taken for JSON itself."""

_BOUNDS = re.compile(r"\([0-9, ]+\)")
_NAMED = re.compile(r"%\((\w+)\)s")


class WrittenJson(str):
    """JSON that is written already: a column of JSON takes it as it is."""


def insert_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    same: Mapping[str, Any],
) -> None:
    """Inserts `rows`, which all name the same columns, with the columns `same` alike in all.

    A column that nobody names has its default; None is NULL.
    """
    if any(row.keys() != rows[0].keys() for row in rows):
        raise ValueError(f"rows of {table.name} name different columns")
    shared = {**_defaults(table), **same}
    own = [name for name in rows[0] if name not in same]
    names = [*own, *(name for name in shared if name not in rows[0] or name in same)]
    head, row, order = _statement(table, connection.dialect, tuple(names))
    columns = [
        list(_converted(table.c[name], name, rows, shared, connection.dialect, own))
        for name in order
    ]
    whole = _by_columns(table, connection.dialect, tuple(order)) if len(rows) >= _MANY else None
    if whole is not None and all(map(_is_of_one_kind, columns)):
        for start in range(0, len(rows), _ROWS):
            portion = tuple(_as_list(one[start : start + _ROWS]) for one in columns)
            connection.exec_driver_sql(whole, portion)
        return
    values = list(zip(*columns, strict=True))
    size = min(_ROWS, _PARAMETERS // len(order))
    for start in range(0, len(values), size):
        some = values[start : start + size]
        connection.exec_driver_sql(
            head + ", ".join([row] * len(some)), tuple(chain.from_iterable(some))
        )


@lru_cache(maxsize=256)
def _statement(
    table: Table, dialect: Dialect, names: tuple[str, ...]
) -> tuple[str, str, Sequence[str]]:
    """The statement up to its rows, the row with its places, and what comes in these."""
    compiled = insert(table).inline().compile(dialect=dialect, column_keys=names)
    head, values, row = str(compiled).partition(" VALUES ")
    if compiled.positiontup is not None:
        return head + values, row, compiled.positiontup
    return head + values, _NAMED.sub("%s", row), _NAMED.findall(row)


def _is_of_one_kind(column: Sequence[Any]) -> bool:
    """Whether its values are of one type: of others the driver makes no list."""
    return len({*map(type, column)} - {NoneType}) <= 1


@lru_cache(maxsize=256)
def _by_columns(table: Table, dialect: Dialect, order: tuple[str, ...]) -> str | None:
    """On PostgreSQL: the statement that takes a parameter a column, a list of its values.

    It has a few parameters to prepare instead of thousands: half the work of both sides. None
    elsewhere, and where a column is of a kind that was not tried.
    """
    if dialect.name != "postgresql":
        return None
    # By its bare name, as a single value is: a cast to VARCHAR(9) cuts what is longer in silence.
    kinds = [_BOUNDS.sub("", table.c[name].type.compile(dialect=dialect)) for name in order]
    if not _LISTED.keys() >= set(kinds):
        return None
    quoted = [dialect.identifier_preparer.quote(table.c[name].name) for name in order]
    lists = ", ".join(f"%s::{_LISTED[kind]}[]" for kind in kinds)
    values = ", ".join(
        f"own.{name}::JSON" if kind == "JSON" else f"own.{name}"
        for name, kind in zip(quoted, kinds, strict=True)
    )
    columns, target = ", ".join(quoted), dialect.identifier_preparer.format_table(table)
    return f"INSERT INTO {target} ({columns}) SELECT {values} FROM unnest({lists}) own ({columns})"


def _as_list(values: Sequence[Any]) -> Any:
    """A column as PostgreSQL writes a list; the driver, in Python, takes ten times as long."""
    kinds = {*map(type, values)} - {NoneType}
    write = _WRITERS.get(kinds.pop()) if kinds else str
    if write is None:
        return values
    return f"{{{','.join(['NULL' if one is None else write(one) for one in values])}}}"


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    **dict.fromkeys((bool, date, int), str),
    **dict.fromkeys((datetime, str), _quoted),
}


def among(column: Any, ids: Sequence[int] | BindParameter[Any]) -> ColumnElement[bool]:
    """Whether `column` is one of `ids`, in whatever order.

    What was made in one go has one number after the other: a span is told in two parameters, and
    a list in as many as it has numbers, each of which takes longer to prepare than to find. A few
    are named: a database knows better what to expect of them.
    """
    found: ColumnElement[bool]
    if isinstance(ids, BindParameter) or len(ids) <= FEW:
        found = column.in_(ids)
    else:
        is_span = all(after - before == 1 for before, after in pairwise(ids))
        found = column.between(ids[0], ids[-1]) if is_span else column.in_(ids)
    return found


def execute_rows(
    connection: Connection,
    statement: Update,
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> int:
    """Executes `statement` once for each of `rows`: the values of its parameters `names`.

    How many rows were met in all; -1 where the driver does not say.
    """
    if not rows:
        return 0
    dialect = connection.dialect
    compiled = statement.compile(dialect=dialect)
    alike = compiled.construct_params(dict.fromkeys(names))
    order = list(compiled.positiontup) if compiled.positiontup is not None else list(alike)
    columns = []
    for name in order:
        kind = compiled.binds[name].type
        convert = kind.dialect_impl(dialect).bind_processor(dialect)
        if name in names:
            place = names.index(name)
            given: Iterable[Any] = [row[place] for row in rows]
        else:
            given = repeat(alike[name], len(rows))
        columns.append(given if convert is None else map(convert, given))
    values: Any = list(zip(*columns, strict=True))
    if compiled.positiontup is None:
        values = [dict(zip(order, row, strict=True)) for row in values]
    return int(connection.exec_driver_sql(str(compiled), values).rowcount)


def run_rows(connection: Connection, statement: Update, rows: Sequence[Mapping[str, Any]]) -> None:
    """Runs `statement` once for each of `rows`, which give all its open parameters."""
    if rows:
        names = list(rows[0])
        execute_rows(connection, statement, names, [[row[name] for name in names] for row in rows])


def _converted(
    column: Column[Any],
    name: str,
    rows: Sequence[Mapping[str, Any]],
    shared: Mapping[str, Any],
    dialect: Dialect,
    own: Sequence[str],
) -> Iterable[Any]:
    """The values of a column as the driver takes them."""
    convert: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if name not in own:
        value = shared[name]
        return [value if convert is None else convert(value)] * len(rows)
    given = [row[name] for row in rows]
    if isinstance(column.type, JSON) and all(isinstance(one, WrittenJson) for one in given):
        return map(str, given)
    return given if convert is None else map(convert, given)


def _defaults(table: Table) -> dict[str, Any]:
    return {
        column.key: column.default.arg
        for column in table.columns
        if isinstance(column.default, ScalarElementColumnDefault)
    }
