"""What the audit tells of a person, found by their records and by all they were ever known by."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from domain.audit import AuditEntry, ChangeKind
from domain.privacy import Rewriter, Trace, near
from domain.privacy_fates import Fate
from domain.privacy_register import columns_of
from persistence.privacy.person import Person, mark_of, traces_in
from persistence.privacy.search import naming, table_of
from persistence.session import ScopedSession, as_the_house

_PORTION = 500
_REFERRING = (
    ("sign_in", "member_id", "member"),
    ("identity", "member_id", "member"),
    ("contact", "client_id", "client"),
    ("address", "client_id", "client"),
)
"""Rows of a person that may be gone: table, column, and the table of the person it refers to."""


@dataclass(slots=True)
class Change:
    """A change that tells of a person."""

    id: int
    record: str
    record_id: int
    kind: ChangeKind
    at: datetime
    before: Any
    after: Any

    @property
    def sides(self) -> list[Any]:
        return [one for one in (self.before, self.after) if isinstance(one, dict)]


@dataclass(slots=True)
class ToldOf:
    """What the audit tells of a person."""

    rewriter: Rewriter
    """Finds them by all that the audit knew them by."""
    own: dict[int, Change] = field(default_factory=dict)
    """Of their own records, where it names what is theirs."""
    named: dict[int, Change] = field(default_factory=dict)
    """Of other records, where it names them."""


def told_of(session: ScopedSession, person: Person) -> ToldOf:
    """What the audit of the session's organisation tells of the person, where it is not emptied."""
    own: dict[int, Change] = {}
    traces: list[Trace] = list(person.rewriter.traces)
    personal = columns_of(Fate.NEUTRAL, Fate.EMPTIED, Fate.REMOVED)
    for table, keys in _own_keys(session, person).items():
        changes = list(_changes_of(session, table, keys))
        traces += _former_traces(session, table, keys, changes)
        names = set(personal.get(table, ()))
        own |= {one.id: one for one in changes if any(names & set(side) for side in one.sides)}
    mine = [one for one in dict.fromkeys(traces) if mark_of(one) not in person.others]
    rewriter = replace(person.rewriter, traces=mine, spared=near(mine, person.others.values()))
    told = table_of("audit_change")
    living = told.c.erased_at.is_(None)
    found = naming(session, told, ("before", "after"), rewriter, living, read=_read)
    ids = [key for key, _ in found if key not in own]
    named = {one.id: one for part in portions(ids) for one in _read_changes(session, _in(part))}
    return ToldOf(rewriter, own, named)


def former_accounts(session: ScopedSession, person: Person) -> set[int]:
    """The accounts that were the person's in this organisation, by what the audit tells."""
    found = set(person.accounts)
    for one in _changes_of(session, "member", person.ids("member")):
        found |= {side["account_id"] for side in one.sides if side.get("account_id")}
    return found


Acts = tuple[int, datetime, datetime, str]


def acts_of(session: ScopedSession, person: Person, rewriter: Rewriter) -> list[Acts]:
    """What the person did: how often, the first and the last time, and what."""
    table = table_of("audit_entry")
    found: dict[str, Acts] = {}
    keys = {f"member_{key}" for key in person.ids("member")}
    named = {key for key, _ in naming(session, table, ("actor_name",), rewriter)}
    where = AuditEntry.actor_id.in_(keys)
    entries = select(AuditEntry.id, AuditEntry.act_name, AuditEntry.created_at)
    rows = list(session.execute(entries.where(where)))
    others = sorted(named - {row.id for row in rows})
    for part in portions(others):
        rows += session.execute(entries.where(AuditEntry.id.in_(part)))
    for _, name, at in rows:
        count, first, last, _ = found.get(name, (0, at, at, name))
        found[name] = (count + 1, min(first, at), max(last, at), name)
    return [found[name] for name in sorted(found)]


def _own_keys(session: ScopedSession, person: Person) -> dict[str, set[int]]:
    """Their records by table, those that are gone too."""
    keys = person.keys()
    if person.ids("member"):
        keys.setdefault("account", set()).update(former_accounts(session, person))
    for table, column, of in _REFERRING:
        referred = keys.get(of)
        if referred:
            whole = table_of("audit_change").c.kind.in_((ChangeKind.INSERT, ChangeKind.DELETE))
            keys.setdefault(table, set()).update(
                one.record_id
                for one in _changes_of(session, table, None, whole)
                if any(side.get(column) in referred for side in one.sides)
            )
    return keys


def _changes_of(
    session: ScopedSession,
    record: str,
    keys: Iterable[int] | None,
    *where: ColumnElement[bool],
) -> Iterator[Change]:
    """Changes of rows of a table, the last first; without keys of all."""
    column = table_of("audit_change").c
    of_record = column.record == record
    if keys is None:
        yield from _read_changes(session, of_record, *where)
        return
    for part in portions(sorted(keys)):
        yield from _read_changes(session, of_record, column.record_id.in_(part), *where)


def _read_changes(session: ScopedSession, *where: ColumnElement[bool]) -> Iterator[Change]:
    column = table_of("audit_change").c
    told = (column.id, column.record, column.record_id, column.kind, column.created_at)
    statement = (
        select(*told, column.before, column.after)
        .where(
            column.organisation_id == session.organisation_id, column.erased_at.is_(None), *where
        )
        .order_by(column.id.desc())
        .execution_options(yield_per=_PORTION)
    )
    for row in session.execute(statement):
        yield Change(*row[:5], _read(row[5]), _read(row[6]))


def _former_traces(
    session: ScopedSession, table: str, keys: Iterable[int], changes: Sequence[Change]
) -> Iterator[Trace]:
    """What rows were known by at any time: as they are now, and before each of their changes."""
    states = {
        key: row for part in portions(sorted(keys)) for key, row in _now(session, table, part)
    }
    for row in states.values():
        yield from traces_in(table, row)
    for one in changes:
        state = states.setdefault(one.record_id, {})
        for side in (one.after, one.before):
            if isinstance(side, dict):
                state |= side
                yield from traces_in(table, state)


def _now(
    session: ScopedSession, table: str, keys: Sequence[int]
) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = table_of(table)
    statement = select(rows).where(rows.c.id.in_(keys))
    if "organisation_id" in rows.c:
        statement = statement.where(rows.c.organisation_id == session.organisation_id)
        found = session.execute(statement).all()
    else:
        # Who uses the former account in other firms still has it.
        with as_the_house(session):
            found = session.execute(statement).all()
    for row in found:
        yield row.id, dict(row._mapping)


def _read(text: Any) -> Any:
    """A side of a change as JSON, as every trigger writes it."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _in(keys: Sequence[int]) -> ColumnElement[bool]:
    return table_of("audit_change").c.id.in_(keys)


def portions(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), _PORTION):
        yield keys[start : start + _PORTION]
