"""The act of a writing transaction: named to the triggers at its beginning, sealed at its end."""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Connection,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain.audit import BEGINNING, INSTALLATION, AuditHead, Sealed, Told, digest_of
from domain.standing import THE_HOUSE, Actor, Standing
from persistence.engine import READ_ONLY

_KEY = "audit_act"
_NAMED = "audit_named"
_NOTED = "audit_noted"
_EPOCH_MS = 1_577_836_800_000
"""2020: the keys of acts begin with the milliseconds since, so that an index of them grows at its
end, and 22 random bits tell those of one millisecond apart."""
_PORTION = 5000
_LAST = 2**63 - 1

_SEEN = """
SELECT organisation_id, id, act, record, record_id, kind, {at}, before, after, salt,
    erased_at IS NOT NULL
FROM audit_change
WHERE act = {place} AND (organisation_id, id) > ({place}, {place}) AND organisation_id <= {place}
ORDER BY organisation_id, id LIMIT {place}
"""
_CHANGES = {
    "sqlite": _SEEN.format(at="substr(created_at, 1, 26)", place="?"),
    "postgresql": _SEEN.format(
        at="to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')", place="%s"
    ),
}

# Written out: with every act that anybody does, making them costs more than their answers.
_HEAD = "SELECT place, sha256 FROM audit_head WHERE organisation_id = {place}"
_MOVED = "UPDATE audit_head SET place = {place}, sha256 = {place} WHERE organisation_id = {place}"
_ENTRY = (
    "organisation_id",
    "created_at",
    "place",
    "act",
    "act_name",
    "door",
    "actor_name",
    "actor_id",
    "address",
    "request_id",
    "count",
    "records",
    "digests",
    "previous_sha256",
    "sha256",
)
_APPENDED = (
    f"INSERT INTO audit_entry ({', '.join(_ENTRY)}) VALUES ({', '.join(['{place}'] * len(_ENTRY))})"
)


@dataclass(frozen=True, slots=True)
class _Sql:
    """The statements of a dialect."""

    head: str
    moved: str
    appended: str


_ON_SQLITE = _Sql(*(one.format(place="?") for one in (_HEAD, _MOVED, _APPENDED)))
_ON_POSTGRESQL = _Sql(
    _HEAD.format(place="%s") + " FOR UPDATE",
    _MOVED.format(place="%s"),
    _APPENDED.format(place="%s"),
)


def watch(session: type[Session]) -> None:
    """Has what every writing transaction of such sessions did sealed before it is committed."""
    event.listen(session, "before_commit", _seal)


def name_act(
    session: Session, act: str, actor: Actor | None = None, home: int | None = None
) -> None:
    """Says what is being done, and by whom, where the session stands for nobody who could.

    `home` is the organisation that `actor` is a record of: elsewhere its identifier says nothing.
    """
    session.info[_NAMED] = (act, actor, home)


def note_act(session: Session) -> None:
    """Has what is done told even if it changes nothing: that something was taken away, for one."""
    session.info[_NOTED] = True
    session.connection()


def act_of(session: Session) -> int | None:
    """The key of what is being done; None before anything was, and in a session that reads."""
    found: int | None = session.info.get(_KEY)
    return found


def begin(session: Session, connection: Connection) -> int | None:
    """The key of the act that a transaction begins, None where it only reads.

    SQLite is told of it here, PostgreSQL with what else its transaction begins with
    (`persistence.engine.begin_postgresql`).
    """
    if connection.get_execution_options().get(READ_ONLY):
        return None
    elapsed = time.time_ns() // 1_000_000 - _EPOCH_MS
    key = (elapsed << 22 | secrets.randbits(22)) & (2**63 - 1)
    session.info[_KEY] = key
    if _is_sqlite(connection):
        connection.exec_driver_sql(
            "UPDATE audit_act SET act = ?, organisation_id = ? WHERE id = 1",
            (key, session.info.get("organisation_id")),
        )
    return key


def _seal(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    key = session.info.pop(_KEY, None)
    if key is None:
        return
    connection = session.connection()
    # All digests are made before the first head is locked; heads are locked in one order.
    seals = _seals(connection, key)
    if not seals and _NOTED in session.info:
        seals = [_Seal(session.info.get("organisation_id") or INSTALLATION, key)]
    for seal in seals:
        _append(connection, seal, *_who(session, seal.organisation_id))
    if _is_sqlite(connection):
        connection.exec_driver_sql("UPDATE audit_act SET act = NULL, organisation_id = NULL")


def _who(session: Session, organisation_id: int) -> tuple[str, Actor]:
    standing: Standing | None = session.info.get("standing")
    act, actor, home = session.info.get(_NAMED, ("", None, None))
    if actor is not None and home not in (None, organisation_id):
        actor = replace(actor, id="")
    if standing is None:
        return act, actor or THE_HOUSE
    return act or standing.act, actor or standing.actor


@dataclass(slots=True)
class _Seal:
    """What an act changed in one organisation."""

    organisation_id: int
    act: int
    digests: bytearray = field(default_factory=bytearray)
    records: Counter[str] = field(default_factory=Counter)


def _seals(connection: Connection, key: int) -> list[_Seal]:
    """What the act changed, by organisation in their order."""
    found: dict[int, _Seal] = {}
    for portion in _portions(connection, key, None):
        for organisation_id, some in groupby(portion, itemgetter(0)):
            rows = list(some)
            seal = found.setdefault(organisation_id, _Seal(organisation_id, key))
            seal.digests += b"".join(map(digest_of, rows))
            seal.records.update(map(itemgetter(3), rows))
    return list(found.values())


def changes_of(connection: Connection, key: int, organisation_id: int) -> Iterator[Told]:
    """The changes of an act in their order: a portion at a time, for it may have a million."""
    for portion in _portions(connection, key, organisation_id):
        yield from map(Told._make, portion)


def _portions(
    connection: Connection, key: int, organisation_id: int | None
) -> Iterator[Sequence[Sequence[Any]]]:
    """The changes of an act by organisation and in their order, as the fields of `Told`."""
    statement = _CHANGES[connection.dialect.name]
    least, most = (-1, _LAST) if organisation_id is None else (organisation_id,) * 2
    after = -1
    while True:
        sought = (key, least, after, most, _PORTION)
        portion = connection.exec_driver_sql(statement, sought).fetchall()
        yield portion
        if len(portion) < _PORTION:
            return
        least, after = portion[-1][0], portion[-1][1]


def _append(connection: Connection, seal: _Seal, act_name: str, actor: Actor) -> None:
    place, previous = _locked_head(connection, seal.organisation_id)
    sealed = Sealed(
        organisation_id=seal.organisation_id,
        place=place + 1,
        at=datetime.now(UTC),
        act=seal.act,
        act_name=act_name[:255],
        actor=_shortened(actor),
        records=dict(seal.records),
        digests=bytes(seal.digests),
        previous=previous,
    )
    sha256 = sealed.sha256()
    told = sealed.actor
    entry = (
        sealed.organisation_id,
        _stored(connection, sealed.at),
        sealed.place,
        sealed.act,
        sealed.act_name,
        told.door.value,
        told.name,
        told.id,
        told.address,
        told.request_id,
        sum(seal.records.values()),
        json.dumps(sealed.records),
        sealed.digests,
        previous,
        sha256,
    )
    sql = _sql(connection)
    connection.exec_driver_sql(sql.moved, (sealed.place, sha256, seal.organisation_id))
    connection.exec_driver_sql(sql.appended, entry)


def _stored(connection: Connection, at: datetime) -> datetime | str:
    """A moment as the driver takes it."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f") if _is_sqlite(connection) else at


def _sql(connection: Connection) -> _Sql:
    return _ON_SQLITE if _is_sqlite(connection) else _ON_POSTGRESQL


def _shortened(actor: Actor) -> Actor:
    return Actor(
        actor.door,
        actor.name[:255],
        actor.id[:64],
        address=actor.address[:64],
        request_id=actor.request_id[:64],
    )


def _locked_head(connection: Connection, organisation_id: int) -> tuple[int, str]:
    """The place and the hash of the last entry; nobody else adds one until the commit."""
    statement, of = _sql(connection).head, (organisation_id,)
    found = connection.exec_driver_sql(statement, of).one_or_none()
    if found is None:
        dialect = sqlite if _is_sqlite(connection) else postgresql
        connection.execute(
            dialect.insert(AuditHead)
            .values(
                organisation_id=organisation_id,
                place=0,
                sha256=BEGINNING,
                created_at=datetime.now(UTC),
            )
            .on_conflict_do_nothing()
        )
        found = connection.exec_driver_sql(statement, of).one()
    return found[0], found[1]


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
