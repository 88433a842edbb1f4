"""Records of one kind written row by row: new ones at once, changed ones together at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, bindparam
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from domain.base import Record
from domain.errors import Refusal
from domain.job import Stage
from domain.likeness import name_key
from domain.takeover.candidate import Planned
from domain.takeover.review import STALE_REVIEW
from persistence.bulk import execute_rows
from persistence.ids import reserve
from persistence.session import ScopedSession, insert_all
from persistence.statistics import learn
from persistence.takeover.trail import note_before, note_new, table_of
from persistence.telling import in_portions


def keyed(table: Table, columns: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns, with the key of a name that comes without: a plan may be older than the key."""
    if "name" not in columns or "name_key" in columns or "name_key" not in table.c:
        return columns
    return {**columns, "name_key": name_key(columns["name"])}


class RecordWriter:
    """Writes the rows of a plan that are records of `record`, a portion at a time.

    What changes is written last, in the order of the identifiers, so that two imports of the same
    records wait for one another; until then only the changed values are kept.
    """

    def __init__(
        self,
        session: ScopedSession,
        record: type[Record],
        signed: Mapping[str, Any] | None = None,
    ) -> None:
        """`signed`: columns that are alike in all new records."""
        self.session = session
        self.record = record
        self.written: dict[int, int] = {}
        """The record of each row, new or changed."""
        self._signed = dict(signed or {})
        self._defaults: dict[str, Any] = {
            column.key: column.default.arg
            for column in table_of(record).columns
            if isinstance(column.default, ScalarElementColumnDefault)
        }
        self._new = 0
        self._changed: defaultdict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
        """Identifier, version and values, by the names of the columns."""

    def create(self, rows: Sequence[Planned]) -> None:
        """Inserts new records, in one statement."""
        ids = reserve(self.session, self.record, len(rows))
        insert_all(self.session, self.record, self._completed(rows, ids))
        made = list(zip((row.row for row in rows), ids, strict=True))
        self.written.update(made)
        note_new(self.session, made)
        self._new += len(rows)

    def change(self, rows: Sequence[Planned]) -> None:
        """Keeps what is to change of records that are there."""
        for row in rows:
            if row.target_id is None:
                continue
            # Without columns too: a client whose contact alone changed has another version.
            columns = keyed(table_of(self.record), row.columns)
            names = tuple(sorted(columns))
            values = (row.target_id, row.target_version, *(columns[name] for name in names))
            self._changed[names].append(values)
            self.written[row.row] = row.target_id

    def finish(self) -> None:
        """Writes the changes; STALE_REVIEW when one of the records has another version by now."""
        learn(self.session, self.record, self._new)
        for names, values in self._changed.items():
            values.sort(key=lambda row: row[0])
            note_before(self.session, self.record, [row[0] for row in values], names)
            self._update(names, values)
        self._changed.clear()

    def _completed(self, rows: Sequence[Planned], ids: Sequence[int]) -> list[dict[str, Any]]:
        """Rows of one set of columns, the defaults of these columns in their empty cells.

        One statement needs one set of columns: a column that any row fills is given in all.
        """
        told = [keyed(table_of(self.record), row.columns) for row in rows]
        names = self._defaults.keys() | {name for columns in told for name in columns}
        blank = {name: self._defaults.get(name) for name in names} | self._signed
        return [
            blank
            | {name: value for name, value in columns.items() if value is not None}
            | {"id": key}
            for columns, key in zip(told, ids, strict=True)
        ]

    def _update(self, names: tuple[str, ...], values: Sequence[tuple[Any, ...]]) -> None:
        session, table = self.session, table_of(self.record)
        statement = (
            table.update()
            .where(
                table.c.organisation_id == session.organisation_id,
                table.c.id == bindparam("b_id", type_=table.c.id.type),
                table.c.version == bindparam("b_version", type_=table.c.version.type),
            )
            .values(
                {name: bindparam(f"v_{name}", type_=table.c[name].type) for name in names}
                | {"version": table.c.version + 1, "updated_at": datetime.now(UTC)}
            )
        )
        given = ("b_id", "b_version", *(f"v_{name}" for name in names))
        for portion in in_portions(session, Stage.WRITING, values):
            done = execute_rows(session.connection(), statement, given, portion)
            if done not in (-1, len(portion)):
                raise Refusal(STALE_REVIEW(moved=self.record.__tablename__))
