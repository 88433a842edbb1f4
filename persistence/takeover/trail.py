"""What an import does beside making the record of each row, noted so that it can be undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table, null, select

from domain.base import Record
from domain.takeover.revert import ImportEffect
from domain.takeover.wire import pack
from persistence.bulk import among
from persistence.session import ScopedSession, insert_all

_TRAIL = "trail"
_PORTION = 500


class Trail:
    """The records made and changed since it began, by table."""

    def __init__(self) -> None:
        self.new: dict[int, int] = {}
        """The record that each new row made: it tells that one itself."""
        self.made: defaultdict[str, set[int]] = defaultdict(set)
        self.before: defaultdict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
        self.version: defaultdict[str, dict[int, int | None]] = defaultdict(dict)
        """The version of each before it was changed."""


@contextmanager
def followed(session: ScopedSession) -> Iterator[Trail]:
    """A trail of what is written meanwhile."""
    trail = session.info[_TRAIL] = Trail()
    try:
        yield trail
    finally:
        del session.info[_TRAIL]


def note_new(session: ScopedSession, made: Iterable[tuple[int, int]]) -> None:
    """Notes which record the rows made, by number; nothing when nobody follows."""
    trail: Trail | None = session.info.get(_TRAIL)
    if trail is not None:
        trail.new.update(made)


def note_made(session: ScopedSession, record: type[Record], ids: Iterable[int]) -> None:
    """Notes that the records `ids` are about to be made; nothing when nobody follows."""
    trail: Trail | None = session.info.get(_TRAIL)
    if trail is not None:
        trail.made[record.__tablename__].update(ids)


def note_before(
    session: ScopedSession, record: type[Record], ids: Sequence[int], names: Iterable[str]
) -> None:
    """Notes the columns `names` of the records `ids` as they are, before they are changed."""
    trail: Trail | None = session.info.get(_TRAIL)
    if trail is None or not ids:
        return
    table, names = table_of(record), list(names)
    columns = [table.c[name] for name in names]
    counted = [table.c.version] if "version" in table.c else [null()]
    ids = sorted(ids)
    before, versions = trail.before[record.__tablename__], trail.version[record.__tablename__]
    for start in range(0, len(ids), _PORTION):
        statement = select(table.c.id, *counted, *columns).where(
            table.c.organisation_id == session.organisation_id,
            among(table.c.id, ids[start : start + _PORTION]),
        )
        for key, version, *values in session.connection().execute(statement):
            versions.setdefault(key, version)
            known = before.setdefault(key, {})
            for name, value in zip(names, values, strict=True):
                known.setdefault(name, pack(value))


def keep_trail(session: ScopedSession, trail: Trail, import_id: int, record: type[Record]) -> None:
    """Keeps the trail of an import; which `record` a row made, the row tells itself."""
    session.flush()
    told = {record.__tablename__: set(trail.new.values())}
    for noun, ids in trail.made.items():
        _keep(session, trail, import_id, noun, sorted(ids - told.get(noun, set())), made=True)
    for noun, before in trail.before.items():
        known = trail.made[noun] | told.get(noun, set())
        keys = sorted(key for key in before if key not in known)
        _keep(session, trail, import_id, noun, keys)


def _keep(
    session: ScopedSession,
    trail: Trail,
    import_id: int,
    noun: str,
    keys: Sequence[int],
    *,
    made: bool = False,
) -> None:
    for start in range(0, len(keys), _PORTION):
        portion = keys[start : start + _PORTION]
        versions = present_versions(session, noun, portion)
        insert_all(
            session,
            ImportEffect,
            [
                {
                    "import_id": import_id,
                    "noun": noun,
                    "record_id": key,
                    "made": made,
                    "before": {} if made else trail.before[noun][key],
                    "version": versions[key],
                    "version_before": trail.version[noun].get(key),
                }
                for key in portion
            ],
        )


def present_versions(
    session: ScopedSession, noun: str, ids: Sequence[int]
) -> dict[int, int | None]:
    """The version of each record there is of `ids`, which are in order; None: none is counted."""
    table = Record.metadata.tables[noun]
    counted = [table.c.version] if "version" in table.c else []
    found: dict[int, int | None] = {}
    for start in range(0, len(ids), _PORTION):
        statement = select(table.c.id, *counted).where(
            table.c.organisation_id == session.organisation_id,
            among(table.c.id, ids[start : start + _PORTION]),
        )
        for key, *version in session.connection().execute(statement):
            found[key] = version[0] if version else None
    return found


def table_of(record: type[Record]) -> Table:
    """The table that holds `record`."""
    table = record.__table__
    assert isinstance(table, Table)
    return table
