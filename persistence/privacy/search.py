"""Finding a person in the texts of all records, and replacing what names them there.

Databases disagree on the capitals of letters with accents, and JSON writes them as numbers: a
statement finds what may hold a trace, by its plain letters, and the rule of the domain decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, cast, or_, select, true, update

from domain.likeness import name_key
from domain.privacy import Rewriter
from domain.records import METADATA
from persistence.session import ScopedSession

_AT_ONCE = 500

Named = tuple[int, dict[str, Any]]
"""The identifier of a row, and the columns of it in which somebody is named."""


def table_of(name: str) -> Table:
    return METADATA.tables[name]


def naming(
    session: ScopedSession,
    table: Table,
    columns: Sequence[str],
    rewriter: Rewriter,
    *where: ColumnElement[bool],
    read: Callable[[Any], Any] = lambda value: value,
) -> Iterator[Named]:
    """The rows of the session's organisation that name the person, and where.

    `read` makes of what is in a column the value that is searched.
    """
    if not rewriter.traces:
        return
    may_hold = or_(*(_may_hold(table.c[name], rewriter) for name in columns))
    statement = (
        select(table.c.id, *(table.c[name] for name in columns))
        .where(table.c.organisation_id == session.organisation_id, may_hold, *where)
        .order_by(table.c.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in session.execute(statement):
        found = {
            name: value
            for name, value in zip(columns, map(read, row[1:]), strict=True)
            if rewriter.is_in(value)
        }
        if found:
            yield row.id, found


def _may_hold(column: Any, rewriter: Rewriter) -> ColumnElement[bool]:
    text = cast(column, Text)
    return or_(
        *(
            and_(true(), *(text.icontains(part, autoescape=True) for part in trace.fragments))
            for trace in rewriter.traces
        )
    )


def rewrite(
    session: ScopedSession,
    table: Table,
    columns: Sequence[str],
    rewriter: Rewriter,
    *where: ColumnElement[bool],
) -> int:
    """Replaces what names the person in `columns`; in how many rows."""
    found = list(naming(session, table, columns, rewriter, *where))
    for key, values in found:
        put(session, table, key, {name: rewriter.rewritten(one) for name, one in values.items()})
    return len(found)


def put(session: ScopedSession, table: Table, key: int, values: Mapping[str, Any]) -> None:
    """Writes columns of one row, as people's own changes are: with a new version."""
    written = {name: _fitting(table.c[name], one) for name, one in values.items()}
    if "name" in written and "name_key" in table.c:
        written["name_key"] = name_key(str(written["name"]))
    if "version" in table.c and table.name != "import_effect":
        written |= {"version": table.c.version + 1, "updated_at": datetime.now(UTC)}
    session.execute(
        update(table)
        .where(table.c.organisation_id == session.organisation_id, table.c.id == key)
        .values({table.c[name]: one for name, one in written.items()})
    )


def _fitting(column: Any, value: Any) -> Any:
    longest = getattr(column.type, "length", None)
    return value[:longest] if longest and isinstance(value, str) else value
