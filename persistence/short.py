"""Reads that acts do again and again: written down once, then only their values are handed over.

    _LINES = Short(lambda keys: select(InvoiceLine).where(among(InvoiceLine.invoice_id, keys)))
    _LINES.ask(session, keys=[7]).scalars()

Putting a statement together, keeping it to the organisation and finding again what was compiled of
it takes the library up to ten times as long as a database takes to answer for one document. Kept
here is the same statement, with the organisation as one value more (`persistence.scoping`). Who is
limited in reach, who is of no organisation, who wants many, and who hands over None (which is asked
for by IS NULL), asks as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Result, Select, bindparam

from persistence.bulk import FEW
from persistence.reach import reach_of_session
from persistence.ready.prepared import Prepared, Source, placed
from persistence.scoping import CRITERIA_OF_ANY, KEPT, ORGANISATION
from persistence.session import ScopedSession


class Short:
    """A statement that `make` makes of its values, by their names: `keys` are a list of numbers.

    Its text is kept for each length that a list has, FEW at most: some 5 kB each, 30 of a wide row.
    """

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make
        self._kept: Select[Any] | None = None
        self._texts: dict[tuple[str, int], _Text] = {}

    def ask(
        self, session: ScopedSession, *shown: ColumnElement[bool], **given: Any
    ) -> Result[*tuple[Any, ...]]:
        """What it finds, records among it; `shown` are conditions of who is limited."""
        if shown or not _is_short(session, given):
            return session.execute(self._make(**given).where(*shown))
        return session.execute(self._open(), given | {ORGANISATION.key: session.organisation_id})

    def rows(self, session: ScopedSession, **given: Any) -> Sequence[Any]:
        """The columns that it finds, straight from the driver."""
        if not _is_short(session, given):
            return session.execute(self._make(**given)).all()
        if session.autoflush:
            session.flush()
        connection = session.connection()
        given[ORGANISATION.key] = session.organisation_id
        kind = connection.dialect.name, len(given.get("keys", ()))
        text = self._texts.get(kind)
        if text is None:
            text = self._texts[kind] = _Text(self._open(), given, connection.dialect)
        return text.rows(connection, given)

    def _open(self) -> Select[Any]:
        """The statement with its values left open, of whichever organisation."""
        if self._kept is None:
            names = signature(self._make).parameters
            left: dict[str, Any] = {
                name: bindparam(name, expanding=name == "keys") for name in names
            }
            made = self._make(**left).options(*CRITERIA_OF_ANY)
            self._kept = made.execution_options(**{KEPT: True})
        return self._kept


def _is_short(session: ScopedSession, given: Mapping[str, Any]) -> bool:
    return (
        session.info.get("organisation_id") is not None
        and reach_of_session(session).is_whole
        and None not in given.values()
        and ("keys" not in given or 0 < len(given["keys"]) <= FEW)
    )


class _Text:
    """A statement as the driver takes it, for lists of one length."""

    def __init__(self, statement: Select[Any], given: Mapping[str, Any], dialect: Dialect) -> None:
        made = statement.compile(dialect=placed(dialect, "format")).construct_expanded_state(given)
        # A list is written out: keys -> keys_1, keys_2, …
        parts = {
            place: (name, part)
            for name, places in made.parameter_expansion.items()
            for part, place in enumerate(places)
        }
        sources: list[Source] = []
        for place in made.positiontup or ():
            name, part = parts.get(place, (place, None))
            source = (name, part) if name in given else (None, made.parameters[place])
            sources.append((*source, made.processors.get(place)))
        self._prepared = Prepared(made.statement, sources)
        found = (
            one.type.dialect_impl(dialect).result_processor(dialect, None)
            for one in statement.exported_columns
        )
        self._readers = [(place, read) for place, read in enumerate(found) if read is not None]

    def rows(self, connection: Connection, given: Mapping[str, Any]) -> Sequence[Any]:
        bound = self._prepared.bound((), given)
        rows = connection.exec_driver_sql(bound.text, tuple(bound.values)).all()
        if not self._readers:
            return rows
        found = [list(row) for row in rows]
        for row in found:
            for at, read in self._readers:
                row[at] = read(row[at])
        return found
