"""The act of a writing transaction: named to the triggers at its beginning, sealed at its end."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    String,
    Table,
    bindparam,
    event,
    insert,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain.audit import BEGINNING, INSTALLATION, AuditChange, AuditEntry, AuditHead, Sealed, Told
from domain.standing import THE_HOUSE, Actor, Standing
from persistence.engine import READ_ONLY

_KEY = "audit_act"
_NAMED = "audit_named"
_NOTED = "audit_noted"
_EPOCH_MS = 1_577_836_800_000
"""2020: the keys of acts begin with the milliseconds since, so that an index of them grows at its
end, and 22 random bits tell those of one millisecond apart."""
_PORTION = 5000

CHANGE = AuditChange.__table__.c
ENTRIES = cast(Table, AuditEntry.__table__)
HEADS = cast(Table, AuditHead.__table__)

_OF = HEADS.c.organisation_id == bindparam("of", type_=BigInteger)
_LOCKED = select(HEADS.c.place, HEADS.c.sha256).where(_OF).with_for_update()
_MOVED = update(HEADS).where(_OF).values(place=bindparam("to"), sha256=bindparam("head_sha256"))
_APPENDED = insert(ENTRIES).values(
    {
        column.name: bindparam(column.name, type_=column.type)
        for column in ENTRIES.columns
        if column.name != "id"
    }
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
    found = []
    changes = changes_of(connection, key)
    for organisation_id, some in groupby(changes, lambda one: one[0].organisation_id):
        seal = _Seal(organisation_id, key)
        for told, salt, _ in some:
            seal.digests += told.digest(salt or b"")
            seal.records[told.record] += 1
        found.append(seal)
    return found


def changes_of(
    connection: Connection, key: int, organisation_id: int | None = None
) -> Iterator[tuple[Told, bytes | None, bool]]:
    """The changes of an act by organisation and in their order: told, salt, whether erased.

    A portion at a time: an act may have a million.
    """
    sought = {"key": key, "organisation": organisation_id, "after_organisation": -1, "after": -1}
    statement = _changes(_is_sqlite(connection), organisation_id is not None)
    portion: Sequence[Any] = connection.execute(statement, sought).all()
    while portion:
        for row in portion:
            told = Told(
                organisation_id=row[0],
                id=row[1],
                act=row[2],
                record=row[3],
                record_id=row[4],
                kind=row[5],
                at=_moment(row[6]),
                before=row[7],
                after=row[8],
            )
            yield told, row[9], row[10] is not None
        if len(portion) < _PORTION:
            return
        sought |= {"after_organisation": portion[-1][0], "after": portion[-1][1]}
        portion = connection.execute(statement, sought).all()


@cache
def _changes(on_sqlite: bool, of_one: bool) -> Select[Any]:
    """Made once: making it takes longer than SQLite takes to answer it."""
    # As text, SQLite has it so; PostgreSQL gives a datetime in UTC.
    at = type_coerce(CHANGE.created_at, String) if on_sqlite else CHANGE.created_at
    kind = type_coerce(CHANGE.kind, String)
    names = (CHANGE.record, CHANGE.record_id, kind, at, CHANGE.before, CHANGE.after)
    bounds = tuple_(
        bindparam("after_organisation", type_=BigInteger), bindparam("after", type_=BigInteger)
    )
    statement = (
        select(CHANGE.organisation_id, CHANGE.id, CHANGE.act, *names, CHANGE.salt, CHANGE.erased_at)
        .where(
            CHANGE.act == bindparam("key", type_=BigInteger),
            tuple_(CHANGE.organisation_id, CHANGE.id) > bounds,
        )
        .order_by(CHANGE.organisation_id, CHANGE.id)
        .limit(_PORTION)
    )
    if of_one:
        return statement.where(
            CHANGE.organisation_id == bindparam("organisation", type_=BigInteger)
        )
    return statement


def _moment(at: datetime | str) -> str:
    """To the microsecond, in UTC, alike on both databases."""
    if isinstance(at, str):
        return at[:26]
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


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
    moved = {"of": seal.organisation_id, "to": sealed.place, "head_sha256": sha256}
    connection.execute(_MOVED, moved)
    connection.execute(
        _APPENDED,
        {
            "organisation_id": sealed.organisation_id,
            "place": sealed.place,
            "created_at": sealed.at,
            "act": sealed.act,
            "act_name": sealed.act_name,
            "door": sealed.actor.door,
            "actor_name": sealed.actor.name,
            "actor_id": sealed.actor.id,
            "address": sealed.actor.address,
            "request_id": sealed.actor.request_id,
            "count": sum(seal.records.values()),
            "records": sealed.records,
            "digests": sealed.digests,
            "previous_sha256": previous,
            "sha256": sha256,
        },
    )


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
    found = connection.execute(_LOCKED, {"of": organisation_id}).one_or_none()
    if found is None:
        dialect = sqlite if _is_sqlite(connection) else postgresql
        connection.execute(
            dialect.insert(HEADS)
            .values(
                organisation_id=organisation_id,
                place=0,
                sha256=BEGINNING,
                created_at=datetime.now(UTC),
            )
            .on_conflict_do_nothing()
        )
        found = connection.execute(_LOCKED, {"of": organisation_id}).one()
    return found[0], found[1]


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
