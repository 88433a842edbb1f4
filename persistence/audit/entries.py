"""Looking the audit up: entries by filters, the changes of each, and all of it for an export."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, cast, func, or_, select, union_all

from domain.audit import AuditChange, AuditEntry
from domain.standing import Door
from persistence.session import ScopedSession

SHOWN = 100
"""Changes that an entry shows by itself; the others are a list by page."""

_PORTION = 5000
_SHOWN_COLUMNS = (
    AuditChange.id,
    AuditChange.act,
    AuditChange.record,
    AuditChange.record_id,
    AuditChange.kind,
    AuditChange.before,
    AuditChange.after,
    AuditChange.erased_at,
    AuditChange.created_at,
)


def days(
    since: date | None, until: date | None, time_zone: str, column: Any = AuditEntry.created_at
) -> list[ColumnElement[bool]]:
    """The conditions of the days `since` to `until`, both within, as the firm has them."""
    where: list[ColumnElement[bool]] = []
    if since is not None:
        where.append(column >= _midnight(since, time_zone))
    if until is not None and until < date.max:
        where.append(column < _midnight(until + timedelta(days=1), time_zone))
    return where


def _midnight(day: date, time_zone: str) -> datetime:
    # The first and the last years have days that no zone can be applied to.
    safe = min(max(day, date(2, 1, 1)), date(9998, 12, 31))
    return datetime.combine(safe, time.min, ZoneInfo(time_zone)).astimezone(UTC)


def entries_where(
    *,
    actor: str | None = None,
    door: Door | None = None,
    act: str | None = None,
    record: tuple[str, int] | None = None,
    table: str | None = None,
    request_id: str | None = None,
) -> list[ColumnElement[bool]]:
    """The conditions of a list of entries; `record` is a table and an identifier."""
    where: list[ColumnElement[bool]] = []
    if actor is not None:
        where.append(or_(AuditEntry.actor_id == actor, AuditEntry.actor_name == actor))
    if door is not None:
        where.append(AuditEntry.door == door)
    if act is not None:
        where.append(AuditEntry.act_name == act)
    if record is not None:
        changed = select(AuditChange.act).where(
            AuditChange.organisation_id == AuditEntry.organisation_id,
            AuditChange.record == record[0],
            AuditChange.record_id == record[1],
        )
        where.append(AuditEntry.act.in_(changed))
    if table is not None:
        where.append(cast(AuditEntry.records, String).contains(f'"{table}":'))
    if request_id is not None:
        where.append(AuditEntry.request_id == request_id)
    return where


def changes_where(
    *, entry_id: int | None = None, record: tuple[str, int] | None = None
) -> list[ColumnElement[bool]]:
    """The conditions of a list of changes, which are sealed: of an entry, of a record, or all."""
    where: list[ColumnElement[bool]] = [AuditChange.act.is_not(None)]
    if entry_id is not None:
        act = select(AuditEntry.act).where(AuditEntry.id == entry_id).scalar_subquery()
        where.append(AuditChange.act == act)
    if record is not None:
        where += [AuditChange.record == record[0], AuditChange.record_id == record[1]]
    return where


def first_changes(session: ScopedSession, entry_ids: Sequence[int]) -> dict[int, list[Any]]:
    """The first changes of each entry, `SHOWN` at most, in their order; two statements."""
    acts = session.execute(
        select(AuditEntry.id, AuditEntry.act, AuditEntry.organisation_id).where(
            AuditEntry.id.in_(entry_ids)
        )
    ).all()
    by_act = {row.act: row.id for row in acts}
    found: defaultdict[int, list[Any]] = defaultdict(list)
    if not acts:
        return found
    parts = [
        select(
            select(*_SHOWN_COLUMNS)
            .where(AuditChange.act == row.act, AuditChange.organisation_id == row.organisation_id)
            .order_by(AuditChange.id)
            .limit(SHOWN)
            .subquery()
        )
        for row in acts
    ]
    for change in session.execute(union_all(*parts)):
        found[by_act[change.act]].append(change)
    for changes in found.values():
        changes.sort(key=lambda change: change.id)
    return found


def changes_within(session: ScopedSession, where: Sequence[ColumnElement[bool]]) -> int:
    """How many changes the entries that meet `where` hold."""
    return session.scalar(select(func.sum(AuditEntry.count)).where(*where)) or 0


def exported(
    session: ScopedSession, where: Sequence[ColumnElement[bool]]
) -> Iterator[tuple[Any, Sequence[Any]]]:
    """Each entry that meets `where` with its changes, in order, and never many at once.

    An entry of more changes than fit comes several times; one without any comes with none.
    """
    for entry, size in _portions(session, where):
        if len(entry) == 1 and size > _PORTION:
            yield from _long(session, entry[0])
            continue
        by_act = _changes_by_act(session, entry)
        for one in entry:
            yield one, by_act.get(one.act, [])


def _portions(
    session: ScopedSession, where: Sequence[ColumnElement[bool]]
) -> Iterator[tuple[list[Any], int]]:
    """Entries by portions whose changes fit in memory, each with their number."""
    gathered: list[Any] = []
    size = 0
    for entry in _entries(session, where):
        if gathered and size + entry.count > _PORTION:
            yield gathered, size
            gathered, size = [], 0
        gathered.append(entry)
        size += entry.count
    if gathered:
        yield gathered, size


def _entries(session: ScopedSession, where: Sequence[ColumnElement[bool]]) -> Iterator[Any]:
    names = (
        *(AuditEntry.place, AuditEntry.created_at, AuditEntry.act, AuditEntry.act_name),
        *(AuditEntry.door, AuditEntry.actor_name, AuditEntry.actor_id, AuditEntry.address),
        *(AuditEntry.request_id, AuditEntry.count, AuditEntry.organisation_id),
        *(AuditEntry.previous_sha256, AuditEntry.sha256),
    )
    last = 0
    while True:
        portion = session.execute(
            select(*names)
            .where(*where, AuditEntry.place > last)
            .order_by(AuditEntry.place)
            .limit(500)
        ).all()
        yield from portion
        if len(portion) < 500:
            return
        last = portion[-1].place


def _changes_by_act(session: ScopedSession, entries: Sequence[Any]) -> Mapping[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    statement = (
        select(*_SHOWN_COLUMNS)
        .where(AuditChange.act.in_([one.act for one in entries]))
        .order_by(AuditChange.act, AuditChange.id)
    )
    for change in session.execute(statement):
        found[change.act].append(change)
    return found


def _long(session: ScopedSession, entry: Any) -> Iterator[tuple[Any, Sequence[Any]]]:
    last = 0
    while True:
        portion = session.execute(
            select(*_SHOWN_COLUMNS)
            .where(
                AuditChange.act == entry.act,
                AuditChange.organisation_id == entry.organisation_id,
                AuditChange.id > last,
            )
            .order_by(AuditChange.act, AuditChange.organisation_id, AuditChange.id)
            .limit(_PORTION)
        ).all()
        yield entry, portion
        if len(portion) < _PORTION:
            return
        last = portion[-1].id
