"""What an import does beside making the record of each row, noted so that it can be undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table, null, select

from domain.base import Record
from domain.takeover.revert import ImportEffect
from domain.takeover.wire import pack
from persistence.session import ScopedSession, insert_all

_TRAIL = "trail"
_PORTION = 500


class Trail:
    """The records made and changed since it began, by table."""

    def __init__(self) -> None:
        self.made: defaultdict[str, set[int]] = defaultdict(set)
        self.before: dict[tuple[str, int], dict[str, Any]] = {}
        self.version: dict[tuple[str, int], int | None] = {}
        """The version of each before it was changed."""


@contextmanager
def followed(session: ScopedSession) -> Iterator[Trail]:
    """A trail of what is written meanwhile."""
    trail = session.info[_TRAIL] = Trail()
    try:
        yield trail
    finally:
        del session.info[_TRAIL]


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
    for start in range(0, len(ids), _PORTION):
        statement = select(table.c.id, *counted, *columns).where(
            table.c.organisation_id == session.organisation_id,
            table.c.id.in_(ids[start : start + _PORTION]),
        )
        for key, version, *values in session.connection().execute(statement):
            trail.version.setdefault((record.__tablename__, key), version)
            known = trail.before.setdefault((record.__tablename__, key), {})
            for name, value in zip(names, values, strict=True):
                known.setdefault(name, pack(value))


def keep_trail(
    session: ScopedSession, trail: Trail, import_id: int, *, told: Mapping[str, set[int]]
) -> None:
    """Keeps the trail of an import; the records that its rows made (`told`) tell it themselves."""
    session.flush()
    made = [
        (noun, key)
        for noun, ids in trail.made.items()
        for key in sorted(ids - told.get(noun, set()))
    ]
    changed = [
        (noun, key)
        for noun, key in trail.before
        if key not in trail.made[noun] and key not in told.get(noun, set())
    ]
    versions = present_versions(session, [*made, *changed])
    insert_all(
        session,
        ImportEffect,
        [
            {
                "import_id": import_id,
                "noun": noun,
                "record_id": key,
                "made": is_made,
                "before": {} if is_made else trail.before[noun, key],
                "version": versions[noun, key],
                "version_before": trail.version.get((noun, key)),
            }
            for is_made, keys in ((True, made), (False, changed))
            for noun, key in keys
        ],
    )


def present_versions(
    session: ScopedSession, keys: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], int | None]:
    """The version of each record there is, by table and identifier; None where none is counted."""
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for noun, key in keys:
        wanted[noun].append(key)
    found: dict[tuple[str, int], int | None] = {}
    for noun, ids in wanted.items():
        table = Record.metadata.tables[noun]
        counted = [table.c.version] if "version" in table.c else []
        for start in range(0, len(ids), _PORTION):
            statement = select(table.c.id, *counted).where(
                table.c.organisation_id == session.organisation_id,
                table.c.id.in_(ids[start : start + _PORTION]),
            )
            for key, *version in session.connection().execute(statement):
                found[noun, key] = version[0] if version else None
    return found


def table_of(record: type[Record]) -> Table:
    """The table that holds `record`."""
    table = record.__table__
    assert isinstance(table, Table)
    return table
